"""The states of a camera as bytes: a fingerprint, then a NumPy archive without pickled objects."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from vision.errors import WaterError
from vision.types import Image
from vision.water.reference import Reference, ReferenceKind

MAGIC = b"gridpatrol water bank\n"
VERSION = 1
DIGEST_BYTES = 32
"""Of a SHA-256."""
DAMAGE = (ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile)
"""What reading an archive that is not one of ours can end in."""


@dataclass(frozen=True, slots=True)
class BankContent:
    """What a bank keeps. made: states ever made, for the next id. revision: of the bank."""

    shape: tuple[int, int]
    references: tuple[Reference, ...]
    made: int
    revision: int


def pack(content: BankContent) -> bytes:
    """Return a bank as bytes; the same bank gives the same bytes."""
    kept = content.references
    archive = io.BytesIO()
    np.savez_compressed(
        archive,
        head=np.array([VERSION, *content.shape, content.made, content.revision], dtype=np.int64),
        images=np.array([one.image for one in kept], dtype=np.uint8),
        ids=np.array([one.id for one in kept], dtype=np.str_),
        kinds=np.array([one.kind.value for one in kept], dtype=np.str_),
        times=np.array(
            [(one.made_at.isoformat(), one.seen_at.isoformat()) for one in kept], np.str_
        ),
        counts=np.array([(one.infrared, one.taught, one.looks) for one in kept], dtype=np.int64),
    )
    body = archive.getvalue()
    return MAGIC + hashlib.sha256(body).digest() + body


def unpack(data: bytes) -> BankContent:
    """Return the bank that `pack` made those bytes of.

    Raises WaterError when they are damaged, are no bank, or come of a later version.
    """
    start = len(MAGIC) + DIGEST_BYTES
    body = data[start:]
    if not data.startswith(MAGIC):
        raise WaterError(f"these {len(data)} bytes are no water bank; give a file that one wrote")
    if hashlib.sha256(body).digest() != data[len(MAGIC) : start]:
        raise WaterError(
            f"a water bank of {len(data)} bytes is damaged: its fingerprint does not fit;"
            " use the version before it"
        )
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            return _content({name: archive[name] for name in archive.files})
    except DAMAGE as error:
        raise WaterError(f"a water bank cannot be read: {error}; start a new one") from error


def _times(reference: Reference) -> tuple[str, str]:
    return reference.made_at.isoformat(), reference.seen_at.isoformat()


def _content(archive: Mapping[str, npt.NDArray[np.generic]]) -> BankContent:
    """Return what an archive says.

    Raises WaterError for another version, ValueError for nonsense.
    """
    version, height, width, made, revision = (int(value) for value in archive["head"])
    if version != VERSION:
        raise WaterError(
            f"a water bank of version {version} is not one this program reads ({VERSION});"
            " start a new one or install the program that wrote it"
        )
    images = archive["images"]
    if images.dtype != np.uint8 or (images.size and images.shape[1:] != (height, width, 3)):
        raise ValueError(f"pictures of {images.shape} and type {images.dtype}")
    columns = (archive["ids"], archive["kinds"], archive["times"], archive["counts"])
    references = tuple(
        _reference(np.asarray(image, dtype=np.uint8), *row)
        for image, *row in zip(images, *columns, strict=True)
    )
    return BankContent((height, width), references, made, revision)


def _reference(
    image: Image, name: str, kind: str, times: tuple[str, str], counts: tuple[int, int, int]
) -> Reference:
    made_at, seen_at = (datetime.fromisoformat(str(time)) for time in times)
    infrared, taught, looks = (int(count) for count in counts)
    return Reference(
        id=str(name),
        image=image,
        made_at=made_at,
        seen_at=seen_at,
        infrared=bool(infrared),
        kind=ReferenceKind(str(kind)),
        looks=looks,
        taught=bool(taught),
    )
