"""What moves in a camera's picture, told from small grey pictures at any rate.

A slow background is compared with each picture, so that two key frames far apart still show who is
there. The judgement is made on cells of a few pixels: in each the mean difference from the
background is held against what that cell usually shows, so that leaves, flags, water, flicker and
the coder's own restlessness are learnt where they are. What changes everywhere at once is light,
not motion: slow and small changes are divided out, sudden ones are told as GLOBAL and learnt anew.
A picture in which no cell stirs is done with after a few sums.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import cv2
import numpy as np

from vision.luma.cells import CellGrid, Luma, Map, Mask, widened
from vision.luma.light import SAME, Flicker, Light, light
from vision.luma.nature import Change, Nature
from vision.luma.patch import Patch, patches
from vision.luma.usual import Stray, Usual
from vision.types import FrameSize

ACTIVITY_SIZE = FrameSize(160, 90)
"""About the size of picture that is looked at; the aspect is the camera's."""

BACKGROUND_S = 12.0
"""Time constant of the background where nothing moves."""
USUAL_S = 30.0
"""Time constant of what a cell usually shows while it is quiet."""
RESTLESS_S = 90.0
"""The same while the cell is active: leaves are learnt in minutes, a passer-by is not."""
UNREST_S = 20.0
"""Time constant of how far the strayest cells stray."""
LEARN_S, LEARN_LOOKS = 8.0, 4
"""At first everything is learnt from, for so long and so many looks."""
GAP_S = 30.0
"""Looks further apart than this say nothing about the time between them."""
BLACK = np.float32(16.0)
"""Added before brightnesses are divided: below black as coded there is noise only."""
DEVIATIONS = 6.0
"""A cell is active when it differs from its usual by so many usual deviations."""
CONTRAST = 3.0
"""Luma: and by at least so much, averaged over the cell."""
WHOLE, CORRECTED = 0.55, 0.15
"""Share of active cells that is no object in any case, and one that is none while all brightness
changes; with less the change is a factor that was divided out, and one look is lost to it."""
LIT = 0.05
"""Share of cells under a moving light from which a look is GLOBAL: a beam, a cloud's shadow."""
LONE = 1.5
"""A cell that is active alone must be so many times as strange: a raindrop, a leaf are not."""
SPARSE_S = 1.5
"""Looks further apart than this are precious: while the light changes, things are told as well."""
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


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """One picture as it is judged. picture: luma above black. brightness: its mean by cells.

    expected: the background in the picture's light. step_s: since the look before.
    """

    at: datetime
    step_s: float
    picture: Map
    brightness: Map
    light: Light
    expected: Map


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
        """Judge one picture. The first only begins the background, and so does one of another size.

        So does one from before the last by more than GAP_S: the clock was set, and what was to end
        at a time would not. One with a side below LEAST_SIDE_PX is quiet.
        """
        if min(luma.shape) < LEAST_SIDE_PX:
            return Activity(at, ActivityState.QUIET)
        picture = luma + BLACK
        was_set = self._at is not None and (self._at - at).total_seconds() > GAP_S
        if luma.shape != self._shape or was_set:
            self._begin(picture, at)
            return Activity(at, ActivityState.QUIET)
        view = self._view(picture, at)
        cv2.absdiff(picture, view.expected, dst=self._difference)
        stray = self._usual.weigh(self._grid.means(self._difference))
        return self._judge(view, stray)

    def _begin(self, picture: Map, at: datetime) -> None:
        self._shape, self._at = picture.shape, at
        self._grid = CellGrid(picture.shape)
        self._background = picture
        self._difference = np.empty_like(picture)
        self._brightness = self._before = self._grid.means(picture)
        self._usual = Usual(self._grid.shape)
        self._still_s: Map = np.zeros(self._grid.shape, np.float32)
        self._held: Mask | None = None
        self._dazzled: Mask = np.zeros(self._grid.shape, np.uint8)
        self._dazzled_until: datetime | None = None
        self._flicker = Flicker()
        self._learnt_s, self._looks = 0.0, 1
        self._suspended_until: datetime | None = None
        self._settling = 0

    def _view(self, picture: Map, at: datetime) -> _View:
        brightness = self._grid.means(picture)
        now = light(brightness, self._brightness, self._grid)
        if self._dazzled_until is not None and at >= self._dazzled_until:
            self._accept_dazzled(picture, now)
        before, self._at = self._at, at
        passed_s = (at - before).total_seconds() if before else 0.0
        return _View(
            at=at,
            step_s=min(max(passed_s, 0.0), GAP_S),
            picture=picture,
            brightness=brightness,
            light=now,
            expected=now.on(self._background),
        )

    def _judge(self, view: _View, stray: Stray) -> Activity:
        """Tell light from things, and learn."""
        settings, at = self._settings, view.at
        active = stray.active(settings.deviations, settings.contrast)
        area = 0.0 if active is None else float(np.count_nonzero(active)) / active.size
        is_flash = self._flicker.is_flash(view.light.level)
        if area >= (CORRECTED if is_flash else WHOLE) or stray.is_all(
            settings.deviations, settings.contrast
        ):
            self._suspend(at)
        if self._suspended_until is not None:
            return self._settle(view, stray)
        if is_flash:
            return self._relight(view, stray, active, area)
        if active is not None and self._dazzled_until is not None:
            active &= 1 - self._dazzled
        self._learn(view, stray, active)
        if active is None:
            return Activity(at, ActivityState.QUIET)
        return self._tell(view, stray, active)

    def _tell(self, view: _View, stray: Stray, active: Mask) -> Activity:
        """Tell things from moving light, and from what somebody left behind."""
        things: list[Patch] = []
        lit = 0
        for patch, nature in self._changes(view, stray, active):
            if nature is Nature.THING:
                things.append(patch)
            elif nature is Nature.LIGHT:
                lit += patch.cells
            else:
                self._accept(view.picture, view.light, _only(patch, active))
        if things:
            return self._motion(view.at, things)
        if lit >= LIT * active.size:
            return Activity(view.at, ActivityState.GLOBAL, (), lit / active.size)
        return Activity(view.at, ActivityState.QUIET)

    def _changes(self, view: _View, stray: Stray, active: Mask) -> Iterator[tuple[Patch, Nature]]:
        """Yield what has changed and what that is, but for drops."""
        lone = LONE * stray.threshold(self._settings.deviations)
        for patch in patches(active, stray.strange):
            if patch.cells > 1 or patch.peak >= lone:
                change = Change(
                    cells=patch.inside(active),
                    picture=patch.of(view.picture, self._grid),
                    background=patch.of(view.expected, self._grid),
                )
                yield patch, change.nature

    def _motion(self, at: datetime, things: list[Patch]) -> Activity:
        regions = tuple(_region(patch, self._grid) for patch in things)
        ratio = sum(patch.cells for patch in things) / self._grid.count
        return Activity(at, ActivityState.MOTION, regions, ratio)

    def _relight(self, view: _View, stray: Stray, active: Mask | None, area: float) -> Activity:
        """Take the light of now as the background's.

        Where no factor explains it (something was dazzled, or no longer is), cells are left out for
        a while, but for those where something stirred before the light changed. Where looks are
        rare they are taken as they are, and what is new is told: it may be gone at the next.
        """
        self._background = view.expected
        self._brightness = self._before = self._grid.means(self._background)
        is_other = (stray.excess > self._settings.contrast / 2).view(np.uint8)
        if self._held is not None:
            is_other &= 1 - self._held
        if view.step_s < SPARSE_S:
            self._dazzled |= is_other
            self._dazzled_until = view.at + timedelta(seconds=self._settings.settle_s)
            return Activity(view.at, ActivityState.GLOBAL, (), 1.0)
        changes = () if active is None or area >= LIT else self._changes(view, stray, active)
        things = [patch for patch, nature in changes if nature is Nature.THING]
        self._accept(view.picture, SAME, is_other)
        if things:
            return self._motion(view.at, things)
        return Activity(view.at, ActivityState.GLOBAL, (), 1.0)

    def _accept_dazzled(self, picture: Map, now: Light) -> None:
        """Take the cells that were left out as they are now: whoever was there has gone on."""
        self._accept(picture, now, self._dazzled)
        self._dazzled[:] = 0
        self._dazzled_until = None

    def _accept(self, picture: Map, now: Light, cells: Mask) -> None:
        """Take cells as they are now for background, in the background's light."""
        cv2.copyTo(now.off(picture), self._grid.pixels(cells), self._background)
        self._brightness = self._grid.means(self._background)

    def _suspend(self, at: datetime) -> None:
        if self._suspended_until is None:
            self._settling = 0
        self._suspended_until = at + timedelta(seconds=self._settings.settle_s)

    def _settle(self, view: _View, stray: Stray) -> Activity:
        """Learn the picture anew, and end that once it has been the same for long enough."""
        self._settling += 1
        share = max(1.0 / self._settling, 0.3)
        cv2.accumulateWeighted(view.picture, self._background, share)
        cv2.accumulateWeighted(view.brightness, self._brightness, share)
        self._before = view.brightness
        if self._settling > 1:
            self._usual.learn(stray, 0.2)
        until = self._suspended_until
        if until is not None and view.at >= until and self._settling > 1:
            self._suspended_until = None
            self._learnt_s, self._looks = 0.0, 1
        return Activity(view.at, ActivityState.GLOBAL, (), 1.0)

    def _learn(self, view: _View, stray: Stray, active: Mask | None) -> None:
        self._learnt_s += view.step_s
        self._looks += 1
        young = self._learnt_s < LEARN_S or self._looks < LEARN_LOOKS
        share = self._share(view.step_s, USUAL_S)
        if active is None or young:
            self._usual.learn(stray, share)
        else:
            active_share = _share(view.step_s, RESTLESS_S)
            self._usual.learn(stray, share + (active_share - share) * active.astype(np.float32))
        self._usual.calm_down(stray, self._share(view.step_s, UNREST_S))
        self._learn_background(view, active)

    def _learn_background(self, view: _View, active: Mask | None) -> None:
        """Let the background follow where nothing is, or has long been still."""
        share = self._share(view.step_s, BACKGROUND_S)
        pixels = quiet = None
        if active is None:
            self._still_s[:] = 0.0
            self._held = None
        else:
            self._held = widened(active)
            stirred = cv2.absdiff(view.brightness, self._before) > 1.0 + self._usual.deviation
            self._still_s += view.step_s
            self._still_s[stirred | (self._held == 0)] = 0.0
            quiet = np.asarray((self._held == 0) | (self._still_s > self._settings.absorb_s)).view(
                np.uint8
            )
            pixels = self._grid.pixels(quiet)
        self._before = view.brightness
        cv2.accumulateWeighted(view.picture, self._background, share, pixels)
        cv2.accumulateWeighted(view.brightness, self._brightness, share, quiet)

    def _share(self, step_s: float, constant_s: float) -> float:
        """Return the weight of a look in an average; a young one is the mean of all there was."""
        return _share(step_s, min(constant_s, max(self._learnt_s, step_s)))


def _share(step_s: float, constant_s: float) -> float:
    """Return the weight of a look in an average with a time constant."""
    return 1.0 - math.exp(-step_s / max(constant_s, 1e-6))


def _only(patch: Patch, active: Mask) -> Mask:
    """Return the active cells in a patch's box, with those that touch them."""
    cells = np.zeros_like(active)
    patch.inside(cells)[:] = patch.inside(active)
    return widened(cells)


def _region(patch: Patch, grid: CellGrid) -> Region:
    rows, columns = grid.shape
    return Region(
        patch.left / columns, patch.top / rows, patch.right / columns, patch.bottom / rows
    )
