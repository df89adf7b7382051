"""Is a camera's picture fit to judge? Brightness, sharpness, structure, stillness, and the view.

Everything is measured against what this very camera usually shows, learnt while it looked well: a
foggy valley and a shop window have nothing in common. Structure is measured on a background, the
average of the last seconds, so that passers-by, rain streaks and the sensor's noise vanish from it,
and on the logarithm of brightness, so that a lamp or a cloud, which multiplies, changes it little.
All of it goes by the time that passes, so that looks may come each second, or with key frames
twelve seconds apart; learning and averaging alone also want a least number of looks. What the
numbers mean is decided in `vision.picture_watch`; its thresholds were measured on these.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Luma: TypeAlias = npt.NDArray[np.uint8]
"""A small grey picture: uint8 (height, width), as coded (16 black, 235 white)."""
Map: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width), one number for each pixel of a `Luma`."""

BACKGROUND_S = 5.0
"""Time constant of the background: a person who walks by is gone from it, a turned camera is in it
after ten seconds."""
NEWEST_MOST = 0.4
"""The most one picture weighs in a background of many: where looks are so far apart that each would
be the whole of it, a passing lorry is still no more than that."""
GAP_S = 30.0
"""Looks further apart than this say nothing about the time between them."""
COMPARE_S = 2.5
"""A picture is compared with what is usual at most this often: faults last, and comparing is most
of what a look costs."""
MEMORY_S = 600.0
"""Time constant of what is usual: slower than any fault, faster than the sun."""
SETTLE_S = 10.0
"""A new background is used after so long: twice BACKGROUND_S."""
LEARN_S, LEARN_LOOKS = 60.0, 8
"""So long, and for so many looks, everything is learnt from and nothing compared: some cars pass,
and some pauses."""
FALL = 0.2
"""Share by which the least usual structure follows a picture with less: five looks at an empty road
between two lorries, no single odd one."""
LOG_FLOOR = 16.0
"""Added before the logarithm: black as coded. Below it there is noise, not structure."""
BRIGHTEST = 0.95
"""The brightest twentieth of the picture stands for its brightness: one lamp does not make day."""
GRID = (5, 8)
"""Rows and columns of the parts a lens may be fouled in: 18 by 20 pixels each of 90 by 160."""
STRUCTURED = 0.5
"""A part counts when it usually holds this much of the detail of the middle part of all."""
PART_LOST = 0.4
"""A part that holds less than this of its usual detail has lost it: a Gaussian blur of 2 pixels
leaves 0.2 to 0.35 on the films this was tried on, a cloud's shadow 0.7 and more."""
MATCHED = 0.7
"""A view this much like the usual one is the usual one: no shift is looked for."""
LEARNABLE_MATCH = 0.45
LEARNABLE_SHARPNESS = 0.75
LEARNABLE_STRUCTURE = 0.5
"""What is usual is learnt only from pictures at least this much like it: a fault is never learnt,
dusk and the growing leaves are."""
SPARSE = 0.001
"""With less structure than this a view cannot be told from another."""
EDGE_BLUR_PX = 1.0
"""Standard deviation edges are widened by before views are compared: a pole may sway."""
NOISE_BLUR_PX = 1.0
"""Standard deviation the newest picture is smoothed by against the sensor's noise."""
TINY = 1e-6
"""Keeps ratios of nothing finite."""
STILL = 0.02
"""Pictures of which a smaller share of pixels differs are the same: a clock drawn into a frozen
picture changes 0.2 to 1 %."""
LIVELY_S = 40.0
"""A camera is lively once its pictures differed for so long from one look to the next: less than a
minute of an ordinary one."""
DARK = 45.0
"""A picture whose brightest twentieth is below this holds no structure worth comparing: measured,
the default detector finds 5 % there of the people it finds by day."""


