"""The files of a case as they go into its export: whole and as recorded, veiled, or left out."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol

from gateway.casefile.check import CHUNK, sha256_of_file
from gateway.casefile.export import ExportedFile
from gateway.casefile.zip_stream import Entry
from gateway.store.evidence import Evidence, EvidenceType

PICTURES = frozenset(
    {
        EvidenceType.RAW,
        EvidenceType.MARKED,
        EvidenceType.BEFORE,
        EvidenceType.CURVE,
        EvidenceType.PHOTO,
    }
)
"""Types in which persons can be veiled; clips and papers are left out instead."""

LeftOut = Literal["deleted", "missing", "altered", "persons"]


class Veil(Protocol):
    """What makes persons unrecognisable: a `PersonBlur`."""

    def blurred(self, jpegs: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return pictures of one view with nobody to be recognised."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a case and the entry that puts it into the archive, None where it is left out."""

    file: ExportedFile
    entry: Entry | None


def pieces_of(evidence: Sequence[Evidence], data_dir: Path, veil: Veil | None) -> Iterator[Piece]:
    """Yield every file of a case, in order; with a veil no person in them is to be recognised.

    Each entry must be used before the next piece is asked for: one view is in memory at a time.
    """
    names = {piece.id: _name(number, piece) for number, piece in enumerate(evidence, 1)}
    for _, group in groupby(evidence, key=_view):
        view = tuple(group)
        lacking = {piece.id: _lack(piece, data_dir, veil) for piece in view}
        veiled = _veiled([one for one in view if not lacking[one.id]], data_dir, veil)
        for piece in view:
            left_out = lacking[piece.id]
            if left_out is not None:
                yield Piece(_left_out(piece, left_out), None)
            else:
                yield _kept(piece, names[piece.id], data_dir, veiled)


def _view(piece: Evidence) -> tuple[str, str]:
    """Return what pictures of one moment have in common: `raw-3.jpg` and `marked-3.jpg`."""
    path = Path(piece.path)
    return (str(path.parent), path.stem.partition("-")[2])


def _name(number: int, piece: Evidence) -> str:
    return f"evidence/{number:03}-{piece.type}{Path(piece.path).suffix}"


def _lack(piece: Evidence, data_dir: Path, veil: Veil | None) -> LeftOut | None:
    """Return why a file cannot be in the archive, None when it can."""
    if piece.deleted_at is not None:
        return "deleted"
    if veil is not None and piece.type not in PICTURES:
        return "persons"
    try:
        is_whole = sha256_of_file(data_dir / piece.path) == piece.sha256
    except OSError:
        return "missing"
    return None if is_whole else "altered"


def _veiled(view: Sequence[Evidence], data_dir: Path, veil: Veil | None) -> Mapping[str, bytes]:
    """Return the pictures of a view by their ids, veiled; none without a veil."""
    if veil is None or not view:
        return {}
    blurred = veil.blurred([(data_dir / piece.path).read_bytes() for piece in view])
    return dict(zip((piece.id for piece in view), blurred, strict=True))


def _kept(piece: Evidence, name: str, data_dir: Path, veiled: Mapping[str, bytes]) -> Piece:
    jpeg = veiled.get(piece.id)
    sha256 = piece.sha256 if jpeg is None else hashlib.sha256(jpeg).hexdigest()
    file = ExportedFile(
        id=piece.id,
        incident=piece.incident_id,
        type=piece.type,
        name=name,
        sha256=sha256,
        bytes=piece.size_bytes if jpeg is None else len(jpeg),
        original_sha256=piece.sha256,
        is_veiled=jpeg is not None,
        left_out=None,
    )
    chunks = _read(data_dir / piece.path) if jpeg is None else iter((jpeg,))
    return Piece(file, Entry(name, chunks, packed=False))


def _left_out(piece: Evidence, why: LeftOut) -> ExportedFile:
    return ExportedFile(
        id=piece.id,
        incident=piece.incident_id,
        type=piece.type,
        name=None,
        sha256=None,
        bytes=None,
        original_sha256=piece.sha256,
        is_veiled=False,
        left_out=why,
    )


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
