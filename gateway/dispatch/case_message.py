"""What the dispatch queue hears of cases: CloudEvents 1.0, structured JSON, one for each change.

The models below are the published contract; docs/schema/case-v1.json is generated from them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.clock import to_iso
from gateway.dispatch.message import CameraPart, Sha256, Time, camera_part
from gateway.store.attachments import Attachment
from gateway.store.cases import CaseNews
from gateway.workflow.case import Action, FalseAlarm, Level, Outcome, Party, Step
from gateway.workflow.deadlines import due_at
from vision.types import Severity

CASE_SCHEMA: Final = "urn:gridpatrol:schema:case-v1"


def _is_none_of_them(value: object) -> bool:
    return value == ()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ActorPart(_Part):
    """Who did it."""

    party: Party
    """In what capacity."""
    name: str
    """A user, a camera, a platform; "cli:" before a user of the machine itself."""


class AttachmentPart(_Part):
    """A file that was put to what was done: a picture or a paper."""

    id: str
    name: str
    """What whoever sent it calls it; for showing only."""
    media_type: str
    sha256: Sha256
    bytes: int = Field(ge=0)
    url: str
    """Path below the root of this site's gridpatrol; needs a sign-in."""


class ChangePart(_Part):
    """What was done."""

    action: Action
    actor: ActorPart
    at: Time
    note: str
    other: str | None
    """The other case of a merge or split."""
    attachments: tuple[AttachmentPart, ...] = Field((), exclude_if=_is_none_of_them)
    """Only where there are any; other messages are without it."""


class AboutPart(_Part):
    """The incident that the case deals with."""

    id: str
    kind: str
    severity: Severity
    camera: CameraPart
    opened_at: Time


class CasePart(_Part):
    """The case as it is after the change; each message carries all of it."""

    revision: int = Field(ge=1)
    """Counts the changes of this case from 1; a lower one than you have seen is old news."""
    step: Step
    since: Time
    """When it came to this step."""
    due_at: Time | None
    """By when the next must be taken."""
    level: Level
    """How far up the tree of units it was taken, as it was late."""
    handler: str
    """Who deals with it, "" before it is assigned."""
    deadline: Time | None
    """Set by whoever assigned it."""
    outcome: Outcome | None
    """None until it is closed."""
    reason: FalseAlarm | None
    """Only of a false alarm."""
    merged_into: str | None
    """Id of the incident whose case goes on for this one."""


class AuditPart(_Part):
    """Where the audit log stood once it told of the change: kept here, it cannot be rewritten."""

    seq: int = Field(ge=1)
    """Number of the record."""
    hash: Sha256
    """Its hash, over all before it too; `gridpatrol audit verify --head SEQ:HASH` compares."""


class CaseData(_Part):
    """The `data` of a case event."""

    case: CasePart
    change: ChangePart
    incident: AboutPart
    audit: AuditPart


class CaseEvent(_Part):
    """An event about a case: CloudEvents 1.0, structured mode."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    """The same for every delivery of one event: drop what you have seen."""
    source: str
    type: Literal["gridpatrol.case.changed"] = "gridpatrol.case.changed"
    subject: str
    """The incident's id, which is the case's too."""
    time: Time
    """When it was done."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Literal["urn:gridpatrol:schema:case-v1"] = CASE_SCHEMA
    data: CaseData


@dataclass(frozen=True, slots=True)
class CaseWriter:
    """Writes the messages about cases of one site; give it to the store as `compose`."""

    site: str

    def __call__(self, news: CaseNews) -> str:
        """Return the event that tells of a change, as JSON."""
        event = CaseEvent(
            id=news.event_id,
            source=f"/gridpatrol/{self.site}",
            subject=news.case.id,
            time=to_iso(news.change.deed.at),
            data=CaseData(
                case=_case(news),
                change=_change(news),
                incident=_about(news),
                audit=AuditPart(seq=news.audit.seq, hash=news.audit.hash),
            ),
        )
        return event.model_dump_json()


def _case(news: CaseNews) -> CasePart:
    case = news.case
    return CasePart(
        revision=case.revision,
        step=case.step,
        since=to_iso(case.since),
        due_at=_time(due_at(case)),
        level=case.level,
        handler=case.handler,
        deadline=_time(case.deadline),
        outcome=case.outcome,
        reason=case.reason,
        merged_into=case.merged_into,
    )


def _change(news: CaseNews) -> ChangePart:
    deed = news.change.deed
    return ChangePart(
        action=deed.action,
        actor=ActorPart(party=deed.actor.party, name=deed.actor.name),
        at=to_iso(deed.at),
        note=deed.note,
        other=deed.other,
        attachments=tuple(_attachment(one) for one in news.attachments),
    )


def _attachment(attachment: Attachment) -> AttachmentPart:
    piece = attachment.evidence
    return AttachmentPart(
        id=piece.id,
        name=attachment.name,
        media_type=piece.content_type,
        sha256=piece.sha256,
        bytes=piece.size_bytes,
        url=piece.url,
    )


def _about(news: CaseNews) -> AboutPart:
    incident = news.incident
    return AboutPart(
        id=incident.id,
        kind=incident.kind,
        severity=incident.severity,
        camera=camera_part(news.origin.camera),
        opened_at=to_iso(incident.opened_at),
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)
