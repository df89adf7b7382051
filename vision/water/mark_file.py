"""What the marks of a camera look like dry, as bytes, and back."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from vision.errors import WaterError
from vision.water.level import MarkBook, MarkLook
from vision.water.sealed import DAMAGE, Arrays, seal, unseal
from vision.water.types import Mark

KIND = "water marks"
VERSION = 1


def pack_marks(book: MarkBook) -> bytes:
    """Return what a book knows as bytes; the same looks give the same bytes."""
    outlines = {mark.id: _outline(mark) for mark in book.marks}
    kept = [(key, look) for key, look in sorted(book.looks.items()) if key[0] in outlines]
    arrays: Arrays = {
        "version": np.array([VERSION], dtype=np.int64),
        "ids": np.array([name for (name, _), _ in kept], dtype=np.str_),
        "infrared": np.array([infrared for (_, infrared), _ in kept], dtype=np.bool_),
        "outlines": np.array([outlines[name] for (name, _), _ in kept], dtype=np.float64),
        "times": np.array([look.at.isoformat() for _, look in kept], dtype=np.str_),
        "ends": np.array([(look.foot, look.top) for _, look in kept], dtype=np.float32),
        "scales": np.array([look.scale for _, look in kept], dtype=np.float64),
        **{f"image{place}": look.image for place, (_, look) in enumerate(kept)},
    }
    return seal(KIND, arrays)


def unpack_marks(data: bytes, marks: tuple[Mark, ...]) -> MarkBook:
    """Return the book of some marks, with what is known of those that were not moved since.

    Raises WaterError when the bytes are damaged, are no marks, or come of another version.
    """
    arrays = unseal(KIND, data)
    try:
        if int(arrays["version"][0]) != VERSION:
            raise WaterError(f"{KIND} are not of version {VERSION}; they are learnt anew")
        return MarkBook(marks, dict(_looks(arrays, marks)))
    except DAMAGE as error:
        raise WaterError(f"{KIND} cannot be read: {error}; they are learnt anew") from error


def _looks(arrays: Arrays, marks: tuple[Mark, ...]) -> Iterator[tuple[tuple[str, bool], MarkLook]]:
    """Yield the looks of marks that are still where they were."""
    outlines = {mark.id: _outline(mark) for mark in marks}
    columns = (arrays[name] for name in ("ids", "infrared", "outlines", "times", "ends", "scales"))
    for place, row in enumerate(zip(*columns, strict=True)):
        name, infrared, outline, at, (foot, top), scale = row
        if outlines.get(str(name)) == tuple(outline.tolist()):
            image = np.asarray(arrays[f"image{place}"], np.uint8)
            look = MarkLook(datetime.fromisoformat(str(at)), image, foot, top, float(scale))
            yield (str(name), bool(infrared)), look


def _outline(mark: Mark) -> tuple[float, float, float, float]:
    """Return where a mark stands, normalised."""
    return (*mark.foot, *mark.top)
