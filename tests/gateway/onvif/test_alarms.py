"""Alarms that begin once and end once, however often and oddly cameras tell them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.onvif.alarms import MOST_OPEN, PULSE, STALE_AFTER, CameraAlarm, CameraAlarms
from gateway.onvif.notifications import AlarmType, Notification, Property

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
SKEW = timedelta(hours=2)
OFF = False


def said(
    active: bool | None = True,
    how: Property = Property.CHANGED,
    *,
    source: str = "lens",
    told_at: datetime | None = None,
) -> Notification:
    return Notification(AlarmType.MOTION, "RuleEngine/Motion", source, how, active, told_at)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def states(changes: Iterable[CameraAlarm]) -> list[tuple[str, bool]]:
    return [(one.source, one.active) for one in changes]


class TestStates:
    def test_begins_once_and_ends_once(self) -> None:
        alarms = CameraAlarms()
        told = [said(OFF), said(), said(), said(OFF), said(OFF)]
        assert states(alarms.take(told, NOW, None)) == [("lens", True), ("lens", False)]

    def test_sources_are_alarms_of_their_own(self) -> None:
        alarms = CameraAlarms()
        told = [said(), said(source="other"), said(OFF)]
        assert states(alarms.take(told, NOW, None)) == [
            ("lens", True),
            ("other", True),
            ("lens", False),
        ]
        assert [one.source for one in alarms.active] == ["other"]

    def test_deleted_is_an_end_whatever_it_tells(self) -> None:
        alarms = CameraAlarms()
        told = [said(), said(how=Property.DELETED)]
        assert states(alarms.take(told, NOW, None)) == [("lens", True), ("lens", False)]

    def test_what_only_happens_ends_by_itself(self) -> None:
        alarms = CameraAlarms()
        assert states(alarms.take([said(None)], NOW, None)) == [("lens", True)]
        assert states(alarms.pass_time(NOW + PULSE / 2)) == []
        assert states(alarms.take([said(None)], NOW + PULSE / 2, None)) == []
        assert states(alarms.pass_time(NOW + PULSE)) == []
        (end,) = alarms.pass_time(NOW + 2 * PULSE)
        assert end.at == NOW + 1.5 * PULSE

    def test_what_only_happens_ends_though_our_clock_was_set_back(self) -> None:
        alarms = CameraAlarms()
        assert states(alarms.take([said(None)], NOW, None)) == [("lens", True)]
        (end,) = alarms.pass_time(after(-3600))
        assert end.at == after(-3600)

    def test_what_is_not_going_on_is_passed_on_when_a_subscription_begins(self) -> None:
        alarms = CameraAlarms()
        calm = said(active=False, how=Property.INITIALIZED)
        assert states(alarms.take([calm], NOW, None)) == [("lens", False)]
        assert states(alarms.take([said(active=False)], after(1), None)) == []
        assert alarms.active == ()

    def test_a_camera_gone_mad_is_bounded(self) -> None:
        alarms = CameraAlarms()
        told = (said(source=str(number)) for number in range(10 * MOST_OPEN))
        assert len(list(alarms.take(told, NOW, None))) == MOST_OPEN


class TestNewSubscription:
    def test_a_state_told_again_goes_on(self) -> None:
        alarms = CameraAlarms()
        list(alarms.take([said()], NOW, None))
        alarms.resubscribed(after(60))
        assert states(alarms.take([said(how=Property.INITIALIZED)], after(61), None)) == []
        assert states(alarms.pass_time(after(600))) == []

    def test_a_state_not_told_again_is_over(self) -> None:
        alarms = CameraAlarms()
        list(alarms.take([said()], NOW, None))
        alarms.resubscribed(after(60))
        assert states(alarms.pass_time(after(61))) == []
        assert states(alarms.pass_time(after(60) + STALE_AFTER)) == [("lens", False)]

    def test_the_end_of_listening_ends_all(self) -> None:
        alarms = CameraAlarms()
        list(alarms.take([said(), said(source="b")], NOW, None))
        assert states(alarms.end_all(after(1))) == [("lens", False), ("b", False)]
        assert alarms.active == ()


class TestTimes:
    def test_the_cameras_skew_is_taken_off(self) -> None:
        (alarm,) = CameraAlarms().take([said(told_at=after(-3) + SKEW)], NOW, SKEW)
        assert alarm.at == after(-3)

    def test_a_time_from_elsewhere_is_not_believed(self) -> None:
        for odd in (datetime.min, datetime.max, datetime(2020, 1, 1)):  # noqa: DTZ001, DTZ901
            told = said(told_at=odd.replace(tzinfo=UTC))
            (alarm,) = CameraAlarms().take([told], NOW, SKEW)
            assert alarm.at == NOW

    def test_nothing_happens_in_the_future(self) -> None:
        (alarm,) = CameraAlarms().take([said(told_at=after(5))], NOW, None)
        assert alarm.at == NOW


SAID = st.builds(
    said,
    st.sampled_from([True, False, None]),
    st.sampled_from(Property),
    source=st.sampled_from("ab"),
)


@given(st.lists(st.one_of(SAID, st.just("again"), st.integers(1, 20))))
def test_beginnings_and_ends_alternate(story: list[Notification | str | int]) -> None:
    alarms, now, changes = CameraAlarms(), NOW, []
    for part in story:
        if part == "again":
            alarms.resubscribed(now)
        elif isinstance(part, int):
            now += timedelta(seconds=part)
            changes += alarms.pass_time(now)
        else:
            changes += alarms.take([part], now, None)
    changes += alarms.end_all(now)
    for source in "ab":
        told: list[bool] = []
        for one in changes:
            if one.source == source and (one.active or told[-1:] == [True]):
                told.append(one.active)
        assert told == [True, False] * (len(told) // 2)
