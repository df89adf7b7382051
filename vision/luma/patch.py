"""Groups of cells that changed together, and what a change looks like: a thing, or light."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.luma.cells import CellGrid, Map, Mask

SMOOTH, SMOOTH_MOST = 0.45, 1.6
"""Steps between neighbouring pixels of a change, by its mean size: their mean, and what 95 % stay
below. Measured: soft light and shadow up to 0.30 and 0.9, people and cars 0.55 and 2.7 and more."""
MOST_PATCHES = 16


@dataclass(frozen=True, slots=True)
class Patch:
    """Active cells that touch. left, top, right, bottom: their box and a cell more, in cells."""

    left: int
    top: int
    right: int
    bottom: int
    cells: int

    def of(self, picture: Map, grid: CellGrid) -> Map:
        """Return what is in the box of a picture."""
        return picture[
            grid.rows_px(self.top) : grid.rows_px(self.bottom),
            grid.columns_px(self.left) : grid.columns_px(self.right),
        ]


def patches(active: Mask) -> list[Patch]:
    """Return the groups of cells that touch, the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(active, connectivity=8)
    rows, columns = active.shape
    found = [
        Patch(
            left=max(left - 1, 0),
            top=max(top - 1, 0),
            right=min(left + width + 1, columns),
            bottom=min(top + height + 1, rows),
            cells=cells,
        )
        for left, top, width, height, cells in stats[1:count].tolist()
    ]
    return sorted(found, key=lambda patch: -patch.cells)[:MOST_PATCHES]


def is_light(difference: Map) -> bool:
    """Say whether a change is as smooth as light: it has no edges where a thing has."""
    steps = _steps(difference).ravel()
    size = max(float(np.abs(difference).mean()), 1e-6)
    if float(steps.mean()) >= SMOOTH * size:
        return False
    rank = steps.size * 19 // 20
    return float(np.partition(steps, rank)[rank]) < SMOOTH_MOST * size


def _steps(part: Map) -> Map:
    """Return how far each pixel is from those to its left and above, whichever is more."""
    inner = part[1:, 1:]
    left, above = cv2.absdiff(inner, part[1:, :-1]), cv2.absdiff(inner, part[:-1, 1:])
    return np.asarray(cv2.max(left, above), np.float32)
