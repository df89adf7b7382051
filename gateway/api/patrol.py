"""Patrol: today's rounds, walking one stop by stop, notes between shifts, the plan, reports."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import Field

from gateway.api.cameras import owner_of
from gateway.api.errors import BadRequestError, ErrorBody
from gateway.api.evidence import CACHE
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.findings import desk_of
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import SignInDep, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.camera_commands import GoToPreset
from gateway.errors import GatewayError, NoPictureError, NotFoundError, WorkerUnreachableError
from gateway.finding import FindingKind
from gateway.patrol.pattern import wall_moment
from gateway.patrol.rota import Duty, duties
from gateway.patrol.round import Round, Standing, Stop, Verdict, rounds, standing
from gateway.patrol_desk import PICTURES, PatrolDesk, Seen, Shot, stop_of
from gateway.patrol_file import PlanBody, check_cameras, plan_of
from gateway.patrol_sheet import PatrolWords, to_csv, to_xlsx
from gateway.store.handovers import Handover
from gateway.store.patrol import CheckIn, StoredRound
from gateway.store.users import User
from gateway.workflow.case import Actor, Party
from vision.types import Severity

MOST_DAYS = 400
"""Days that one report may cover: a year, with room to compare."""
LONGEST = timedelta(hours=48)
"""How long after its time a round may be done, as `gateway.patrol_file` allows."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(prefix="/api/patrol", tags=["patrol"], dependencies=[Depends(signed_in)])


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


class HandoverAnswer(Answer):
    """A note from one shift to the next; taken_at, taken_by: null and "" until somebody has it."""

    id: int
    at: UtcTime
    by: str
    shift: str
    text: str
    taken_at: UtcTime | None
    taken_by: str


class HandoversAnswer(Answer):
    """The last notes, the newest first."""

    handovers: tuple[HandoverAnswer, ...]


class PlanAnswer(Answer):
    """The plan that holds, since when, and who made it so; null before there is one."""

    plan: PlanBody | None
    at: UtcTime | None
    by: str


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


class HandoverQuestion(Question):
    """A note for the next shift. shift: that leaves it."""

    text: str = Field(min_length=1, max_length=4000)
    shift: str = Field("", max_length=80)


class SpanQuestion(Question):
    """Days of the site's calendar, both included; without them, this day."""

    since: date | None = None
    until: date | None = None


SpanDep = Annotated[SpanQuestion, Query()]
ROUND_REFUSALS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody},
    409: {"model": ErrorBody, "description": "round_refused: ended, not looked at, no picture"},
}


@router.get("/day")
def read_day(services: ServicesDep, day: Annotated[date | None, Query()] = None) -> DayAnswer:
    """Return a day's duties and rounds; of today also those of the days before still to be done."""
    zone, now = services.site.zone, services.now()
    wanted = day or now.astimezone(zone).date()
    since, until = _span(wanted, wanted, services)
    services.store.patrol.advance(now, zone)
    names = _names(services)
    kept = services.store.patrol.rounds(since, until)
    if since <= now < until:
        before = services.store.patrol.rounds(since - LONGEST, since)
        kept = (*(one for one in before if one.outcome is None), *kept)
    known = {one.round.id for one in kept}
    stored = services.store.patrol.plan()
    plan = None if stored is None else plan_of(stored.body)
    coming = (
        StoredRound(one, None, None, "", "", {})
        for route in (plan.routes if plan else ())
        for one in rounds(route, max(since, now), until - timedelta(microseconds=1), zone)
        if one.id not in known
    )
    every = sorted((*kept, *coming), key=lambda one: (one.round.due_at, one.round.name))
    return DayAnswer(
        day=wanted,
        duties=tuple(_duty(one, now) for one in (duties(plan.rota, wanted, zone) if plan else ())),
        rounds=tuple(_round(one, names, now) for one in every),
    )


@router.get("/rounds/{round_id}", responses={404: {"model": ErrorBody}})
def read_round(round_id: str, services: ServicesDep) -> RoundAnswer:
    """Return one round that has become due."""
    return _answer(services.store.patrol.get(round_id), services)


@router.post("/rounds/{round_id}/arrivals", responses=ROUND_REFUSALS)
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
        with suppress(GatewayError):
            worker_url = await run_in_threadpool(owner_of, services.store, stop.camera)
            await services.workers.control(worker_url, stop.camera, GoToPreset(stop.preset))
    return await run_in_threadpool(_answer, found, services)


@router.post("/rounds/{round_id}/checkins", responses=ROUND_REFUSALS)
async def check_in(
    round_id: str, question: CheckInQuestion, services: ServicesDep, sign_in: SignInDep
) -> RoundAnswer:
    """Say what is seen at a stop; the camera's picture of now is kept. The last ends the round."""
    by = _actor(sign_in.user)
    desk = PatrolDesk(services.store, services.data_dir, desk_of(services))
    checkin = await run_in_threadpool(desk.prepare, round_id, question.stop, by, services.now())
    found = await run_in_threadpool(services.store.patrol.get, round_id)
    shot = await _shot(services, stop_of(found, question.stop).camera)
    seen = Seen(question.verdict, question.note.strip(), question.kind, question.severity)
    after = await run_in_threadpool(desk.check_in, checkin, round_id, seen, by, shot)
    return await run_in_threadpool(_answer, after, services)


@router.post("/rounds/{round_id}/skip", responses=ROUND_REFUSALS)
def skip(
    round_id: str, question: SkipQuestion, services: ServicesDep, sign_in: SignInDep
) -> RoundAnswer:
    """Say why a round will not be done; it is told to whoever supervises."""
    user, at = sign_in.user.username, services.now()
    after = services.store.patrol.skip(round_id, user, question.reason.strip(), at)
    return _answer(after, services)


