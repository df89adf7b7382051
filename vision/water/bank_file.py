"""The states of a camera as bytes, and back."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from vision.errors import WaterError
from vision.types import Image
from vision.water.reference import Guess, Reference, ReferenceKind
from vision.water.sealed import DAMAGE, Arrays, seal, unseal

KIND = "water bank"
VERSION = 1


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
    arrays: Arrays = {
        "head": np.array([VERSION, *content.shape, content.made, content.revision], dtype=np.int64),
        "images": np.array([one.image for one in kept], dtype=np.uint8),
        "ids": np.array([one.id for one in kept], dtype=np.str_),
        "kinds": np.array([one.kind.value for one in kept], dtype=np.str_),
        "times": np.array([_times(one) for one in kept], np.str_),
        "guessed": np.array([_guessed(one) for one in kept], dtype=np.uint8),
        "counts": np.array([(one.infrared, one.taught, one.looks) for one in kept], dtype=np.int64),
    }
    return seal(KIND, arrays)


def unpack(data: bytes) -> BankContent:
    """Return the bank that `pack` made those bytes of.

    Raises WaterError when they are damaged, are no bank, or come of a later version.
    """
    try:
        return _content(unseal(KIND, data))
    except DAMAGE as error:
        raise WaterError(f"a {KIND} cannot be read: {error}; start a new one") from error


def _guessed(reference: Reference) -> Guess:
    """Return what of a state is guessed; none of it is where it is nowhere."""
    if reference.guessed is not None:
        return reference.guessed
    return np.zeros(reference.image.shape[:2], np.uint8)


def _times(reference: Reference) -> tuple[str, str]:
    return reference.made_at.isoformat(), reference.seen_at.isoformat()


def _content(archive: Arrays) -> BankContent:
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
    # Banks written before it was kept say nothing of what was guessed.
    guessed = archive.get("guessed", np.zeros(images.shape[:3], np.uint8))
    if guessed.dtype != np.uint8 or guessed.shape != images.shape[:3]:
        raise ValueError(f"guessed pixels of {guessed.shape} and type {guessed.dtype}")
    references = tuple(
        _reference(np.asarray(image, dtype=np.uint8), np.asarray(guess, dtype=np.uint8), *row)
        for image, guess, *row in zip(images, guessed, *columns, strict=True)
    )
    return BankContent((height, width), references, made, revision)


def _reference(
    image: Image,
    guessed: Guess,
    name: str,
    kind: str,
    times: tuple[str, str],
    counts: tuple[int, int, int],
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
        guessed=guessed if guessed.any() else None,
    )
