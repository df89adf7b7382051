"""How the ground of two pictures compares: the texture that stayed, went and came; light; colour.

All is measured on the logarithm of brightness, where shadow, wetness and exposure, which multiply,
are steps, and a texture under them is the same texture. Maps are at half the pictures' size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from vision.types import Image
from vision.water.reference import LOG_FLOOR
from vision.water.shade import shade
from vision.water.types import Map, Mask

Witnesses: TypeAlias = Mapping[str, Map]
"""What each measure says of each pixel, float32 (height / 2, width / 2), about 0-1 each."""

FINE_PX = 2.5
"""Standard deviation of the mean taken out for fine texture, in pixels of the picture: grain."""
COARSE_PX = 5.0
"""The same for coarse texture, in pixels of half the picture: lane lines, kerbs, patches."""
NOISE = 2.0
"""Grey levels of noise left in a median of several pictures, coding included."""
COARSE_NOISE_PART = 0.25
"""Share of the noise's power that is left in half a picture: four pixels become one."""
BLACK, WHITE = 3, 248
"""A pixel beyond these has no texture a camera could show."""
SMOOTH_PX = 1.5
"""Standard deviation of the mean that differences of light and colour are taken of."""
WIDE_PX = 4.0
"""Means this wide are taken of half the picture: of brightness they differ by up to 0.5 %, of the
squares of texture by up to 10 % (95 of 100 pixels), and what is judged water hardly at all."""
HAZIEST, CLEAREST = 0.25, 1.1
"""Bounds of the contrast that surroundings are found to have kept."""
MOST_GAIN = 4.0
"""Natural logarithm of power over noise that counts as 1: ripples on a bright day."""
MOST_COLOUR = 0.5
"""Change of the logarithm of a colour ratio that counts as 1."""
TINTED, STIRRED = 0.4, 1.5
"""Darkness so much warmer, or with so much new texture, is no shade: the sky lights that, bluer."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """One picture, ready to be compared. fine: whole size; all else at half.

    light: logarithm of brightness. colour: (height / 2, width / 2, 2), of blue and of red over
    green. noise: mean square of it on `light`. shown: 0-1, how much is neither black nor white.
    """

    light: Map
    colour: Map
    fine: Map
    coarse: Map
    noise: Map
    shown: Map


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Which pixels say what, at half size. colour: whether both pictures have any.

    open: float32, 0 where something hides the ground, else 1. control: where no water is looked
    for; it tells what light and air did to the whole picture.
    """

    open: Map
    control: Mask
    colour: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """Mean squares of a texture now and then, their product, and of the noise: one window each."""

    now: Map
    then: Map
    shared: Map
    noise: Map

    @property
    def known(self) -> Map:
        """How much texture there was to lose, 0-1."""
        return np.asarray(self.then / (self.then + 2.0 * self.noise), dtype=np.float32)

    @property
    def kept(self) -> Map:
        """Contrast of the old texture in the new picture; 1: as before."""
        return np.asarray(self.shared / (self.then + self.noise), dtype=np.float32)

    @property
    def likeness(self) -> Map:
        """Correlation of old and new, 0-1."""
        product = (self.then + self.noise) * (self.now + self.noise)
        return np.asarray(np.clip(self.shared / np.sqrt(product), 0.0, 1.0), dtype=np.float32)

    @property
    def gain(self) -> Map:
        """How much texture there is that was not there, 0-1 and a little more."""
        new = np.maximum(self.now - self.shared * self.kept, 0.0)
        return np.asarray(np.log1p(new / (2.0 * self.noise)) / MOST_GAIN, dtype=np.float32)


