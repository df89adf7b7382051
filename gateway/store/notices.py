"""Who is told, what they were told, and how far the news has been looked through.

Position and notices are one transaction: a restart tells nobody of the same thing twice and passes
nothing over. The position is a number of the outbox, whose rows become visible in their order.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, select, update

from gateway.audit.act import SYSTEM, Act, AuditAction
from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.secrets import SecretBox
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.outbox import OutboxMessage, message_of
from gateway.store.tables import notices, notify_position, notify_targets, outbox
from vision.types import Severity

KEPT = 100_000
"""Notices kept, the newest; beyond them the record of the oldest goes."""
_TRIM_EVERY = 500
_POSITION = 1


class NoticeState(StrEnum):
    """How far a notice is."""

    WAITING = "waiting"
    TOLD = "told"
    FAILED = "failed"
    """Given up, after a day of trying, or because the target is no more."""
    COOLED = "cooled"
    """Not told: its target had heard of the like a moment before."""


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target. wishes: JSON, validated by whoever edits them. Its address is not here."""

    name: str
    wishes: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewNotice:
    """Something that a target is to be told, or not: then `state` is COOLED and due_at now."""

    target: str
    event_id: str
    case_id: str
    subject: str
    occasion: str
    severity: Severity
    line: str
    due_at: datetime
    state: NoticeState = NoticeState.WAITING
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a target was told, or is to be. attempts: begun; settled_at: when its state became so.

    detail: why it is told when it is; or the words of the service that did not take it.
    """

    id: int
    target: str
    event_id: str
    case_id: str
    subject: str
    occasion: str
    severity: Severity
    line: str
    made_at: datetime
    state: NoticeState
    due_at: datetime
    attempts: int
    settled_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class FreshMessage:
    """A message not looked at yet. before: the severity the incident's message before it told."""

    message: OutboxMessage
    before_body: str | None


