"""Patches of water as wholes: what belongs to them, and which of them are none.

A pixel is judged by what is around it; a patch can be judged by what most of it is. All masks of
one picture, bool (h, w).
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vision.water.types import Mask

GAP_PX: Final = 17
"""Gaps narrower than this, at 320 across, are closed: a glint, a twig, a line of the coder's."""
ISLAND: Final = 0.05
"""Share of the picture up to which dry ground with water all around it is a doubt, no island."""
AROUND_PX: Final = 41
"""What hides a pixel hides what most of so much around it is."""
MOST: Final = 0.5


def without(water: Mask, other: Mask, most: float) -> Mask:
    """Return the patches of which no more than this share is something other than water."""
    label, count = _labelled(water)
    area = np.bincount(label.ravel(), minlength=count)
    inside = np.bincount(label[other], minlength=count)
    kept = inside <= most * area
    kept[0] = False
    return np.asarray(kept[label], np.bool_)


def continued(water: Mask, further: Mask) -> Mask:
    """Return the water, and what further of it there is that hangs together with it."""
    label, count = _labelled(water | further)
    joined = np.zeros(count, np.bool_)
    joined[np.unique(label[water])] = True
    joined[0] = False
    return np.asarray(joined[label], np.bool_)


def made_whole(water: Mask, hidden: Mask) -> Mask:
    """Return patches without gaps and small holes; what is hidden is as most around it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP_PX, GAP_PX))
    closed = cv2.morphologyEx(water.view(np.uint8), cv2.MORPH_CLOSE, disc) > 0
    return _uncovered(_without_holes(np.asarray(closed, np.bool_)), hidden)


def _without_holes(water: Mask) -> Mask:
    """Return the water with its holes filled that do not reach the picture's rim."""
    label, count = _labelled(~water, connectivity=4)
    area = np.bincount(label.ravel(), minlength=count)
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    hole = area <= ISLAND * water.size
    hole[rim] = False
    hole[0] = False
    return np.asarray(water | hole[label], np.bool_)


def _uncovered(water: Mask, hidden: Mask) -> Mask:
    """Return the water, hidden pixels being what most of the seen ones around them are."""
    if not hidden.any():
        return water
    window = (AROUND_PX, AROUND_PX)
    seen = cv2.blur((~hidden).astype(np.float32), window)
    wet = cv2.blur((water & ~hidden).astype(np.float32), window)
    return np.asarray(np.where(hidden, wet > MOST * seen, water), np.bool_)


def _labelled(mask: Mask, connectivity: int = 8) -> tuple[npt.NDArray[np.int32], int]:
    """Return the number of the patch each pixel belongs to, 0 for none, and how many there are."""
    count, label = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    return np.asarray(label, np.int32), count
