"""Takes in what people find: pictures on the disk first, then one transaction with all of it.

A finding becomes an incident like any other, with its evidence, its message in the outbox and its
case; only that a person discovered it, and that it ends when its case is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from gateway.dispatch.message import MessageWriter
from gateway.errors import NotFoundError
from gateway.evidence_folder import keep_files
from gateway.finding import FINDING, FINDING_RULE, PLACE_ID, SEVERITIES, Finding, FindingKind
from gateway.store import Store
from gateway.store.evidence import EvidenceType
from gateway.store.inventory import CameraRef
from gateway.store.stored_incident import NO_MODEL, Origin, StoredIncident
from vision.types import ChangeType, Incident, IncidentChange, Severity

_NAMESPACE = UUID("0d4be0c5-6f37-4f0a-9c53-5a2f7f6c1d27")


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody tells of a finding.

    key: whoever sends it twice under the same key has told it once. severity: None for the usual
    one of its kind. camera: id of the camera that shows it, None for a place without one. unit,
    grid: of a place without camera, "" unknown.
    """

    key: str
    kind: FindingKind
    finding: Finding
    severity: Severity | None = None
    camera: str | None = None
    unit: str = ""
    grid: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. is_new: false where it had been told before."""

    incident: StoredIncident
    is_new: bool


class FindingDesk:
    """Takes in the findings of one site. version: of gridpatrol, for what it writes."""

    def __init__(self, store: Store, data_dir: Path, site: str, version: str) -> None:
        self._store = store
        self._data_dir = data_dir
        self._compose = MessageWriter(site)
        self._version = version

    def take(
        self, told: Told, pictures: Sequence[bytes], at: datetime, snapshot: bytes | None = None
    ) -> Taken:
        """Keep a finding of a moment; pictures: JPEGs of ours; snapshot: of its camera, a JPEG.

        Raises NotFoundError for a camera that there is not, StorageError; then nothing was kept.
        """
        where = self._where(told)
        incident = _incident(told, where.id, at)
        try:
            return Taken(self._store.incidents.get(incident.id), is_new=False)
        except NotFoundError:
            pass
        files = [(EvidenceType.PHOTO, picture) for picture in pictures]
        if snapshot is not None:
            files.insert(0, (EvidenceType.RAW, snapshot))
        evidence = keep_files(self._data_dir, incident, files, at)
        stored = self._store.incidents.record(
            IncidentChange(ChangeType.OPENED, 0, at, incident),
            Origin(where, NO_MODEL, self._version),
            evidence,
            self._compose,
            told.finding,
        )
        return Taken(stored or self._store.incidents.get(incident.id), is_new=stored is not None)

    def _where(self, told: Told) -> CameraRef:
        if told.camera is not None:
            return self._store.inventory.get(told.camera).ref
        return CameraRef(PLACE_ID, told.finding.place, "", told.unit, told.grid)


def finding_id(by: str, key: str) -> str:
    """Return the incident id of what somebody tells under a key."""
    return str(uuid5(_NAMESPACE, f"{by}\n{key}"))


def _incident(told: Told, camera: str, at: datetime) -> Incident:
    by = told.finding.by.name
    return Incident(
        id=finding_id(by, told.key),
        camera=camera,
        rule=FINDING_RULE,
        rule_type=FINDING,
        subject=by,
        kind=told.kind,
        severity=told.severity or SEVERITIES[told.kind],
        zone=None,
        opened_at=at,
        last_seen_at=at,
        closed_at=None,
        readings={},
    )
