"""Whether a sample shows the ground at all: why it says nothing of the water, or None when it does.

Blindness is neither flood nor "all clear", so every doubt ends here. Water hides the ground's
structure too, and it lies in the zones; rain, fog and drops hide what stands around and beyond
them. So structure is compared outside the zones, part by part, with what the place usually shows.

Light multiplies, so the logarithm of brightness keeps its steps; air adds, and takes from them.
How much of the usual steps is still there is told by projecting the ones on the others, which noise
and new shadows leave alone. What replaces structure (a drop, a smear) leaves steps that are not the
usual ones; what smears it leaves them wider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import cv2
import numpy as np
import numpy.typing as npt

from vision.quality import DARK
from vision.types import Image
from vision.water.registration import Luma, Registration, aligned, luma_of
from vision.water.types import Map, Mask, Sample, Unseen

DARK_SHARE, ZONE_DARK_SHARE = 0.95, 0.9
"""The brightest twentieth of the picture, and tenth of the zones, stand for their brightness."""
ZONE_DARK = 24.0
"""Luma of the zones below which what lies in them is noise: black as coded and a few steps."""
COVERED = 0.5
"""Share of the zones behind vehicles and persons from which too little is seen."""
LOG_FLOOR = 4.0
"""Added before the logarithm: less is noise."""
SMOOTH_PX = 1.0
"""Standard deviation pictures are smoothed by against the sensor's noise."""
PART_PX = 10
"""Side of the parts in which structure is compared: a drop near the lens fills some."""
STRUCTURED = 0.02
"""Mean steepness (natural logarithm per pixel) from which a part has structure to be missed."""
WITNESSES = 12
"""Parts with structure that it takes to say something of the air or the lens by them."""
LEFT_OUT = 0.5
"""A part of which more than this is left out says nothing.

The figures below: 14 street pictures (the views of the town benchmark, OpenCV's, flood and road
photographs) with weather drawn on them, against what is usual by day, dusk, cloud and sun shadows.
"""
HAZE = 0.5
"""Share of its usual steps that the middle one of the far parts shows, below which it is haze.
Measured: visibility down to a third in the distance 0.24 to 0.40, storm and thick fog 0.03 to 0.16;
clear by day, cloud, dusk and infrared light 0.68 and more, by headlights alone 0.49 to 0.65."""
LOST = 0.35
"""A part that shows less than this share of what the best-kept quarter of all shows has something
else before it: a shadow takes no step of the logarithm away."""
FOULED = 0.035
"""Share of lost parts apart from the zones from which there are drops or dirt on the lens.
Measured: clear 0 to 0.009, sun shadows up to 0.030, flooded to the middle up to 0.036; 35 drops
of 4 to 12 pixels 0.039 to 0.10, a dozen of 12 to 25 pixels 0.077 to 0.18, dirt 0.058 and more."""
FEWEST_LOST = 3
"""So many parts at least: fewer are an undetected car."""
BLURRED = 0.85
"""Share of the usual sharpness that the middle part has with a film of water on the lens. Measured:
blurred by one pixel of a sample 0.66 to 0.74, by two 0.44 to 0.59; clear 0.95 and more."""
TINY = 1e-9
"""Keeps ratios of nothing finite."""
_NEIGHBOURS = np.ones((3, 3), np.uint8)