@router.get(
    "/rounds/{round_id}/pictures/{number}.jpg",
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


@router.get("/handovers")
def read_handovers(services: ServicesDep) -> HandoversAnswer:
    """Return the last notes between shifts."""
    newest = services.store.handovers.newest()
    return HandoversAnswer(handovers=tuple(_handover(one) for one in newest))


@router.post("/handovers", status_code=201)
def leave_note(
    question: HandoverQuestion, services: ServicesDep, sign_in: SignInDep
) -> HandoverAnswer:
    """Leave a note for the next shift."""
    user, at = sign_in.user.username, services.now()
    return _handover(services.store.handovers.add(user, question.shift, question.text, at))


@router.post("/handovers/{handover}/taken", responses={404: {"model": ErrorBody}})
def take_note(
    handover: Annotated[int, Field(ge=0, lt=2**63)], services: ServicesDep, sign_in: SignInDep
) -> HandoverAnswer:
    """Take a note over; the first to do so is kept."""
    user, at = sign_in.user.username, services.now()
    return _handover(services.store.handovers.take(handover, user, at))


@router.get("/plan")
def read_plan(services: ServicesDep) -> PlanAnswer:
    """Return the plan: rota and routes."""
    stored = services.store.patrol.plan()
    if stored is None:
        return PlanAnswer(plan=None, at=None, by="")
    return PlanAnswer(plan=stored.body, at=stored.at, by=stored.by)


@router.put("/plan", dependencies=[Depends(administrator)])
def write_plan(plan: PlanBody, services: ServicesDep, sign_in: SignInDep) -> PlanAnswer:
    """Have another plan hold from now on; rounds that were due before stay as they were."""
    check_cameras(plan, _names(services))
    user = sign_in.user.username
    services.store.patrol.put_plan(plan, user, services.now(), services.site.zone)
    return read_plan(services)


AcceptLanguage = Annotated[str, Header()]
_SHEET: dict[int | str, dict[str, object]] = {200: {"description": "A table of rounds"}}


@router.get("/rounds.csv", response_class=Response, responses=_SHEET)
def read_csv(
    services: ServicesDep, runtime: RuntimeDep, span: SpanDep, accept_language: AcceptLanguage = ""
) -> Response:
    """Return the rounds of some days as a table for Excel, headings in the reader's language."""
    words = _words(services, runtime, accept_language)
    content = to_csv(_rounds_of(span, services), services.now(), words).encode()
    return _file(content, "text/csv; charset=utf-8", "rounds.csv")


@router.get("/rounds.xlsx", response_class=Response, responses=_SHEET)
def read_xlsx(
    services: ServicesDep, runtime: RuntimeDep, span: SpanDep, accept_language: AcceptLanguage = ""
) -> Response:
    """Return the same as a workbook."""
    words = _words(services, runtime, accept_language)
    return _file(to_xlsx(_rounds_of(span, services), services.now(), words), XLSX, "rounds.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Language",
    }
    return Response(content, media_type=media_type, headers=headers)


def _words(services: Services, runtime: Runtime, accept_language: str) -> PatrolWords:
    language = runtime.catalogues.negotiate(accept_language, services.site.language)
    return PatrolWords.load(language, services.site.zone)


def _rounds_of(span: SpanQuestion, services: Services) -> tuple[StoredRound, ...]:
    today = services.now().astimezone(services.site.zone).date()
    since, until = span.since or today, span.until or today
    if not timedelta() <= until - since < timedelta(days=MOST_DAYS):
        raise BadRequestError(f"until: must not be before since, nor {MOST_DAYS} days after it")
    return services.store.patrol.rounds(*_span(since, until, services))


def _span(first: date, last: date, services: Services) -> tuple[datetime, datetime]:
    """Return from when to before when days of the site's calendar last, UTC."""
    if not date(2000, 1, 1) <= first <= last <= date(2200, 1, 1):
        raise BadRequestError(f"{first} is no day of patrols: give one of this century")
    zone = services.site.zone
    end = last + timedelta(days=1)
    since, until = (wall_moment(datetime.combine(day, time()), zone) for day in (first, end))
    return since.astimezone(UTC), until.astimezone(UTC)


async def _shot(services: Services, camera: str) -> Shot | None:
    with suppress(NoPictureError, WorkerUnreachableError, NotFoundError):
        worker_url = await run_in_threadpool(owner_of, services.store, camera)
        taken = await services.workers.snapshot(worker_url, camera, None)
        return Shot(taken.jpeg, taken.captured_at)
    return None


def _actor(user: User) -> Actor:
    return Actor(Party(user.role.value), user.username)


def _names(services: Services) -> dict[str, str]:
    return {one.id: one.name for one in services.store.inventory.cameras()}


def _answer(found: StoredRound, services: Services) -> RoundAnswer:
    return _round(found, _names(services), services.now())


def _round(found: StoredRound, names: dict[str, str], now: datetime) -> RoundAnswer:
    due: Round = found.round
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
    stops: Iterable[Stop], found: StoredRound, names: dict[str, str]
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


def _duty(duty: Duty, now: datetime) -> DutyAnswer:
    return DutyAnswer(
        shift=duty.shift,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        people=duty.people,
        is_now=duty.starts_at <= now < duty.ends_at,
    )


def _handover(handover: Handover) -> HandoverAnswer:
    return HandoverAnswer(
        id=handover.id,
        at=handover.at,
        by=handover.by,
        shift=handover.shift,
        text=handover.text,
        taken_at=handover.taken_at,
        taken_by=handover.taken_by,
    )
