"""Evidence: the files that prove an incident, as rows; the files are under data_dir/evidence."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from gateway.audit.act import SYSTEM, Act, AuditAction, Detail, case_object
from gateway.errors import NotFoundError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.evidence_terms import KeptSince, spare_files
from gateway.store.journal import Topic, note
from gateway.store.removals import doom
from gateway.store.tables import evidence as evidence_table
from gateway.store.tables import incidents

_NAMESPACE = uuid.UUID("5f0f3a0e-6f1b-4c60-9a55-3d8f8a2f7c11")
_ADD = insert(evidence_table)
_HELD = select(evidence_table.c.id).where(evidence_table.c.id.in_(bindparam("ids", expanding=True)))
_THEIRS = select(evidence_table).where(
    evidence_table.c.incident_id.in_(bindparam("ids", expanding=True))
)


class EvidenceType(StrEnum):
    """The picture as it was, the picture with what was seen drawn in, and the film.

    Of water also how the place looks without it, and its course. From people: pictures and papers.
    """

    RAW = "raw"
    MARKED = "marked"
    BEFORE = "before"
    CURVE = "curve"
    CLIP = "clip"
    PHOTO = "photo"
    FILE = "file"


CONTENT_TYPES = {
    EvidenceType.RAW: "image/jpeg",
    EvidenceType.MARKED: "image/jpeg",
    EvidenceType.BEFORE: "image/jpeg",
    EvidenceType.CURVE: "image/jpeg",
    EvidenceType.CLIP: "video/mp4",
    EvidenceType.PHOTO: "image/jpeg",
    EvidenceType.FILE: "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file of an incident, which it may share with others: a clip that shows them all.

    path: relative to data_dir, forward slashes. sha256: hexadecimal. deleted_at: when the file was
    deleted because its time was up, None while it is kept.
    """

    id: str
    incident_id: str
    type: EvidenceType
    path: str
    sha256: str
    size_bytes: int
    created_at: datetime
    deleted_at: datetime | None = None

    @property
    def content_type(self) -> str:
        """The media type to serve it with."""
        return CONTENT_TYPES[self.type]

    @property
    def url(self) -> str:
        """Where the HTTP API serves it, below the server's root."""
        return f"/api/evidence/{self.id}"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that is kept, whichever incidents it belongs to.

    closed_at: when the last of them was over, or its case closed if that was later.
    """

    path: str
    bytes: int
    closed_at: datetime


def evidence_id(incident_id: str, kind: EvidenceType, sha256: str) -> str:
    """Return the id of a piece of evidence: the same file of the same incident has the same id."""
    return str(uuid.uuid5(_NAMESPACE, f"{incident_id}/{kind}/{sha256}"))


def add_missing(connection: Connection, evidence: Sequence[Evidence]) -> int:
    """Add what is not there, within the transaction of its incident; return how many were added."""
    wanted = {piece.id: piece for piece in evidence}
    if not wanted:
        return 0
    for known in connection.scalars(_HELD, {"ids": list(wanted)}).all():
        del wanted[known]
    add(connection, tuple(wanted.values()))
    return len(wanted)


def add(connection: Connection, evidence: Sequence[Evidence]) -> None:
    """Add what is known not to be there, within the transaction of its incident."""
    if evidence:
        rows = [{name: getattr(piece, name) for name in Evidence.__slots__} for piece in evidence]
        connection.execute(_ADD, rows)


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return an incident's evidence as it is always told: oldest first, raw before marked."""
    by_id = sorted(evidence, key=attrgetter("id"))
    by_type = sorted(by_id, key=attrgetter("type"), reverse=True)
    return tuple(sorted(by_type, key=attrgetter("created_at")))


def evidence_of(
    connection: Connection, incident_ids: Sequence[str]
) -> dict[str, tuple[Evidence, ...]]:
    """Return the evidence of each of these incidents: oldest first, raw before marked."""
    grouped: dict[str, list[Evidence]] = {incident_id: [] for incident_id in incident_ids}
    for row in connection.execute(_THEIRS, {"ids": list(incident_ids)}).mappings():
        piece = Evidence(**{**row, "type": EvidenceType(row["type"])})
        grouped[piece.incident_id].append(piece)
    return {incident_id: in_order(pieces) for incident_id, pieces in grouped.items()}


class EvidenceFiles:
    """Looks evidence up for whoever serves the files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, evidence_id: str) -> Evidence:
        """Return one piece of evidence; raises NotFoundError."""
        query = select(evidence_table).where(evidence_table.c.id == evidence_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError(f"there is no evidence {evidence_id}")
        return Evidence(**{**row, "type": EvidenceType(row["type"])})

    def paths(self, camera_id: str) -> frozenset[str]:
        """Return the path of every file that is kept for incidents of a camera."""
        query = (
            select(evidence_table.c.path)
            .join(incidents, incidents.c.id == evidence_table.c.incident_id)
            .where(incidents.c.camera_id == camera_id, evidence_table.c.deleted_at.is_(None))
        )
        with self._database.read() as connection:
            return frozenset(connection.scalars(query))

    def known(self, paths: Sequence[str]) -> frozenset[str]:
        """Return which of these files some row tells of, kept or gone."""
        query = select(evidence_table.c.path).where(evidence_table.c.path.in_(paths))
        with self._database.read() as connection:
            return frozenset(connection.scalars(query))

    def total_bytes(self) -> int:
        """Return how much all files that are kept take together; a shared one counts once."""
        files = (
            select(func.max(evidence_table.c.size_bytes).label("size"))
            .where(evidence_table.c.deleted_at.is_(None))
            .group_by(evidence_table.c.path)
            .subquery()
        )
        with self._database.read() as connection:
            return connection.scalar(select(func.sum(files.c.size))) or 0

    def oldest(self, limit: int) -> Iterator[EvidenceFile]:
        """Yield files of incidents that are over and not held, in the order in which they may go.

        False alarms first, then closed cases, then open ones; of each the oldest first.
        """
        return self._spare(spare_files(None, limit))

    def expired(self, since: KeptSince, limit: int) -> Iterator[EvidenceFile]:
        """Yield files whose time is up by what became of their cases, in the same order."""
        return self._spare(spare_files(since, limit))

    def _spare(self, query: Select[str, int, datetime]) -> Iterator[EvidenceFile]:
        with self._database.read() as connection:
            for path, size, ended_at in connection.execute(query):
                yield EvidenceFile(path, size, ended_at)

    def mark_deleted(self, paths: Sequence[str], at: datetime, why: str = "age") -> None:
        """Note that files go, for all their incidents; tell the journal and the audit log.

        The files themselves are then to be removed from the disk (`Removals`).
        """
        kept = (evidence_table.c.path.in_(paths), evidence_table.c.deleted_at.is_(None))
        with self._database.write() as connection:
            query = select(
                evidence_table.c.incident_id,
                func.count().label("files"),
                func.sum(evidence_table.c.size_bytes).label("size"),
            ).where(*kept)
            grouped = query.group_by(evidence_table.c.incident_id)
            told = connection.execute(grouped.order_by(evidence_table.c.incident_id)).all()
            gone = connection.scalars(select(evidence_table.c.path).where(*kept)).all()
            connection.execute(update(evidence_table).where(*kept).values(deleted_at=at))
            doom(connection, gone, at)
            for row in told:
                note(connection, Topic.INCIDENT, row.incident_id, at)
                detail: Detail = {"files": row.files, "bytes": int(row.size), "why": why}
                action, what = AuditAction.EVIDENCE_DELETED, case_object(row.incident_id)
                tell(connection, Act(at, SYSTEM, action, what, detail))
