"""Water at cameras: where it is watched, how it stands and went, what is only wet; and rain."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, StringConstraints

from gateway.api.camera_settings import reload_workers
from gateway.api.cameras import owner_of
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import ActingDep, SignIn, SignInDep, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.audit.act import Act, AuditAction, camera_object
from gateway.errors import NotFoundError
from gateway.http.errors import BadRequestError, ErrorBody, ForbiddenError
from gateway.inventory_columns import MAX_TEXT
from gateway.store.rain import MANUAL, RainSpell
from gateway.store.users import Role
from gateway.store.water import KEPT
from gateway.water_file import WaterDocument, water_from_json, water_to_json
from gateway.worker_water_api import ReferenceFacts
from vision.water.reference import ReferenceKind
from vision.water.types import RainState, Unseen, WaterState

TEACHERS = frozenset({Role.ADMIN, Role.OPERATOR})
LONGEST_RAIN = timedelta(days=7)
"""A word about rain that holds longer was mistyped, or will be forgotten."""
NO_WATER = "camera {camera} watches no water: set it up with PUT /api/cameras/{camera}/water"

router = APIRouter(tags=["water"], dependencies=[Depends(signed_in)])
ANSWERS: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}
WORKER_ANSWERS = ANSWERS | {503: {"model": ErrorBody, "description": "worker_unreachable"}}


def teacher(sign_in: SignInDep) -> SignIn:
    """Return who is asking; raises ForbiddenError unless they may say how it is outside."""
    if sign_in.user.role not in TEACHERS:
        raise ForbiddenError("Only administrators and operators may say how wet it is.")
    return sign_in


TeacherDep = Annotated[SignIn, Depends(teacher)]
Hours = Annotated[float, Query(gt=0.0, le=KEPT / timedelta(hours=1))]


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


class ReferenceBody(Answer):
    """A state of the place that the camera knows. looks: how often it was seen so.

    taught: a person called it only wet; it is never dropped for one that was learnt.
    """

    id: str
    kind: ReferenceKind
    infrared: bool
    made_at: UtcTime
    seen_at: UtcTime
    looks: int
    taught: bool


class ReferencesBody(Answer):
    """All states that a camera knows, in the order they were learnt."""

    references: tuple[ReferenceBody, ...]


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


@router.post("/api/cameras/{camera}/water/only-wet", responses=WORKER_ANSWERS)
async def say_only_wet(camera: str, who: TeacherDep, services: ServicesDep) -> ReferenceBody:
    """Have what the camera sees now count as only wet: what looks like it alerts no more."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    taught = await services.workers.only_wet(worker_url, camera)
    await run_in_threadpool(_tell, services, who, AuditAction.WATER_TAUGHT, camera, taught.id)
    return _reference(taught)


@router.get("/api/cameras/{camera}/water/references", responses=WORKER_ANSWERS)
async def list_references(camera: str, services: ServicesDep) -> ReferencesBody:
    """Return the states of its place that a camera knows."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    found = await services.workers.water_references(worker_url, camera)
    return ReferencesBody(references=tuple(_reference(one) for one in found))


@router.get(
    "/api/cameras/{camera}/water/references/{reference}/picture.jpg",
    response_class=Response,
    responses=WORKER_ANSWERS | {200: {"content": {"image/jpeg": {}}, "description": "The state"}},
)
async def read_reference(camera: str, reference: str, services: ServicesDep) -> Response:
    """Return the picture of a state."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    jpeg = await services.workers.water_reference_jpeg(worker_url, camera, reference)
    return Response(jpeg, media_type="image/jpeg")


@router.delete(
    "/api/cameras/{camera}/water/references/{reference}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=WORKER_ANSWERS,
)
async def forget_reference(
    camera: str, reference: str, who: TeacherDep, services: ServicesDep
) -> None:
    """Drop a state: it was taught by mistake, or the place was rebuilt."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    await services.workers.forget_water_reference(worker_url, camera, reference)
    await run_in_threadpool(_tell, services, who, AuditAction.WATER_FORGOTTEN, camera, reference)


@router.get("/api/rain")
def read_rain(services: ServicesDep, seen: JurisdictionDep) -> RainsBody:
    """Return what is known of rain now, at units that concern whoever asks, and at the site."""
    spells = services.store.rain.at(services.now(), seen)
    return RainsBody(rain=tuple(_rain(spell) for _, spell in sorted(spells.items())))


@router.post("/api/rain", status_code=status.HTTP_201_CREATED)
def say_rain(
    question: RainQuestion, _who: TeacherDep, services: ServicesDep, seen: JurisdictionDep
) -> RainBody:
    """Say that it rains, or is dry, from now until a time; of one's own units only."""
    if seen is not None and not seen.covers(question.unit, ""):
        raise ForbiddenError("unit: this is none of yours; say it of a unit that you belong to.")
    now = services.now()
    spell = RainSpell(question.unit, question.state, now, _until(question.until, now), MANUAL)
    services.store.rain.add(spell)
    return _rain(spell)


def _until(until: datetime, now: datetime) -> datetime:
    if not now < until <= now + LONGEST_RAIN:
        raise BadRequestError(f"until: give a time within the next {LONGEST_RAIN.days} days")
    return until


def _keep(services: Services, camera_id: str, water: str) -> None:
    inventory = services.store.inventory
    inventory.replace(replace(inventory.get(camera_id), water=water))


def _tell(
    services: Services, who: SignIn, action: AuditAction, camera_id: str, reference: str
) -> None:
    place, detail = camera_object(camera_id), {"reference": reference}
    services.store.audit.tell(Act(services.now(), who.user.username, action, place, detail))


def _reference(facts: ReferenceFacts) -> ReferenceBody:
    return ReferenceBody(**asdict(facts))


def _rain(spell: RainSpell) -> RainBody:
    return RainBody(**asdict(spell))
