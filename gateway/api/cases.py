"""Cases: what people do about incidents, step by step."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.form import Upload, form_of, read_fields, read_form
from gateway.api.incidents import CameraName, EvidenceBody, evidence_body
from gateway.api.jurisdiction import JurisdictionDep, check_seen, is_seen
from gateway.api.page import PageQuestion
from gateway.api.security import SignInDep, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.dispatch.case_message import CaseWriter
from gateway.evidence_folder import keep_files, typed
from gateway.http.errors import BadRequestError, ErrorBody
from gateway.photo import MAX_BYTES
from gateway.store.attachments import Attachment
from gateway.store.case_rows import CaseChange
from gateway.store.cases import CaseFile, CaseFilter, ListedCase
from gateway.store.users import User
from gateway.units import Jurisdiction
from gateway.workflow.case import (
    Action,
    Actor,
    Case,
    Deed,
    FalseAlarm,
    Level,
    Outcome,
    Party,
    Step,
)
from gateway.workflow.deadlines import due_at, is_late
from gateway.workflow.steps import offered
from vision.types import Severity

MOST_NOTE, MOST_HANDLER = 2000, 80
"""Characters of a note and of a handler's name."""
MOST_FILES = 6
LARGE_BODIES = {"/api/cases/[^/]+/steps-with-files": MOST_FILES * MAX_BYTES + 65_536}
"""Routes that take more than others."""

router = APIRouter(prefix="/api/cases", tags=["cases"], dependencies=[Depends(signed_in)])


class StateBody(Answer):
    """Where a case stands.

    id: of its incident. revision: to be given with the next step. since: when it came to this step.
    due_at: by when the next must be taken, null without a time. level: how far up it was taken.
    handler, deadline: who deals with it and until when. merged_into: the case that goes on for it.
    """

    id: str
    kind: str
    severity: Severity
    step: Step
    revision: int
    since: UtcTime
    due_at: UtcTime | None
    is_late: bool
    level: Level
    handler: str
    deadline: UtcTime | None
    outcome: Outcome | None
    reason: FalseAlarm | None
    merged_into: str | None


class ListedCaseBody(StateBody):
    """A case in a list, with where and when its incident began."""

    camera: CameraName
    unit: str
    grid: str
    opened_at: UtcTime


class AttachmentBody(EvidenceBody):
    """A file that somebody put to what they did. name: as they call it."""

    name: str


class ChangeBody(Answer):
    """What was done: by whom and in what capacity, and where the case then stood."""

    revision: int
    at: UtcTime
    action: Action
    party: Party
    actor: str
    step: Step
    note: str
    handler: str
    deadline: UtcTime | None
    reason: FalseAlarm | None
    other: str | None
    attachments: tuple[AttachmentBody, ...]


class CaseBody(StateBody):
    """A case with its trail, oldest first. offered: what whoever asks may do now.

    merged: ids of the cases that this one goes on for. Here and in the trail cases of places that
    whoever asks may not see are left out.
    """

    offered: tuple[Action, ...]
    merged: tuple[str, ...]
    trail: tuple[ChangeBody, ...]


class CasesBody(Answer):
    """A page of cases, newest incident first. next: what to give as `before` for the next page."""

    cases: tuple[ListedCaseBody, ...]
    next: str | None


class CaseQuery(PageQuestion):
    """Which cases: each filter narrows, `before` is the `next` of the page before."""

    closed: bool | None = None
    step: Step | None = None
    handler: str | None = None
    late: bool = False

    def filter(self, now: datetime, within: Jurisdiction | None) -> CaseFilter:
        """Return the same for the store, within what whoever asks sees."""
        late_at = now if self.late else None
        return CaseFilter(self.closed, self.step, self.handler, late_at, within)


class StepQuestion(Question):
    """What to do. revision: of the case as it was looked at; another since then is a 409.

    note: needed by return, reopen and comment. handler: needed by assign; deadline: may be.
    reason: needed by dismiss. other: the case that merge is into; for differ and may_match, the one
    that is, or is not, another happening.
    """

    action: Action
    revision: int = Field(ge=0)
    note: str = Field("", max_length=MOST_NOTE)
    handler: str = Field("", max_length=MOST_HANDLER)
    deadline: AwareDatetime | None = None
    reason: FalseAlarm | None = None
    other: str | None = None


@router.get("")
def list_cases(
    services: ServicesDep, wanted: Annotated[CaseQuery, Query()], seen: JurisdictionDep
) -> CasesBody:
    """Return a page of cases, newest incident first."""
    now = services.now()
    page = services.store.cases.page(wanted.filter(now, seen), wanted.cursor, wanted.limit)
    return CasesBody(
        cases=tuple(_listed(one, now) for one in page.cases),
        next=None if page.next is None else str(page.next),
    )


@router.get("/{incident}", responses={404: {"model": ErrorBody}})
def read_case(incident: str, services: ServicesDep, sign_in: SignInDep) -> CaseBody:
    """Return the case of an incident, with its trail and what may be done now."""
    return _body(services.store.cases.get(incident), sign_in.user, services)


