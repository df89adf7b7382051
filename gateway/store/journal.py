"""The journal: a short, numbered list of what changed, from which the console learns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select

from gateway.clock import utc_now
from gateway.store.database import Database
from gateway.store.tables import journal

KEPT = 10_000
"""Entries kept: minutes of the worst day. A listener that missed more starts from a snapshot."""
_TRIM_EVERY = 500
_ADD = insert(journal)


class Topic(StrEnum):
    """What a journal entry is about; its key is a camera id, an incident id, or a part's name."""

    CAMERA = "camera"
    INCIDENT = "incident"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Something changed: look it up by topic and key. `seq` only rises and is never used again."""

    seq: int
    topic: Topic
    key: str
    at: datetime


def note(connection: Connection, topic: Topic, key: str, at: datetime) -> None:
    """Add an entry within the transaction of the change it tells of, and forget the oldest."""
    added = connection.execute(_ADD, {"topic": topic, "key": key, "at": at})
    assert added.inserted_primary_key is not None  # noqa: S101 - the table has one
    seq: int = added.inserted_primary_key[0]
    if seq % _TRIM_EVERY == 0:
        connection.execute(delete(journal).where(journal.c.seq <= seq - KEPT))


def note_all(connection: Connection, topic: Topic, keys: Sequence[str], at: datetime) -> None:
    """Add an entry for each key, in one go, as `note` does."""
    if not keys:
        return
    rows = [{"topic": topic, "key": key, "at": at} for key in keys]
    connection.execute(_ADD, rows)
    newest = connection.scalar(select(func.max(journal.c.seq))) or 0
    connection.execute(delete(journal).where(journal.c.seq <= newest - KEPT))


class Journal:
    """Reads the journal, and adds what is no part of another change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, topic: Topic, key: str) -> None:
        """Add one entry of its own."""
        with self._database.write() as connection:
            note(connection, topic, key, utc_now())

    def last(self) -> int:
        """Return the newest entry's number, 0 while there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(journal.c.seq))) or 0

    def after(self, seq: int, limit: int = 500) -> tuple[JournalEntry, ...]:
        """Return entries newer than `seq`, oldest first."""
        query = select(journal).where(journal.c.seq > seq).order_by(journal.c.seq).limit(limit)
        with self._database.read() as connection:
            return tuple(
                JournalEntry(seq=row.seq, topic=Topic(row.topic), key=row.key, at=row.at)
                for row in connection.execute(query)
            )
