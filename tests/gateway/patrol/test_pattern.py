from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.patrol.pattern import Pattern, every, moments_of, occurrences

BERLIN, SHANGHAI, LORD_HOWE = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe")
)
ZONES = st.sampled_from([UTC, BERLIN, SHANGHAI, LORD_HOWE])
TIMES = st.lists(st.times().map(lambda one: one.replace(microsecond=0)), min_size=1, max_size=6)
PATTERNS = st.builds(
    Pattern,
    TIMES.map(tuple),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.just(frozenset()),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "wall", "shown"),
    [
        (date(2026, 3, 29), time(2, 30), "03:00+0200"),
        (date(2026, 3, 29), time(1, 59), "01:59+0100"),
        (date(2026, 10, 25), time(2, 30), "02:30+0200"),
        (date(2026, 7, 1), time(8), "08:00+0200"),
    ],
)
def test_the_wall_clock_counts_also_where_it_jumps(day: date, wall: time, shown: str) -> None:
    (moment,) = moments_of(Pattern((wall,)), day, BERLIN)
    assert f"{moment.astimezone(BERLIN):%H:%M%z}" == shown


def test_two_times_that_spring_brings_together_are_one_round() -> None:
    pattern = Pattern((time(2, 15), time(2, 45), time(4)))
    assert len(moments_of(pattern, date(2026, 3, 29), BERLIN)) == 2
    assert len(moments_of(pattern, date(2026, 3, 30), BERLIN)) == 3


def test_days_are_those_of_the_calendar() -> None:
    national = frozenset({date(2026, 10, 1)})
    workdays = Pattern((time(8), time(20)), frozenset(range(5)), never=national)
    assert [workdays.has(date(2026, 10, day)) for day in (1, 2, 3)] == [False, True, False]
    only = Pattern((time(8),), only=national)
    assert [only.has(date(2026, 10, day)) for day in (1, 2)] == [True, False]


def test_every_so_many_hours() -> None:
    assert every(6, time(5, 30)) == (time(5, 30), time(11, 30), time(17, 30), time(23, 30))
    assert every(24, time(0)) == (time(0),)


@given(PATTERNS, ZONES, st.lists(MOMENTS, min_size=2, max_size=6))
def test_spans_that_touch_give_each_moment_once_and_in_order(
    pattern: Pattern, zone: ZoneInfo, cuts: list[datetime]
) -> None:
    cuts = [min(cuts) + (cut - min(cuts)) / 20 for cut in sorted(cuts)]
    whole = [one.at for one in occurrences(pattern, cuts[0], cuts[-1], zone)]
    parts = [
        one.at
        for after, until in pairwise(cuts)
        for one in occurrences(pattern, after, until, zone)
    ]
    assert parts == whole == sorted(set(whole))


@given(PATTERNS, ZONES, MOMENTS)
def test_each_moment_is_what_the_wall_shows_or_follows_a_jump(
    pattern: Pattern, zone: ZoneInfo, day: datetime
) -> None:
    for moment in moments_of(pattern, day.date(), zone):
        local = moment.astimezone(zone)
        jumped = local.utcoffset() != (moment - timedelta(seconds=2)).astimezone(zone).utcoffset()
        assert local.date() == day.date()
        assert local.time() in pattern.times or jumped


@pytest.mark.parametrize("times", [(), (time(8, tzinfo=UTC),)])
def test_a_pattern_needs_times_of_the_wall(times: tuple[time, ...]) -> None:
    with pytest.raises(ValueError, match="time"):
        Pattern(times)
