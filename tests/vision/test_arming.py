"""Arming: hours over midnight, weekdays, seasons, holidays, and the nights the clock is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.arming import Arming, OnHolidays, Weekday
from vision.errors import RuleError

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

NIGHTS = Arming(hours=("22:00-06:00",))
WORKDAYS = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)
FRIDAY_NIGHT = Arming(weekdays=(Weekday.FRI,), hours=("22:00-06:00",))
FLOOD = Arming(seasons=("06-01/09-30",))
WINTER = Arming(seasons=("11-15/03-15",))
LEAP_DAY = Arming(seasons=("02-29/02-29",))
GOLDEN_WEEK = ("2026-10-01/2026-10-07",)
SCHOOL = Arming(weekdays=WORKDAYS, hours=("07:00-18:00",), holidays=GOLDEN_WEEK)
SCHOOL_EMPTY = Arming(
    weekdays=WORKDAYS,
    hours=("18:00-07:00",),
    holidays=GOLDEN_WEEK,
    on_holidays=OnHolidays.ALL_DAY,
)
USUAL = Arming(hours=("08:00-09:00",), holidays=GOLDEN_WEEK, on_holidays=OnHolidays.AS_USUAL)


@pytest.mark.parametrize(
    ("arming", "local", "armed"),
    [
        (Arming(), "2026-02-03 04:05", True),
        (NIGHTS, "2026-07-01 21:59", False),
        (NIGHTS, "2026-07-01 22:00", True),
        (NIGHTS, "2026-07-02 05:59", True),
        (NIGHTS, "2026-07-02 06:00", False),
        (Arming(hours=("00:00-24:00",)), "2026-07-02 23:59", True),
        (Arming(hours=("20:00-00:00",)), "2026-07-02 23:59", True),
        (Arming(hours=("20:00-00:00",)), "2026-07-02 00:00", False),
        (Arming(hours=("07:00-09:00", "16:00-18:00")), "2026-07-02 17:00", True),
        (Arming(hours=("07:00-09:00", "16:00-18:00")), "2026-07-02 12:00", False),
        (FRIDAY_NIGHT, "2026-07-03 23:00", True),
        (FRIDAY_NIGHT, "2026-07-04 05:00", True),
        (FRIDAY_NIGHT, "2026-07-04 22:30", False),
        (FRIDAY_NIGHT, "2026-07-03 05:00", False),
        (FLOOD, "2026-05-31 23:59", False),
        (FLOOD, "2026-06-01 00:00", True),
        (FLOOD, "2026-09-30 23:59", True),
        (FLOOD, "2026-10-01 00:00", False),
        (WINTER, "2026-12-31 12:00", True),
        (WINTER, "2027-01-01 12:00", True),
        (WINTER, "2027-03-16 00:00", False),
        (LEAP_DAY, "2028-02-29 12:00", True),
        (LEAP_DAY, "2027-03-01 12:00", False),
        (SCHOOL, "2026-09-30 08:00", True),
        (SCHOOL, "2026-10-01 08:00", False),
        (SCHOOL, "2026-10-07 08:00", False),
        (SCHOOL, "2026-10-08 08:00", True),
        (SCHOOL_EMPTY, "2026-10-02 12:00", True),
        (SCHOOL_EMPTY, "2026-10-08 12:00", False),
        (SCHOOL_EMPTY, "2026-10-08 18:30", True),
        (SCHOOL_EMPTY, "2026-10-08 06:59", True),
        (SCHOOL_EMPTY, "2026-10-08 07:00", False),
        (USUAL, "2026-10-03 08:30", True),
    ],
)
def test_when_a_rule_is_armed(arming, local, armed) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert arming.calendar(SHANGHAI).is_armed(at) is armed


def test_the_site_decides_what_night_is() -> None:
    at = datetime(2026, 7, 1, 15, tzinfo=UTC)
    assert [NIGHTS.calendar(zone).is_armed(at) for zone in (SHANGHAI, BERLIN)] == [True, False]


def armed_minutes(arming: Arming, start: datetime, hours: int) -> int:
    calendar = arming.calendar(BERLIN)
    return sum(calendar.is_armed(start + timedelta(minutes=m)) for m in range(hours * 60))


@pytest.mark.parametrize(
    ("hours", "day", "minutes"),
    [
        ("01:00-04:00", 29, 120),
        ("02:30-04:00", 29, 60),
        ("01:00-02:30", 29, 60),
        ("01:00-04:00", 28, 180),
    ],
)
def test_the_night_the_clock_goes_forward_has_an_hour_less(hours, day, minutes) -> None:
    noon = datetime(2026, 3, day - 1, 12, tzinfo=UTC)
    assert armed_minutes(Arming(hours=(hours,)), noon, 24) == minutes


@pytest.mark.parametrize(("hours", "minutes"), [("02:00-03:00", 120), ("01:00-04:00", 240)])
def test_the_night_it_goes_back_an_hour_is_armed_twice(hours, minutes) -> None:
    noon = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert armed_minutes(Arming(hours=(hours,)), noon, 24) == minutes


MINUTES = st.integers(0, 24 * 60 - 1)


@given(MINUTES, MINUTES, MINUTES)
def test_hours_and_the_hours_left_over_are_the_whole_day(start, end, minute) -> None:
    if start == end:
        return
    first, last = (f"{m // 60:02d}:{m % 60:02d}" for m in (start, end))
    at = datetime(2026, 7, 1, minute // 60, minute % 60, tzinfo=UTC)
    both = [Arming(hours=(f"{a}-{b}",)).calendar(UTC) for a, b in ((first, last), (last, first))]
    assert [calendar.is_armed(at) for calendar in both].count(True) == 1


@given(MINUTES, MINUTES, st.integers(0, 4 * 24 * 60 - 1))
def test_armed_as_usual_is_armed_all_day_and_never_is_neither(start, end, minute) -> None:
    """The second of four days is the holiday."""
    if start == end:
        return
    hours = (f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}",)
    at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minute)

    def is_armed(on_holidays: OnHolidays) -> bool:
        arming = Arming(hours=hours, holidays=("2026-10-02",), on_holidays=on_holidays)
        return arming.calendar(UTC).is_armed(at)

    never, usual, always = (
        is_armed(what) for what in (OnHolidays.NEVER, OnHolidays.AS_USUAL, OnHolidays.ALL_DAY)
    )
    assert never <= usual <= always
    assert always or at.day != 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hours": ("8:00-20:00",)}, "hours reads"),
        ({"hours": ("08:00-08:00",)}, "'08:00-08:00'"),
        ({"hours": ("24:00-06:00",)}, "hours reads"),
        ({"hours": ("08:60-09:00",)}, "hours reads"),
        ({"hours": ("nights",)}, "\"22:00-06:00\", not 'nights'"),
        ({"seasons": ("06-31/09-30",)}, "seasons reads"),
        ({"seasons": ("06-01",)}, "seasons reads"),
        ({"holidays": ("2026-02-30",)}, "holidays reads"),
        ({"holidays": ("2026-10-07/2026-10-01",)}, "holidays reads"),
    ],
)
def test_what_is_no_calendar_is_refused_with_the_form(settings, words) -> None:
    with pytest.raises(RuleError, match=words):
        Arming(**settings)
