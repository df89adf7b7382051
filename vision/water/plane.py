"""The ground as a plane seen in perspective: where each pixel lies on it, and textures laid on it.

Synthetic water, snow and rain must shrink with distance as real ones do. Nothing is calibrated: the
horizon is taken to be a little above the highest pixel of the ground, though not low in the
picture, and the lens to be a common one. That is enough to look right, and for nothing else.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from vision.water.types import Map, Mask

FOCAL_WIDTHS: Final = 0.8
"""Focal length in picture widths: a horizontal view of 64 degrees, a 4 mm lens on a 1/2.8" chip."""

HORIZON_ABOVE: Final = 0.06
"""How far above the ground's highest pixel the horizon lies, in picture heights."""

LOWEST_HORIZON: Final = 0.4
"""And how far down it can be: a camera above a street looks down on it, and a zone may be its lower
part only."""

NOISE_SIDE: Final = 256
COARSE_BLUR_PX: Final = 4.0
COARSEST_SIDE: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The ground of one picture.

    across, away: where each pixel's ray meets the ground, float32 (h, w), in camera heights; rows
    at or above the horizon repeat the row below it. steepness: sine of the angle at which the
    ground is looked at, 0-1. px_per_unit: pixels that one camera height takes down the picture.
    """

    across: Map
    away: Map
    steepness: Map
    px_per_unit: Map

    @classmethod
    def under(cls, ground: Mask) -> "Plane":
        """Return the plane of which `ground` is the visible part; at least one pixel is."""
        height, width = ground.shape
        top = int(np.argmax(ground.any(axis=1)))
        horizon = min(top - HORIZON_ABOVE * height, LOWEST_HORIZON * height)
        below = np.maximum(np.arange(height, dtype=np.float32) - horizon, 2.0)[:, None]
        focal = FOCAL_WIDTHS * width
        columns = np.arange(width, dtype=np.float32)[None] - width / 2
        flat = np.ones((1, width), np.float32)
        return cls(
            across=np.asarray(columns / below, dtype=np.float32),
            away=np.asarray(focal / below * flat, dtype=np.float32),
            steepness=np.asarray(below / np.hypot(below, focal) * flat, dtype=np.float32),
            px_per_unit=np.asarray(below**2 / focal * flat, dtype=np.float32),
        )

    def lay(self, texture: Map, grain: float, turn: float = 0.0) -> Map:
        """Return a square texture laid on the ground, repeated.

        grain: texture pixels in one camera height. turn: by how many radians it is turned.
        """
        side = len(texture)
        sine, cosine = math.sin(turn), math.cos(turn)
        x = ((self.across * cosine + self.away * sine) * grain) % side
        y = ((self.away * cosine - self.across * sine) * grain) % side
        return np.asarray(
            cv2.remap(
                texture,
                x.astype(np.float32),
                y.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP,
            ),
            dtype=np.float32,
        )


def smooth_noise(rng: np.random.Generator, blur_px: float, side: int = NOISE_SIDE) -> Map:
    """Return noise that joins at its borders, float32 (side, side), mean 0, deviation 1.

    Noise without fine detail is made small and enlarged: a tenth of the time.
    """
    factor = 1
    while blur_px / factor >= COARSE_BLUR_PX and side / factor > COARSEST_SIDE:
        factor *= 2
    small = _noise(rng, blur_px / factor, side // factor)
    if factor == 1:
        return small
    wrapped = np.pad(small, 2, mode="wrap")
    whole = cv2.resize(wrapped, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    inner = slice(2 * factor, -2 * factor)
    return np.asarray(whole[inner, inner], dtype=np.float32)


def _noise(rng: np.random.Generator, blur_px: float, side: int) -> Map:
    """Return white noise blurred by its spectrum."""
    white = np.fft.rfft2(rng.standard_normal((side, side), np.float32))
    kept = np.exp(-2 * (math.pi * blur_px) ** 2 * _squared_frequency(side))
    noise = np.fft.irfft2(white * kept, s=(side, side))
    return np.asarray((noise - noise.mean()) / (noise.std() + 1e-9), dtype=np.float32)


@lru_cache(maxsize=8)
def _squared_frequency(side: int) -> Map:
    """Return the squared frequency of each element of a real spectrum, cycles per pixel."""
    down, across = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    return np.asarray(down**2 + across**2, dtype=np.float32)