class _Steps(NamedTuple):
    """The logarithm of a picture's brightness: its steps across and down, and its curvature."""

    across: Map
    down: Map
    curvature: Map


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What a place usually shows in clear air."""

    steps: _Steps

    @classmethod
    def of(cls, references: Sequence[Image]) -> Self:
        """Return what pictures of one size, all by the same sort of light, have in common.

        Each step is the middle one of all: shadows that wander are in few of them. To an even
        number, none at all is added: of two, what both have counts.
        """
        steps = [_steps(_logarithm(luma_of(image))) for image in references]
        if len(steps) % 2 == 0:
            steps.append(_Steps(*(np.zeros_like(layer) for layer in steps[0])))
        across, down, curvature = (
            np.asarray(np.median(layers, axis=0), np.float32) for layers in zip(*steps, strict=True)
        )
        return cls(_Steps(across, down, curvature))


@dataclass(frozen=True, slots=True, eq=False)
class Clearness:
    """How much of the usual structure a sample shows, for each part that has any and can be seen.

    All (N,). kept: which share of the usual steps is there, 1 for all. sharpness: share of the
    usual. energy: strength of whatever steps there are, as a share of the usual. row, column: of
    the part, in parts.
    """

    kept: npt.NDArray[np.float32]
    sharpness: npt.NDArray[np.float32]
    energy: npt.NDArray[np.float32]
    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]

    @property
    def is_known(self) -> bool:
        """Whether there are parts enough to go by."""
        return len(self.kept) >= WITNESSES


def unseen(
    sample: Sample, registration: Registration, zones: Mask, ignore: Mask, usual: Usual
) -> Unseen | None:
    """Return why a sample says nothing of the water in the zones, None when it shows it.

    ignore: what the camera writes on the picture, and permanent water.
    """
    laid = aligned(sample, registration) if registration.ok else sample
    luma = luma_of(laid.image)
    if _is_dark(luma, zones, ignore):
        return Unseen.DARK
    clear = clearness(luma, zones | ignore | laid.blocked, usual)
    if not registration.ok:
        return _unplaced(registration, clear)
    if _is_hazy(clear, zones):
        return Unseen.HAZE
    if _is_fouled(clear, zones) or _is_blurred(clear):
        return Unseen.DROPS
    if np.count_nonzero(laid.blocked & zones) > COVERED * np.count_nonzero(zones):
        return Unseen.COVERED
    return None


def clearness(luma: Luma, left_out: Mask, usual: Usual) -> Clearness:
    """Compare a picture laid over the usual one with it; left_out: pixels that do not count."""
    now, then = _steps(_logarithm(luma)), usual.steps
    weight = (~left_out).astype(np.float32)
    shown = _parts(weight)
    usual_power = _parts(weight * (then.across**2 + then.down**2)) / np.maximum(shown, TINY)
    row, column = np.nonzero((shown >= LEFT_OUT) & (usual_power >= STRUCTURED**2))
    shared, power, before, curved, curved_before = (
        _parts(weight * layer)[row, column]
        for layer in (
            now.across * then.across + now.down * then.down,
            now.across**2 + now.down**2,
            then.across**2 + then.down**2,
            now.curvature**2,
            then.curvature**2,
        )
    )
    power, curved_before = np.maximum(power, TINY), np.maximum(curved_before, TINY)
    return Clearness(
        kept=shared / before,
        sharpness=np.sqrt(curved / curved_before * before / power),
        energy=np.sqrt(power / before),
        row=row,
        column=column,
    )


def _is_dark(luma: Luma, zones: Mask, ignore: Mask) -> bool:
    """Say whether the picture, or the ground in it, is too dark to see anything."""
    return (
        _brightness(luma[~ignore], DARK_SHARE) < DARK
        or _brightness(luma[zones & ~ignore], ZONE_DARK_SHARE) < ZONE_DARK
    )


def _brightness(luma: Luma, share: float) -> float:
    """Return the luma that this share of pixels does not exceed; the brightest where none are."""
    if not luma.size:
        return 255.0
    rank = int(share * (luma.size - 1))
    return float(np.partition(luma, rank)[rank])


def _unplaced(registration: Registration, clear: Clearness) -> Unseen:
    """Return why a sample could not be laid over its reference."""
    if registration.found:
        return Unseen.SHIFTED
    if clear.is_known and float(np.median(clear.energy)) < HAZE:
        return Unseen.HAZE
    return Unseen.AWAY


def _is_hazy(clear: Clearness, zones: Mask) -> bool:
    """Say whether what lies beyond the zones, or everything where that is too little, has paled."""
    beyond = int(np.argmax(zones.any(axis=1))) // PART_PX
    far = clear.kept[clear.row < beyond]
    witnesses = far if len(far) >= WITNESSES else clear.kept
    return clear.is_known and float(np.median(witnesses)) < HAZE


def _is_fouled(clear: Clearness, zones: Mask) -> bool:
    """Say whether something stands before parts that do not hang together with the zones.

    Water that has left its zones hangs together with them, across parts without structure and
    three parts wide at least; those parts say nothing here.
    """
    if not clear.is_known:
        return False
    lost = clear.kept < LOST * np.quantile(clear.kept, 0.75)
    of_zones = _parts(zones.astype(np.float32)) > 0
    joined = of_zones.astype(np.uint8)
    joined[clear.row[lost], clear.column[lost]] = 1
    for filling in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        joined = np.asarray(cv2.morphologyEx(joined, filling, _NEIGHBOURS), np.uint8)
    _, label = cv2.connectedComponents(joined, connectivity=8)
    spread = np.isin(label, label[of_zones & (joined > 0)]).astype(np.uint8)
    flooded = lost & (cv2.dilate(spread, _NEIGHBOURS) > 0)[clear.row, clear.column]
    apart = np.count_nonzero(lost & ~flooded)
    return bool(apart >= max(FEWEST_LOST, FOULED * np.count_nonzero(~flooded)))


def _is_blurred(clear: Clearness) -> bool:
    """Say whether edges are wider than they were."""
    return clear.is_known and float(np.median(clear.sharpness)) < BLURRED


def _logarithm(luma: Luma) -> Map:
    """Return the logarithm of brightness, smoothed."""
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), SMOOTH_PX)
    return np.asarray(cv2.log(smooth + LOG_FLOOR), np.float32)


def _steps(logarithm: Map) -> _Steps:
    """Return the steps from pixel to pixel of a logarithm of brightness."""
    return _Steps(
        np.asarray(cv2.Sobel(logarithm, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32),
        np.asarray(cv2.Sobel(logarithm, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32),
        np.asarray(cv2.Laplacian(logarithm, cv2.CV_32F), np.float32),
    )


def _parts(layer: Map) -> Map:
    """Return the mean over each part."""
    height, width = layer.shape
    size = (max(1, width // PART_PX), max(1, height // PART_PX))
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.float32)
