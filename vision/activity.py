"""What moves in a camera's picture, told from small grey pictures at any rate.

A slow background is compared with each picture, so that two key frames far apart still show who is
there. The judgement is made on cells of a few pixels: in each the mean difference from the
background is held against what that cell usually shows, so that leaves, flags, water, flicker and
the coder's own restlessness are learnt where they are. What changes everywhere at once is light,
not motion: slow and small changes are divided out, sudden ones are told as GLOBAL and learnt anew.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import FrameSize

Luma: TypeAlias = npt.NDArray[np.uint8]
"""A small grey picture: uint8 (height, width), as coded (16 black, 235 white)."""
Map: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width): a number for each pixel of a `Luma`, or for each of its cells."""
Mask: TypeAlias = npt.NDArray[np.uint8]
"""uint8 (rows, columns), a 1 for each cell that is meant."""

ACTIVITY_SIZE = FrameSize(160, 90)
"""About the size of picture that is looked at; the aspect is the camera's."""

CELL_PX = range(3, 7)
"""Heights and widths a cell may have: a person far away, 4 by 10 pixels, fills two of them."""
BACKGROUND_S = 12.0
"""Time constant of the background where nothing moves."""
USUAL_S = 30.0
"""Time constant of what a cell usually shows while it is quiet."""
RESTLESS_S = 90.0
"""The same while the cell is active: leaves are learnt in minutes, a passer-by is not."""
LEARN_S, LEARN_LOOKS = 8.0, 4
"""At first everything is learnt from, for so long and so many looks."""
GAP_S = 30.0
"""Looks further apart than this say nothing about the time between them."""
BLACK = 16.0
"""Added before brightnesses are divided: below black as coded there is noise only."""
LEAST_NOISE = 0.35
"""Luma: no cell's mean difference is steadier than this."""
DEVIATIONS = 6.0
"""A cell is active when it differs from its usual by so many usual deviations."""
CONTRAST = 3.0
"""Luma: and by at least so much, averaged over the cell."""
UNQUIET = 4.0
"""A picture that is restless all over is forgiven up to so many times the usual deviations."""
FLASH = 0.10
"""A sudden change of all brightness by this share (natural logarithm) is a lamp or an exposure."""
ALL = 0.8
"""Share of cells that differ from usual, whatever the others do, from which all has changed."""
WHOLE, CORRECTED = 0.55, 0.15
"""Share of active cells that is no object in any case, and one that is none while all brightness
changes; with less the change is a factor that was divided out, and one look is lost to it."""
LIT = 0.05
"""Share of cells under a moving light from which a look is GLOBAL: a beam, a cloud's shadow."""
SMOOTH, SMOOTH_MOST = 0.45, 1.6
"""Steps between neighbouring pixels of a change, by its mean size: their mean, and what 95 % stay
below. Measured: soft light and shadow up to 0.30 and 0.9, people and cars 0.55 and 2.7 and more."""
CALM = 2.0
"""In a calm picture one cell in fifty strays by up to so many deviations; in rain by twice that."""
UNREST_S, MOST_UNREST = 20.0, 4.0
"""Time constant of how far that one strays, and by how much it may raise the threshold."""
MOST_REGIONS = 16
LEAST_SIDE_PX = 12
"""Smaller pictures show nothing that could be told from noise."""


