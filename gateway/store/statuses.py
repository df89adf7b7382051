"""What a grid platform said: each message has its effect once, and none is lost.

The effect on the case and the memory of the message are one transaction, so that a repeat, after a
crash too, does nothing. What nothing can be made of is parked for people to see.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select, update

from gateway.errors import NotFoundError
from gateway.store.case_rows import read_case
from gateway.store.cases import Compose, keep
from gateway.store.database import Database
from gateway.store.tables import case_changes, heard_statuses, parked_statuses
from gateway.workflow.case import Action, Case
from gateway.workflow.platform import StatusReport, deed_of
from gateway.workflow.steps import take

MOST_PARKED = 10_000
"""Messages parked at most; beyond them the oldest go, as a platform gone mad must fill no disk."""
MOST_KEPT = 64 * 1024
"""Characters of a parked message that are kept."""


REOPENING = (Action.REOPEN, Action.SPLIT)
"""What opens a closed case again."""


class Way(StrEnum):
    """How a message came."""

    QUEUE = "queue"
    WEBHOOK = "webhook"


class Verdict(StrEnum):
    """What a message came to."""

    APPLIED = "applied"
    OLD_NEWS = "old_news"
    """The case is as far, or further, already."""
    REPEAT = "repeat"
    """It was heard before."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message came to, and the case as it now is."""

    verdict: Verdict
    case: Case


@dataclass(frozen=True, slots=True)
class ParkedStatus:
    """A message that nothing could be made of. times: how often it came. code: a stable word."""

    id: int
    way: Way
    parked_at: datetime
    times: int
    code: str
    detail: str
    body: str


class Statuses:
    """The messages of grid platforms in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, report: StatusReport, compose: Compose, now: datetime) -> Heard:
        """Do to a case what a platform reports, once for each message.

        Raises NotFoundError (no such case) and StepRefusedError; then nothing was kept.
        """
        with self._database.write() as connection:
            case = read_case(connection, report.case_id)
            if _was_heard(connection, report):
                return Heard(Verdict.REPEAT, case)
            deed = deed_of(case, report, now, _reopened_at(connection, case.id))
            if deed is not None:
                case = take(case, deed)
                keep(connection, case, deed, compose)
            verdict = Verdict.OLD_NEWS if deed is None else Verdict.APPLIED
            connection.execute(
                insert(heard_statuses).values(
                    source=report.source,
                    event_id=report.event_id,
                    case_id=case.id,
                    status=report.status,
                    verdict=verdict,
                    heard_at=now,
                )
            )
        return Heard(verdict, case)

    def park(self, body: str, way: Way, code: str, detail: str, now: datetime) -> None:
        """Keep a message that nothing could be made of; one that comes again is counted."""
        kept, digest = _kept(body), _digest(body)
        this = parked_statuses.c.sha256 == digest
        with self._database.write() as connection:
            known = connection.execute(
                update(parked_statuses)
                .where(this)
                .values(times=parked_statuses.c.times + 1, code=code, detail=detail)
            )
            if known.rowcount:
                return
            added = connection.execute(
                insert(parked_statuses).values(
                    sha256=digest,
                    way=way,
                    parked_at=now,
                    times=1,
                    code=code,
                    detail=detail,
                    body=kept,
                )
            )
            assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
            oldest = added.inserted_primary_key[0] - MOST_PARKED
            connection.execute(delete(parked_statuses).where(parked_statuses.c.id <= oldest))

    def unpark(self, body: str) -> None:
        """Forget that a message was parked: something could be made of it at last."""
        with self._database.write() as connection:
            its = parked_statuses.c.sha256 == _digest(body)
            connection.execute(delete(parked_statuses).where(its))

    def parked(self) -> tuple[ParkedStatus, ...]:
        """Return what is parked, the oldest first."""
        query = select(parked_statuses).order_by(parked_statuses.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return tuple(
                ParkedStatus(
                    **{name: row[name] for name in ParkedStatus.__slots__}
                    | {"way": Way(row["way"])}
                )
                for row in rows
            )

    def parked_body(self, number: int) -> str:
        """Return a parked message; raises NotFoundError."""
        query = select(parked_statuses.c.body).where(parked_statuses.c.id == number)
        with self._database.read() as connection:
            body: str | None = connection.scalar(query)
        if body is None:
            raise NotFoundError(f"no status is parked under {number}")
        return body

    def drop(self, number: int) -> None:
        """Forget a parked message; raises NotFoundError."""
        its = parked_statuses.c.id == number
        with self._database.write() as connection:
            if connection.execute(delete(parked_statuses).where(its)).rowcount == 0:
                raise NotFoundError(f"no status is parked under {number}")


def _was_heard(connection: Connection, report: StatusReport) -> bool:
    query = select(heard_statuses.c.verdict).where(
        heard_statuses.c.source == report.source, heard_statuses.c.event_id == report.event_id
    )
    return connection.scalar(query) is not None


def _reopened_at(connection: Connection, case_id: str) -> datetime | None:
    """Return when a case was last opened again, None where it never was."""
    its = (case_changes.c.incident_id == case_id, case_changes.c.action.in_(REOPENING))
    latest: datetime | None = connection.scalar(select(func.max(case_changes.c.at)).where(*its))
    return latest


def _kept(body: str) -> str:
    """Return as much of a message as is kept, as databases take it: without the zero character."""
    return body[:MOST_KEPT].replace("\x00", "\ufffd")


def _digest(body: str) -> str:
    return hashlib.sha256(_kept(body).encode(errors="surrogatepass")).hexdigest()