@dataclass(frozen=True, slots=True)
class View:
    """How today's view agrees with the usual one, each -1 to 1, 1 the same.

    match: as it is. shifted_match: after moving it back by `shift`. shift: x, y, as a share of the
    picture's width and height; how far the picture's content has moved.
    """

    match: float
    shifted_match: float
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Quality:
    """What one look at one camera's picture says.

    brightness: luma of the brightest twentieth, 0-255. contrast: from its darkest twentieth to
    there. still_s: for how long pictures have been the same. lively: they were seen to differ
    before. The rest is None for a picture that was not compared: it is too soon after the one
    before, or dark, or nothing is known to compare it with. structure_ratio: edges in this very
    picture, as a share of the usual. sharpness_ratio: how narrow the background's edges are, as a
    share of the usual. fouled_ratio: share of the picture's parts that lost their detail.
    structure_lost_s: since the first look that missed the usual structure; None while it is there,
    or no look saw it go.
    """

    at: datetime
    brightness: float
    contrast: float
    still_s: float
    lively: bool
    structure_ratio: float | None = None
    sharpness_ratio: float | None = None
    fouled_ratio: float | None = None
    structure_lost_s: float | None = None
    view: View | None = None

    @property
    def dark(self) -> bool:
        """Whether it is too dark to see anything."""
        return self.brightness < DARK


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """The structure of one picture.

    edges: steepness per pixel. parts: detail of each part of `GRID`. structure: mean steepness.
    sharpness: how narrow edges are.
    """

    edges: Map
    parts: Map
    structure: float
    sharpness: float


def _shape(grey: Map) -> _Shape:
    """Measure a picture.

    Sharpness is curvature by steepness: along an edge the steepness adds up to the step whatever
    its width, the curvature to the step divided by the width, so contrast cancels.
    """
    logarithm = cv2.log(grey + LOG_FLOOR)
    across = cv2.Sobel(logarithm, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(logarithm, cv2.CV_32F, 0, 1, scale=1 / 8)
    edges = np.asarray(cv2.magnitude(across, down), np.float32)
    curvature = np.abs(cv2.Laplacian(logarithm, cv2.CV_32F))
    rows, columns = GRID
    parts = cv2.resize(curvature, (columns, rows), interpolation=cv2.INTER_AREA)
    structure = max(_mean(edges), TINY)
    return _Shape(
        edges=edges,
        parts=np.maximum(np.asarray(parts, np.float32), TINY),
        structure=structure,
        sharpness=max(_mean(curvature), TINY) / structure,
    )


class _Shapes:
    """A background and the newest picture, measured: what both lack is missing.

    A pole that sways in the wind smears the background, noise sharpens the newest picture. view:
    the background's edges, widened to be compared.
    """

    def __init__(self, background: Map, luma: Luma) -> None:
        self.background = _shape(background)
        widened = cv2.GaussianBlur(self.background.edges, (0, 0), EDGE_BLUR_PX)
        self.view = np.asarray(widened, np.float32)
        smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), NOISE_BLUR_PX)
        self.newest = _shape(np.asarray(smooth, np.float32))


class _Usual:
    """What a camera usually shows under one kind of light. structure: the least that is usual."""

    def __init__(self, now: _Shapes) -> None:
        self.view = now.view.copy()
        self.parts = [now.background.parts.copy(), now.newest.parts.copy()]
        self.sharpness = [now.background.sharpness, now.newest.sharpness]
        self.structure = now.newest.structure
        self._learnt_s, self._looks = 0.0, 1

    @property
    def known(self) -> bool:
        """Whether enough was seen to compare anything with it."""
        return self._learnt_s >= LEARN_S and self._looks >= LEARN_LOOKS

    def learn(self, now: _Shapes, step_s: float) -> None:
        """Take in a picture that is fit; at first quickly, later at the pace of MEMORY_S."""
        self._learnt_s += step_s
        self._looks += 1
        share = step_s / max(min(self._learnt_s, MEMORY_S), step_s, TINY)
        cv2.accumulateWeighted(now.view, self.view, share)
        for index, shape in enumerate((now.background, now.newest)):
            parts = self.parts[index]
            kept = (shape.parts >= PART_LOST * parts) | (not self.known)
            parts[kept] += share * (shape.parts[kept] - parts[kept])
            self.sharpness[index] += share * (shape.sharpness - self.sharpness[index])
        fall = FALL if now.newest.structure < self.structure else share
        self.structure += fall * (now.newest.structure - self.structure)

    def compare(self, now: _Shapes, quality: Quality) -> Quality:
        """Return a picture's quality with all that can be said by comparison."""
        shapes = (now.background, now.newest)
        sharp = [s.sharpness / usual for s, usual in zip(shapes, self.sharpness, strict=True)]
        fouled = [_fouled(s.parts, usual) for s, usual in zip(shapes, self.parts, strict=True)]
        return replace(
            quality,
            structure_ratio=now.newest.structure / self.structure,
            sharpness_ratio=max(sharp),
            fouled_ratio=min(fouled),
            view=_view(now.view, self.view) if self.structure >= SPARSE else None,
        )


