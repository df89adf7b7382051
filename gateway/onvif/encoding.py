"""How a stream is encoded, how analysis would have it, and the nearest that a camera offers.

Pure: nothing here asks a camera.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

MIN_WIDTH = 416
"""Narrowest picture that is tuned to, in pixels: the input of the default model."""
SAME_ASPECT = 0.03
"""How far apart two aspects may be and still show the same: 640x352 stands for 640x360."""


class RateMode(StrEnum):
    """How an encoder spends bits: as many as a picture needs up to a cap, or always as many."""

    VBR = "vbr"
    CBR = "cbr"


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels, both above 0."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture of {self.width}x{self.height} pixels is none")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.width * self.height

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the size that "640x360" means. Raises ValueError."""
        found = re.fullmatch(r"(\d{1,5})[x×*](\d{1,5})", text.strip().lower())
        if found is None:
            raise ValueError(f"{text!r} is no size: write 640x360")
        return cls(int(found[1]), int(found[2]))

    def fits_into(self, other: "Size") -> bool:
        """Say whether it is no larger than another, either way."""
        return self.width <= other.width and self.height <= other.height

    def is_like(self, other: "Size") -> bool:
        """Say whether it has the aspect of another, within `SAME_ASPECT`."""
        ratio = self.width * other.height / (self.height * other.width)
        return abs(ratio - 1) <= SAME_ASPECT


@dataclass(frozen=True, slots=True)
class Encoding:
    """The settings of one stream's encoder; None where the camera does not tell.

    fps: pictures a second. gop: pictures from one key frame to the next. bit_rate_kbps: the most it
    may send. mode: only newer cameras tell. quality: a number of the camera's own scale. codec:
    "h264", "h265", "mpeg4", "jpeg"; it is told and never changed.
    """

    fps: float
    gop: int | None
    bit_rate_kbps: int
    size: Size | None = None
    mode: RateMode | None = None
    quality: float | None = None
    codec: str = ""

    def __post_init__(self) -> None:
        for name, value in (("fps", self.fps), ("bit rate", self.bit_rate_kbps)):
            if value <= 0:
                raise ValueError(f"{name} {value} is not above 0")
        if self.gop is not None and self.gop < 1:
            raise ValueError(f"gop {self.gop} is not above 0")

    def __str__(self) -> str:
        words = (
            self.codec,
            str(self.size or ""),
            f"{self.fps:g}/s",
            "" if self.gop is None else f"key {self.gop}",
            f"{self.bit_rate_kbps} kbit/s",
            "" if self.mode is None else self.mode.value,
            "" if self.quality is None else f"quality {self.quality:g}",
        )
        return " ".join(filter(None, words))

    @property
    def pixel_rate(self) -> float:
        """Pixels a second, what decoding costs most by; pictures a second where no size is told."""
        return self.fps * (self.size.pixels if self.size else 1)

    def is_dearer(self, other: "Encoding") -> bool:
        """Say whether it sends or costs more than another in any way."""
        return (
            self.fps > other.fps
            or self.bit_rate_kbps > other.bit_rate_kbps
            or self.pixel_rate > other.pixel_rate
        )


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a stream is wanted. None: as `DEFAULT_TUNING` has it, but never dearer than it is now.

    key_s: seconds from one key frame to the next. quality None leaves it as it is.
    """

    fps: float | None = None
    key_s: float | None = None
    bit_rate_kbps: int | None = None
    size: Size | None = None
    mode: RateMode | None = None
    quality: float | None = None


DEFAULT_KEY_S = 2.0
DEFAULT_SIZE = Size(640, 360)
DEFAULT_TUNING = Tuning(
    fps=6.0, key_s=DEFAULT_KEY_S, bit_rate_kbps=160, size=DEFAULT_SIZE, mode=RateMode.VBR
)
"""What costs analysis least and loses it nothing.

Measured on the streets of the benchmark `fleet` with sensor noise of 3.5-5 grey levels, moving
leaves and rain, 640x360 at 6 pictures a second, a key frame every 2 s: VBR capped at 400, 256, 200,
150 and 128 kbit/s gives the same events (mean score within 0.01), while a key frame falls from
22-26 KB to 11-13 KB and decoding from 2.4 to 1.4 CPU-ms a picture. docs/how-to/tune-streams.md has
the table.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """From the least to the most that can be set, both included."""

    least: float
    most: float

    def nearest(self, value: float) -> float:
        """Return the value moved into the span."""
        return max(self.least, min(self.most, value))


@dataclass(frozen=True, slots=True)
class Offer:
    """What an encoder can be set to; empty or None where the camera does not tell.

    fps_choices: the only rates there are; otherwise fps spans them.
    """

    sizes: tuple[Size, ...] = ()
    fps: Span | None = None
    fps_choices: tuple[float, ...] = ()
    gop: Span | None = None
    bit_rate_kbps: Span | None = None
    quality: Span | None = None
    modes: frozenset[RateMode] = frozenset()


def fitted(now: Encoding, wish: Tuning, offer: Offer) -> Encoding:
    """Return the settings nearest to a wish that a camera offers; a picture is never made larger.

    A bit rate below what the camera can do becomes its least.
    """
    fps = _rate(wish.fps or min(now.fps, DEFAULT_TUNING.fps or now.fps), offer)
    limit = wish.bit_rate_kbps or min(now.bit_rate_kbps, DEFAULT_TUNING.bit_rate_kbps or 0)
    gop = None if now.gop is None else max(1, round((wish.key_s or DEFAULT_KEY_S) * fps))
    mode = wish.mode or RateMode.VBR
    return replace(
        now,
        fps=fps,
        gop=None if gop is None else int(_within(offer.gop, gop)),
        bit_rate_kbps=int(_within(offer.bit_rate_kbps, limit)),
        size=now.size and _size(now.size, wish.size, offer.sizes),
        mode=mode if mode in offer.modes else now.mode,
        quality=_quality(now, wish, offer),
    )


def _rate(wanted: float, offer: Offer) -> float:
    if offer.fps_choices:
        return min(offer.fps_choices, key=lambda one: (abs(one - wanted), one))
    return _within(offer.fps, wanted)


def _quality(now: Encoding, wish: Tuning, offer: Offer) -> float | None:
    if now.quality is None or wish.quality is None:
        return now.quality
    return _within(offer.quality, wish.quality)


def _within(span: Span | None, value: float) -> float:
    return value if span is None else span.nearest(value)


def _size(now: Size, wished: Size | None, offered: Sequence[Size]) -> Size:
    """Return the offered size to take; the present one where none is smaller and fit."""
    smaller = [one for one in offered if one.fits_into(now)]
    if wished in smaller:
        return wished
    aim = wished or DEFAULT_SIZE
    fit = [one for one in smaller if one.is_like(now) and one.width >= MIN_WIDTH]
    return min((now, *fit), key=lambda one: (abs(math.log(one.pixels / aim.pixels)), one.pixels))
