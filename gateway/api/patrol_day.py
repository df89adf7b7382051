"""A day of the patrol: who is on duty, and which rounds are due."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.api.fields import Answer, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.patrol_rounds import RoundAnswer, camera_names, round_answer
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import BadRequestError
from gateway.patrol.pattern import wall_moment
from gateway.patrol.rota import Duty, duties
from gateway.patrol.round import rounds
from gateway.patrol_file import Plan, plan_of
from gateway.store.patrol import StoredRound
from gateway.units import Jurisdiction

LONGEST = timedelta(hours=48)
"""How long after its time a round may be done, as `gateway.patrol_file` allows."""

router = APIRouter(prefix="/api/patrol/day", tags=["patrol"], dependencies=[Depends(signed_in)])


class DutyAnswer(Answer):
    """A shift of the day and who has it."""

    shift: str
    starts_at: UtcTime
    ends_at: UtcTime
    people: tuple[str, ...]
    is_now: bool


class DayAnswer(Answer):
    """A day of the site's calendar: who is on duty, its rounds, also those to come."""

    day: date
    duties: tuple[DutyAnswer, ...]
    rounds: tuple[RoundAnswer, ...]


@router.get("")
def read_day(
    services: ServicesDep, seen: JurisdictionDep, day: Annotated[date | None, Query()] = None
) -> DayAnswer:
    """Return a day's duties and rounds; of today also those of the days before still to be done."""
    zone, now = services.site.zone, services.now()
    wanted = day or now.astimezone(zone).date()
    since, until = span_of(wanted, wanted, services)
    services.store.patrol.advance(now, zone)
    stored = services.store.patrol.plan(seen)
    plan = plan_of(stored.body) if stored else Plan((), ())
    kept = _kept(services, since, until, seen)
    known = {one.round.id for one in kept}
    coming = _coming(plan, max(since, now), until, services)
    every = (*kept, *(one for one in coming if one.round.id not in known))
    names = camera_names(services)
    return DayAnswer(
        day=wanted,
        duties=tuple(_duty(one, now) for one in duties(plan.rota, wanted, zone)),
        rounds=tuple(
            round_answer(one, names, now)
            for one in sorted(every, key=lambda one: (one.round.due_at, one.round.name))
        ),
    )


def _kept(
    services: Services, since: datetime, until: datetime, seen: Jurisdiction | None
) -> tuple[StoredRound, ...]:
    """Return the rounds of a span that came due, and if it is now, older ones still to be done."""
    patrol = services.store.patrol
    kept = patrol.rounds(since, until, seen)
    if not since <= services.now() < until:
        return kept
    before = patrol.rounds(since - LONGEST, since, seen)
    return (*(one for one in before if one.outcome is None), *kept)


def _coming(
    plan: Plan, after: datetime, until: datetime, services: Services
) -> Iterator[StoredRound]:
    """Yield the rounds that will become due after one time and before another."""
    last = until - timedelta(microseconds=1)
    for route in plan.routes:
        for one in rounds(route, after, last, services.site.zone):
            yield StoredRound(one, None, None, "", "", {})


def span_of(first: date, last: date, services: Services) -> tuple[datetime, datetime]:
    """Return from when to before when days of the site's calendar last, UTC."""
    if not date(2000, 1, 1) <= first <= last <= date(2200, 1, 1):
        raise BadRequestError(f"{first} is no day of patrols: give one of this century")
    zone = services.site.zone
    end = last + timedelta(days=1)
    since, until = (wall_moment(datetime.combine(day, time()), zone) for day in (first, end))
    return since.astimezone(UTC), until.astimezone(UTC)


def _duty(duty: Duty, now: datetime) -> DutyAnswer:
    return DutyAnswer(
        shift=duty.shift,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        people=duty.people,
        is_now=duty.starts_at <= now < duty.ends_at,
    )
