"""Evidence: the files that prove an incident, as rows; the files are under data_dir/evidence."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from gateway.errors import NotFoundError
from gateway.store.database import Database
from gateway.store.tables import evidence as evidence_table

_NAMESPACE = uuid.UUID("5f0f3a0e-6f1b-4c60-9a55-3d8f8a2f7c11")


class EvidenceType(StrEnum):
    """The picture as it was, the picture with what was seen drawn in, and the film."""

    RAW = "raw"
    MARKED = "marked"
    CLIP = "clip"


CONTENT_TYPES = {
    EvidenceType.RAW: "image/jpeg",
    EvidenceType.MARKED: "image/jpeg",
    EvidenceType.CLIP: "video/mp4",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file of an incident. path: relative to data_dir, forward slashes. sha256: hexadecimal."""

    id: str
    incident_id: str
    type: EvidenceType
    path: str
    sha256: str
    size_bytes: int
    created_at: datetime

    @property
    def content_type(self) -> str:
        """The media type to serve it with."""
        return CONTENT_TYPES[self.type]

    @property
    def url(self) -> str:
        """Where the HTTP API serves it, below the server's root."""
        return f"/api/evidence/{self.id}"


def evidence_id(incident_id: str, kind: EvidenceType, sha256: str) -> str:
    """Return the id of a piece of evidence: the same file of the same incident has the same id."""
    return str(uuid.uuid5(_NAMESPACE, f"{incident_id}/{kind}/{sha256}"))


def add_missing(connection: Connection, evidence: Sequence[Evidence]) -> int:
    """Add what is not there, within the transaction of its incident; return how many were added."""
    wanted = {piece.id: piece for piece in evidence}
    held = connection.scalars(
        select(evidence_table.c.id).where(evidence_table.c.id.in_(wanted))
    ).all()
    for known in held:
        del wanted[known]
    if wanted:
        connection.execute(insert(evidence_table), [asdict(piece) for piece in wanted.values()])
    return len(wanted)


def evidence_of(
    connection: Connection, incident_ids: Sequence[str]
) -> dict[str, tuple[Evidence, ...]]:
    """Return the evidence of each of these incidents: oldest first, raw before marked."""
    query = (
        select(evidence_table)
        .where(evidence_table.c.incident_id.in_(incident_ids))
        .order_by(evidence_table.c.created_at, evidence_table.c.type.desc(), evidence_table.c.id)
    )
    grouped: dict[str, tuple[Evidence, ...]] = dict.fromkeys(incident_ids, ())
    for row in connection.execute(query).mappings():
        piece = Evidence(**{**row, "type": EvidenceType(row["type"])})
        grouped[piece.incident_id] += (piece,)
    return grouped


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
