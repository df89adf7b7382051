"""Experimental: has the scene of a slope moved? Earth that slid, a wall that leans, a fallen rock.

What lasts is compared with what is usual there, cell by cell: the picture is laid over its usual
state by what most of it agrees on, so that a pole that sways moves nothing; edges, not brightness,
are compared, so that light changes little; each cell is allowed what it usually varies by, so that
leaves may sway; and only what lasts for many minutes counts, which no vehicle, shower or shadow
does.

Measured on a real square with people, an hour of looks for each cause: no false alarm in changing
light, a wandering shadow, rain, haze, wind in half of the picture and a swaying camera; one in snow
that settles on the slope, which nothing here tells from earth. A patch of 40 by 40 pixels that slid
by 10, at 320 across, was told of after ten minutes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.registration import aligned, edges, luma_of, register
from vision.water.types import Map, Mask, Sample, SlopeJudgement

Cells: TypeAlias = npt.NDArray[np.float32]
"""float32 (rows, columns), one number for each cell of the picture."""

CELL_PX = 8
"""Side of a cell, in pixels of a sample."""
CHANGE = 0.35
"""A cell differs when its edges agree this much less with the usual ones than they usually do."""
SPREADS = 4.0
"""And when that is so many of its usual spreads."""
LEAST_SPREAD = 0.04
"""No cell is steadier than this: noise and coding alone vary it so much."""
STEADY = 0.5
"""A cell is looked at whose edges usually agree this much: bare leaves in wind do not."""
LASTS_S, LASTING_LOOKS = 600.0, 10
"""What moved is the same for so long, in so many looks: longer than a shower, a lorry or its load
stays; where shadows fall, ten minutes move them on."""
LEARN_LOOKS = 20
"""So many looks are learnt from before any is judged."""
KEEP_LOOKS = 20
"""After so many more it is worth keeping what was learnt: ten minutes of it at most are lost."""
FOLLOW = 0.02
"""Share by which the usual follows what is seen while nothing moved: an hour of looks at ten
minutes' worth of light."""
MOVED_RATIO = 0.02
"""Share of the slope that makes it a scene that moved; a rock the size of one cell is not told."""
LEAST_CELLS = 3
BLIND_S = 120.0
"""Looks further apart than this say nothing about the time between them."""


@dataclass(slots=True, eq=False)
class Usual:
    """What a slope usually looks like; it follows what is seen.

    image, edges: of the samples' shape. mean, spread: how far a look's edges agree with these, and
    by how much that varies. looks: how many it was learnt from.
    """

    image: Image
    edges: Map
    mean: Cells
    spread: Cells
    looks: int = 1

    @classmethod
    def of(cls, sample: Sample, left_out: Mask) -> Self:
        """Begin with one look."""
        first = edges(luma_of(sample.image), left_out)
        shape = _cells(first).shape
        spread = np.full(shape, LEAST_SPREAD, np.float32)
        return cls(sample.image, first, np.ones(shape, np.float32), spread)

    def learn(self, now: npt.NDArray[np.float32], agreement: Cells, free: Mask) -> None:
        """Let what is usual follow a look, in the cells that are free."""
        self.looks += 1
        weight = max(1.0 / self.looks, FOLLOW)
        gap = np.where(free, agreement - self.mean, 0.0)
        self.mean = np.asarray(self.mean + weight * gap, np.float32)
        spread = np.where(free, np.abs(gap) - self.spread, 0.0)
        self.spread = np.maximum(self.spread + weight * spread, LEAST_SPREAD).astype(np.float32)
        pixels = _spread_out(free, now.shape)
        self.edges = np.where(pixels, self.edges + weight * (now - self.edges), self.edges)


