"""Many messages in a store at once, as after a long outage: rows by the thousand."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table

from gateway.clock import utc_now
from gateway.dispatch.message import MessageWriter
from gateway.store import Store
from gateway.store.inventory import CameraRef
from gateway.store.stored_incident import ModelRef, Origin
from gateway.store.tables import incidents, outbox
from vision.types import ChangeType, Incident, IncidentChange, Severity

COMPOSE = MessageWriter("benchmark")
ORIGIN = Origin(
    CameraRef("gate", "村口", "33010200001320000001", "东山村", "第三网格"),
    ModelRef("nanodet-g", "d" * 64),
    "0.1.0",
)
_SAMPLE = "00000000-0000-0000-0000-000000000000"


def opening(incident_id: str, at: datetime) -> IncidentChange:
    """Return the opening of an incident, as a rule makes it."""
    incident = Incident(
        id=incident_id,
        camera=ORIGIN.camera.id,
        rule="person-at-gate",
        rule_type="presence",
        subject="zone:gate/person",
        kind="person_presence",
        severity=Severity.YELLOW,
        zone="gate",
        opened_at=at,
        last_seen_at=at,
        closed_at=None,
        readings={"count": 2, "dwell_s": 12.3},
    )
    return IncidentChange(ChangeType.OPENED, 0, at, incident)


def fill(database: Path, numbers: range, sink: str) -> None:
    """Have openings wait for a sink, in one transaction; numbers: theirs, from 1, never used twice.

    They are all that a relay asks for: incident, message, delivery; there are no cases.
    database: a store's file, SQLite, in which `sample` was recorded.
    """
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        given = {
            "first": numbers.start,
            "last": numbers.stop - 1,
            "now": f"{utc_now():%Y-%m-%d %H:%M:%S.%f}",
            "sink": sink,
        }
        connection.execute("BEGIN IMMEDIATE")
        for copy in (*_COPIES, _OFFERS):
            connection.execute(copy, given)


def sample(store: Store) -> None:
    """Record the incident that all of a backlog are like."""
    store.incidents.record(opening(_SAMPLE, utc_now()), ORIGIN, (), COMPOSE)


def _copy(table: Table, of_sample: str, changed: Mapping[str, str]) -> str:
    """Return what copies the sample's row of a table; changed: column to SQL."""
    values = ", ".join(changed.get(column.name, column.name) for column in table.columns)
    return (
        f"{_NUMBERS} INSERT INTO {table.name} SELECT {values} FROM {table.name}, numbers"
        f" WHERE {of_sample} = '{_SAMPLE}'"
    )


_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS"
    " (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
)
_ID = f"printf('%08d{_SAMPLE[8:]}', n)"
_COPIES = (
    _copy(incidents, "id", {"id": _ID}),
    _copy(
        outbox,
        "incident_id",
        {
            "seq": "seq + n",
            "event_id": f"{_ID} || '/0'",
            "incident_id": _ID,
            "body": f"replace(body, '{_SAMPLE}', {_ID})",
            "created_at": ":now",
            "delivered_at": "NULL",
            "queue_id": "NULL",
        },
    ),
)
_OFFERS = (
    f"{_NUMBERS} INSERT INTO deliveries (seq, sink, incident_id, urgency, refusals)"
    f" SELECT seq + n, :sink, {_ID}, 1, 0 FROM outbox, numbers WHERE incident_id = '{_SAMPLE}'"
)
