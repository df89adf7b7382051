"""Groups of cells that changed together."""

from dataclasses import dataclass
from typing import TypeVar

import cv2

from vision.luma.cells import CellGrid, Map, Mask

MOST_PATCHES = 16
Cells = TypeVar("Cells", Map, Mask)


@dataclass(frozen=True, slots=True)
class Patch:
    """Active cells that touch.

    left, top, right, bottom: their box and a cell more, in cells. peak: what the strangest strays.
    """

    left: int
    top: int
    right: int
    bottom: int
    cells: int
    peak: float

    def inside(self, cells: Cells) -> Cells:
        """Return what is in the box, of a map or mask by cells."""
        return cells[self.top : self.bottom, self.left : self.right]

    def of(self, picture: Map, grid: CellGrid) -> Map:
        """Return what is in the box, of a picture."""
        return picture[
            grid.rows_px(self.top) : grid.rows_px(self.bottom),
            grid.columns_px(self.left) : grid.columns_px(self.right),
        ]


def patches(active: Mask, strange: Map) -> list[Patch]:
    """Return the groups of cells that touch, the largest first. strange: how far cells stray."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(active, connectivity=8)
    rows, columns = active.shape
    found = [
        Patch(
            left=max(left - 1, 0),
            top=max(top - 1, 0),
            right=min(left + width + 1, columns),
            bottom=min(top + height + 1, rows),
            cells=cells,
            peak=float(strange[top : top + height, left : left + width].max()),
        )
        for left, top, width, height, cells in stats[1:count].tolist()
    ]
    return sorted(found, key=lambda patch: -patch.cells)[:MOST_PATCHES]
