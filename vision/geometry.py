"""Boxes and zones: the plane geometry that the stages share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Self

import numpy as np
import numpy.typing as npt

from vision.errors import RuleError
from vision.types import Boxes, FrameSize, Points

EDGE_PX = 0.5
"""A point this near to a zone's outline counts as inside: half a pixel, what rounding moves."""


def box_area(boxes: Boxes) -> npt.NDArray[np.float32]:
    """Return the area of each box, float32 (N,), square pixels; one turned inside out has none."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None)
    return np.asarray(sides[:, 0] * sides[:, 1], dtype=np.float32)


def iou_matrix(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """Return intersection over union of every box of `a` (N, 4) with every box of `b` (M, 4).

    float32 (N, M), 0-1; a box without area overlaps nothing.
    """
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0.0, None)
    shared = sides[..., 0] * sides[..., 1]
    union = box_area(a)[:, None] + box_area(b)[None, :] - shared
    ratio = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return np.asarray(ratio, dtype=np.float32)


def _turn(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], c: npt.NDArray[np.float64]
) -> float:
    """Return on which side of the line a-b the point c lies: above zero left, below right."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _edges_cross(vertices: npt.NDArray[np.float64]) -> bool:
    """Return whether two edges of a closed outline cross each other properly."""
    count = len(vertices)
    edges = [(vertices[i], vertices[(i + 1) % count]) for i in range(count)]
    return any(
        _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0
        for (a, b), (c, d) in combinations(edges, 2)
    )


@dataclass(frozen=True, slots=True)
class Polygon:
    """A zone: a closed outline in normalised coordinates, 0-1 across and 0-1 down the picture.

    Raises RuleError for fewer than three corners, a corner outside the picture, edges that cross,
    or no area. The last corner need not repeat the first.
    """

    corners: tuple[tuple[float, float], ...]
    _vertices: npt.NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        vertices = np.asarray(self.corners, dtype=np.float64)
        if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < 3:
            raise RuleError(f"a zone needs at least three corners [x, y], not {self.corners}")
        if not bool(np.all((vertices >= 0.0) & (vertices <= 1.0))):
            raise RuleError(f"a zone's corners lie between 0 and 1, unlike some of {self.corners}")
        if _edges_cross(vertices):
            raise RuleError("the outline crosses itself: move or reorder its corners")
        if self._shoelace(vertices) <= 0.0:
            raise RuleError("the outline encloses no area: its corners lie on one line")
        object.__setattr__(self, "_vertices", vertices)

    @classmethod
    def of(cls, corners: Sequence[Sequence[float]]) -> Self:
        """Return the polygon of corners as YAML or JSON give them, lists of lists."""
        return cls(tuple((float(x), float(y)) for x, y in corners))

    @staticmethod
    def _shoelace(vertices: npt.NDArray[np.float64]) -> float:
        following = np.roll(vertices, -1, axis=0)
        cross = vertices[:, 0] * following[:, 1] - vertices[:, 1] * following[:, 0]
        return abs(float(cross.sum())) / 2

    @property
    def area(self) -> float:
        """The share of the picture that the zone covers, 0-1."""
        return self._shoelace(self._vertices)

    def outline_px(self, size: FrameSize) -> Points:
        """Return the corners in pixels of a picture of `size`, float32 (N, 2)."""
        return (self._vertices * (size.width, size.height)).astype(np.float32)

    def contains(self, points_px: Points, size: FrameSize) -> npt.NDArray[np.bool_]:
        """Return which points, in pixels of a picture of `size`, lie inside or on the outline.

        Even-odd ray casting along x (Shimrat 1962, CACM algorithm 112), with an outline EDGE_PX
        thick, so that an object on the picture's lower edge is in a zone that ends there.
        """
        points = np.asarray(points_px, dtype=np.float64).reshape(-1, 1, 2)
        start = (self._vertices * (size.width, size.height))[None]
        edge = np.roll(start, -1, axis=1) - start
        ahead = points - start
        straddles = (ahead[..., 1] < 0) != (ahead[..., 1] < edge[..., 1])
        side = edge[..., 0] * ahead[..., 1] - edge[..., 1] * ahead[..., 0]
        to_the_right = np.where(edge[..., 1] > 0, side > 0, side < 0)
        inside = np.count_nonzero(straddles & to_the_right, axis=1) % 2 == 1
        return np.asarray(inside | self._near_outline(ahead, edge), dtype=np.bool_)

    @staticmethod
    def _near_outline(
        ahead: npt.NDArray[np.float64], edge: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Return which points are within EDGE_PX of an edge; arrays are (points, edges, 2)."""
        length2 = np.maximum((edge**2).sum(-1), np.finfo(np.float64).tiny)
        along = np.clip((ahead * edge).sum(-1) / length2, 0.0, 1.0)
        gap = ahead - along[..., None] * edge
        return np.asarray(((gap**2).sum(-1) <= EDGE_PX**2).any(axis=1), dtype=np.bool_)
