"""Water at cameras: where it is watched, from where on it counts, how it went; and rain."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, StringConstraints

from gateway.api.camera_settings import reload_workers
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import ActingDep, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.api.water_learnt import TeacherDep
from gateway.audit.act import Act, AuditAction, rain_object
from gateway.clock import to_iso
from gateway.errors import NotFoundError
from gateway.http.errors import BadRequestError, ErrorBody, ForbiddenError
from gateway.inventory_columns import MAX_TEXT
from gateway.store.rain import MANUAL, RainSpell
from gateway.store.water import KEPT
from gateway.water_file import WaterDocument, water_from_json, water_to_json
from vision.water.level import KINDS
from vision.water.lines import PASSABILITY, PLACE_LINES
from vision.water.types import Passability, PlaceType, RainState, Unseen, WaterState

LONGEST_RAIN = timedelta(days=7)
"""A word about rain that holds longer was mistyped, or will be forgotten."""
NO_WATER = "camera {camera} watches no water: set it up with PUT /api/cameras/{camera}/water"

router = APIRouter(tags=["water"], dependencies=[Depends(signed_in)])
ANSWERS: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}

Hours = Annotated[float, Query(gt=0.0, le=KEPT / timedelta(hours=1))]


class UsualLines(Answer):
    """From where on water counts where a site sets nothing; see `LinesBody` for each."""

    watch_cm: float
    watch_ratio: float
    watch_s: float
    yellow_cm: float
    yellow_ratio: float
    yellow_s: float
    red_cm: float
    red_ratio: float
    red_s: float
    red_within_s: float
    clear_part: float
    clear_s: float


class PlaceUsual(Answer):
    """What is usual at a kind of place. passability: who may pass, by the state of the water."""

    lines: UsualLines
    passability: dict[WaterState, Passability]


class MarkError(Answer):
    """How well marks are read. error_part: standard deviation, as a share of the mark's height.

    from_px: at this length in the picture; in between it changes evenly, below the first nothing
    is read.
    """

    from_px: float
    error_part: float


class UsualBody(Answer):
    """What holds where a site sets nothing. marks: by kind, from the shortest that is read on."""

    places: dict[PlaceType, PlaceUsual]
    marks: dict[str, tuple[MarkError, ...]]


class MomentBody(Answer):
    """One look. unseen: why it says nothing, null when it does; the rest is then the last known."""

    at: UtcTime
    state: WaterState
    unseen: Unseen | None
    area_ratio: float
    depth_cm: float | None


class CourseBody(Answer):
    """How the water went, oldest first."""

    moments: tuple[MomentBody, ...]


class RainBody(Answer):
    """What is known of rain at a unit, "" for the whole site, and how long that holds."""

    unit: str
    state: RainState
    since: UtcTime
    until: UtcTime
    source: str


class RainsBody(Answer):
    """What is known of rain now, by unit."""

    rain: tuple[RainBody, ...]


class RainQuestion(Question):
    """It rains, or is dry, until a time. unit: "" for the whole site; "unknown" takes it back."""

    unit: Annotated[str, StringConstraints(max_length=MAX_TEXT, strip_whitespace=True)] = ""
    state: RainState
    until: AwareDatetime


@router.get("/api/water/usual")
def read_usual() -> UsualBody:
    """Return from where on water counts at each kind of place, and how well marks are read."""
    return UsualBody(
        places={
            place: PlaceUsual(
                lines=UsualLines(**asdict(lines)), passability=dict(PASSABILITY[place])
            )
            for place, lines in PLACE_LINES.items()
        },
        marks={
            name: tuple(MarkError(from_px=px, error_part=part) for px, part in kind.errors)
            for name, kind in KINDS.items()
        },
    )


@router.get("/api/cameras/{camera}/water", responses=ANSWERS)
def read_water(camera: str, services: ServicesDep) -> WaterDocument:
    """Return where water is watched at a camera."""
    text = services.store.inventory.get(camera).water
    if not text:
        raise NotFoundError(NO_WATER.format(camera=camera))
    return water_from_json(text)


@router.put("/api/cameras/{camera}/water", dependencies=[Depends(administrator)], responses=ANSWERS)
async def set_water(camera: str, document: WaterDocument, services: ActingDep) -> WaterDocument:
    """Watch water at a camera from now on, in place of what was set before."""
    await run_in_threadpool(_keep, services, camera, water_to_json(document))
    await reload_workers(services)
    return document


@router.delete(
    "/api/cameras/{camera}/water",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(administrator)],
    responses=ANSWERS,
)
async def stop_water(camera: str, services: ActingDep) -> None:
    """Watch no water at a camera any more; what it learnt of its place is kept."""
    await run_in_threadpool(_keep, services, camera, "")
    await run_in_threadpool(services.store.water.forget, camera)
    await reload_workers(services)


@router.get("/api/cameras/{camera}/water/course", responses=ANSWERS)
def read_course(camera: str, services: ServicesDep, hours: Hours = 6.0) -> CourseBody:
    """Return how the water went over the last hours."""
    services.store.inventory.get(camera)
    since = services.now() - timedelta(hours=hours)
    moments = services.store.water.since(camera, since)
    return CourseBody(moments=tuple(MomentBody(**asdict(one)) for one in moments))


@router.get("/api/rain")
def read_rain(services: ServicesDep, seen: JurisdictionDep) -> RainsBody:
    """Return what is known of rain now, at units that concern whoever asks, and at the site."""
    spells = services.store.rain.at(services.now(), seen)
    return RainsBody(rain=tuple(_rain(spell) for _, spell in sorted(spells.items())))


@router.post("/api/rain", status_code=status.HTTP_201_CREATED)
def say_rain(
    question: RainQuestion, who: TeacherDep, services: ServicesDep, seen: JurisdictionDep
) -> RainBody:
    """Say that it rains, or is dry, from now until a time; of one's own units only."""
    if seen is not None and not seen.covers(question.unit, ""):
        raise ForbiddenError("unit: this is none of yours; say it of a unit that you belong to.")
    now = services.now()
    spell = RainSpell(question.unit, question.state, now, _until(question.until, now), MANUAL)
    services.store.rain.add(spell)
    detail = {"rain": spell.state.value, "end": to_iso(spell.until)}
    what = rain_object(spell.unit)
    services.store.audit.tell(Act(now, who.user.username, AuditAction.RAIN_SAID, what, detail))
    return _rain(spell)


def _until(until: datetime, now: datetime) -> datetime:
    if not now < until <= now + LONGEST_RAIN:
        raise BadRequestError(f"until: give a time within the next {LONGEST_RAIN.days} days")
    return until


def _keep(services: Services, camera_id: str, water: str) -> None:
    inventory = services.store.inventory
    inventory.replace(replace(inventory.get(camera_id), water=water))


def _rain(spell: RainSpell) -> RainBody:
    return RainBody(**asdict(spell))
