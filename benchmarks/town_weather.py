"""What makes the picture of an empty street live: noise, flicker, light, leaves and rain.

Everything but the noise and the drops repeats with the clip, so that a clip played round and round
has no seam. A picture is a function of the clip's seed and the time alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import FrameSize, Image

Floats: TypeAlias = npt.NDArray[np.float32]

FLICKER_RATIO = 0.003
"""Brightness of mains light as a camera's exposure meets it, up and down."""
FLICKER_HZ = 1.7
"""The beat of 100 Hz light with 15 pictures a second and a shutter that is not quite right."""
CLOUD_RATIO = 0.12
"""How much darker it is under a cloud."""
LAMP_RATIO = 0.06
"""How much brighter it is with a lamp on; it goes on and off at once."""

NOISE_FIELDS = 8
"""Fields of noise kept; each picture takes one, at a place of its own."""
NOISE_MARGIN = 48
CHROMA_NOISE = 0.5
"""Of the brightness' noise: what a sensor's colours have beside."""

LEAVES = 260
DROP_LEVELS = 30.0
"""Grey levels by which a raindrop brightens what is behind it."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What a camera has to cope with. noise: standard deviation, grey levels of 0-255.

    leaves_px: how far the leaves before the lens sway, 0 for none. light: "steady", "clouds" or
    "lamp". drops: raindrops in a picture when it rains hardest, 0 for a dry day.
    """

    noise: float
    leaves_px: float
    light: str
    drops: int

    @property
    def words(self) -> str:
        """What it is like, in a few words."""
        parts = (f"noise {self.noise:g}", self.leaves_px and "leaves", self.drops and "rain")
        return ", ".join(str(part) for part in (*parts, self.light) if part)


class Air:
    """All that is between the street and the camera's encoder, of one clip.

    length_s: of the clip.
    """

    def __init__(self, weather: Weather, size: FrameSize, length_s: float, seed: int) -> None:
        self._weather = weather
        self._size = size
        self._length_s = length_s
        random = np.random.default_rng(seed)
        self._random = random
        self._fields = tuple(_noise(random, size, weather.noise) for _ in range(NOISE_FIELDS))
        self._lamp_s = tuple(sorted(random.uniform(0, length_s, 2)))
        self._wind = random.uniform(0, math.tau, 3)
        self._leaves = tuple(_branches(random, size)) if weather.leaves_px else ()

    def through(self, street: Floats, at_s: float) -> Image:
        """Return what the camera makes of a street at a time in the clip."""
        lit = street * np.float32(self._gain(at_s))
        for number, branch in enumerate(self._leaves):
            branch.hang(lit, *self._sway(at_s, number))
        self._rain(lit, at_s)
        noise = self._noise_now()
        return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), np.uint8)

    def _gain(self, at_s: float) -> float:
        flicker = FLICKER_RATIO * math.sin(self._turns(FLICKER_HZ, at_s))
        return 1.0 + flicker + self._light(at_s)

    def _light(self, at_s: float) -> float:
        if self._weather.light == "clouds":
            wave = math.sin(self._turns(1 / 40, at_s)) + math.sin(self._turns(1 / 23, at_s) + 1)
            return -CLOUD_RATIO * (1 + wave / 2) / 2
        on_s, off_s = self._lamp_s
        return LAMP_RATIO if self._weather.light == "lamp" and on_s <= at_s < off_s else 0.0

    def _sway(self, at_s: float, number: int) -> tuple[float, float]:
        """Return how far a branch has swung, in pixels; gusts come and go."""
        phase = float(self._wind[number % len(self._wind)])
        gust = 0.35 + 0.65 * max(0.0, math.sin(self._turns(1 / 17, at_s) + phase)) ** 2
        swing = math.sin(self._turns(0.9, at_s) + phase) + math.sin(self._turns(0.37, at_s)) / 2
        reach = self._weather.leaves_px * gust
        return reach * swing, 0.4 * reach * math.cos(self._turns(0.7, at_s) + phase)

    def _rain(self, lit: Floats, at_s: float) -> None:
        strength = 0.5 - 0.5 * math.cos(self._turns(1 / 50, at_s))
        drops = np.zeros(lit.shape[:2], np.uint8)
        for _ in range(round(self._weather.drops * strength)):
            x, y = self._random.integers(0, (self._size.width, self._size.height))
            length = int(self._random.integers(8, 26))
            end = (int(x) - length // 5, int(y) + length)
            cv2.line(drops, (int(x), int(y)), end, 255, 1, cv2.LINE_AA)
        if self._weather.drops:
            lit += drops[..., None] * np.float32(DROP_LEVELS / 255)

    def _noise_now(self) -> Floats:
        field = self._fields[int(self._random.integers(NOISE_FIELDS))]
        x, y = self._random.integers(0, NOISE_MARGIN, 2)
        return field[y : y + self._size.height, x : x + self._size.width]

    def _turns(self, wish_hz: float, at_s: float) -> float:
        """Return the phase of a wave near a frequency that fits the clip's length."""
        return math.tau * max(1, round(wish_hz * self._length_s)) * at_s / self._length_s


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Leaves near the lens. colour: float32 (h, w, 3); opacity: (h, w); left, top: at rest."""

    colour: Floats
    opacity: Floats
    left: int
    top: int

    def hang(self, picture: Floats, right_px: float, down_px: float) -> None:
        """Draw it into a picture, float32, so far from where it rests."""
        height, width = self.opacity.shape
        shift = np.array([[1, 0, right_px], [0, 1, down_px]], np.float32)
        leaves, cover = (
            cv2.warpAffine(layer, shift, (width, height)) for layer in (self.colour, self.opacity)
        )
        place = picture[self.top : self.top + height, self.left : self.left + width]
        place += (leaves - place) * cover[..., None]


def _noise(random: np.random.Generator, size: FrameSize, sigma: float) -> Floats:
    """Return a field of a sensor's noise, float32 (h, w, 3), larger than the picture."""
    shape = (size.height + NOISE_MARGIN, size.width + NOISE_MARGIN)
    grey = random.normal(0, sigma, (*shape, 1))
    return (grey + random.normal(0, sigma * CHROMA_NOISE, (*shape, 3))).astype(np.float32)


def _branches(random: np.random.Generator, size: FrameSize) -> Iterator[Branch]:
    """Yield what hangs into the upper corners."""
    width, height = size.width // 4, size.height // 3
    for left in (0, size.width - width):
        yield _branch(random, width, height, left)


def _branch(random: np.random.Generator, width: int, height: int, left: int) -> Branch:
    colour = np.zeros((height, width, 3), np.float32)
    opacity = np.zeros((height, width), np.float32)
    for _ in range(LEAVES):
        x = int(random.triangular(0, 0, width) if left == 0 else random.triangular(0, width, width))
        y = int(random.triangular(0, 0, height))
        axes = (int(random.integers(4, 11)), int(random.integers(2, 5)))
        green = [float(value) for value in random.uniform((15, 40, 20), (45, 110, 55))]
        turn = float(random.uniform(0, 180))
        cv2.ellipse(colour, (x, y), axes, turn, 0, 360, green, -1, cv2.LINE_AA)
        cv2.ellipse(opacity, (x, y), axes, turn, 0, 360, 1.0, -1, cv2.LINE_AA)
    return Branch(colour, cv2.GaussianBlur(opacity, (3, 3), 0).astype(np.float32), left, 0)
