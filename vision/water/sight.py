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

ZONE_DARK = 30.0
"""Luma of the brightest tenth of the zones below which what lies there is not seen."""
COVERED = 0.5
"""Share of the zones behind vehicles and persons from which too little is seen."""
LOG_FLOOR = 4.0
"""Added before the logarithm: less is noise."""
SMOOTH_PX = 1.0
"""Standard deviation pictures are smoothed by against the sensor's noise."""
PART_PX = 20
"""Side of the parts in which structure is compared."""
STRUCTURED = 0.02
"""Mean steepness (natural logarithm per pixel) from which a part has structure to be missed."""
WITNESSES = 6
"""Parts with structure that it takes to say something of the air by them."""
FAR_HIDDEN = 0.5
"""A part of which more than this is left out says nothing."""
HAZE = 0.5
"""Share of its usual steps that the middle part of the far ones shows, below which it is haze."""
REPLACED = 0.3
"""Correlation of a part's steps with the usual ones below which something else is there."""
FOULED = 0.15
"""Share of all parts that show something else, and do not hang together with the zones, with drops
on the lens."""
BLURRED = 0.8
"""Share of the usual sharpness that the middle part of all has with a film of water on the lens."""
TINY = 1e-9
"""Keeps ratios of nothing finite."""


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

        Shadows that wander are in few of them.
        """
        logarithms = [_logarithm(luma_of(image)) for image in references]
        return cls(_steps(np.asarray(np.mean(logarithms, axis=0), np.float32)))


@dataclass(frozen=True, slots=True, eq=False)
class Clearness:
    """How much of the usual structure a sample shows, for each part that has any and can be seen.

    kept: which share of the usual steps is there; likeness: correlation of the steps, -1 to 1;
    sharpness: share of the usual; each float32 (N,). row, column: of the part. energy: strength of
    whatever steps there are, as a share of the usual.
    """

    kept: npt.NDArray[np.float32]
    likeness: npt.NDArray[np.float32]
    sharpness: npt.NDArray[np.float32]
    energy: npt.NDArray[np.float32]
    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]


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
    counted = np.maximum(_parts(weight), TINY)
    shared = _parts(weight * (now.across * then.across + now.down * then.down)) / counted
    power = _parts(weight * (now.across**2 + now.down**2)) / counted
    usual_power = _parts(weight * (then.across**2 + then.down**2)) / counted
    curved = _parts(weight * now.curvature**2) / counted
    usual_curved = _parts(weight * then.curvature**2) / counted
    row, column = np.nonzero((counted >= 1 - FAR_HIDDEN) & (usual_power >= STRUCTURED**2))
    shared, power, usual_power, curved, usual_curved = (
        parts[row, column] for parts in (shared, power, usual_power, curved, usual_curved)
    )
    power, curved = np.maximum(power, TINY), np.maximum(curved, TINY)
    usual_curved = np.maximum(usual_curved, TINY)
    return Clearness(
        kept=shared / usual_power,
        likeness=shared / np.sqrt(power * usual_power),
        sharpness=np.sqrt(curved / power / (usual_curved / usual_power)),
        energy=np.sqrt(power / usual_power),
        row=row,
        column=column,
    )


def _is_dark(luma: Luma, zones: Mask, ignore: Mask) -> bool:
    """Say whether the picture, or the ground in it, is too dark to see anything."""
    for pixels, least in ((~ignore, DARK), (zones & ~ignore, ZONE_DARK)):
        seen = luma[pixels]
        if seen.size:
            share = 0.95 if least == DARK else 0.9
            brightest = int(share * (seen.size - 1))
            if float(np.partition(seen, brightest)[brightest]) < least:
                return True
    return False


def _unplaced(registration: Registration, clear: Clearness) -> Unseen:
    """Return why a sample could not be laid over its reference."""
    if registration.found:
        return Unseen.SHIFTED
    if len(clear.energy) >= WITNESSES and float(np.median(clear.energy)) < HAZE:
        return Unseen.HAZE
    return Unseen.AWAY


def _is_hazy(clear: Clearness, zones: Mask) -> bool:
    """Say whether what lies beyond the zones, or where that is nothing everything, has paled."""
    top = int(np.argmax(zones.any(axis=1))) // PART_PX if zones.any() else 0
    far = clear.kept[clear.row < top]
    witnesses = far if len(far) >= WITNESSES else clear.kept
    return len(witnesses) >= WITNESSES and float(np.median(witnesses)) < HAZE


def _is_fouled(clear: Clearness, zones: Mask) -> bool:
    """Say whether something else stands before parts that do not hang together with the zones.

    Water that has left its zones hangs together with them.
    """
    if len(clear.row) < WITNESSES:
        return False
    flooded = (_parts(zones.astype(np.float32)) > 0).astype(np.uint8)
    lost = clear.likeness < REPLACED
    joined = flooded.copy()
    joined[clear.row[lost], clear.column[lost]] = 1
    _, label = cv2.connectedComponents(joined, connectivity=8)
    of_zones = np.isin(label, np.unique(label[flooded > 0]))
    apart = lost & ~of_zones[clear.row, clear.column]
    witnesses = len(lost) - np.count_nonzero(lost & ~apart)
    return np.count_nonzero(apart) >= max(2.0, FOULED * witnesses)


def _is_blurred(clear: Clearness) -> bool:
    """Say whether all edges are wider than they were."""
    return len(clear.sharpness) >= WITNESSES and float(np.median(clear.sharpness)) < BLURRED


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
