"""The audit log, for administrators: who did what to which thing, when."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field, JsonValue, TypeAdapter

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.page import MAX_PAGE
from gateway.api.security import administrator
from gateway.api.services import ServicesDep
from gateway.audit.act import AuditAction
from gateway.audit.chain import Fault, Record, parse_head
from gateway.http.errors import BadRequestError
from gateway.store.audit_log import AuditFilter

MOST_HEADS = 20

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
    until: AwareDatetime | None = None
    before: int | None = Field(None, ge=1, lt=1 << 63)
    limit: int = Field(50, ge=1, le=MAX_PAGE)

    @property
    def filter(self) -> AuditFilter:
        """The same for the store."""
        return AuditFilter(self.since, self.actor, self.action, self.object, self.until)


class BreakBody(Answer):
    """A place where the chain breaks."""

    seq: int
    fault: Fault


class CheckBody(Answer):
    """What reading the whole log came to. breaks: none where it is whole up to `head`."""

    head: HeadBody
    breaks: tuple[BreakBody, ...]


class CheckQuery(Question):
    """Heads noted elsewhere, as SEQ:HASH; the log must still have them."""

    head: tuple[str, ...] = Field((), max_length=MOST_HEADS)


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


@router.get("/check")
def check(services: ServicesDep, wanted: Annotated[CheckQuery, Query()]) -> CheckBody:
    """Read the whole log and return where its chain breaks."""
    try:
        known = tuple(parse_head(text) for text in wanted.head)
    except ValueError as error:
        raise BadRequestError(f"head: {error}") from error
    audit = services.store.audit
    head, found = audit.head(), audit.breaks(known=known)
    return CheckBody(
        head=HeadBody(seq=head.seq, hash=head.hash),
        breaks=tuple(BreakBody(seq=one.seq, fault=one.fault) for one in found),
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
