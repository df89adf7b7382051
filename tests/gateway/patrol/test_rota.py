from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.patrol.rota import Shift, duties, on_duty

ZONE = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 3, 1)
DAY = Shift("day", time(8), time(20), (("张三", "李四"), ("王五",)), FIRST)
NIGHT = Shift("night", time(20), time(8), (("赵六",),), FIRST)


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "shift", "people"),
    [
        (_at(1, 8), "day", ("张三", "李四")),
        (_at(2, 19, 59), "day", ("王五",)),
        (_at(2, 20), "night", ("赵六",)),
        (_at(3, 7, 59), "night", ("赵六",)),
        (_at(29, 7, 59), "night", ("赵六",)),
    ],
)
def test_who_is_on_duty(at: datetime, shift: str, people: tuple[str, ...]) -> None:
    (duty,) = on_duty((DAY, NIGHT), at, ZONE)
    assert (duty.shift, duty.people) == (shift, people)


def test_a_night_in_spring_is_an_hour_shorter() -> None:
    (duty,) = duties((NIGHT,), date(2026, 3, 28), ZONE)
    assert duty.ends_at - duty.starts_at == timedelta(hours=11)


def test_nobody_has_a_shift_on_a_day_that_it_has_not() -> None:
    weekdays = Shift("day", time(8), time(20), (("张三",),), FIRST, frozenset(range(5)))
    assert duties((weekdays,), date(2026, 3, 1), ZONE) == ()
    with pytest.raises(ValueError, match="nobody"):
        Shift("day", time(8), time(20), ((),), FIRST)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZONE)))  # noqa: DTZ001
def test_shifts_that_cover_the_day_leave_no_moment_without_people(at: datetime) -> None:
    assert len(on_duty((DAY, NIGHT), at, ZONE)) == 1
