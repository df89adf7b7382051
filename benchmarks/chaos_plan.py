"""What the chaos writes: every change of every incident, known beforehand by its number alone."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.store.inventory import CameraRef
from gateway.store.outbox import event_id
from gateway.store.stored_incident import NO_MODEL, Origin
from vision.types import ChangeType, Incident, IncidentChange, Severity

ORIGIN = Origin(
    CameraRef("gate", "村口", "33010200001320000001", "东山村", "第三网格"), NO_MODEL, "0"
)
STARTED = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
BLOCK = 20
"""Incidents whose changes come interleaved: first each one's opening, then what became of them."""
SEVERITIES = (Severity.YELLOW, Severity.GREEN, Severity.RED)
_COURSES = (
    (ChangeType.OPENED, ChangeType.UPDATED, ChangeType.CLOSED),
    (ChangeType.OPENED, ChangeType.CLOSED),
    (ChangeType.OPENED, ChangeType.CLOSED),
    *7 * ((ChangeType.OPENED,),),
)
"""What becomes of an incident, by the last digit of its number."""
_NAMESPACE = uuid.UUID("6d2f1f5e-53c0-4f0e-9a3b-0c5d4b0f6a11")


@dataclass(frozen=True, slots=True)
class Step:
    """One change to be written. number: of the incident, from 0; sequence: of its change."""

    number: int
    sequence: int

    @property
    def incident_id(self) -> str:
        """The incident's id."""
        return str(uuid.uuid5(_NAMESPACE, str(self.number)))

    @property
    def event_id(self) -> str:
        """Id of the event that tells of it: each change is one revision."""
        return event_id(self.incident_id, self.sequence)

    def change(self) -> IncidentChange:
        """Return the change as a pipeline would hand it to the store."""
        kind = _course(self.number)[self.sequence]
        opened_at = STARTED + timedelta(seconds=self.number)
        at = opened_at + timedelta(seconds=self.sequence)
        incident = Incident(
            id=self.incident_id,
            camera=ORIGIN.camera.id,
            rule="person-at-gate",
            rule_type="presence",
            subject=f"zone:gate/{self.number}",
            kind="person_presence",
            severity=SEVERITIES[self.number % len(SEVERITIES)],
            zone="gate",
            opened_at=opened_at,
            last_seen_at=at,
            closed_at=at if kind is ChangeType.CLOSED else None,
            readings={"count": self.sequence + 1},
        )
        return IncidentChange(kind, self.sequence, at, incident)


def steps(incidents: int) -> Iterator[Step]:
    """Yield every change of so many incidents, in the order they are written."""
    for first in range(0, incidents, BLOCK):
        block = range(first, min(first + BLOCK, incidents))
        for sequence in range(max(map(len, _COURSES))):
            for number in block:
                if sequence < len(_course(number)):
                    yield Step(number, sequence)


def expected_events(incidents: int) -> frozenset[str]:
    """Return the ids of all events that must arrive, and of no other."""
    return frozenset(step.event_id for step in steps(incidents))


def _course(number: int) -> tuple[ChangeType, ...]:
    return _COURSES[number % len(_COURSES)]
