"""One state of a place, and how unlike two pictures of it are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.types import Mask

Look: TypeAlias = npt.NDArray[np.float32]
"""float32 (rows, columns): the logarithm of brightness of each cell of a picture."""
Guess: TypeAlias = npt.NDArray[np.uint8]
"""uint8 (height, width): how many more looks must show a pixel until it is known."""

CELL_PX = 8
"""Side of the cells pictures are compared by."""
FAR = 1.0
"""No cell differs by more than this: a lorry counts, but does not decide."""
HIDDEN = 0.1
"""A cell of which more than this is hidden does not count."""
LOG_FLOOR = 16.0
"""Added before the logarithm: black as coded."""


class ReferenceKind(StrEnum):
    """What was on the ground."""

    DRY = "dry"
    WET = "wet"


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One state of a place.

    id: unique in its bank for ever. image: BGR, as the samples are. made_at, seen_at: UTC, first
    and latest sample of it. looks: samples in it. taught: by a person; it is never dropped for one
    that was learnt. guessed: where another state stands in, as something hid the ground when it
    was made: how many looks are still to show it; None: nowhere.
    """

    id: str
    image: Image
    made_at: datetime
    seen_at: datetime
    infrared: bool = False
    kind: ReferenceKind = ReferenceKind.DRY
    looks: int = 1
    taught: bool = False
    guessed: Guess | None = None


def look_of(image: Image) -> Look:
    """Return what a picture looks like, for `distance`."""
    height, width = image.shape[:2]
    size = (max(1, width // CELL_PX), max(1, height // CELL_PX))
    luma = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(luma.astype(np.float32) + LOG_FLOOR), dtype=np.float32)


def cells_of(mask: Mask, like: Look) -> Mask:
    """Return the cells of which a mask (height, width) covers more than HIDDEN."""
    size = (like.shape[1], like.shape[0])
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(share > HIDDEN, dtype=np.bool_)


def distance(a: Look, b: Look, ignore: Mask, part: float = 1.0) -> float:
    """Return how unlike two looks are whatever their exposure, 0 to FAR.

    ignore: cells that do not count. part: the share of the cells that counts, the likest ones: what
    stands in the rest, a flood or a lorry, then makes no difference.
    """
    difference = (a - b)[~ignore]
    if not difference.size:
        return FAR
    apart = np.sort(np.minimum(np.abs(difference - np.median(difference)), FAR))
    return float(apart[: max(1, round(part * apart.size))].mean())
