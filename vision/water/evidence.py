"""What says "water" in a picture, against what this very camera saw while it was dry or only wet.

Water takes the ground's own texture away (smooth water) or lays another over it (ripples), and
changes its light. Shadows, wet asphalt and exposure multiply brightness and leave the texture: all
is measured on the logarithm of brightness, where a factor is a step, and the texture is what is
left when the surroundings' mean is taken out. Water lies lowest: what counts begins there.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.types import Image
from vision.water.reference import LOG_FLOOR, Reference
from vision.water.types import Evidence, Map, Mask, Sample

FINE_PX = 3.0
"""Standard deviation of the mean that is taken out: what is left is texture of up to 10 pixels."""
WINDOW_PX = 4.0
"""Standard deviation of the window texture is measured in."""
NOISE = 2.0
"""Grey levels of noise left in a median of several pictures, coding included."""
VOTE = 0.5
"""A pixel is water from this strength of all witnesses on."""
LEAST_RATIO = 0.004
"""Patches smaller than this share of the zones are nothing: 60 pixels of a quarter picture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Texture:
    """fine: texture. energy: its mean square nearby. noise: what of that is noise."""

    light: Map
    fine: Map
    energy: Map
    noise: Map


def judge(
    sample: Sample, reference: Reference, zones: Mask, ignore: Mask, network_vote: Map | None
) -> Evidence:
    """Compare a sample with a state of the same place, laid over it before.

    zones: where water counts. ignore: what is never looked at (text, permanent water, what the
    shift of the picture left empty). network_vote: 0-1, how much like water a network finds each
    pixel; None without one. All of the sample's shape.
    """
    seen = zones & ~ignore & ~sample.blocked
    now, then = _texture(sample.image), _texture(reference.image)
    loss, gain = _witnesses(now, then)
    strength = np.maximum(loss, gain)
    if network_vote is not None:
        strength = 0.5 * (strength + network_vote)
    water = _lowest(strength >= VOTE, seen)
    total = max(1, int(np.count_nonzero(seen)))
    votes = {"loss": _share(loss, seen), "gain": _share(gain, seen)}
    if network_vote is not None:
        votes["network"] = _share(network_vote, seen)
    return Evidence(
        water=water,
        seen=seen,
        area_ratio=int(np.count_nonzero(water)) / total,
        strength=float(strength[water].mean()) if water.any() else 0.0,
        votes=votes,
        reference=reference.id,
    )


def _texture(image: Image) -> _Texture:
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    light = np.log(luma + LOG_FLOOR)
    fine = light - cv2.GaussianBlur(light, (0, 0), FINE_PX)
    energy = cv2.GaussianBlur(fine * fine, (0, 0), WINDOW_PX)
    noise = np.square(NOISE / (luma + LOG_FLOOR))
    return _Texture(light, fine, energy, noise)


def _witnesses(now: _Texture, then: _Texture) -> tuple[Map, Map]:
    """Return how much of the old texture is gone, and how much new there is, 0-1."""
    shared = cv2.GaussianBlur(now.fine * then.fine, (0, 0), WINDOW_PX)
    kept = np.clip(shared / (then.energy + now.noise), 0.0, 1.0)
    known = then.energy / (then.energy + 4.0 * np.maximum(now.noise, then.noise))
    loss = known * (1.0 - kept)
    new = now.energy - shared * shared / (then.energy + then.noise)
    gain = np.clip(new / (new + then.energy + 4.0 * now.noise), 0.0, 1.0)
    return np.asarray(loss, dtype=np.float32), np.asarray(gain, dtype=np.float32)


def _lowest(water: Mask, seen: Mask) -> Mask:
    """Return the patches of water worth the name that reach the lower half of what is seen."""
    marked = (water & seen).astype(np.uint8)
    patches = cv2.morphologyEx(marked, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(patches, connectivity=8)
    rows = np.flatnonzero(seen.any(axis=1))
    if not rows.size:
        return np.zeros_like(water)
    middle = 0.5 * (rows[0] + rows[-1])
    least = max(1.0, LEAST_RATIO * np.count_nonzero(seen))
    bottoms = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
    good = (stats[:, cv2.CC_STAT_AREA] >= least) & (bottoms > middle)
    good[0] = False
    return np.asarray(good[labels], dtype=np.bool_)


def _share(vote: Map, seen: Mask) -> float:
    """Return the share of what is seen that one witness calls water."""
    return float((vote[seen] >= VOTE).mean()) if seen.any() else 0.0
