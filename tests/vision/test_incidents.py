"""Incidents: transitions, waits, peaks, blindness, resuming; then properties of any input."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.errors import RuleError
from vision.incidents import TRANSITIONS, Action, Event, IncidentBook, Phase, incident_id
from vision.rule import IncidentSpec, Raise
from vision.rules.crossing import CrossingSpec
from vision.rules.presence import PresenceSpec
from vision.scene import BLIND_AFTER_S
from vision.types import ChangeType, Condition, IncidentChange, Severity

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECT = "zone:gate/person"


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def seconds(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - EPOCH).total_seconds()


def spec(**settings: float) -> PresenceSpec:
    values = {"confirm_s": 1.0, "clear_s": 3.0} | settings
    return PresenceSpec(id="gate", zone="gate", severity=Severity.RED, **values)


def condition(count: int, subject: str = SUBJECT, seen_at: datetime | None = None) -> Condition:
    return Condition(
        rule="gate",
        subject=subject,
        kind="person_presence",
        holds=count > 0,
        readings={"count": count},
        seen_at=seen_at,
    )


def play(book: IncidentBook, looks: Sequence[tuple[float, int]]) -> list[IncidentChange]:
    """Show the book a count at each second; return every change."""
    return [change for s, count in looks for change in book.step(at(s), [condition(count)])]


def every(step_s: float, start_s: float, end_s: float, count: int) -> list[tuple[float, int]]:
    """Return looks of one count from start to end, both included."""
    number = round((end_s - start_s) / step_s) + 1
    return [(start_s + i * step_s, count) for i in range(number)]


def summary(changes: Sequence[IncidentChange]) -> list[tuple[str, float | None]]:
    return [(change.type.value, seconds(change.at)) for change in changes]


def test_the_table_answers_every_event_in_every_phase() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert all(set(row) == set(Event) for row in TRANSITIONS.values())


def test_the_table_opens_only_what_is_shut_and_closes_only_what_is_open() -> None:
    is_open = {Phase.OPEN, Phase.CLEARING}
    for phase, row in TRANSITIONS.items():
        for following, action in row.values():
            assert (action is Action.OPEN) == (phase not in is_open and following in is_open)
            assert (action is Action.CLOSE) == (phase in is_open and following not in is_open)


def test_it_opens_after_confirm_s_dated_back_and_closes_after_clear_s_at_the_last_sight() -> None:
    book = IncidentBook("cam", [spec()])
    changes = play(book, every(0.2, 0.0, 5.0, 1) + every(0.2, 5.2, 10.0, 0))
    assert summary(changes) == [("opened", 1.0), ("closed", pytest.approx(8.0))]
    opened, closed = (change.incident for change in changes)
    assert (seconds(opened.opened_at), opened.closed_at) == (0.0, None)
    assert seconds(closed.closed_at) == seconds(closed.last_seen_at) == 5.0
    assert opened.id == closed.id == incident_id("cam", "gate", SUBJECT, at(0.0))
    assert (opened.zone, opened.severity, opened.rule_type) == ("gate", Severity.RED, "presence")
    assert [change.sequence for change in changes] == [0, 1]


def test_it_tells_when_it_can_first_decide() -> None:
    book = IncidentBook("cam", [spec()])
    assert book.decides_at is None, "nothing is pending"
    play(book, [(0.0, 0), (0.5, 1)])
    assert seconds(book.decides_at) == 1.5
    play(book, [(1.0, 1)])
    assert seconds(book.decides_at) == 1.5, "the same moment, however often it was looked at"
    assert summary(play(book, [(1.5, 1)])) == [("opened", 1.5)]
    assert book.decides_at is None, "it was told of"


def test_what_is_gone_again_decides_nothing_and_what_comes_first_decides_first() -> None:
    book = IncidentBook("cam", [spec()])
    later = "zone:gate/vehicle"
    book.step(at(0.0), [condition(1)])
    book.step(at(0.4), [condition(1), condition(1, later)])
    assert seconds(book.decides_at) == pytest.approx(1.0)
    book.step(at(0.8), [condition(0), condition(1, later)])
    assert seconds(book.decides_at) == pytest.approx(1.4)
    book.step(at(1.2), [])
    assert book.decides_at is None


def test_a_glimpse_shorter_than_confirm_s_opens_nothing() -> None:
    assert play(IncidentBook("cam", [spec()]), every(0.2, 0, 0.8, 1) + every(0.2, 1, 9, 0)) == []


def test_flicker_shorter_than_clear_s_stays_one_incident() -> None:
    looks = [(s / 5, int(s % 10 < 5)) for s in range(300)]
    changes = play(IncidentBook("cam", [spec(confirm_s=0.5)]), looks)
    assert [change.type for change in changes] == [ChangeType.OPENED]


def test_no_waits_means_the_very_frame() -> None:
    book = IncidentBook("cam", [spec(confirm_s=0, clear_s=0)])
    assert summary(play(book, [(0, 1), (1, 0), (2, 1)])) == [
        ("opened", 0.0),
        ("closed", 1.0),
        ("opened", 2.0),
    ]


def test_a_new_peak_is_told_at_most_every_two_seconds() -> None:
    counts = [1, 1, 2, 3, 4, 4, 4, 4, 1, 1, 5, 5, 5, 5, 5, 5]
    changes = play(IncidentBook("cam", [spec()]), [(i * 0.5, c) for i, c in enumerate(counts)])
    assert summary(changes) == [("opened", 1.0), ("updated", 3.0), ("updated", 5.0)]
    assert [change.incident.readings["peak_count"] for change in changes] == [2, 4, 5]


def test_a_peak_is_told_after_a_clock_was_set_back() -> None:
    book = IncidentBook("cam", [spec()])
    play(book, every(0.5, 3600, 3602, 1))
    later = play(book, every(0.5, 0, 5, 4))
    assert [change.incident.readings["peak_count"] for change in later] == [4]


def test_a_steady_condition_says_nothing_more() -> None:
    changes = play(IncidentBook("cam", [spec()]), every(0.5, 0, 600, 3))
    assert [change.type for change in changes] == [ChangeType.OPENED]


def test_a_condition_that_says_how_bad_it_is_makes_severity_rise_and_fall() -> None:
    book = IncidentBook("cam", [replace(spec(confirm_s=0), severity=Severity.GREEN)])
    own = [Severity.GREEN, Severity.RED, Severity.RED, Severity.YELLOW, Severity.GREEN]
    changes = [
        change
        for i, severity in enumerate(own)
        for change in book.step(at(i * 0.1), [replace(condition(1), severity=severity)])
    ]
    assert [change.incident.severity for change in changes] == [
        Severity.GREEN,
        Severity.RED,
        Severity.YELLOW,
        Severity.GREEN,
    ]


def test_what_readings_raise_is_not_lowered_by_a_condition_that_says_less() -> None:
    raises = (Raise(to=Severity.RED, reading="count", at_least=5),)
    book = IncidentBook("cam", [replace(spec(confirm_s=0), raises=raises)])
    mild = replace(condition(5), severity=Severity.GREEN)
    assert book.step(at(0), [mild])[0].incident.severity is Severity.RED


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowSpec(IncidentSpec):
    """What changes slowly and is not told of every two seconds."""

    type: ClassVar[str] = "slow"
    peaks: ClassVar[tuple[str, ...]] = ("count", "depth_cm")
    update_every_s: ClassVar[float] = 60.0


def test_a_spec_says_how_often_a_peak_is_told_and_a_reading_may_be_missing_at_times() -> None:
    book = IncidentBook("cam", [SlowSpec(id="gate", confirm_s=0, clear_s=0)])
    changes = play(book, [(i * 5.0, i) for i in range(1, 30)])
    assert [seconds(change.at) for change in changes] == [5.0, 65.0, 125.0]
    assert changes[-1].incident.readings == {"count": 25, "peak_count": 25}


def test_old_evidence_does_not_confirm() -> None:
    book = IncidentBook("cam", [spec()])
    stale = [book.step(at(s), [condition(1, seen_at=at(0))]) for s in (0.0, 0.5, 1.0, 1.5)]
    assert stale == [[], [], [], []]
    (opened,) = book.step(at(2.0), [condition(1, seen_at=at(2.0))])
    assert seconds(opened.incident.opened_at) == 0.0


def test_the_end_is_when_the_evidence_was_last_seen() -> None:
    book = IncidentBook("cam", [spec()])
    play(book, every(0.5, 0, 4, 1))
    book.step(at(4.5), [condition(1, seen_at=at(4.0))])
    (closed,) = play(book, every(0.5, 5.0, 8.0, 0))
    assert (seconds(closed.at), seconds(closed.incident.closed_at)) == (7.0, 4.0)


def test_blind_time_confirms_nothing() -> None:
    assert play(IncidentBook("cam", [spec()]), [(0, 1), (100, 1), (200, 1)]) == []
    (opened,) = play(IncidentBook("cam", [spec()]), [(0, 1), (100, 1), (101, 1)])
    assert seconds(opened.incident.opened_at) == 100.0


def test_blind_time_clears_nothing() -> None:
    book = IncidentBook("cam", [spec()])
    play(book, every(0.5, 0, 2, 1))
    assert play(book, [(2.5, 0), (500, 0), (502.9, 0)]) == []
    (closed,) = play(book, [(503, 0)])
    assert seconds(closed.incident.closed_at) == 2.0


def test_an_incident_goes_on_through_blindness() -> None:
    book = IncidentBook("cam", [spec()])
    assert len(play(book, every(0.5, 0, 2, 1) + every(0.5, 900, 905, 1))) == 1


def test_time_that_runs_backwards_is_blindness() -> None:
    book = IncidentBook("cam", [spec()])
    assert len(play(book, every(0.5, 100, 102, 1))) == 1
    assert play(book, [(50, 0), (51, 0)]) == []
    (closed,) = play(book, [(52, 0), (53, 0)])
    assert closed.incident.opened_at <= closed.incident.last_seen_at


def test_what_returns_within_cool_down_is_the_same_incident() -> None:
    book = IncidentBook("cam", [spec(cool_down_s=60)])
    first = every(0.5, 0, 5, 1) + every(0.5, 5.5, 30, 0)
    second = every(0.5, 30.5, 35, 2) + every(0.5, 35.5, 40, 0)
    late = every(0.5, 100, 105, 1)
    changes = play(book, first + second + every(0.5, 40.5, 99.5, 0) + late)
    assert [change.type.value for change in changes] == [
        "opened",
        "closed",
        "updated",
        "closed",
        "opened",
    ]
    assert len({change.incident.id for change in changes[:4]}) == 1
    assert changes[2].incident.closed_at is None
    assert [change.sequence for change in changes] == [0, 1, 2, 3, 0]
    assert changes[4].incident.id != changes[0].incident.id


def test_without_cool_down_what_returns_is_a_new_incident() -> None:
    looks = every(0.5, 0, 5, 1) + every(0.5, 5.5, 9, 0) + every(0.5, 9.5, 12, 1)
    changes = play(IncidentBook("cam", [spec()]), looks)
    assert [change.type.value for change in changes] == ["opened", "closed", "opened"]


def test_the_end_closes_what_is_open_and_nothing_else() -> None:
    book = IncidentBook("cam", [spec()])
    book.step(at(0), [condition(1), condition(0, "zone:gate/vehicle")])
    book.step(at(1), [condition(1), condition(1, "zone:gate/vehicle")])
    (closed,) = book.close_all(at(1.2))
    assert closed.type is ChangeType.CLOSED
    assert (closed.incident.subject, seconds(closed.incident.closed_at)) == (SUBJECT, 1.0)
    assert book.close_all(at(2)) == []


def test_a_subject_no_longer_named_is_gone() -> None:
    book = IncidentBook("cam", [spec()])
    play(book, every(0.5, 0, 2, 1))
    changes = [change for s in (2.5, 4.0, 5.5) for change in book.step(at(s), [])]
    assert [change.type for change in changes] == [ChangeType.CLOSED]


def test_ids_tell_camera_rule_subject_and_time_apart() -> None:
    facts = [("a", "r", "s"), ("b", "r", "s"), ("a", "q", "s"), ("a", "r", "t")]
    ids = {incident_id(*fact, at(s)) for fact in facts for s in (0, 0.001)}
    assert len(ids) == 8
    elsewhere = at(0).astimezone(tz=None)
    assert incident_id("a", "r", "s", elsewhere) == incident_id("a", "r", "s", at(0))


@dataclass(frozen=True)
class Look:
    wait_s: float
    counts: dict[str, int]


SUBJECTS = ("zone:gate/person", "zone:gate/vehicle")
LOOKS = st.lists(
    st.builds(
        Look,
        st.one_of(st.floats(0.01, 3.0), st.floats(BLIND_AFTER_S + 0.1, 900.0)),
        st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 3)),
    ),
    max_size=60,
)
SPECS = st.builds(
    spec,
    confirm_s=st.sampled_from([0.0, 0.5, 2.0]),
    clear_s=st.sampled_from([0.0, 1.0, 5.0]),
    cool_down_s=st.sampled_from([0.0, 10.0]),
)


def history(rule: PresenceSpec, looks: Sequence[Look]) -> list[IncidentChange]:
    book, now, changes = IncidentBook("cam", [rule]), EPOCH, []
    for look in looks:
        now += timedelta(seconds=look.wait_s)
        changes += book.step(now, [condition(n, subject) for subject, n in look.counts.items()])
    return changes + book.close_all(now)


@settings(deadline=None)
@given(SPECS, LOOKS)
def test_a_subject_has_one_open_incident_at_a_time_and_none_at_the_end(
    rule: PresenceSpec, looks: list[Look]
) -> None:
    open_ids: dict[str, str] = {}
    for change in history(rule, looks):
        incident = change.incident
        assert open_ids.get(incident.subject, incident.id) == incident.id
        if incident.closed_at is None:
            open_ids[incident.subject] = incident.id
        else:
            assert open_ids.pop(incident.subject) == incident.id
    assert open_ids == {}


@settings(deadline=None)
@given(SPECS, LOOKS)
def test_times_are_in_order_and_every_story_begins_with_opened(
    rule: PresenceSpec, looks: list[Look]
) -> None:
    told: dict[str, int] = {}
    for change in history(rule, looks):
        incident = change.incident
        assert incident.opened_at <= incident.last_seen_at <= change.at
        assert incident.closed_at in (None, incident.last_seen_at)
        assert (change.type is ChangeType.CLOSED) == (incident.closed_at is not None)
        assert change.sequence == told.get(incident.id, -1) + 1
        assert (change.type is ChangeType.OPENED) == (change.sequence == 0)
        told[incident.id] = change.sequence


@settings(deadline=None)
@given(SPECS, LOOKS)
def test_the_same_looks_give_the_same_history(rule: PresenceSpec, looks: list[Look]) -> None:
    assert history(rule, looks) == history(rule, looks)


@settings(deadline=None)
@given(SPECS, LOOKS)
def test_the_first_look_after_blindness_neither_opens_nor_closes_by_waiting(
    rule: PresenceSpec, looks: list[Look]
) -> None:
    book, now = IncidentBook("cam", [rule]), EPOCH
    for number, look in enumerate(looks):
        now += timedelta(seconds=look.wait_s)
        changes = book.step(now, [condition(n, subject) for subject, n in look.counts.items()])
        if number and look.wait_s > BLIND_AFTER_S:
            assert all(change.type is not ChangeType.OPENED for change in changes) or (
                rule.confirm_s == 0
            )
            assert all(change.type is not ChangeType.CLOSED for change in changes) or (
                rule.clear_s == 0
            )


def test_an_open_incident_of_another_process_goes_on() -> None:
    book = IncidentBook("cam", [spec()])
    (opened,) = play(book, every(0.5, 0.0, 2.0, 1))
    after = IncidentBook("cam", [spec()])
    after.adopt([opened])
    assert after.open_subjects() == {("gate", SUBJECT)}
    assert all(c.type is ChangeType.UPDATED for c in play(after, every(0.5, 60.0, 70.0, 1)))
    closed = play(after, every(0.5, 70.5, 80.0, 0))
    assert [(c.type.value, c.sequence, c.incident.id) for c in closed][-1] == (
        "closed",
        closed[-1].sequence,
        opened.incident.id,
    )
    assert closed[-1].sequence > opened.sequence
    assert seconds(closed[-1].incident.closed_at) == 70.0
    assert after.open_subjects() == frozenset()


def test_an_adopted_incident_that_is_over_closes_after_clear_s() -> None:
    book = IncidentBook("cam", [spec()])
    (opened,) = play(book, every(0.5, 0.0, 1.0, 1))
    after = IncidentBook("cam", [spec()])
    after.adopt([opened])
    (closed,) = after.step(at(60.0), []) or play(after, every(0.5, 60.5, 70.0, 0))
    assert closed.type is ChangeType.CLOSED
    assert seconds(closed.incident.closed_at) == 1.0


def test_what_is_over_or_of_unknown_rules_is_not_adopted() -> None:
    book = IncidentBook("cam", [spec()])
    changes = play(book, every(0.5, 0.0, 2.0, 1) + every(0.5, 2.5, 9.0, 0))
    after = IncidentBook("cam", [spec()])
    after.adopt(changes[-1:])
    assert after.open_subjects() == frozenset()
    other = IncidentBook("cam", [])
    other.adopt(changes[:1])
    assert other.open_subjects() == frozenset()


def raising(**limits: float) -> PresenceSpec:
    raises = tuple(Raise(to=Severity.RED, reading=name, at_least=n) for name, n in limits.items())
    return PresenceSpec(id="gate", zone="gate", severity=Severity.YELLOW, raises=raises)


def severities(changes: Sequence[IncidentChange]) -> list[tuple[float | None, str]]:
    return [(seconds(change.at), change.incident.severity.value) for change in changes]


def test_a_reading_raises_the_severity_at_once_and_it_never_falls_back() -> None:
    counts = [1, 1, 1, 9, 9, 1, 1, 1, 1, 1]
    looks = [(i * 0.5, count) for i, count in enumerate(counts)]
    changes = play(IncidentBook("cam", [raising(count=5)]), looks)
    assert severities(changes)[:2] == [(1.0, "yellow"), (1.5, "red")]
    assert {severity for _, severity in severities(changes)[1:]} == {"red"}


def test_time_raises_the_severity_and_readings_not_told_do_not() -> None:
    book = IncidentBook("cam", [raising(lasts_s=60, dwell_s=1)])
    changes = play(book, every(1.0, 0, 90, 1))
    assert severities(changes) == [(1.0, "yellow"), (60.0, "red")]


@pytest.mark.parametrize("back_s", [7.0, 3600.0])
def test_time_raises_the_severity_after_a_clock_was_set_back_too(back_s) -> None:
    """Half a minute before, half a minute after."""
    book = IncidentBook("cam", [raising(lasts_s=60)])
    play(book, every(1.0, 3600, 3630, 1))
    changes = play(book, every(1.0, 3630 - back_s, 3630 - back_s + 40, 1))
    assert severities(changes) == [(3630 - back_s + 30, "red")]


def test_an_incident_of_a_line_names_the_line() -> None:
    book = IncidentBook("cam", [CrossingSpec(id="gate", line="wire")])
    (opened,) = book.step(at(0), [condition(1)])
    assert opened.incident.zone == "wire"


def test_a_limit_that_always_holds_is_refused() -> None:
    with pytest.raises(RuleError, match="at_least is 0"):
        Raise(to=Severity.RED, reading="count", at_least=0)
