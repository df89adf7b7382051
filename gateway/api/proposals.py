"""Proposals to keep rules from being wrong again: looked at, accepted or refused by a person."""

from datetime import timedelta
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, StringConstraints

from gateway.api.camera_settings import reload_workers
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import SignInDep, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody
from gateway.store.verdicts import ProposalVerdict
from gateway.suppression.desk import SuppressionDesk
from gateway.suppression.proposals import Proposal, Remedy
from gateway.units import Jurisdiction
from gateway.workflow.case import FalseAlarm

REMEMBERED: Final = timedelta(days=90)
"""Decisions older than this are listed no more."""

router = APIRouter(
    prefix="/api/false-alarms/proposals", tags=["reports"], dependencies=[Depends(signed_in)]
)
log = structlog.get_logger()


class ProposalBody(Answer):
    """What may keep a rule from being wrong again.

    count: how often this was the reason in a week; false, judged: all false alarms of the rule, and
    all that people judged. setting, before, after: what would change in the rule; null where a
    person has to do it: zone, tend, only_wet.
    """

    id: str
    camera: str
    camera_name: str
    rule: str
    kind: str
    reason: FalseAlarm
    count: int
    false: int
    judged: int
    remedy: Remedy
    setting: str | None
    before: str | None
    after: str | None


class VerdictBody(Answer):
    """What somebody decided about a proposal."""

    camera: str
    rule: str
    reason: FalseAlarm
    remedy: Remedy
    proposal: str
    accepted: bool
    at: UtcTime
    by: str
    note: str


class ProposalsBody(Answer):
    """What is proposed now, the most frequent first; and what was decided, the newest first."""

    proposals: tuple[ProposalBody, ...]
    decided: tuple[VerdictBody, ...]


class DecisionQuestion(Question):
    """What to do with a proposal: true accepts it, which changes the camera's rules at once."""

    accept: bool
    note: Annotated[str, StringConstraints(strip_whitespace=True)] = Field("", max_length=2000)


class DecisionBody(Answer):
    """rules_changed: false where the remedy is for a person to carry out."""

    proposal: ProposalBody
    accepted: bool
    rules_changed: bool


@router.get("")
def read_proposals(services: ServicesDep, seen: JurisdictionDep) -> ProposalsBody:
    """Return what is proposed about rules that were wrong again and again this week."""
    now, desk = services.now(), SuppressionDesk(services.store, services.site.zone, seen)
    decided = services.store.verdicts.since(now - REMEMBERED)
    return ProposalsBody(
        proposals=tuple(_body(one) for one in desk.proposals(now)),
        decided=tuple(_verdict(one) for one in decided if _is_seen(one, services, seen)),
    )


@router.post("/{proposal}", responses={404: {"model": ErrorBody}})
async def decide(
    proposal: str,
    question: DecisionQuestion,
    services: ServicesDep,
    who: SignInDep,
    seen: JurisdictionDep,
) -> DecisionBody:
    """Accept or refuse a proposal; workers are told of changed rules at once."""
    found, is_changed = await run_in_threadpool(
        SuppressionDesk(services.store, services.site.zone, seen).decide,
        proposal,
        who.user.username,
        services.now(),
        verdict=question.accept,
        note=question.note,
    )
    if is_changed:
        log.info("rules changed as proposed", camera=found.suspect.camera_id, why=found.text)
        await reload_workers(services)
    return DecisionBody(proposal=_body(found), accepted=question.accept, rules_changed=is_changed)


def _is_seen(one: ProposalVerdict, services: Services, seen: Jurisdiction | None) -> bool:
    """Say whether whoever asks may see a decision; those of cameras removed, only who sees all."""
    if seen is None:
        return True
    try:
        camera = services.store.inventory.get(one.camera_id)
    except NotFoundError:
        return False
    return seen.covers(camera.unit, camera.grid)


def _body(found: Proposal) -> ProposalBody:
    about, change = found.suspect, found.change
    return ProposalBody(
        id=found.id,
        camera=about.camera_id,
        camera_name=about.camera_name,
        rule=about.rule,
        kind=about.kind,
        reason=about.reason,
        count=about.count,
        false=about.false,
        judged=about.judged,
        remedy=found.remedy,
        setting=change and change.setting,
        before=change and change.before,
        after=change and change.after,
    )


def _verdict(one: ProposalVerdict) -> VerdictBody:
    return VerdictBody(
        camera=one.camera_id,
        rule=one.rule,
        reason=one.reason,
        remedy=Remedy(one.remedy),
        proposal=one.proposal,
        accepted=one.is_accepted,
        at=one.at,
        by=one.by,
        note=one.note,
    )
