"""Where a surface moves while all around is still: ripples, rings of rain, swaying mirror images.

Clear water of a few centimetres shows the ground's own texture, so that one picture against another
says little. Between the pictures of one sample, a second and more apart, its surface has moved, and
a road that is dry or only wet has not. What else changes is told by how it does: passers and what
sways in the sun changes the light more, and more broadly, than ripples do, or hides a pixel in few
of the pictures; beams and clouds are smooth; noise, rain in the air and the flicker of lamps are
the same beyond the zones; a camera that trembles moves edges, the more the steeper they are. It
helps to notice water that is little: once most of the zones move, nothing moves more than most, and
it is silent.

Assumed, and shown by no real film: that ripples lie flat in the picture, are finer than some ten
pixels of it, and are new at each picture; that a coder leaves them in. Broad waves near the camera
are not told. What moves finely and for ever in one place (a fountain, grass before the zone) would
be taken for it, if the ground's texture or light differed as well.

The benchmark's first eight floods, up to 18 minutes after a true twentieth of the zone, on which
nothing was picked: told after 1.2, 1.8, 3.3, 5.0 and 6.7 minutes where it had been 8.2, 4.3, 3.5,
never and 7.2; two never on both accounts, calm water seen from above; at one a false alert stood
before on both. Ten with seeds of their own, on which CALM, SURE and the weight of "moves" were
picked: a median of 3 minutes where it had been 7. The mean error of the extent fell for sixteen of
all and rose for two, by 0.001 and from 0.057 to 0.066. In sixteen hours of the benchmark's causes
there were the same three false alerts with it as without (headlights, sun shadows, haze), and in 72
samples with swaying leaves drawn on them none more.
It takes 4 CPU-ms a look of five pictures, 7 of nine.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import cv2
import numpy as np

from vision.types import Image
from vision.water.ranks import Picture, ranked
from vision.water.reference import LOG_FLOOR
from vision.water.texture import blurred, halved
from vision.water.types import Map, Mask

ENOUGH: Final = 5
"""Pictures of a sample from which what passes can be told from what keeps moving."""
FIXED_POINT: Final = 2000
"""Steps to one of the natural logarithm: numbers of sixteen bits cost half of what floats do."""
LOGARITHM: Final = np.round(FIXED_POINT * np.log(np.arange(256) + LOG_FLOOR)).astype(np.int16)
ACROSS_PX, DOWN_PX = 2.0, 0.7
"""Standard deviations of the mean that is looked at: ripples seen from the side lie flat, noise and
streaks of rain do not. Water of a twentieth of the zone changed 1.8 to 2.5 times as much as the dry
ground, without this mean 1.2 to 1.7 times (four rendered floods, one of them at night)."""
SMOOTH_PX: Final = 3.0
"""That of the mean taken out of each picture: light that wanders is smoother."""
BROAD_PX: Final = (41, 41)
"""Window of the mean taken out of that in turn: what is left is shade. Where it changes more than
the fine part, leaves sway or somebody walks: half as much or less on rendered ripples, twice as
much under the benchmark's tree."""
PASSED: Final = 0.25
"""Natural logarithm by which that mean differs where somebody passed, or a beam did."""
BESIDE_PX: Final = 4
"""What passes changes so much beside it, at half size."""
UNKNOWN: Final = -1.0
"""Stands where something passed."""
AROUND_PX: Final = 1.5
"""Standard deviation, at half size, of the mean over neighbours: little, or water grows."""
FAINTEST: Final = 0.3
"""Grey levels that are still: what a coder leaves of noise."""
MOST, MOST_OVER = 0.9, 1.5
"""So much of what lies beyond the zones changes less than so many times as much as is still: noise
is even, rain and snow are not."""
EDGES: Final = 0.25
"""Share of what lies beyond the zones, the steepest, that tells how much the camera trembles."""
CALM, SURE = 1.2, 1.8
"""A surface that changes so many times as much as what is still is at rest, or surely moves."""
TINY: Final = 1e-3
"""Keeps ratios of nothing finite."""


