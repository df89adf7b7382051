"""What cameras that watch water learnt of their places and saw last; and what is only wet."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status
from fastapi.concurrency import run_in_threadpool

from gateway.api.fields import Answer, UtcTime
from gateway.api.security import SignIn, SignInDep, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.audit.act import Act, AuditAction, camera_object
from gateway.http.errors import ErrorBody, ForbiddenError, TongueDep
from gateway.store.users import Role
from gateway.worker_client import owner_of
from gateway.worker_water_api import Corners, ReferenceFacts
from vision.water.reference import ReferenceKind
from vision.water.types import Unseen

TEACHERS = frozenset({Role.ADMIN, Role.OPERATOR})
ANSWERS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody},
    503: {"model": ErrorBody, "description": "worker_unreachable"},
}
PICTURE: dict[int | str, dict[str, object]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture"}
}

router = APIRouter(
    prefix="/api/cameras/{camera}/water",
    tags=["water"],
    dependencies=[Depends(signed_in)],
    responses=ANSWERS,
)


def teacher(sign_in: SignInDep) -> SignIn:
    """Return who is asking; raises ForbiddenError unless they may say how it is outside."""
    if sign_in.user.role not in TEACHERS:
        raise ForbiddenError("Only administrators and operators may say how wet it is.")
    return sign_in


TeacherDep = Annotated[SignIn, Depends(teacher)]


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


class LookBody(Answer):
    """What the last look with a picture saw. unseen: why it says nothing, null when it does.

    area_ratio: flooded share of the zones, of a slope the share that moved, 0-1. reference: the
    state it was compared with. votes: area_ratio by each witness alone. text_masks: where the
    camera was found to write on its picture, empty where the site says it.
    """

    at: UtcTime
    unseen: Unseen | None
    area_ratio: float
    depth_cm: float | None
    error_cm: float | None
    reference: str
    votes: Mapping[str, float]
    text_masks: tuple[Corners, ...]


class EyeBody(Answer):
    """How an eye did on pictures and water kept out of its training; all 0-1.

    iou: overlap of the water called with the true. found: share of flooded pictures found.
    false_alarms: share of disturbed dry ones called flooded; real_false_alarms: of two of the
    camera's own pictures, null when there were none.
    """

    iou: float
    found: float
    false_alarms: float
    real_false_alarms: float | None


class TrainingBody(Answer):
    """How the camera's own eye was last taught. kept: it was better, and took the other's place."""

    at: UtcTime
    kept: bool
    before: EyeBody
    after: EyeBody


class TrainingRunBody(Answer):
    """A training that goes on, or failed. share: done of it, 0-1. error: "" while it goes on."""

    started_at: UtcTime
    share: float
    error: str


class TaughtBody(Answer):
    """The last training that ended, and one that goes on or failed; null where there was none."""

    training: TrainingBody | None
    run: TrainingRunBody | None


@router.post("/only-wet")
async def say_only_wet(camera: str, who: TeacherDep, services: ServicesDep) -> ReferenceBody:
    """Have what the camera sees now count as only wet: what looks like it alerts no more."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    taught = await services.workers.only_wet(worker_url, camera)
    detail = {"reference": taught.id}
    await run_in_threadpool(_tell, services, who, AuditAction.WATER_TAUGHT, camera, detail)
    return _reference(taught)


@router.get("/references")
async def list_references(camera: str, services: ServicesDep) -> ReferencesBody:
    """Return the states of its place that a camera knows."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    found = await services.workers.water_references(worker_url, camera)
    return ReferencesBody(references=tuple(_reference(one) for one in found))


@router.get(
    "/references/{reference}/picture.jpg",
    response_class=Response,
    responses=PICTURE,
)
async def read_reference(camera: str, reference: str, services: ServicesDep) -> Response:
    """Return the picture of a state."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    jpeg = await services.workers.water_reference_jpeg(worker_url, camera, reference)
    return Response(jpeg, media_type="image/jpeg")


@router.delete(
    "/references/{reference}",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def forget_reference(
    camera: str, reference: str, who: TeacherDep, services: ServicesDep
) -> None:
    """Drop a state: it was taught by mistake, or the place was rebuilt."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    await services.workers.forget_water_reference(worker_url, camera, reference)
    detail = {"reference": reference}
    await run_in_threadpool(_tell, services, who, AuditAction.WATER_FORGOTTEN, camera, detail)


@router.get("/look")
async def read_look(camera: str, services: ServicesDep) -> LookBody:
    """Return what the last look saw; no_picture before the first."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    facts = await services.workers.water_look(worker_url, camera)
    return LookBody(**asdict(facts))


@router.get("/look/picture.jpg", response_class=Response, responses=PICTURE)
async def read_look_picture(camera: str, services: ServicesDep) -> Response:
    """Return the picture of the last look with the zones, and the water seen in them."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    jpeg = await services.workers.water_look_jpeg(worker_url, camera)
    return Response(jpeg, media_type="image/jpeg")


@router.get("/training")
async def read_training(camera: str, services: ServicesDep, tongue: TongueDep) -> TaughtBody:
    """Return how a camera is, and was last, taught an eye of its own."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    found = await services.workers.water_training(worker_url, camera)
    run = found.run and TrainingRunBody(
        **asdict(found.run) | {"error": tongue.say(found.run.error)}
    )
    return TaughtBody(training=found.last and TrainingBody(**asdict(found.last)), run=run)


@router.post("/training", status_code=status.HTTP_202_ACCEPTED)
async def begin_training(camera: str, who: TeacherDep, services: ServicesDep) -> None:
    """Have a camera taught an eye of its own on its worker's machine, beside the analysis."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    await services.workers.teach_water(worker_url, camera)
    await run_in_threadpool(_tell, services, who, AuditAction.WATER_TRAINED, camera, {})


def _tell(
    services: Services,
    who: SignIn,
    action: AuditAction,
    camera_id: str,
    detail: Mapping[str, str],
) -> None:
    place = camera_object(camera_id)
    services.store.audit.tell(Act(services.now(), who.user.username, action, place, detail))


def _reference(facts: ReferenceFacts) -> ReferenceBody:
    return ReferenceBody(**asdict(facts))
