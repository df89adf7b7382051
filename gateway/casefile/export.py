"""What an exported case says of itself: `manifest.json` in the archive."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from gateway.store.evidence import EvidenceType

EXPORT_SCHEMA: Final = "urn:gridpatrol:schema:case-export-v1"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ExportedFile(_Part):
    """A file of evidence. Either `name` or `left_out` is set."""

    id: str
    incident: str
    """The case's own, or that of a case merged into it."""
    type: EvidenceType
    name: str | None
    """In the archive."""
    sha256: str | None
    """Of the file in the archive."""
    bytes: int | None
    original_sha256: str
    """Of the file as it was recorded: what the seal and the audit log know."""
    is_veiled: bool
    """Persons were made unrecognisable: the file is another than the original."""
    left_out: Literal["deleted", "missing", "altered", "persons"] | None
    """Why it is not in the archive: its time was up, it is lost, it is not what was recorded, or it
    shows persons and cannot be veiled (clips and papers)."""


class ExportedSeal(_Part):
    """A sealed manifest of the case. name: in the archive, byte for byte as it was sealed."""

    name: str
    number: int
    sealed_at: str
    sha256: str


class ExportedHead(_Part):
    """Where the audit log stood when the case was exported."""

    seq: int
    hash: str


class ExportManifest(_Part):
    """The whole archive but the checksums themselves."""

    dataschema: Literal["urn:gridpatrol:schema:case-export-v1"] = EXPORT_SCHEMA
    case: str
    site: str
    exported_at: str
    exported_by: str
    version: str
    persons_veiled: bool
    is_closed: bool
    """An open case may go on after this: it has no seal yet, or one from before it was reopened."""
    files: tuple[ExportedFile, ...]
    seals: tuple[ExportedSeal, ...]
    audit_head: ExportedHead
