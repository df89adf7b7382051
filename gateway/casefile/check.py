"""Whether what is kept of a case still is what was sealed when it was closed."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.audit.act import case_object
from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.audit_log import AuditFilter
from gateway.store.manifests import Manifest, Sealed, SealedFile

CHUNK = 1 << 20
MOST_RECORDS = 100_000
"""Records about one case that are read; each is a step, a manifest or an hour of looking."""


class FileState(StrEnum):
    """How a sealed file is found."""

    WHOLE = "whole"
    ALTERED = "altered"
    MISSING = "missing"
    DELETED = "deleted"
    """Its time was up; the audit log tells when."""


class Fault(StrEnum):
    """What is wrong with the seal itself."""

    MANIFEST = "manifest"
    """A manifest's text is not what was sealed."""
    AUDIT = "audit"
    """The audit log tells of no such manifest."""
    ROWS = "rows"
    """The case, its incident or its trail are not what was sealed."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A sealed file and how it is found."""

    path: str
    sha256: str
    state: FileState


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """What a check found. number, sealed_at: of the newest manifest."""

    case_id: str
    number: int
    sealed_at: str
    faults: tuple[Fault, ...]
    files: tuple[CheckedFile, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was changed or lost but what retention deleted."""
        fine = {FileState.WHOLE, FileState.DELETED}
        return not self.faults and all(file.state in fine for file in self.files)


def check_case(store: Store, data_dir: Path, case_id: str) -> CaseCheck:
    """Compare a closed case with its newest manifest, and its manifests with the audit log.

    Raises NotFoundError: there is no such case, or nothing of it is sealed yet.
    """
    store.cases.get(case_id)
    sealed = store.manifests.of(case_id)
    if not sealed:
        raise NotFoundError(f"case {case_id} has no manifest yet: it is sealed when it is closed")
    newest = sealed[-1]
    if not newest.is_whole:
        return CaseCheck(case_id, newest.number, "", (Fault.MANIFEST,), ())
    manifest = newest.opened()
    now = store.manifests.describe(case_id, newest.number, newest.sealed_at)
    deleted = {file.path for file in now.files if file.deleted_at is not None}
    return CaseCheck(
        case_id=case_id,
        number=newest.number,
        sealed_at=manifest.sealed_at,
        faults=_faults(store, sealed, manifest, now),
        files=tuple(_checked(file, data_dir, file.path in deleted) for file in manifest.files),
    )


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal; raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _faults(
    store: Store, sealed: tuple[Sealed, ...], manifest: Manifest, now: Manifest
) -> tuple[Fault, ...]:
    about = AuditFilter(object=case_object(manifest.incident.id))
    told = " ".join(one.detail for one in store.audit.newest(about, limit=MOST_RECORDS))
    checks = {
        Fault.MANIFEST: all(one.is_whole for one in sealed),
        Fault.AUDIT: all(f'"manifest":"{one.sha256}"' in told for one in sealed),
        Fault.ROWS: _without_deletions(manifest) == _without_deletions(now),
    }
    return tuple(fault for fault, is_fine in checks.items() if not is_fine)


def _without_deletions(manifest: Manifest) -> Manifest:
    kept = tuple(file.model_copy(update={"deleted_at": None}) for file in manifest.files)
    return manifest.model_copy(update={"files": kept})


def _checked(file: SealedFile, data_dir: Path, is_deleted: bool) -> CheckedFile:
    if is_deleted:
        return CheckedFile(file.path, file.sha256, FileState.DELETED)
    path = data_dir / file.path
    try:
        is_whole = path.stat().st_size == file.bytes and sha256_of_file(path) == file.sha256
    except OSError:
        return CheckedFile(file.path, file.sha256, FileState.MISSING)
    return CheckedFile(file.path, file.sha256, FileState.WHOLE if is_whole else FileState.ALTERED)