def stir(pictures: Sequence[Image]) -> Map | None:
    """Return how much the grain of each pixel changes over the pictures of a sample, half size.

    Natural logarithm of brightness: the width of the narrowest half of a pixel's values, so that
    what hides it in fewer than half of the pictures makes little difference. `UNKNOWN` where
    something passed, or shade moves. None of fewer than `ENOUGH` pictures.
    """
    if len(pictures) < ENOUGH:
        return None
    lights = [_logarithm(picture) for picture in pictures]
    smooth = [cv2.GaussianBlur(light, (0, 0), SMOOTH_PX) for light in lights]
    fine = _narrowest([_grain(light, mean) for light, mean in zip(lights, smooth, strict=True)])
    broad = _narrowest([cv2.subtract(mean, cv2.blur(mean, BROAD_PX)) for mean in smooth])
    shade = blurred(broad, AROUND_PX) > blurred(fine, AROUND_PX)
    changed = cv2.subtract(reduce(cv2.max, smooth), reduce(cv2.min, smooth)) > PASSED * FIXED_POINT
    passed = _beside(halved(changed.astype(np.float32)) > 0.0)
    return np.where(passed | shade, UNKNOWN, fine / np.float32(FIXED_POINT)).astype(np.float32)


def _logarithm(picture: Image) -> Picture:
    """Return the logarithm of brightness, int16, in `FIXED_POINT` steps."""
    return np.asarray(cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), LOGARITHM))


def _grain(light: Picture, mean: Picture) -> Picture:
    """Return what is fine down the picture, and not across it."""
    flat = cv2.GaussianBlur(light, (0, 0), ACROSS_PX, sigmaY=DOWN_PX)
    return np.asarray(cv2.subtract(flat, mean))


def _narrowest(layers: Sequence[Picture]) -> Map:
    """Return the width of the narrowest half of each pixel's values, half size."""
    ranks = ranked(layers)
    widths = map(cv2.subtract, ranks[len(ranks) // 2 :], ranks)
    return halved(np.asarray(reduce(cv2.min, widths), np.float32))


def _beside(things: Mask) -> Mask:
    """Return things and what is beside them."""
    side = 2 * BESIDE_PX + 1
    return np.asarray(cv2.dilate(things.view(np.uint8), np.ones((side, side), np.uint8)) > 0)


def moving(stirred: Map, image: Image, zone: Mask, control: Mask) -> Map:
    """Return how surely the surface moves at each pixel, 0-1; all at half the picture's size.

    stirred: of the sample, see `stir`. image: its median, at its own size. zone, control: what is
    seen of the zones, and what is seen beyond them. What moves more than most of both does, and
    more than edges do that tremble as those beyond the zones, is a surface of its own.
    """
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    known = stirred >= 0.0
    levels = np.where(known, stirred * (halved(luma) + LOG_FLOOR), 0.0).astype(np.float32)
    found = blurred(levels, AROUND_PX) / (blurred(known.astype(np.float32), AROUND_PX) + TINY)
    zone, control = zone & known, control & known
    steep = blurred(halved(_steepness(luma)), AROUND_PX)
    beyond = _quantile(found, control, MOST) / MOST_OVER
    still = max(FAINTEST, _quantile(found, zone, 0.5), beyond)
    tremble = _tremble(found, steep, control)
    times = found / cv2.magnitude(np.full_like(steep, still), tremble * steep)
    moves = np.clip((times - CALM) / (SURE - CALM), 0.0, 1.0)
    moves[~known] = 0.0
    return np.asarray(moves, np.float32)


def _steepness(luma: Map) -> Map:
    """Return how steep brightness is, grey levels a pixel."""
    across, down = (cv2.Sobel(luma, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _tremble(found: Map, steep: Map, control: Mask) -> float:
    """Return by how many pixels the steepest quarter of what lies beyond the zones trembles."""
    if not control.any():
        return 0.0
    edge = control & (steep >= np.quantile(steep[control], 1.0 - EDGES))
    return float(np.median(found[edge] / (steep[edge] + np.float32(FAINTEST))))


def _quantile(found: Map, part: Mask, share: float) -> float:
    return float(np.quantile(found[part], share)) if part.any() else 0.0
