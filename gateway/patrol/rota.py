"""The rota (值班表): shifts of the day, and the people whose turn each of them is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from gateway.patrol.pattern import WEEK, wall_moment

_DAY = timedelta(days=1)
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Shift:
    """A part of the day. starts, ends: by the site's clock; an end not after the start is next day.

    crews: who has it, taking turns day by day from `since` on. Raises ValueError without people.
    """

    name: str
    starts: time
    ends: time
    crews: tuple[tuple[str, ...], ...]
    since: date
    weekdays: frozenset[int] = WEEK

    def __post_init__(self) -> None:
        if not self.crews or not all(self.crews):
            raise ValueError(f"shift {self.name} has nobody: name at least one person a crew")

    def crew_of(self, day: date) -> tuple[str, ...]:
        """Return whose turn it is on the day that the shift begins."""
        return self.crews[(day - self.since).days % len(self.crews)]


@dataclass(frozen=True, slots=True)
class Duty:
    """A shift on a certain day: from when to when, UTC, and who has it."""

    shift: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


def duties(rota: Iterable[Shift], day: date, zone: tzinfo) -> tuple[Duty, ...]:
    """Return the duties that begin on a day, the earliest first."""
    found = [_duty(one, day, zone) for one in rota if day.weekday() in one.weekdays]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.shift)))


def on_duty(rota: Iterable[Shift], at: datetime, zone: tzinfo) -> tuple[Duty, ...]:
    """Return the duties that a moment falls into."""
    day = at.astimezone(zone).date()
    shifts = tuple(rota)
    around = (*duties(shifts, day - _DAY, zone), *duties(shifts, day, zone))
    return tuple(one for one in around if one.starts_at <= at < one.ends_at)


def _duty(shift: Shift, day: date, zone: tzinfo) -> Duty:
    end_day = day if shift.ends > shift.starts else day + _DAY
    return Duty(
        shift=shift.name,
        starts_at=wall_moment(datetime.combine(day, shift.starts), zone),
        ends_at=wall_moment(datetime.combine(end_day, shift.ends), zone),
        people=shift.crew_of(day),
    )
