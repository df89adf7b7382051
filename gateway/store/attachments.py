"""Files that people put to what they do about a case: evidence that its trail points to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from gateway.store.evidence import Evidence, EvidenceType, add_missing
from gateway.store.tables import attachments, evidence


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, and what whoever sent it calls it."""

    evidence: Evidence
    name: str


def attach(
    connection: Connection, incident_id: str, revision: int, files: Sequence[Attachment]
) -> None:
    """Put files to the entry of a case's trail, within the transaction of that entry."""
    add_missing(connection, [one.evidence for one in files])
    for position, one in enumerate(files):
        connection.execute(
            insert(attachments).values(
                incident_id=incident_id,
                revision=revision,
                position=position,
                evidence_id=one.evidence.id,
                name=one.name,
            )
        )


def attachments_of(
    connection: Connection, incident_id: str
) -> Mapping[int, tuple[Attachment, ...]]:
    """Return the files of a case, by the revision of the entry that they belong to."""
    query = (
        select(evidence, attachments.c.revision, attachments.c.name)
        .join(attachments, attachments.c.evidence_id == evidence.c.id)
        .where(attachments.c.incident_id == incident_id)
        .order_by(attachments.c.revision, attachments.c.position)
    )
    found: dict[int, tuple[Attachment, ...]] = {}
    for row in connection.execute(query).mappings():
        piece = Evidence(
            **{name: row[name] for name in Evidence.__slots__ if name != "type"},
            type=EvidenceType(row["type"]),
        )
        found[row["revision"]] = (
            *found.get(row["revision"], ()),
            Attachment(piece, row["name"]),
        )
    return found
