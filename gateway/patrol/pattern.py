"""When a round is due: times of day on certain days, by the clock on the site's walls.

What the clock leaves out in spring (02:30 in a night that goes from 02:00 to 03:00) is due when it
goes on; what it shows twice in autumn is due the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)
WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Pattern:
    """times: of day, none twice. weekdays: as `date.weekday` counts them, from Monday 0.

    only: if not empty, the only days; otherwise all. never: days without, such as holidays. Raises
    ValueError without times, with a time that has a zone, or without weekdays.
    """

    times: tuple[time, ...]
    weekdays: frozenset[int] = WEEK
    only: frozenset[date] = frozenset()
    never: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.times or not self.weekdays:
            raise ValueError("a pattern needs at least one time of day and one weekday")
        if any(one.tzinfo is not None for one in self.times):
            raise ValueError("times of day are those of the site's clock and have no zone")

    def has(self, day: date) -> bool:
        """Say whether rounds are due on a day."""
        listed = not self.only or day in self.only
        return listed and day not in self.never and day.weekday() in self.weekdays


def every(hours: int, first: time) -> tuple[time, ...]:
    """Return the times of day from the first on, so many hours apart, up to midnight."""
    minutes = range(first.hour * 60 + first.minute, 24 * 60, hours * 60)
    return tuple(time(minute // 60, minute % 60) for minute in minutes)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A moment at which a round is due, UTC; number: of that day, from 0."""

    at: datetime
    number: int


def occurrences(
    pattern: Pattern, after: datetime, until: datetime, zone: tzinfo
) -> Iterator[Occurrence]:
    """Yield the moments of a pattern after one time, up to and including another, in order.

    Asking for two spans that touch gives each moment exactly once.
    """
    day = after.astimezone(zone).date() - _DAY
    last = until.astimezone(zone).date()
    while day <= last:
        for number, moment in enumerate(moments_of(pattern, day, zone)):
            if after < moment <= until:
                yield Occurrence(moment, number)
        day += _DAY


def moments_of(pattern: Pattern, day: date, zone: tzinfo) -> list[datetime]:
    """Return the moments of one day, UTC; two that a jump of the clock brings together, once."""
    if not pattern.has(day):
        return []
    return sorted({wall_moment(datetime.combine(day, one), zone) for one in pattern.times})


def wall_moment(wall: datetime, zone: tzinfo) -> datetime:
    """Return when the clock on the wall shows a time, UTC; see above for times it never shows."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    shown = moment.astimezone(zone).replace(tzinfo=None)
    if shown == wall:
        return moment
    return _gap_end(moment - _DAY, moment + _DAY, wall, zone)


def _gap_end(low: datetime, high: datetime, wall: datetime, zone: tzinfo) -> datetime:
    """Return the first moment at which the clock shows the wall time or later, by halving."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
