"""The patrol plan as people write it (YAML), keep it and send it (JSON): one document in all three.

It holds the rota and the routes; `plan_of` gives what `gateway.patrol` works with.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from gateway.errors import ConfigError
from gateway.patrol.pattern import WEEK, Pattern, every
from gateway.patrol.rota import Shift
from gateway.patrol.round import USUAL_VISITS, Route, Stop
from gateway.yaml_file import read_model
from vision.arming import Weekday
from vision.types import Severity

MAX_STOPS, MAX_ROUTES, MAX_SHIFTS = 200, 200, 50

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1)]
Rounds = Annotated[int, Field(ge=1, le=48)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShiftBody(_Part):
    """A shift. starts, ends: by the site's clock; an end not after the start is on the next day.

    unit: whose people may know of it, "" everybody. crews: who has it, taking turns day by day from
    `since` on; one crew has it always.
    """

    shift: Name
    unit: str = Field("", max_length=80)
    starts: time
    ends: time
    crews: Annotated[
        tuple[Annotated[tuple[Name, ...], Field(min_length=1)], ...], Field(min_length=1)
    ]
    since: date = date(2024, 1, 1)
    weekdays: Weekdays = tuple(Weekday)


class StopBody(_Part):
    """A stop. preset: token of a view that the camera keeps, null as it looks.

    id: by default the camera's, and its preset's. dwell_s: seconds it is looked at, at least.
    """

    camera: Id
    id: Name | None = None
    name: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)] = ""
    preset: Annotated[str, StringConstraints(max_length=64)] | None = None
    dwell_s: float = Field(0.0, ge=0, le=600)
    colour: Severity = Severity.RED


class RouteBody(_Part):
    """A route. at: times of day; or every_h: so many hours apart, from `first` on.

    only: the only days; never: days without. late_after_min, missed_after_min: after the due time.
    visits: of a colour, every how many-th round of the day.
    """

    id: Id
    name: Name
    unit: str = Field("", max_length=80)
    at: tuple[time, ...] = ()
    every_h: int | None = Field(None, ge=1, le=24)
    first: time = time()
    weekdays: Weekdays = tuple(Weekday)
    only: tuple[date, ...] = ()
    never: tuple[date, ...] = ()
    late_after_min: int = Field(30, ge=1, le=24 * 60)
    missed_after_min: int = Field(120, ge=2, le=48 * 60)
    visits: dict[Severity, Rounds] = Field(default_factory=dict)
    stops: Annotated[tuple[StopBody, ...], Field(min_length=1, max_length=MAX_STOPS)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.at) == (self.every_h is not None):
            raise _mistake("give either `at` or `every_h`")
        if self.late_after_min >= self.missed_after_min:
            raise _mistake("missed_after_min must be more than late_after_min")
        _check_unique((_stop_id(one) for one in self.stops), "stop")
        return self


class PlanBody(_Part):
    """The plan of a site: who is on duty, and what is walked when."""

    rota: Annotated[tuple[ShiftBody, ...], Field(max_length=MAX_SHIFTS)] = ()
    routes: Annotated[tuple[RouteBody, ...], Field(max_length=MAX_ROUTES)] = ()

    @model_validator(mode="after")
    def _names_are_own(self) -> Self:
        _check_unique((one.id for one in self.routes), "route")
        _check_unique((one.shift for one in self.rota), "shift")
        return self


@dataclass(frozen=True, slots=True)
class Plan:
    """The same for `gateway.patrol`."""

    rota: tuple[Shift, ...]
    routes: tuple[Route, ...]


def read_plan(path: Path) -> PlanBody:
    """Return a YAML file's plan; raises ConfigError with a line for each mistake."""
    return read_model(path, PlanBody)


def plan_of(body: PlanBody) -> Plan:
    """Return a plan to work with."""
    return Plan(
        rota=tuple(_shift(one) for one in body.rota), routes=tuple(map(_route, body.routes))
    )


def check_cameras(body: PlanBody, known: Collection[str]) -> None:
    """Raise ConfigError for stops at cameras that the site has not."""
    strange = {one.camera for route in body.routes for one in route.stops} - set(known)
    if strange:
        raise ConfigError(
            f"the plan has stops at cameras that are not known: {', '.join(sorted(strange))}; "
            "add them, or correct their ids"
        )


def _mistake(text: str) -> PydanticCustomError:
    return PydanticCustomError("patrol", "{text}", {"text": text})


def _check_unique(ids: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise _mistake(f"{what} {one} is there twice; give each an id of its own")
        seen.add(one)


def _shift(body: ShiftBody) -> Shift:
    return Shift(
        body.shift, body.starts, body.ends, body.crews, body.since, _numbers(body.weekdays)
    )


def _route(body: RouteBody) -> Route:
    times = body.at if body.every_h is None else every(body.every_h, body.first)
    return Route(
        id=body.id,
        name=body.name,
        unit=body.unit,
        stops=tuple(_stop(one) for one in body.stops),
        pattern=Pattern(
            times=tuple(sorted(set(times))),
            weekdays=_numbers(body.weekdays),
            only=frozenset(body.only),
            never=frozenset(body.never),
        ),
        late_after=timedelta(minutes=body.late_after_min),
        missed_after=timedelta(minutes=body.missed_after_min),
        visits=dict(USUAL_VISITS) | body.visits,
    )


def _stop(body: StopBody) -> Stop:
    return Stop(
        id=_stop_id(body),
        name=body.name,
        camera=body.camera,
        preset=body.preset,
        dwell_s=body.dwell_s,
        colour=body.colour,
    )


def _stop_id(body: StopBody) -> str:
    if body.id is not None:
        return body.id[:48]
    return (body.camera if body.preset is None else f"{body.camera}@{body.preset}")[:48]


def _numbers(weekdays: Collection[Weekday]) -> frozenset[int]:
    return frozenset(number for number in WEEK if tuple(Weekday)[number] in weekdays)
