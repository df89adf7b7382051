"""When a rule is armed: weekdays, hours, seasons and holidays, by the clock on the site's walls.

Each moment is judged by the local wall clock, so an hour that daylight saving repeats is armed
twice and one that it leaves out is not missed: what ends at 02:30 in a night without 02:30 ends at
03:00.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from vision.errors import RuleError

MINUTES_A_DAY = 24 * 60

LEAP_YEAR = 2000
"""A year that has every day there can be: 29 February is a season's day in each."""

HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
SEASON = re.compile(r"(\d\d-\d\d)/(\d\d-\d\d)")

Parsed = TypeVar("Parsed")


class Weekday(StrEnum):
    """A day of the week, in the order in which `date.weekday` counts them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class OnHolidays(StrEnum):
    """What holidays are to a rule: days like others, armed round the clock, or not armed.

    Hours over midnight that begin on a day armed round the clock go on into the next as usual.
    """

    AS_USUAL = "as_usual"
    ALL_DAY = "all_day"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class _Hours:
    """Minutes of a day, from the first to before the last; past MINUTES_A_DAY: of the next."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arming:
    """A calendar as people write it; what is left empty does not restrict.

    weekdays: of them the hours begin. hours: "08:00-20:00", or over midnight "22:00-06:00", which
    belongs to the day on which it begins; "00:00-24:00" is the whole day. seasons: "06-01/09-30",
    month and day, both included, or over the new year "11-15/03-15". holidays: "2026-10-01", or
    "2026-10-01/2026-10-07". on_holidays: what those days are. Outside its seasons a rule is never
    armed. Raises RuleError for anything that is no such text.
    """

    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[str, ...] = ()
    seasons: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    on_holidays: OnHolidays = OnHolidays.NEVER

    def __post_init__(self) -> None:
        self.calendar(None)

    @property
    def restricts(self) -> bool:
        """Whether there is any time at which it is not armed, as far as can be told."""
        return bool(self.weekdays or self.hours or self.seasons)

    def calendar(self, time_zone: tzinfo | None) -> "Calendar":
        """Return the calendar of a site in that time zone; None: in each moment's own."""
        return Calendar(
            time_zone,
            frozenset(list(Weekday).index(day) for day in self.weekdays or Weekday),
            tuple(_read("hours", _hours, text) for text in self.hours or ("00:00-24:00",)),
            tuple(_read("seasons", _season, text) for text in self.seasons),
            tuple(_read("holidays", _span, text) for text in self.holidays),
            self.on_holidays,
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar ready to be asked. weekdays: as `date.weekday` counts. seasons: in LEAP_YEAR."""

    time_zone: tzinfo | None
    weekdays: frozenset[int]
    hours: tuple[_Hours, ...]
    seasons: tuple[tuple[date, date], ...]
    holidays: tuple[tuple[date, date], ...]
    on_holidays: OnHolidays

    def is_armed(self, at: datetime) -> bool:
        """Return whether a moment (aware) lies in armed hours, begun on this day or the last."""
        local = at.astimezone(self.time_zone) if self.time_zone else at
        today, minute = local.date(), local.hour * 60 + local.minute
        yesterday = today - timedelta(days=1)
        return self._covers(today, minute) or self._covers(yesterday, minute + MINUTES_A_DAY)

    def _covers(self, day: date, minute: int) -> bool:
        """Return whether a minute counted from a day's midnight is armed because of that day."""
        if not self._in_season(day):
            return False
        if self._is_holiday(day):
            if self.on_holidays is OnHolidays.NEVER:
                return False
            if self.on_holidays is OnHolidays.ALL_DAY and minute < MINUTES_A_DAY:
                return True
        if day.weekday() not in self.weekdays:
            return False
        return any(hours.start <= minute < hours.end for hours in self.hours)

    def _in_season(self, day: date) -> bool:
        of_year = day.replace(year=LEAP_YEAR)
        return not self.seasons or any(
            first <= of_year <= last if first <= last else of_year >= first or of_year <= last
            for first, last in self.seasons
        )

    def _is_holiday(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.holidays)


def _read(key: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """Return a text parsed; raises RuleError that names the key and shows the form."""
    forms = {
        "hours": '"08:00-20:00" or "22:00-06:00"',
        "seasons": '"06-01/09-30"',
        "holidays": '"2026-10-01" or "2026-10-01/2026-10-07"',
    }
    try:
        return parse(text)
    except ValueError as error:
        raise RuleError(f"{key} reads {forms[key]}, not {text!r}") from error


def _hours(text: str) -> _Hours:
    match = HOURS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError(text)
    if start == end:
        raise ValueError(text)
    return _Hours(start, end if end > start else end + MINUTES_A_DAY)


def _season(text: str) -> tuple[date, date]:
    match = SEASON.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, last = (date.fromisoformat(f"{LEAP_YEAR}-{part}") for part in match.groups())
    return first, last


def _span(text: str) -> tuple[date, date]:
    first, _, last = text.partition("/")
    span = date.fromisoformat(first), date.fromisoformat(last or first)
    if span[0] > span[1]:
        raise ValueError(text)
    return span
