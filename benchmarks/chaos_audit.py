"""Compares what was to be kept with what the store has, and with what each reader saw."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from gateway.store import Store
from gateway.store.tables import cases, incidents, outbox


@dataclass(frozen=True, slots=True)
class View:
    """What one reader saw, against what it should have, by event id.

    lost, invented: events. out_of_order: events that came before an older one of their incident.
    repeated: deliveries of what was there already, dropped by their id.
    """

    events: int
    lost: int
    invented: int
    out_of_order: int
    repeated: int

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing, made up or out of order."""
        return not (self.lost or self.invented or self.out_of_order)


def view(expected: Collection[str], arrived: Sequence[str]) -> View:
    """Return how events that arrived, in their order and with repeats, compare."""
    seen = dict.fromkeys(arrived)
    return View(
        events=len(seen),
        lost=len(set(expected) - seen.keys()),
        invented=len(seen.keys() - set(expected)),
        out_of_order=_out_of_order(seen),
        repeated=len(arrived) - len(seen),
    )


def _out_of_order(events: Iterable[str]) -> int:
    last: Counter[str] = Counter()
    wrong = 0
    for event in events:
        incident, _, revision = event.rpartition("/")
        wrong += int(revision) != last[incident]
        last[incident] = max(last[incident], int(revision) + 1)
    return wrong


def stored_events(store: Store) -> list[str]:
    """Return the id of every event in the outbox, in order."""
    with store._database.read() as connection:
        return list(connection.scalars(select(outbox.c.event_id).order_by(outbox.c.seq)))


def is_of_incident(event: str) -> bool:
    """Return whether an event tells of an incident itself; cases count their own revisions."""
    return event.count("/") == 1


def wrong_in_store(store: Store, expected: Collection[str]) -> int:
    """Return how many incidents the store has otherwise than they ended, or without a case."""
    rows = select(incidents.c.id, incidents.c.revision).join(
        cases, cases.c.incident_id == incidents.c.id
    )
    with store._database.read() as connection:
        kept = Counter((row.id, row.revision) for row in connection.execute(rows))
    return _difference(kept, expected)


def handled_events(path: Path) -> list[str]:
    """Return the id of every event that the consumer handled, in the order it did."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return [row[0] for row in database.execute("SELECT event_id FROM handled ORDER BY rowid")]


def wrong_on_desk(path: Path, expected: Collection[str]) -> int:
    """Return how many incidents the consumer's desk has otherwise than they ended, or twice."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        desk = Counter(database.execute("SELECT id, revision FROM desk").fetchall())
    return _difference(desk, expected)


def _difference(found: Counter[tuple[str, int]], expected: Iterable[str]) -> int:
    """Return how many (incident, newest revision) are in one of both alone."""
    newest: dict[str, int] = {}
    for event in expected:
        incident, _, revision = event.rpartition("/")
        newest[incident] = max(newest.get(incident, 0), int(revision))
    right = Counter(newest.items())
    return ((found - right) + (right - found)).total()
