"""Rounds of the patrol: walked stop by stop, each checked in with its picture, or skipped."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from fastapi import APIRouter, BackgroundTasks, Depends, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import Field

from gateway.api.evidence import CACHE
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.findings import desk_of
from gateway.api.security import SignInDep, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.camera_commands import GoHome, GoToPreset
from gateway.errors import GatewayError, NoPictureError, NotFoundError, WorkerUnreachableError
from gateway.finding import FindingKind
from gateway.http.errors import ErrorBody
from gateway.patrol.round import Standing, Stop, Verdict, standing
from gateway.patrol_desk import PICTURES, PatrolDesk, Seen, Shot, cameras_left, stop_of
from gateway.store.patrol import CheckIn, StoredRound
from gateway.store.users import User
from gateway.worker_client import owner_of
from gateway.workflow.case import Actor, Party
from vision.types import Severity

router = APIRouter(prefix="/api/patrol/rounds", tags=["patrol"], dependencies=[Depends(signed_in)])

ROUND_REFUSALS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody},
    409: {"model": ErrorBody, "description": "round_refused: ended, not looked at, no picture"},
}


class StopAnswer(Answer):
    """A stop of a round, and what was seen there.

    camera_name: as it is called now. arrived_at: since when somebody looks, null before. at,
    verdict: null until they have said what they see. has_picture: whether the picture of the
    check-in is kept; sha256: of it. incident: of a finding.
    """

    id: str
    name: str
    camera: str
    camera_name: str
    preset: str | None
    dwell_s: float
    colour: Severity
    arrived_at: UtcTime | None
    at: UtcTime | None
    by: str
    verdict: Verdict | None
    note: str
    has_picture: bool
    sha256: str | None
    captured_at: UtcTime | None
    incident: str | None


class RoundAnswer(Answer):
    """A round. late_at, missed_at: until when it is in time, and may be done at all.

    settled_at, by: when and by whom it was ended; note: why it was skipped.
    """

    id: str
    route: str
    name: str
    unit: str
    due_at: UtcTime
    late_at: UtcTime
    missed_at: UtcTime
    standing: Standing
    settled_at: UtcTime | None
    by: str
    note: str
    stops: tuple[StopAnswer, ...]


class ArrivalQuestion(Question):
    """Which stop somebody looks at."""

    stop: str = Field(max_length=48)


class CheckInQuestion(ArrivalQuestion):
    """What they see there. kind, severity: of a finding; unless given, the usual severity."""

    verdict: Verdict
    note: str = Field("", max_length=2000)
    kind: FindingKind = FindingKind.OTHER
    severity: Severity | None = None


class SkipQuestion(Question):
    """Why a round is not done."""

    reason: str = Field(min_length=2, max_length=500)


@router.get("/{round_id}", responses={404: {"model": ErrorBody}})
def read_round(round_id: str, services: ServicesDep) -> RoundAnswer:
    """Return one round that has become due."""
    return _answer(services.store.patrol.get(round_id), services)


@router.post("/{round_id}/arrivals", responses=ROUND_REFUSALS)
async def arrive(
    round_id: str, question: ArrivalQuestion, services: ServicesDep, sign_in: SignInDep
) -> RoundAnswer:
    """Look at a stop: its time of looking begins, and its camera turns to the preset.

    A camera that does not turn hinders nobody: what it shows is judged all the same.
    """
    patrol, at = services.store.patrol, services.now()
    await run_in_threadpool(patrol.arrive, round_id, question.stop, sign_in.user.username, at)
    found = await run_in_threadpool(patrol.get, round_id)
    stop = stop_of(found, question.stop)
    if stop.preset is not None:
        await _turn(services, stop.camera, GoToPreset(stop.preset))
    return await run_in_threadpool(_answer, found, services)


@router.post("/{round_id}/checkins", responses=ROUND_REFUSALS)
async def check_in(
    round_id: str,
    question: CheckInQuestion,
    services: ServicesDep,
    sign_in: SignInDep,
    later: BackgroundTasks,
) -> RoundAnswer:
    """Say what is seen at a stop; the camera's picture of now is kept. The last ends the round.

    A camera that turned to a preset goes home once no stop at it is still to be visited.
    """
    by = _actor(sign_in.user)
    desk = PatrolDesk(services.store, services.data_dir, desk_of(services))
    checkin = await run_in_threadpool(desk.prepare, round_id, question.stop, by, services.now())
    found = await run_in_threadpool(services.store.patrol.get, round_id)
    shot = await _shot(services, stop_of(found, question.stop).camera)
    seen = Seen(question.verdict, question.note.strip(), question.kind, question.severity)
    after = await run_in_threadpool(desk.check_in, checkin, round_id, seen, by, shot)
    later.add_task(_go_home, services, cameras_left(found, after))
    return await run_in_threadpool(_answer, after, services)


@router.post("/{round_id}/skip", responses=ROUND_REFUSALS)
def skip(
    round_id: str,
    question: SkipQuestion,
    services: ServicesDep,
    sign_in: SignInDep,
    later: BackgroundTasks,
) -> RoundAnswer:
    """Say why a round will not be done; it is told to whoever supervises."""
    user, at = sign_in.user.username, services.now()
    before = services.store.patrol.get(round_id)
    after = services.store.patrol.skip(round_id, user, question.reason.strip(), at)
    later.add_task(_go_home, services, cameras_left(before, after))
    return _answer(after, services)


@router.get(
    "/{round_id}/pictures/{number}.jpg",
    response_class=FileResponse,
    responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": ErrorBody}},
)
def read_picture(round_id: str, number: int, services: ServicesDep) -> Response:
    """Return the picture of a check-in; number: of the stop in the round, from 0."""
    found = services.store.patrol.get(round_id)
    missing = NotFoundError("The picture of this stop is not there, or is no longer kept.")
    if not 0 <= number < len(found.round.stops):
        raise missing
    checkin = found.checkins.get(found.round.stops[number].id)
    if checkin is None or checkin.proof is None or not checkin.proof.path:
        raise missing
    path = (services.data_dir / checkin.proof.path).resolve()
    if not path.is_relative_to((services.data_dir / PICTURES).resolve()) or not path.is_file():
        raise missing
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": CACHE})


async def _turn(services: Services, camera: str, command: GoToPreset | GoHome) -> None:
    """Have a camera turn; one that does not hinders no round."""
    with suppress(GatewayError):
        worker_url = await run_in_threadpool(owner_of, services.store, camera)
        await services.workers.control(worker_url, camera, command)


async def _go_home(services: Services, cameras: Iterable[str]) -> None:
    for camera in cameras:
        await _turn(services, camera, GoHome())


async def _shot(services: Services, camera: str) -> Shot | None:
    with suppress(NoPictureError, WorkerUnreachableError, NotFoundError):
        worker_url = await run_in_threadpool(owner_of, services.store, camera)
        taken = await services.workers.snapshot(worker_url, camera, None)
        return Shot(taken.jpeg, taken.captured_at)
    return None


def _actor(user: User) -> Actor:
    return Actor(Party(user.role.value), user.username)


def camera_names(services: Services) -> dict[str, str]:
    """Return what each camera is called."""
    return {one.id: one.name for one in services.store.inventory.cameras()}


def _answer(found: StoredRound, services: Services) -> RoundAnswer:
    return round_answer(found, camera_names(services), services.now())


def round_answer(found: StoredRound, names: Mapping[str, str], now: datetime) -> RoundAnswer:
    """Return a round as it stands at a time. names: of cameras, by id."""
    due = found.round
    return RoundAnswer(
        id=due.id,
        route=due.route,
        name=due.name,
        unit=due.unit,
        due_at=due.due_at,
        late_at=due.late_at,
        missed_at=due.missed_at,
        standing=standing(due, found.outcome, now),
        settled_at=found.settled_at,
        by=found.by,
        note=found.note,
        stops=tuple(_stops(due.stops, found, names)),
    )


def _stops(
    stops: Iterable[Stop], found: StoredRound, names: Mapping[str, str]
) -> Iterable[StopAnswer]:
    for stop in stops:
        checkin = found.checkins.get(stop.id) or CheckIn(stop.id, "", found.round.due_at)
        proof = checkin.proof
        camera_name = names.get(stop.camera, stop.camera)
        yield StopAnswer(
            id=stop.id,
            name=stop.name or camera_name,
            camera=stop.camera,
            camera_name=camera_name,
            preset=stop.preset,
            dwell_s=stop.dwell_s,
            colour=stop.colour,
            arrived_at=checkin.arrived_at if stop.id in found.checkins else None,
            at=checkin.at,
            by=checkin.by,
            verdict=checkin.verdict,
            note=checkin.note,
            has_picture=bool(proof and proof.path),
            sha256=None if proof is None else proof.sha256,
            captured_at=None if proof is None else proof.captured_at,
            incident=checkin.incident_id,
        )
