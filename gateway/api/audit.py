"""The audit log, for administrators: who did what to which thing, when."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field, JsonValue, TypeAdapter

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.page import MAX_PAGE
from gateway.api.security import administrator
from gateway.api.services import ServicesDep
from gateway.audit.act import AuditAction
from gateway.audit.chain import Record
from gateway.store.audit_log import AuditFilter

router = APIRouter(prefix="/api/audit", tags=["audit"], dependencies=[Depends(administrator)])

_DETAIL = TypeAdapter(dict[str, JsonValue])


class RecordBody(Answer):
    """One deed. actor: a user, "cli:" before one of the machine, "gridpatrol" itself, "-" nobody.

    object: what it was done to, such as case/ID or camera/ID. prev, hash: the chain; how they are
    made is in docs/how-to/evidence-and-audit.md.
    """

    seq: int
    at: UtcTime
    actor: str
    action: str
    object: str
    detail: dict[str, JsonValue]
    prev: str
    hash: str


class HeadBody(Answer):
    """Where the log stands: its last record's number and hash, 0 and zeros while it is empty."""

    seq: int
    hash: str


class AuditBody(Answer):
    """Records, the newest first. next: what to give as `before` for older ones, null at the end."""

    records: tuple[RecordBody, ...]
    next: int | None
    head: HeadBody


class AuditQuery(Question):
    """Which records: each filter narrows. object: it and what is below it. before: a number."""

    actor: str | None = None
    action: AuditAction | None = None
    object: str | None = None
    since: AwareDatetime | None = None
    before: int | None = Field(None, ge=1, lt=1 << 63)
    limit: int = Field(50, ge=1, le=MAX_PAGE)

    @property
    def filter(self) -> AuditFilter:
        """The same for the store."""
        return AuditFilter(self.since, self.actor, self.action, self.object)


@router.get("")
def list_records(services: ServicesDep, wanted: Annotated[AuditQuery, Query()]) -> AuditBody:
    """Return who did what, the newest first."""
    audit = services.store.audit
    found = audit.newest(wanted.filter, wanted.before, wanted.limit + 1)
    shown, head = found[: wanted.limit], audit.head()
    return AuditBody(
        records=tuple(_body(record) for record in shown),
        next=shown[-1].seq if len(found) > wanted.limit else None,
        head=HeadBody(seq=head.seq, hash=head.hash),
    )


def _body(record: Record) -> RecordBody:
    return RecordBody(
        seq=record.seq,
        at=record.at,
        actor=record.actor,
        action=record.action,
        object=record.object,
        detail=_DETAIL.validate_json(record.detail),
        prev=record.prev,
        hash=record.hash,
    )
