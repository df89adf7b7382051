"""Where the files that prove an incident lie, and how those that people send come there."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gateway.errors import StorageError
from gateway.photo import check_size, clean_picture, is_paper
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.whole_file import write_whole
from vision.types import Incident

_SUFFIXES = {EvidenceType.PHOTO: "jpg", EvidenceType.RAW: "jpg", EvidenceType.FILE: "pdf"}


def typed(data: bytes, name: str) -> tuple[EvidenceType, bytes]:
    """Return what somebody sent as evidence: a picture made anew, or a paper (PDF) as it is.

    name: how errors call it. Raises BadUploadError.
    """
    if not is_paper(data):
        return EvidenceType.PHOTO, clean_picture(data, name)
    check_size(data, name)
    return EvidenceType.FILE, data


def keep_files(
    data_dir: Path,
    incident: Incident,
    files: Sequence[tuple[EvidenceType, bytes]],
    at: datetime,
) -> tuple[Evidence, ...]:
    """Write files of an incident, named after what is in them, and return their rows.

    Writing them again changes nothing. Raises StorageError.
    """
    folder = folder_of(data_dir, incident)
    return tuple(_keep(data_dir, folder, incident.id, file, at) for file in files)


def folder_of(data_dir: Path, incident: Incident) -> Path:
    """Return the directory of an incident: below its camera's, one a day."""
    day = f"{incident.opened_at:%Y-%m-%d}"
    return data_dir / "evidence" / incident.camera / day / incident.id


def _keep(
    data_dir: Path, folder: Path, incident_id: str, file: tuple[EvidenceType, bytes], at: datetime
) -> Evidence:
    kind, data = file
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"{kind}-{digest[:16]}.{_SUFFIXES[kind]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
    return Evidence(
        id=evidence_id(incident_id, kind, digest),
        incident_id=incident_id,
        type=kind,
        path=path.relative_to(data_dir).as_posix(),
        sha256=digest,
        size_bytes=len(data),
        created_at=at,
    )