class ActivityState(StrEnum):
    """What a look found. GLOBAL: the whole picture changed, which is no motion."""

    QUIET = "quiet"
    MOTION = "motion"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Region:
    """A box around something that moves, 0-1 across and down the picture."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Activity:
    """What one look found. regions: by falling size. area_ratio: share of the cells active, 0-1."""

    at: datetime
    state: ActivityState
    regions: tuple[Region, ...] = ()
    area_ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """What may be set for a camera.

    deviations: how far from usual a cell must be to be active. contrast: the same in luma, averaged
    over the cell. settle_s: how long judgement is suspended after the whole picture changed.
    absorb_s: after so long without a stir something new is part of the background.
    """

    deviations: float = DEVIATIONS
    contrast: float = CONTRAST
    settle_s: float = 3.0
    absorb_s: float = 25.0


class _Usual:
    """What each cell's difference from the background usually is, and how far it strays."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.mean: Map = np.full(shape, 1.0, np.float32)
        self.deviation: Map = np.full(shape, 1.0, np.float32)
        self.unrest = self.top = CALM

    def strangeness(self, change: Map) -> Map:
        """Return by how many deviations each cell differs from its usual.

        A picture that is restless all over is held against itself.
        """
        strange = (change - self.mean) / (self.deviation + LEAST_NOISE)
        count = strange.size
        ranks = (count // 2, count * 4 // 5, count * 49 // 50)
        middle, high, top = (float(v) for v in np.partition(strange, ranks, axis=None)[[*ranks]])
        spread = min(max(high - middle, 1.0), UNQUIET)
        self.top = (top - max(middle, 0.0)) / spread
        scale = spread * min(max(self.unrest / CALM, 1.0), MOST_UNREST)
        return np.asarray((strange - max(middle, 0.0)) / scale, np.float32)

    def learn(self, change: Map, share: Map) -> None:
        """Take in a look. share: weight of each cell, 0-1."""
        stray = np.minimum(np.abs(change - self.mean), 4.0 * (self.deviation + LEAST_NOISE))
        self.mean += share * np.clip(change - self.mean, -stray, stray)
        self.deviation += share * (stray - self.deviation)

    def calm_down(self, share: float) -> None:
        """Take in how far the strayest cells of the look strayed. share: its weight, 0-1."""
        self.unrest += share * (min(self.top, 2.0 * self.unrest) - self.unrest)


@dataclass(frozen=True, slots=True)
class _Patch:
    """Active cells that touch. left, top, right, bottom: their box and a cell more, in cells."""

    left: int
    top: int
    right: int
    bottom: int
    cells: int

    def region(self, grid: tuple[int, ...]) -> Region:
        """Return the box, 0-1."""
        rows, columns = grid
        return Region(
            self.left / columns, self.top / rows, self.right / columns, self.bottom / rows
        )


class LumaActivity:
    """Looks at one camera's small grey pictures in the order of time, at any rate."""

    def __init__(self, settings: ActivitySettings | None = None) -> None:
        self._settings = settings or ActivitySettings()
        self.forget()

    def forget(self) -> None:
        """Begin anew with the next look: the camera was turned, or another stream began."""
        self._shape: tuple[int, ...] = ()
        self._at: datetime | None = None

    def look(self, luma: Luma, at: datetime) -> Activity:
        """Judge one picture. The first, and one of another size, only begins the background.

        One with a side below LEAST_SIDE_PX is quiet.
        """
        if min(luma.shape) < LEAST_SIDE_PX:
            return Activity(at, ActivityState.QUIET)
        picture = luma.astype(np.float32)
        if luma.shape != self._shape:
            self._begin(picture, at)
            return Activity(at, ActivityState.QUIET)
        step_s = self._step_s(at)
        brightness = self._cells(picture)
        gain = self._gain(brightness)
        if self._dazzled_until is not None and at >= self._dazzled_until:
            self._accept_dazzled(picture, gain)
        difference = np.asarray(cv2.subtract(picture, self._expected(gain)), np.float32)
        change = self._cells(np.abs(difference))
        strange = self._usual.strangeness(change)
        active = (strange > self._settings.deviations) & (
            change - self._usual.mean > self._settings.contrast
        )
        area = float(np.count_nonzero(active) / active.size)
        is_flash = self._is_flash(gain)
        if area >= (CORRECTED if is_flash else WHOLE) or self._is_all_other(change):
            self._suspend(at)
        if self._suspended_until is not None:
            return self._settle(picture, brightness, change, at)
        if is_flash:
            self._relight(gain, change, at)
            return Activity(at, ActivityState.GLOBAL, (), 1.0)
        active &= ~self._dazzled
        self._learn(picture, brightness, change, active, step_s)
        return self._judge(difference, active, at)

    def _judge(self, difference: Map, active: npt.NDArray[np.bool_], at: datetime) -> Activity:
        """Tell objects from moving light."""
        regions: list[Region] = []
        things = lit = 0
        for patch in _patches(active):
            if self._is_light(difference, patch):
                lit += patch.cells
            else:
                things += patch.cells
                regions.append(patch.region(active.shape))
        if things:
            ratio = things / active.size
            return Activity(at, ActivityState.MOTION, tuple(regions), ratio)
        if lit >= LIT * active.size:
            return Activity(at, ActivityState.GLOBAL, (), lit / active.size)
        return Activity(at, ActivityState.QUIET)

    def _is_light(self, difference: Map, patch: "_Patch") -> bool:
        """Say whether a change is as smooth as light: it has no edges where a thing has."""
        height, width = difference.shape
        rows, columns = self._grid.height, self._grid.width
        part = difference[
            patch.top * height // rows : patch.bottom * height // rows,
            patch.left * width // columns : patch.right * width // columns,
        ]
        steps = np.maximum(
            np.abs(np.diff(part, axis=1))[1:], np.abs(np.diff(part, axis=0))[:, 1:]
        ).ravel()
        size = max(float(np.abs(part).mean()), 1e-6)
        most = float(np.partition(steps, steps.size * 19 // 20)[steps.size * 19 // 20])
        return float(steps.mean()) < SMOOTH * size and most < SMOOTH_MOST * size

    def _begin(self, picture: Map, at: datetime) -> None:
        height, width = picture.shape
        self._shape, self._at = picture.shape, at
        self._grid = FrameSize(width // _cell_px(width), height // _cell_px(height))
        self._background = picture.copy()
        self._brightness = self._cells(picture)
        self._usual = _Usual(self._brightness.shape)
        self._still_s = np.zeros_like(self._brightness)
        self._before = self._brightness
        self._was_active = np.zeros(self._brightness.shape, np.bool_)
        self._dazzled = np.zeros(self._brightness.shape, np.bool_)
        self._dazzled_until: datetime | None = None
        self._flicker = 0.02
        self._learnt_s, self._looks = 0.0, 1
        self._suspended_until: datetime | None = None
        self._settling = 0

    def _step_s(self, at: datetime) -> float:
        before, self._at = self._at, at
        passed_s = (at - before).total_seconds() if before else 0.0
        return min(max(passed_s, 0.0), GAP_S)

    def _cells(self, picture: Map) -> Map:
        size = (self._grid.width, self._grid.height)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

    def _gain(self, brightness: Map) -> Map:
        """Return how much brighter each cell's neighbourhood is than the background, by cells."""
        ratio = (brightness + BLACK) / (self._brightness + BLACK)
        size = (self._grid.width // 2, self._grid.height // 2)
        blocks = cv2.resize(ratio, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.medianBlur(blocks, 5), np.float32)

    def _expected(self, gain: Map) -> Map:
        height, width = self._shape
        light = cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.multiply(self._background + BLACK, light) - BLACK, np.float32)

    def _is_all_other(self, change: Map) -> bool:
        """Say whether most cells have changed, though perhaps none more than the others."""
        usual = self._usual
        strays = self._settings.deviations * (usual.deviation + LEAST_NOISE)
        changed = change - usual.mean > np.maximum(strays, self._settings.contrast)
        return bool(np.count_nonzero(changed) >= ALL * changed.size)

    def _is_flash(self, gain: Map) -> bool:
        """Say whether all brightness has just changed, by more than it usually flickers."""
        flash = abs(math.log(float(np.median(gain))))
        usual, self._flicker = self._flicker, self._flicker + 0.05 * (flash - self._flicker)
        return flash > max(FLASH, 5.0 * usual)

    def _relight(self, gain: Map, change: Map, at: datetime) -> None:
        """Take the light of now as the background's.

        Where no factor explains it (something was dazzled, or no longer is), cells are left out for
        a while, but for those where something stirred before the light changed.
        """
        self._background = self._expected(gain)
        self._brightness = self._cells(self._background)
        self._before = self._brightness
        is_other = change - self._usual.mean > self._settings.contrast / 2
        self._dazzled |= is_other & (_widened(self._was_active) == 0)
        self._dazzled_until = at + timedelta(seconds=self._settings.settle_s)

    def _accept_dazzled(self, picture: Map, gain: Map) -> None:
        """Take the cells that were left out as they are now: whoever was there has gone on.

        They are taken in the background's light, not in that of this moment.
        """
        height, width = self._shape
        light = cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR)
        cells = self._dazzled.astype(np.uint8)
        mask = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)
        cv2.copyTo((picture + BLACK) / light - BLACK, mask, self._background)
        self._brightness = self._cells(self._background)
        self._dazzled[:] = False
        self._dazzled_until = None

    def _suspend(self, at: datetime) -> None:
        if self._suspended_until is None:
            self._settling = 0
        self._suspended_until = at + timedelta(seconds=self._settings.settle_s)

    def _settle(self, picture: Map, brightness: Map, change: Map, at: datetime) -> Activity:
        """Learn the picture anew, and end that once it has been the same for long enough."""
        self._settling += 1
        share = max(1.0 / self._settling, 0.3)
        cv2.accumulateWeighted(picture, self._background, share)
        cv2.accumulateWeighted(brightness, self._brightness, share)
        self._before = brightness
        if self._settling > 1:
            self._usual.learn(change, np.full_like(change, 0.2))
        until = self._suspended_until
        if until is not None and at >= until and self._settling > 1:
            self._suspended_until = None
            self._learnt_s, self._looks = 0.0, 1
        return Activity(at, ActivityState.GLOBAL, (), 1.0)

    def _learn(
        self,
        picture: Map,
        brightness: Map,
        change: Map,
        active: npt.NDArray[np.bool_],
        step_s: float,
    ) -> None:
        self._learnt_s += step_s
        self._looks += 1
        young = self._learnt_s < LEARN_S or self._looks < LEARN_LOOKS
        quiet_share = _share(step_s, min(USUAL_S, max(self._learnt_s, step_s)))
        active_share = quiet_share if young else _share(step_s, RESTLESS_S)
        self._usual.learn(
            change, np.where(active, np.float32(active_share), np.float32(quiet_share))
        )
        self._usual.calm_down(_share(step_s, min(UNREST_S, max(self._learnt_s, step_s))))
        self._learn_background(picture, brightness, active, step_s)

    def _learn_background(
        self, picture: Map, brightness: Map, active: npt.NDArray[np.bool_], step_s: float
    ) -> None:
        stirred = np.abs(brightness - self._before) > 1.0 + self._usual.deviation
        self._before, self._was_active = brightness, active
        self._still_s = np.where(stirred, 0.0, self._still_s + step_s).astype(np.float32)
        quiet = (_widened(active) == 0) | (self._still_s > self._settings.absorb_s)
        quiet_cells = quiet.astype(np.uint8)
        height, width = self._shape
        mask = cv2.resize(quiet_cells, (width, height), interpolation=cv2.INTER_NEAREST)
        share = _share(step_s, min(BACKGROUND_S, max(self._learnt_s, step_s)))
        cv2.accumulateWeighted(picture, self._background, share, mask)
        cv2.accumulateWeighted(brightness, self._brightness, share, quiet_cells)


def _cell_px(length: int) -> int:
    """Return the side of a cell that best divides a picture's width or height."""
    return min(CELL_PX, key=lambda px: (length % px, abs(px - 4)))


def _share(step_s: float, constant_s: float) -> float:
    """Return the weight of a look in an average with a time constant."""
    return 1.0 - math.exp(-step_s / max(constant_s, 1e-6))


def _widened(cells: npt.NDArray[np.bool_]) -> Mask:
    """Return the cells with those that touch them."""
    return np.asarray(cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)), np.uint8)


def _patches(active: npt.NDArray[np.bool_]) -> list[_Patch]:
    """Return the groups of cells that touch, the largest first."""
    if not active.any():
        return []
    count, _, stats, _ = cv2.connectedComponentsWithStats(active.astype(np.uint8), connectivity=8)
    rows, columns = active.shape
    found = [
        _Patch(
            left=max(left - 1, 0),
            top=max(top - 1, 0),
            right=min(left + width + 1, columns),
            bottom=min(top + height + 1, rows),
            cells=cells,
        )
        for left, top, width, height, cells in stats[1:count].tolist()
    ]
    return sorted(found, key=lambda patch: -patch.cells)[:MOST_REGIONS]