def ground(image: Image) -> Ground:
    """Return a picture ready to be compared."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    light = np.asarray(np.log(luma + LOG_FLOOR), dtype=np.float32)
    small = halved(light)
    blue, green, red = (np.log(halved(image[:, :, band]) + LOG_FLOOR) for band in range(3))
    extreme = ((luma < BLACK) | (luma > WHITE)).astype(np.float32)
    return Ground(
        light=small,
        colour=np.dstack([blue - green, red - green]).astype(np.float32),
        fine=light - blurred(light, FINE_PX),
        coarse=small - blurred(small, COARSE_PX),
        noise=halved(np.asarray(np.square(NOISE / (luma + LOG_FLOOR)), dtype=np.float32)),
        shown=np.clip(1.0 - 2.0 * blurred(halved(extreme), 2.0), 0.0, 1.0),
    )


def compare(now: Ground, then: Ground, view: View) -> Witnesses:
    """Return what each witness says of the ground now, against then.

    A texture kept around a pixel speaks for it only where there is one nearby: a fence's, or a
    kerb's, says nothing of the smooth ground behind it.
    """
    near, wide, broad = _scales(now, then, view.open)
    haze, broad_haze = _contrast(near, view.control), _contrast(broad, view.control)
    light = blurred((now.light - then.light) * view.open, SMOOTH_PX)
    light -= _middle(light, view.control)
    gain = wide.gain * now.shown
    colour, warmer = _recoloured(now, then, view)
    shaded = shade(light, near.known * now.shown * view.open, near.likeness)
    shaded *= np.clip(1.0 - warmer / TINTED, 0.0, 1.0) * np.clip(STIRRED - gain, 0.0, 1.0)
    return {
        "loss_near": _loss(near, haze) * now.shown,
        "loss_wide": _loss(wide, haze) * now.shown,
        "loss_broad": _loss(broad, broad_haze) * now.shown,
        "kept_near": near.known * near.likeness * now.shown,
        "kept_wide": near.known * wide.known * wide.likeness * now.shown,
        "kept_broad": near.known * broad.known * broad.likeness * now.shown,
        "gain": gain,
        "gain_broad": broad.gain * now.shown,
        "gain_level": _levelness(now) * np.minimum(gain, 1.0),
        "brighter": np.clip(light, 0.0, 1.0),
        "darker": np.clip(-light, 0.0, 1.0),
        "shade": shaded,
        "colour": colour,
        "warmer": warmer,
        "warmer_smooth": (1.0 - near.known) * warmer,
        "haze": np.full_like(light, 1.0 - haze),
        "haze_broad": np.full_like(light, 1.0 - broad_haze),
    }


def halved(picture: Image | Map) -> Map:
    """Return the means of two by two pixels, as float32."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def blurred(picture: Map, sigma_px: float) -> Map:
    """Return the Gaussian means of a picture; wide ones are taken of half of it, and stretched."""
    if sigma_px < WIDE_PX:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.float32)
    small = cv2.GaussianBlur(halved(picture), (0, 0), 0.5 * sigma_px)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _scales(now: Ground, then: Ground, open_: Map) -> tuple[_Scale, _Scale, _Scale]:
    """Return how the textures compare: grain nearby, grain further around, and coarse texture."""
    noise = np.asarray(np.maximum(now.noise, then.noise), dtype=np.float32)
    fine = [halved(product) for product in _products(now.fine, then.fine)]
    coarse = _products(now.coarse, then.coarse)
    fine, coarse = ([product * open_ for product in maps] for maps in (fine, coarse))
    return (
        _scale([*fine, noise], 2.0),
        _scale([*fine, noise], 5.0),
        _scale([*coarse, np.asarray(COARSE_NOISE_PART * noise, dtype=np.float32)], 6.0),
    )


def _products(now: Map, then: Map) -> list[Map]:
    return [now * now, then * then, now * then]


def _scale(maps: list[Map], window_px: float) -> _Scale:
    return _Scale(*(blurred(one, window_px) for one in maps))


def _contrast(scale: _Scale, control: Mask) -> float:
    """Return the contrast that the surroundings kept: less in haze, or out of focus."""
    weight = np.square(scale.known[control])
    total = float(weight.sum())
    if total <= 0.0:
        return 1.0
    kept = float((scale.kept[control] * weight).sum()) / total
    return min(max(kept, HAZIEST), CLEAREST)


def _loss(scale: _Scale, contrast: float) -> Map:
    """Return how much of the old texture is gone that the surroundings kept, 0-1."""
    gone = 1.0 - np.clip(scale.kept / contrast, 0.0, 1.0)
    return np.asarray(scale.known * gone, dtype=np.float32)


def _levelness(now: Ground) -> Map:
    """Return how much more the texture changes down the picture than across, -1 to 1.

    Ripples and reflections seen from the side lie flat; shadows and things do not.
    """
    across = blurred(halved(np.square(cv2.Sobel(now.fine, cv2.CV_32F, 1, 0))), 4.0)
    down = blurred(halved(np.square(cv2.Sobel(now.fine, cv2.CV_32F, 0, 1))), 4.0)
    return np.asarray((down - across) / (down + across + 1e-3), dtype=np.float32)


def _recoloured(now: Ground, then: Ground, view: View) -> tuple[Map, Map]:
    """Return how much the colour changed, and how much from blue to red; both 0-1.

    The light's own colour is taken out. Nothing changed where there is none.
    """
    if not view.colour:
        return np.zeros_like(now.light), np.zeros_like(now.light)
    change = blurred((now.colour - then.colour) * view.open[:, :, None], SMOOTH_PX)
    blue, red = (
        (change[:, :, band] - _middle(change[:, :, band], view.control)) / MOST_COLOUR
        for band in range(2)
    )
    changed = np.minimum(np.hypot(blue, red), 1.0)
    return np.asarray(changed, np.float32), np.asarray(np.clip(red - blue, 0.0, 1.0), np.float32)


def _middle(picture: Map, control: Mask) -> float:
    return float(np.median(picture[control])) if control.any() else 0.0
