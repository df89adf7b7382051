"""What troubles the picture of a camera that looks at nobody: each a function of picture and time.

Pictures are grey: float32 (height, width), luma 0-255. Every trouble is the same in every run.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Grey: TypeAlias = npt.NDArray[np.float32]
Trouble: TypeAlias = Callable[[Grey, float], Grey]
"""Takes a picture and the seconds since the clip's beginning, returns what the camera sees."""

NOISE_LUMA = 3.0
"""Standard deviation of an ordinary sensor's noise at dusk."""
MAINS_HZ = 0.37
"""What is left of a lamp's flicker after a shutter that nearly fits it."""
GRAIN = 32
"""So many fields of noise, each shifted at random, stand for all."""


@cache
def _grain(height: int, width: int) -> npt.NDArray[np.float32]:
    shape = (GRAIN, height, width)
    return np.random.default_rng(1).standard_normal(shape, np.float32) * np.float32(NOISE_LUMA)


def noise(picture: Grey, at_s: float) -> Grey:
    """Add the sensor's noise."""
    number = round(at_s * 1000)
    field_ = _grain(*picture.shape)[number % GRAIN]
    shift = np.random.default_rng(number).integers(0, picture.shape[1])
    return np.asarray(picture + np.roll(field_, shift, axis=1), np.float32)


def flicker(ratio: float) -> Trouble:
    """Return a brightness that swings by a ratio to each side, never quite alike."""

    def swing(picture: Grey, at_s: float) -> Grey:
        phase = 2 * math.pi * MAINS_HZ * at_s
        wave = 0.7 * math.sin(phase) + 0.3 * math.sin(5.7 * phase + 1.0)
        return picture * np.float32(1.0 + ratio * wave)

    return swing


def light_steps(picture: Grey, at_s: float) -> Grey:
    """Let the exposure fall by a third and come back, every fourteen seconds, within a picture."""
    return picture * np.float32(0.67 if at_s % 28 > 14 else 1.0)


def clouds(picture: Grey, at_s: float) -> Grey:
    """Draw the shadow of a cloud over the picture, three quarters as bright, soft at its edge."""
    height, width = picture.shape
    middle = (at_s % 16 / 16 * 2.4 - 0.7) * width
    x = np.arange(width, dtype=np.float32)[None] + np.arange(height, dtype=np.float32)[:, None] / 3
    depth = 1 / (1 + np.exp((np.abs(x - middle) - width / 3) / (width / 20)))
    return np.asarray(picture * (1.0 - 0.25 * depth), np.float32)


def headlights(picture: Grey, at_s: float) -> Grey:
    """Show night, and every eight seconds the beam of a car out of sight sweep over the ground."""
    height, width = picture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = (at_s % 8 / 3 - 0.4) * width
    beam = np.exp(-(((x - middle) / (width / 8)) ** 2) - ((y - 0.7 * height) / (height / 6)) ** 2)
    return np.asarray(20 + picture * (0.25 + 0.5 * beam), np.float32)


def night_switch(picture: Grey, at_s: float) -> Grey:
    """Go over to infrared light for twenty seconds: other brightness, other contrast."""
    if not 22 <= at_s % 60 < 42:
        return picture
    height, width = picture.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    lamp = np.exp(-(x**2 + y**2))
    return np.asarray((230 - 0.6 * np.abs(picture - 150)) * (0.25 + 0.6 * lamp), np.float32)


@dataclass(slots=True)
class Leaves:
    """A tree that fills a corner and sways, in gusts. texture: its leaves, luma around nought."""

    reach: float = 0.3
    texture: Grey | None = field(default=None)

    def __call__(self, picture: Grey, at_s: float) -> Grey:
        """Draw the tree as it stands at a moment."""
        height, width = picture.shape
        if self.texture is None:
            self.texture = _foliage(height, width)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        gust = 0.4 + 0.6 * math.sin(0.21 * at_s) ** 2
        sway_x = 6 * gust * np.sin(2.1 * at_s + y / 31) + 2 * np.sin(5.3 * at_s + x / 17)
        sway_y = 3 * gust * np.sin(2.9 * at_s + x / 23)
        moved = cv2.remap(
            self.texture, x + sway_x, y + sway_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        rim = np.hypot(x + sway_x, 1.5 * (y + sway_y)) / (self.reach * math.hypot(height, width))
        cover = 1 / (1 + np.exp((rim - 1) * 25))
        return np.asarray(picture * (1 - cover) + moved * cover, np.float32)


def _foliage(height: int, width: int) -> Grey:
    random = np.random.default_rng(2)
    leaves = np.full((height, width), 70, np.float32)
    for cell, contrast in ((4, 22.0), (9, 22.0), (23, 14.0)):
        some = random.standard_normal((height // cell + 2, width // cell + 2), np.float32)
        leaves += contrast * cv2.resize(some, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(leaves, 16, 200)


def rain(picture: Grey, at_s: float) -> Grey:
    """Draw bright streaks, others in every picture; a few near the lens are long and wide."""
    random = np.random.default_rng(round(at_s * 1000))
    height, width = picture.shape
    streaks = np.zeros_like(picture)
    for count, length, thickness in ((250, 14, 1), (12, 45, 2)):
        ends = random.integers((0, 0), (width, height), (count, 2))
        for x, y in ends:
            end = (int(x) + length // 6, int(y) + length)
            cv2.line(streaks, (int(x), int(y)), end, 45.0, thickness, cv2.LINE_AA)
    return np.asarray(picture * 0.85 + cv2.blur(streaks, (1, 3)) + 12, np.float32)


TROUBLES: Mapping[str, Callable[[], Trouble]] = {
    "noise only": lambda: flicker(0.0),
    "flicker of 0.3 %": lambda: flicker(0.003),
    "flicker of 5 %": lambda: flicker(0.05),
    "leaves": Leaves,
    "light steps": lambda: light_steps,
    "clouds": lambda: clouds,
    "rain": lambda: rain,
    "headlights": lambda: headlights,
    "night switch": lambda: night_switch,
}
"""By name; noise is added to each."""
