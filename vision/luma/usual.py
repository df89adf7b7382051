"""What each cell of a picture usually shows, learnt where it is, and what strays from that."""

from dataclasses import dataclass

import numpy as np

from vision.luma.cells import Map, Mask

LEAST_NOISE = 0.35
"""Luma: no cell's mean difference is steadier than this."""
UNQUIET = 4.0
"""A picture that is restless all over is forgiven up to so many times the usual deviations."""
ALL = 0.8
"""Share of cells that differ from usual, whatever the others do, from which all has changed."""
CALM = 2.0
"""In a calm picture one cell in fifty strays by up to so many deviations; in rain by twice that."""
MOST_UNREST = 4.0
"""How far that one strays may raise the threshold by so much."""
MOST_STRAY = 4.0
"""A cell teaches no more than so many usual deviations at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Stray:
    """How far the cells of one look are from their usual.

    excess: luma above the usual difference. allowance: luma, the usual deviation and the least
    noise. strange: the one by the other. middle, top, most: of `strange`, half of the cells are
    below the first and 98 % below the second. scale: by what this picture's thresholds are raised.
    """

    excess: Map
    allowance: Map
    strange: Map
    middle: float
    top: float
    most: float
    scale: float

    def threshold(self, deviations: float) -> float:
        """Return how strange an active cell is.

        A picture that is restless all over is held against itself.
        """
        return max(self.middle, 0.0) + deviations * self.scale

    def active(self, deviations: float, contrast: float) -> Mask | None:
        """Return the cells that stray by so many deviations and so much luma; None for none."""
        threshold = self.threshold(deviations)
        if self.most <= threshold:
            return None
        cells = (self.strange > threshold) & (self.excess > contrast)
        return cells.view(np.uint8) if cells.any() else None

    def is_all(self, deviations: float, contrast: float) -> bool:
        """Say whether most cells have changed, though perhaps none more than the others."""
        if self.middle <= deviations:
            return False
        changed = self.excess > np.maximum(deviations * self.allowance, contrast)
        return bool(np.count_nonzero(changed) >= ALL * changed.size)


class Usual:
    """What each cell's difference from the background usually is, and how far it strays."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.mean: Map = np.full(shape, 1.0, np.float32)
        self.deviation: Map = np.full(shape, 1.0, np.float32)
        self._unrest = CALM
        count = self.mean.size
        self._ranks = count // 2, count * 4 // 5, count * 49 // 50

    def weigh(self, change: Map) -> Stray:
        """Hold the mean differences of one look against the usual ones."""
        excess = change - self.mean
        allowance = self.deviation + np.float32(LEAST_NOISE)
        strange = excess / allowance
        order = np.sort(strange, axis=None)
        middle, high, top = (float(order[rank]) for rank in self._ranks)
        spread = min(max(high - middle, 1.0), UNQUIET)
        return Stray(
            excess=excess,
            allowance=allowance,
            strange=strange,
            middle=middle,
            top=(top - max(middle, 0.0)) / spread,
            most=float(order[-1]),
            scale=spread * min(max(self._unrest / CALM, 1.0), MOST_UNREST),
        )

    def learn(self, stray: Stray, share: float | Map) -> None:
        """Take in a look. share: its weight, 0-1, or that of each cell."""
        most = np.float32(MOST_STRAY) * stray.allowance
        step = np.minimum(np.maximum(stray.excess, -most), most)
        self.deviation += share * (np.abs(step) - self.deviation)
        step *= share
        self.mean += step

    def calm_down(self, stray: Stray, share: float) -> None:
        """Take in how far the strayest cells of a look strayed. share: its weight, 0-1."""
        self._unrest += share * (min(stray.top, 2.0 * self._unrest) - self._unrest)
