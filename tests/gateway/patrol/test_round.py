"""Every round that was due ended in exactly one way; what was not done is noticed till it is."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.patrol.lapse import Walked, lapse_of
from gateway.patrol.pattern import Pattern
from gateway.patrol.round import Outcome, Round, Route, Standing, Stop, outcome, rounds, standing
from vision.types import Severity

MINUTE = timedelta(minutes=1)
START = datetime(2026, 7, 1, tzinfo=UTC)
STOPS = (
    Stop("gate", "村口", "gate"),
    Stop("dike", "堤", "dike", preset="1", colour=Severity.YELLOW),
    Stop("yard", "院", "yard", colour=Severity.GREEN),
)


def _route(*times: time, stops: tuple[Stop, ...] = STOPS) -> Route:
    return Route("r", "早晚巡", "东山村", stops, Pattern(times), 30 * MINUTE, 120 * MINUTE)


ROUTE = _route(*(time(hour) for hour in (0, 6, 12, 18)))
DUE = next(rounds(ROUTE, START - MINUTE, START, UTC))


def test_the_colour_of_a_point_sets_how_often_it_is_visited() -> None:
    day = list(rounds(ROUTE, START - MINUTE, START + timedelta(hours=23), UTC))
    visited = [[stop.id for stop in one.stops] for one in day]
    assert visited == [["gate", "dike", "yard"], ["gate"], ["gate", "dike"], ["gate"]]


def test_a_round_with_nothing_to_visit_is_none() -> None:
    green = _route(time(6), time(12), stops=STOPS[2:])
    assert len(list(rounds(green, START, START + timedelta(days=1), UTC))) == 1


@pytest.mark.parametrize(
    ("minutes", "ended"),
    [((10, 20, 30), Outcome.DONE), ((10, 20, 31), Outcome.LATE), ((10, 20), None), ((), None)],
)
def test_how_a_round_ends(minutes: tuple[int, ...], ended: Outcome | None) -> None:
    checked_at = [DUE.due_at + minute * MINUTE for minute in minutes]
    assert outcome(DUE, checked_at, DUE.due_at + 119 * MINUTE) is ended
    at_last = outcome(DUE, checked_at, DUE.missed_at)
    assert at_last is (ended or Outcome.MISSED)


def test_a_round_may_be_begun_before_its_time() -> None:
    early = [DUE.due_at - MINUTE] * 3
    assert outcome(DUE, early, DUE.due_at) is Outcome.DONE


@given(
    st.sets(
        st.times().map(lambda one: one.replace(second=0, microsecond=0)), min_size=1, max_size=5
    ),
    st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")]),
    st.lists(st.integers(0, 200), max_size=60),
    st.lists(st.integers(1, 60 * 24 * 3), min_size=1, max_size=12),
)
def test_every_due_round_ends_exactly_once_however_often_one_looks(
    times: set[time], zone: ZoneInfo, minutes: list[int], looks: list[int]
) -> None:
    """Look at odd moments; in between, stops are checked at odd moments; all is over at the end."""
    route = _route(*sorted(times))
    begin = datetime(2026, 3, 28, 12, tzinfo=UTC)
    end = begin + timedelta(days=4)
    moments = [*sorted(begin + minute * MINUTE for minute in looks), end]
    due: dict[str, Round] = {}
    ended: dict[str, Outcome] = {}
    seen_until, checks = begin, iter(minutes * 5)
    for now in moments:
        for one in rounds(route, seen_until, now, zone):
            assert one.id not in due
            due[one.id] = one
        seen_until = now
        for one in due.values():
            waited = [one.due_at + next(checks, 500) * MINUTE for _ in one.stops]
            checked = [at for at in waited if at < min(now, one.missed_at)]
            found = outcome(one, checked, now)
            if one.id not in ended and found is not None:
                ended[one.id] = found
            assert standing(one, ended.get(one.id), now) is not Standing.COMING
    past = {one.id for one in due.values() if one.missed_at <= end}
    assert past <= ended.keys() <= due.keys()
    whole = {one.id for one in rounds(route, begin, end, zone)}
    assert due.keys() == whole


WALKS = st.lists(st.sampled_from([None, *Outcome]), max_size=12)


def _walked(ends: list[Outcome | None]) -> list[Walked]:
    every = rounds(ROUTE, START - MINUTE, START + timedelta(days=9), UTC)
    return [
        Walked(one, ended, one.missed_at if ended else None)
        for one, ended in zip(every, ends, strict=False)
    ]


@given(WALKS)
def test_a_lapse_lasts_until_a_round_is_done(ends: list[Outcome | None]) -> None:
    walked = _walked(ends)
    now = START + timedelta(days=30)
    lapse = lapse_of(walked, now)
    tail = 0
    for ended in reversed(ends):
        if ended in {Outcome.DONE, Outcome.LATE}:
            break
        tail += 1
    assert (lapse.rounds if lapse else 0) == tail
    if lapse is not None:
        missed = ends[len(ends) - tail :].count(Outcome.MISSED)
        assert lapse.missed == missed
        assert lapse.severity is (
            Severity.RED if missed >= 3 else Severity.YELLOW if missed else Severity.GREEN
        )
        assert lapse.since == walked[-tail].round.late_at


def test_a_round_that_may_still_be_done_in_time_is_no_lapse() -> None:
    (walked,) = _walked([None])
    assert lapse_of([walked], walked.round.late_at) is None
    lapse = lapse_of([walked], walked.round.late_at + MINUTE)
    assert lapse is not None
    assert (lapse.standing, lapse.since) == (Standing.OVERDUE, walked.round.late_at)


@pytest.mark.parametrize(
    ("stops", "late", "missed"),
    [((), 30, 120), ((STOPS[0], STOPS[0]), 30, 120), (STOPS, 120, 120), (STOPS, 0, 9)],
)
def test_a_route_that_cannot_be_walked_is_refused(
    stops: tuple[Stop, ...], late: int, missed: int
) -> None:
    with pytest.raises(ValueError, match="route r"):
        Route("r", "", "", stops, Pattern((time(),)), late * MINUTE, missed * MINUTE)