@router.post(
    "/{incident}/steps",
    responses={
        404: {"model": ErrorBody},
        409: {
            "model": ErrorBody,
            "description": "case_changed: somebody else was first; step_refused: not from here",
        },
    },
)
def take_step(
    incident: str, question: StepQuestion, services: ServicesDep, sign_in: SignInDep
) -> CaseBody:
    """Take a step: do something to a case, as it was at a revision."""
    return _take(services, sign_in.user, incident, question, ())


@router.post(
    "/{incident}/steps-with-files",
    responses={404: {"model": ErrorBody}, 409: {"model": ErrorBody}, 413: {"model": ErrorBody}},
    openapi_extra=form_of(StepQuestion, "file", MOST_FILES),
)
async def take_step_with_files(
    incident: str, request: Request, services: ServicesDep, sign_in: SignInDep
) -> CaseBody:
    """Take a step as above, with pictures (JPEG, PNG) or papers (PDF) in the field `file`."""
    async with read_form(request) as form:
        files = form.files_of("file")
        if len(files) != len(form.files) or len(files) > MOST_FILES:
            raise BadRequestError(f"send at most {MOST_FILES} files, in the field `file`")
        question = read_fields(StepQuestion, form)
        return await run_in_threadpool(_take, services, sign_in.user, incident, question, files)


def _take(
    services: Services,
    user: User,
    incident: str,
    question: StepQuestion,
    uploads: Sequence[Upload],
) -> CaseBody:
    store = services.store
    if question.other is not None:
        check_seen(store, store.units.jurisdiction(user), "incident", question.other)
    if question.action not in offered(store.cases.get(incident).case, _party(user)):
        uploads = ()  # it is about to be refused: leave no files behind
    deed = Deed(
        action=question.action,
        actor=Actor(_party(user), user.username),
        at=services.now(),
        note=question.note.strip(),
        handler=question.handler.strip(),
        deadline=question.deadline,
        reason=question.reason,
        other=question.other,
    )
    files = _attached(services, incident, uploads, deed.at)
    store.cases.take(incident, deed, question.revision, CaseWriter(services.site.id), files)
    return _body(store.cases.get(incident), user, services)


def _attached(
    services: Services, incident: str, uploads: Sequence[Upload], at: datetime
) -> tuple[Attachment, ...]:
    """Look at files, and write them where the incident's evidence lies."""
    if not uploads:
        return ()
    found = services.store.incidents.get(incident).incident
    files = [typed(one.read(), one.name or "the file") for one in uploads]
    kept = keep_files(services.data_dir, found, files, at)
    return tuple(Attachment(piece, one.name) for piece, one in zip(kept, uploads, strict=True))


def _party(user: User) -> Party:
    return Party(user.role.value)


def _state(case: Case, now: datetime) -> dict[str, object]:
    return {
        "id": case.id,
        "kind": case.kind,
        "severity": case.severity,
        "step": case.step,
        "revision": case.revision,
        "since": case.since,
        "due_at": due_at(case),
        "is_late": is_late(case, now),
        "level": case.level,
        "handler": case.handler,
        "deadline": case.deadline,
        "outcome": case.outcome,
        "reason": case.reason,
        "merged_into": case.merged_into,
    }


def _listed(one: ListedCase, now: datetime) -> ListedCaseBody:
    camera = one.incident.origin.camera
    place = {
        "camera": CameraName(id=camera.id, name=camera.name),
        "unit": camera.unit,
        "grid": camera.grid,
        "opened_at": one.incident.incident.opened_at,
    }
    return ListedCaseBody.model_validate(_state(one.case, now) | place)


def _body(found: CaseFile, user: User, services: Services) -> CaseBody:
    root_path = services.serve.root_path
    blind = _unseen(found, user, services)
    state = _state(replace(found.case, merged_into=blind(found.case.merged_into)), services.now())
    more = {
        "offered": offered(found.case, _party(user)),
        "merged": tuple(one for one in found.merged if blind(one) is not None),
        "trail": tuple(
            _change(
                replace(one, deed=replace(one.deed, other=blind(one.deed.other))),
                found.attachments.get(one.revision, ()),
                root_path,
            )
            for one in found.trail
        ),
    }
    return CaseBody.model_validate(state | more)


def _unseen(found: CaseFile, user: User, services: Services) -> Callable[[str | None], str | None]:
    """Return what leaves out the cases, of those named in a file, that a person may not see."""
    seen = services.store.units.jurisdiction(user)
    others = {found.case.merged_into, *found.merged, *(one.deed.other for one in found.trail)}
    open_to_them = {
        one for one in others if one is not None and is_seen(services.store, seen, "incident", one)
    }
    return lambda one: one if one in open_to_them else None


def _change(change: CaseChange, attachments: Sequence[Attachment], root_path: str) -> ChangeBody:
    deed = change.deed
    return ChangeBody(
        revision=change.revision,
        at=deed.at,
        action=deed.action,
        party=deed.actor.party,
        actor=deed.actor.name,
        step=change.step,
        note=deed.note,
        handler=deed.handler,
        deadline=deed.deadline,
        reason=deed.reason,
        other=deed.other,
        attachments=tuple(_attachment(one, root_path) for one in attachments),
    )


def _attachment(attachment: Attachment, root_path: str) -> AttachmentBody:
    body = evidence_body(attachment.evidence, root_path)
    return AttachmentBody(**body.model_dump(), name=attachment.name)