class _Background:
    """The average of the last seconds of pictures."""

    def __init__(self) -> None:
        self.average: Map = np.zeros((0, 0), np.float32)
        self._seen_s, self._looks = 0.0, 0

    @property
    def settled(self) -> bool:
        """Whether it holds enough pictures to stand for the scene."""
        return self._seen_s >= SETTLE_S

    def add(self, luma: Luma, step_s: float) -> None:
        """Take in a picture, so many seconds after the one before."""
        self._looks += 1
        if not self.average.size:
            self.average = luma.astype(np.float32)
            return
        self._seen_s += step_s
        share = max(min(step_s / BACKGROUND_S, NEWEST_MOST), 1 / self._looks)
        cv2.accumulateWeighted(luma, self.average, share)


class _Stillness:
    """How long a camera's pictures have been the same, and whether that is usual."""

    def __init__(self) -> None:
        self._before: Luma | None = None
        self._still_s = self._lived_s = 0.0

    @property
    def lively(self) -> bool:
        """Whether pictures were seen to differ often enough to expect it."""
        return self._lived_s >= LIVELY_S

    def see(self, luma: Luma, step_s: float) -> float:
        """Return for how long no more than a clock's worth of pixels has changed."""
        before, self._before = self._before, luma
        if before is None or before.shape != luma.shape:
            self._still_s = 0.0
        elif cv2.countNonZero(cv2.absdiff(luma, before)) <= STILL * luma.size:
            self._still_s += step_s
        else:
            self._still_s = 0.0
            self._lived_s += step_s
        return self._still_s


class QualityMeter:
    """Looks at one camera's pictures in the order of their time, two a second to one in `GAP_S`.

    Pictures by infrared light are compared among themselves: the lamp beside the lens makes another
    scene of the same view.
    """

    def __init__(self) -> None:
        self._usual: dict[bool, _Usual] = {}
        self._background = _Background()
        self._stillness = _Stillness()
        self._at: datetime | None = None
        self._infrared = False
        self._size: tuple[int, ...] = ()
        self._uncompared_s = 0.0
        self._structured = False
        self._lost_at: datetime | None = None

    def forget(self) -> None:
        """Learn anew what is usual: the camera was turned on purpose, or its new view accepted."""
        self._usual.clear()
        self._restart()

    def see(self, luma: Luma, at: datetime, *, infrared: bool = False) -> Quality:
        """Measure one picture of about 160 by 90 pixels; another size begins everything anew.

        at: when it was taken. infrared: it has no colour, as cameras show by infrared light.
        """
        if luma.shape != self._size:
            self._size = luma.shape
            self.forget()
        if infrared is not self._infrared:
            self._infrared = infrared
            self._restart()
        step_s = self._step_s(at)
        darkest, brightest = _spread(luma)
        still_s = self._stillness.see(luma, step_s)
        quality = Quality(at, brightest, brightest - darkest, still_s, self._stillness.lively)
        if quality.dark:
            self._restart()
            return quality
        self._background.add(luma, step_s)
        self._uncompared_s += step_s
        if not self._background.settled or self._uncompared_s < COMPARE_S:
            return quality
        step_s, self._uncompared_s = self._uncompared_s, 0.0
        return self._compare(quality, luma, step_s)

    def _step_s(self, at: datetime) -> float:
        """Return the seconds since the look before; none at the first and after a gap."""
        before, self._at = self._at, at
        passed_s = (at - before).total_seconds() if before else 0.0
        if 0.0 <= passed_s <= GAP_S:
            return passed_s
        self._structured = False
        return 0.0

    def _restart(self) -> None:
        """Begin another background: the one so far is of another light or another view."""
        self._background = _Background()
        self._uncompared_s = 0.0
        self._structured = False

    def _compare(self, quality: Quality, luma: Luma, step_s: float) -> Quality:
        """Say how a picture compares with what is usual, and learn from it where it is fit."""
        now = _Shapes(self._background.average, luma)
        usual = self._usual.get(self._infrared)
        if usual is None:
            usual = _Usual(now)
            self._usual[self._infrared] = usual
        if not usual.known:
            usual.learn(now, step_s)
            return quality
        judged = usual.compare(now, quality)
        judged = replace(judged, structure_lost_s=self._lost_s(judged))
        if _learnable(judged):
            usual.learn(now, step_s)
        return judged

    def _lost_s(self, quality: Quality) -> float | None:
        """Return the seconds since the first look that missed the usual structure."""
        if quality.structure_ratio is None or quality.structure_ratio >= LEARNABLE_STRUCTURE:
            self._structured, self._lost_at = True, None
        elif self._structured and self._lost_at is None:
            self._lost_at = quality.at
        if self._lost_at is None or not self._structured:
            return None
        return (quality.at - self._lost_at).total_seconds()


