"""What people find: one upload with words, a place and pictures, which becomes an incident."""

from contextlib import suppress
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.form import Form, form_of, read_fields, read_form
from gateway.api.jurisdiction import check_seen
from gateway.api.security import AnybodyDep
from gateway.api.services import Services, ServicesDep
from gateway.errors import NoPictureError, WorkerUnreachableError
from gateway.finding import Finding, FindingKind, FindingSource
from gateway.finding_desk import FindingDesk, Taken, Told
from gateway.http.errors import BadRequestError, ErrorBody, ForbiddenError
from gateway.photo import MAX_BYTES, clean_picture
from gateway.store.users import Role, User
from gateway.worker_client import owner_of
from gateway.workflow.case import Actor, Party
from vision.types import Severity

FINDINGS = "/api/findings"
MOST_PICTURES = 6
LARGE_BODIES = {FINDINGS: MOST_PICTURES * MAX_BYTES + 65_536}
"""What the route takes: its pictures and some text."""

router = APIRouter(tags=["findings"])


class FindingQuestion(Question):
    """What somebody found. Pictures come beside it, as files of the field `picture`.

    severity: unless given, the usual one of the kind. camera: which shows it; its picture of now is
    kept too. place: where, in words, needed without a camera. latitude, longitude: WGS 84 degrees.
    key: made up by the sender; sent twice under the same key, it is one finding.
    """

    model_config = ConfigDict(str_strip_whitespace=True)

    kind: FindingKind
    text: str = Field("", max_length=2000)
    severity: Severity | None = None
    camera: str | None = Field(None, max_length=48)
    place: str = Field("", max_length=200)
    grid: str = Field("", max_length=80)
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    key: str = Field("", max_length=80)


class FindingAnswer(Answer):
    """What became of it. incident: its id. pictures: how many were kept, a camera's included."""

    incident: str
    kind: str
    severity: Severity
    opened_at: UtcTime
    pictures: int


@router.post(
    FINDINGS,
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": FindingAnswer, "description": "It was told before, under the same key"},
        413: {"model": ErrorBody, "description": "The pictures are too large"},
        415: {"model": ErrorBody, "description": "It is no form"},
    },
    openapi_extra=form_of(FindingQuestion, "picture", MOST_PICTURES),
)
async def report_finding(
    request: Request, response: Response, services: ServicesDep, sign_in: AnybodyDep
) -> FindingAnswer:
    """Report a finding: 随手拍, or what an operator sees on a camera. It becomes an incident."""
    async with read_form(request) as form:
        question = read_fields(FindingQuestion, form)
        _check(question, form, sign_in.user)
        await run_in_threadpool(_check_camera, question, sign_in.user, services)
        pictures = await run_in_threadpool(_pictures, form)
    snapshot = None if question.camera is None else await take_snapshot(services, question.camera)
    unit = await run_in_threadpool(_unit_of, sign_in.user, services)
    told = _told(question, sign_in.user, unit)
    taken = await run_in_threadpool(_take, services, told, pictures, snapshot)
    response.status_code = status.HTTP_201_CREATED if taken.is_new else status.HTTP_200_OK
    return _answer(taken)


async def take_snapshot(services: Services, camera: str) -> bytes | None:
    """Return a camera's picture of now, None where it gives none: the finding counts all the same.

    Raises NotFoundError for a camera that there is not.
    """
    with suppress(NoPictureError, WorkerUnreachableError):
        worker_url = await run_in_threadpool(owner_of, services.store, camera)
        return (await services.workers.snapshot(worker_url, camera, None)).jpeg
    return None


def desk_of(services: Services) -> FindingDesk:
    """Return who takes in findings."""
    return FindingDesk(services.store, services.data_dir, services.site.id, services.version)


def _check(question: FindingQuestion, form: Form, user: User) -> None:
    """Raise BadRequestError for a finding that nobody could go to, ForbiddenError for a camera."""
    pictures = form.files_of("picture")
    if len(pictures) != len(form.files):
        raise BadRequestError("files go into the field `picture`")
    if len(pictures) > MOST_PICTURES:
        raise BadRequestError(f"send at most {MOST_PICTURES} pictures, not {len(pictures)}")
    if question.camera is None and not pictures:
        raise BadRequestError("a finding needs a picture, or the camera that shows it")
    if question.camera is None and not question.place and question.latitude is None:
        raise BadRequestError("say where it is: in words, or by the phone's position")
    if (question.latitude is None) != (question.longitude is None):
        raise BadRequestError("a position has a latitude and a longitude; give both or neither")
    if question.camera is not None and user.role is Role.REPORTER:
        raise ForbiddenError("Reporters tell of places, not of cameras: leave the camera out.")


def _check_camera(question: FindingQuestion, user: User, services: Services) -> None:
    """Raise NotFoundError for a camera that is not there for this user."""
    if question.camera is not None:
        seen = services.store.units.jurisdiction(user)
        check_seen(services.store, seen, "camera", question.camera)


def _unit_of(user: User, services: Services) -> str:
    """Return what cameras call the unit of a user, "" without one."""
    return "" if user.unit is None else services.store.units.tree().word_of(user.unit)


def _pictures(form: Form) -> tuple[bytes, ...]:
    return tuple(
        clean_picture(one.read(), one.name or "the picture") for one in form.files_of("picture")
    )


def _told(question: FindingQuestion, user: User, unit: str) -> Told:
    source = FindingSource.PHOTO if question.camera is None else FindingSource.EYE
    return Told(
        key=question.key or str(uuid4()),
        kind=question.kind,
        finding=Finding(
            source=source,
            by=Actor(Party(user.role.value), user.username),
            text=question.text,
            place=question.place,
            latitude=question.latitude,
            longitude=question.longitude,
        ),
        severity=question.severity,
        camera=question.camera,
        unit=unit,
        grid=question.grid,
    )


def _take(
    services: Services, told: Told, pictures: tuple[bytes, ...], snapshot: bytes | None
) -> Taken:
    return desk_of(services).take(told, pictures, services.now(), snapshot)


def _answer(taken: Taken) -> FindingAnswer:
    stored = taken.incident
    return FindingAnswer(
        incident=stored.incident.id,
        kind=stored.incident.kind,
        severity=stored.incident.severity,
        opened_at=stored.incident.opened_at,
        pictures=len(stored.evidence),
    )