class SlopeWatch:
    """The memory of one slope; looks come in the order of time.

    slope: what is watched; ignore: what the camera writes on, and whatever else never counts; both
    of the samples' shape. usual: what is known of it, None before the first look. revision: grows
    when that has become worth keeping anew.
    """

    def __init__(self, slope: Mask, ignore: Mask) -> None:
        self.slope = slope
        self._ignore = ignore
        self.usual: Usual | None = None
        self.revision = 0
        self._since: Cells | None = None
        self._looks: Cells | None = None
        self._elapsed_s = 0.0
        self._at: datetime | None = None
        self._began_at: datetime | None = None
        self._told = False

    def adopt(self, since: datetime) -> None:
        """Go on with a scene that had moved when another process stopped; until it is accepted."""
        self._told, self._began_at = True, since

    def recall(self, usual: Usual) -> None:
        """Go on with what another process had learnt; for a new watch, before its first look."""
        self.usual = usual
        self._since, self._looks = np.zeros_like(usual.mean), np.zeros_like(usual.mean)

    def accept(self) -> None:
        """Take the slope as it is now for usual: somebody has looked at it."""
        self.revision += 1
        self.usual = self._since = self._looks = self._began_at = None
        self._told = False

    def look(self, sample: Sample) -> SlopeJudgement:
        """Take in a sample that is fit to be judged; what it hides stays as it was known."""
        if self.usual is None or self._since is None or self._looks is None:
            self.usual = Usual.of(sample, self._ignore)
            self._since = np.zeros_like(self.usual.mean)
            self._looks = np.zeros_like(self.usual.mean)
            return self._judgement(sample, seen=False)
        registration = register(sample, luma_of(self.usual.image), self._ignore)
        if not registration.ok:
            return self._judgement(sample, seen=False)
        laid = aligned(sample, registration)
        now = edges(luma_of(laid.image), self._ignore)
        agreement = _agreement(now, self.usual.edges)
        visible = _share(laid.blocked | self._ignore) < 0.2
        self._count(sample, self._differs(agreement), visible)
        quiet = visible & (self._looks == 0)
        self.usual.learn(now, agreement, quiet)
        self.revision += self.usual.looks % KEEP_LOOKS == 0
        return self._judgement(sample, seen=True)

    def _differs(self, agreement: Cells) -> Mask:
        """Return the cells that look otherwise than they usually vary."""
        usual = self.usual
        if usual is None or usual.looks < LEARN_LOOKS:
            return np.zeros(agreement.shape, np.bool_)
        lost = usual.mean - agreement
        steady = usual.mean >= STEADY
        return np.asarray(steady & (lost >= CHANGE) & (lost >= SPREADS * usual.spread), np.bool_)

    def _count(self, sample: Sample, differs: Mask, visible: Mask) -> None:
        """Let time pass for the cells that differ; begin anew where they do not."""
        if self._since is None or self._looks is None:
            return
        gap_s = (sample.at - self._at).total_seconds() if self._at else 0.0
        passed = gap_s if 0.0 <= gap_s <= BLIND_S else 0.0
        self._at = sample.at
        lasts = np.where(self._looks > 0, self._since + passed, 0.0)
        self._since = np.where(visible, np.where(differs, lasts, 0.0), self._since)
        self._looks = np.where(visible, np.where(differs, self._looks + 1, 0.0), self._looks)

    def _judgement(self, sample: Sample, *, seen: bool) -> SlopeJudgement:
        slope = _share(self.slope) >= 0.5
        since, looks = self._since, self._looks
        lasting = np.zeros_like(slope)
        if since is not None and looks is not None:
            lasting = slope & (since >= LASTS_S) & (looks >= LASTING_LOOKS)
        count, ratio = int(lasting.sum()), float(lasting.sum()) / max(1, int(slope.sum()))
        moved = self._told or (count >= LEAST_CELLS and ratio >= MOVED_RATIO)
        self._began_at = (self._began_at or sample.at) if moved else None
        where = _spread_out(lasting, sample.shape)
        return SlopeJudgement(sample.at, moved, ratio, self._began_at, seen, where)


def _cells(picture: npt.NDArray[np.float32]) -> Cells:
    """Return the mean of each cell of a picture."""
    size = (max(1, picture.shape[1] // CELL_PX), max(1, picture.shape[0] // CELL_PX))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _share(mask: Mask) -> Cells:
    """Return the share of each cell that a mask covers."""
    return _cells(mask.astype(np.float32))


def _spread_out(cells: Mask, shape: tuple[int, ...]) -> Mask:
    """Return a mask of cells as pixels."""
    size = (shape[1], shape[0])
    grown = cv2.resize(cells.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(grown > 0, np.bool_)


def _agreement(now: npt.NDArray[np.float32], then: npt.NDArray[np.float32]) -> Cells:
    """Return how alike the edges of each cell and its neighbours are, -1 to 1."""
    reach = (2.0 * CELL_PX, 2.0 * CELL_PX)
    window = (int(reach[0]) + 1, int(reach[1]) + 1)

    def around(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.blur(picture, window), np.float32)

    mean_now, mean_then = around(now), around(then)
    shared = around(now * then) - mean_now * mean_then
    spread_now = np.maximum(around(now * now) - mean_now * mean_now, 0.0)
    spread_then = np.maximum(around(then * then) - mean_then * mean_then, 0.0)
    both = np.sqrt(spread_now * spread_then)
    return _cells(np.asarray(shared / (both + 0.02), np.float32))