def _spread(luma: Luma) -> tuple[float, float]:
    """Return the luma below which a twentieth of the picture lies, and above which one does."""
    counts = np.cumsum(cv2.calcHist([luma], [0], None, [256], [0, 256]))
    darkest, brightest = np.searchsorted(
        counts, [(1 - BRIGHTEST) * luma.size, BRIGHTEST * luma.size]
    )
    return float(darkest), float(brightest)


def _view(edges: Map, usual: Map) -> View:
    """Compare two maps of edges, and look for the middle of the usual one where they differ.

    The middle is searched for directly: phase correlation, tried on the same films, was off by a
    pixel or lost where branches and people moved, and edges are hardly wider than that.
    """
    match = _match(edges, usual)
    if match >= MATCHED:
        return View(match, match)
    height, width = usual.shape
    top, left = height // 4, width // 4
    middle = usual[top : height - top, left : width - left]
    _, found, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(edges, middle, cv2.TM_CCOEFF_NORMED))
    return View(match, found, ((x - left) / width, (y - top) / height))


def _match(one: Map, other: Map) -> float:
    """Return the correlation of two maps of one size, -1 to 1."""
    one, other = one - np.float32(_mean(one)), other - np.float32(_mean(other))
    return float(np.vdot(one, other)) / max(cv2.norm(one) * cv2.norm(other), TINY)


def _mean(numbers: Map) -> float:
    """Return the mean of a map, at a quarter of what numpy takes for one so small."""
    return cv2.mean(numbers)[0]


def _fouled(now: Map, usual: Map) -> float:
    """Return the share of the parts with usual detail that lost it while other parts kept theirs.

    Each part is held against the best-kept quarter of all: fog takes from every part alike.
    """
    counts = usual >= STRUCTURED * np.partition(usual, usual.size // 2, axis=None)[usual.size // 2]
    kept = np.sort(now[counts] / usual[counts])
    best_kept = kept[kept.size * 3 // 4]
    return float(np.searchsorted(kept, PART_LOST * best_kept) / kept.size)


def _learnable(quality: Quality) -> bool:
    """Say whether a picture is enough like the usual to be learnt from."""
    view, structure, sharpness = quality.view, quality.structure_ratio, quality.sharpness_ratio
    if structure is None or sharpness is None:
        return False
    return (
        (view is None or view.match >= LEARNABLE_MATCH)
        and structure >= LEARNABLE_STRUCTURE
        and sharpness >= LEARNABLE_SHARPNESS
    )