class Notices:
    """The targets and notices in the store."""

    def __init__(self, database: Database, box: SecretBox, actor: str = SYSTEM) -> None:
        self._database = database
        self._box = box
        self._actor = actor

    def targets(self) -> tuple[StoredTarget, ...]:
        """Return every target, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(notify_targets).order_by(notify_targets.c.name))
            return tuple(StoredTarget(row.name, row.wishes, row.updated_at) for row in rows)

    def put_target(self, name: str, wishes: str, url: str | None = None) -> None:
        """Keep a target's wishes and address, encrypted; url None: the one it has.

        Where it is the only one, what was before is no news. Raises NotFoundError for a new one
        without an address.
        """
        now = utc_now()
        values = {"wishes": wishes, "updated_at": now}
        if url is not None:
            values["url"] = self._box.encrypt(url)
        its = notify_targets.c.name == name
        with self._database.write() as connection:
            changed = connection.execute(update(notify_targets).where(its).values(**values))
            if changed.rowcount == 0:
                if url is None:
                    raise NotFoundError(f"there is no target {name}: a new one needs its address")
                if connection.scalar(select(func.count()).select_from(notify_targets)) == 0:
                    _move(connection, connection.scalar(select(func.max(outbox.c.seq))) or 0)
                connection.execute(insert(notify_targets).values(name=name, **values))
            detail = {"address": url is not None}
            act = Act(now, self._actor, AuditAction.TARGET_CHANGED, f"target/{name}", detail)
            tell(connection, act)

    def remove_target(self, name: str) -> None:
        """Forget a target; what waits for it is given up. Raises NotFoundError."""
        now = utc_now()
        with self._database.write() as connection:
            its = notify_targets.c.name == name
            if connection.execute(delete(notify_targets).where(its)).rowcount == 0:
                raise NotFoundError(f"there is no target {name}")
            waiting = and_(notices.c.target == name, notices.c.state == NoticeState.WAITING)
            gone = {"state": NoticeState.FAILED, "settled_at": now, "detail": "target removed"}
            connection.execute(update(notices).where(waiting).values(**gone))
            tell(connection, Act(now, self._actor, AuditAction.TARGET_REMOVED, f"target/{name}"))

    def url(self, name: str) -> str:
        """Return a target's address; raises NotFoundError, StorageError (another key)."""
        query = select(notify_targets.c.url).where(notify_targets.c.name == name)
        with self._database.read() as connection:
            secret: str | None = connection.scalar(query)
        if secret is None:
            raise NotFoundError(f"there is no target {name}")
        return self._box.decrypt(secret)

    def fresh(self, limit: int) -> tuple[FreshMessage, ...]:
        """Return the messages after the position, in order."""
        after = outbox.c.seq > select(notify_position.c.seq).scalar_subquery()
        query = select(outbox).where(after).order_by(outbox.c.seq).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            return tuple(FreshMessage(message_of(row), _before(connection, row)) for row in rows)

    def keep(self, made: Sequence[NewNotice], position: int, now: datetime) -> None:
        """Keep notices and the position they bring the news to, in one transaction."""
        with self._database.write() as connection:
            before = _position(connection)
            if before is not None and before >= position:
                return
            for notice in made:
                settled_at = None if notice.state is NoticeState.WAITING else now
                values = {**asdict(notice), "made_at": now, "attempts": 0}
                added = connection.execute(insert(notices).values(**values, settled_at=settled_at))
                _trim(connection, added.inserted_primary_key)
            _move(connection, position)

    def last_of(self, target: str, subject: str) -> Notice | None:
        """Return the last that a target was told, or is to be told, of a subject."""
        query = (
            select(notices)
            .where(
                notices.c.target == target,
                notices.c.subject == subject,
                notices.c.state.in_((NoticeState.WAITING, NoticeState.TOLD)),
            )
            .order_by(notices.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _notice(row)

    def digest_at(self, target: str, detail: str) -> datetime | None:
        """Return when the digest that waits for a target is due; detail: what marks its notices."""
        query = select(func.min(notices.c.due_at)).where(
            notices.c.target == target,
            notices.c.state == NoticeState.WAITING,
            notices.c.detail == detail,
            notices.c.attempts == 0,
        )
        with self._database.read() as connection:
            due_at: datetime | None = connection.scalar(query)
        return due_at

    def due(self, now: datetime, busy: Collection[str], limit: int) -> tuple[Notice, ...]:
        """Return what is to be told now, the oldest first; busy: targets to leave out."""
        query = (
            select(notices)
            .where(
                notices.c.state == NoticeState.WAITING,
                notices.c.due_at <= now,
                notices.c.target.not_in(busy),
            )
            .order_by(notices.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(_notice(row) for row in connection.execute(query).mappings())

    def begin(self, ids: Collection[int]) -> None:
        """Count an attempt, before it is made."""
        with self._database.write() as connection:
            values = {"attempts": notices.c.attempts + 1}
            connection.execute(update(notices).where(notices.c.id.in_(ids)).values(**values))

    def settle(self, ids: Collection[int], state: NoticeState, detail: str, now: datetime) -> None:
        """Note what became of notices."""
        values = {"state": state, "detail": detail, "settled_at": now}
        self._change(ids, values)

    def put_off(self, ids: Collection[int], due_at: datetime, detail: str) -> None:
        """Have notices that were not taken wait for another attempt."""
        self._change(ids, {"due_at": due_at, "detail": detail})

    def log(self, target: str | None = None, limit: int = 50) -> tuple[Notice, ...]:
        """Return the newest notices, the newest first. target: of this one alone."""
        query = select(notices).order_by(notices.c.id.desc()).limit(limit)
        if target is not None:
            query = query.where(notices.c.target == target)
        with self._database.read() as connection:
            return tuple(_notice(row) for row in connection.execute(query).mappings())

    def _change(self, ids: Collection[int], values: dict[str, object]) -> None:
        its = and_(notices.c.id.in_(ids), notices.c.state == NoticeState.WAITING)
        with self._database.write() as connection:
            connection.execute(update(notices).where(its).values(**values))


def _position(connection: Connection) -> int | None:
    return connection.scalar(select(notify_position.c.seq))


def _move(connection: Connection, position: int) -> None:
    moved = connection.execute(update(notify_position).values(seq=position))
    if moved.rowcount == 0:
        connection.execute(insert(notify_position).values(id=_POSITION, seq=position))


def _before(connection: Connection, row: RowMapping) -> str | None:
    """Return the incident's message before one, None for the first, or where it is not kept."""
    if row["revision"] == 0 or row["event_id"] != f"{row['incident_id']}/{row['revision']}":
        return None
    before = f"{row['incident_id']}/{row['revision'] - 1}"
    return connection.scalar(select(outbox.c.body).where(outbox.c.event_id == before))


def _trim(connection: Connection, key: Iterable[int] | None) -> None:
    assert key is not None  # noqa: S101 - the table has one
    (number,) = key
    if number % _TRIM_EVERY == 0:
        old = and_(notices.c.id <= number - KEPT, notices.c.state != NoticeState.WAITING)
        connection.execute(delete(notices).where(old))


def _notice(row: RowMapping) -> Notice:
    values = {name: row[name] for name in Notice.__slots__}
    kinds = {"severity": Severity(row["severity"]), "state": NoticeState(row["state"])}
    return Notice(**values | kinds)
