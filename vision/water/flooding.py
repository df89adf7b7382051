"""A picture of dry ground put under water: what a site's own eye is taught with.

The model of a water surface: the ground seen through it fades with depth into the water's own
colour (Beer-Lambert); the surface mirrors what stands behind it by Schlick's approximation of
Fresnel's law, upside down about the foot of things, and the sky over it; ripples, which shrink with
distance, bend the mirrored picture and add light and shade of their own. Water fills the lowest
ground first.
"""

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.plane import NOISE_SIDE, Plane, smooth_noise
from vision.water.types import Map, Mask

Span: TypeAlias = tuple[float, float]
"""Lowest and highest value drawn."""
Tone: TypeAlias = tuple[float, float, float]
"""BGR, as shares of the light that falls on the ground."""
Colours: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width, 3), BGR 0-255."""

NORMAL_REFLECTANCE: Final = 0.02
"""What water mirrors of light from straight above: ((1.33 - 1) / (1.33 + 1)) squared."""

WAVES: Final = 6
"""Directions of waves added up; fewer look like corrugated iron."""

FINEST_WAVE_PX: Final = 2.5
"""Waves shorter than this in the picture are averaged out by the lens and the pixels."""

STREAK_ASPECT: Final = 4.0
"""Crests seen from low down are so much longer than they are high in the picture."""

NEAREST_STREAK_PX: Final = 2.5
"""How high streaks are in the foreground; they are a pixel high far away."""

SHORE: Final = 0.7
"""Exponent of depth over the slope of the ground: kerbs and gutters are steeper than a plain."""


@dataclass(frozen=True, slots=True)
class WaterLook:
    """How a synthetic water looks.

    share: of the ground under water, 0-1. murk: how fast the ground fades, in e-folds over the
    deepest depth. tone: its own colour. mirror: factor of Fresnel's reflection; rain and wind
    lower it. ripple: contrast of the waves, a share of the light. wave: their length, camera
    heights. sway_px: by how much they bend the mirrored picture. sky: brightness of the sky over
    that of the picture's uppermost rows. open: how much of the picture's height, from its top, the
    sky takes the place of in the mirror, 0-1. streak: share of the waves that are streaks, 0-1.
    """

    share: float
    murk: float
    tone: Tone
    mirror: float
    ripple: float
    wave: float
    sway_px: float
    sky: float = 1.0
    open: float = 0.0
    streak: float = 0.0


@dataclass(frozen=True, slots=True)
class WaterRanges:
    """What looks are drawn from, see `WaterLook`; of tones, brightness and red over blue."""

    share: Span
    murk: Span
    brightness: Span
    warmth: Span
    mirror: Span
    ripple: Span
    wave: Span
    sway_px: Span
    sky: Span
    open: Span
    streak: Span

    def draw(self, rng: np.random.Generator) -> WaterLook:
        """Return one look; small waters come as often as large ones."""
        brightness, warmth = rng.uniform(*self.brightness), rng.uniform(*self.warmth) ** 0.5
        low, high = self.share
        return WaterLook(
            share=low + (high - low) * rng.uniform() ** 1.5,
            murk=float(np.exp(rng.uniform(*np.log(self.murk)))),
            tone=(brightness / warmth, brightness, brightness * warmth),
            mirror=rng.uniform(*self.mirror),
            ripple=rng.uniform(*self.ripple),
            wave=rng.uniform(*self.wave),
            sway_px=rng.uniform(*self.sway_px),
            sky=rng.uniform(*self.sky),
            open=rng.uniform(*self.open),
            streak=rng.uniform(*self.streak),
        )


TRAINING: Final = WaterRanges(
    share=(0.03, 0.95),
    murk=(6.0, 80.0),
    brightness=(0.25, 1.15),
    warmth=(0.85, 1.8),
    mirror=(0.4, 2.0),
    ripple=(0.0, 0.3),
    wave=(0.03, 0.08),
    sway_px=(0.3, 9.0),
    sky=(0.8, 1.8),
    open=(0.0, 0.9),
    streak=(0.0, 0.8),
)
"""What eyes are taught with. By eye, against photographs of flooded streets."""

TRIAL: Final = WaterRanges(
    share=(0.05, 0.9),
    murk=(6.0, 80.0),
    brightness=(0.85, 1.05),
    warmth=(1.4, 1.6),
    mirror=(0.4, 1.6),
    ripple=(0.02, 0.35),
    wave=(0.08, 0.13),
    sway_px=(9.0, 12.0),
    sky=(1.0, 1.5),
    open=(0.0, 0.9),
    streak=(0.8, 1.0),
)
"""What they are tried with: bright, brown water with longer waves and more streaks, that sway more,
than they were taught. Tones are not kept apart: an eye taught dark water only takes all that is
dark for water, and nothing else (measured: overlap 0.54 on its own tones, 0.26 on brighter
ones)."""


def flood(
    image: Image, ground: Mask, look: WaterLook, rng: np.random.Generator
) -> tuple[Image, Mask]:
    """Return the picture with its ground under water, and which pixels are.

    ground: (h, w), where water may stand; with none of it the picture comes back as it was. A
    picture without colour stays one.
    """
    if not ground.any():
        return image.copy(), np.zeros_like(ground)
    plane = Plane.under(ground)
    depth = pond_depth(ground, plane, look.share, rng)
    water = depth > 0
    dry = image.astype(np.float32)
    slope = _waves(plane, look, rng)
    light = cv2.GaussianBlur(dry.mean(axis=2), (0, 0), image.shape[1] / 16)
    seen = np.exp(-look.murk * depth)[..., None]
    body = dry * seen * 0.85 + light[..., None] * np.array(look.tone, np.float32) * (1 - seen)
    mirrored = _mirrored(dry, ground, slope * look.sway_px, look)
    share = np.clip(look.mirror * _fresnel(plane), 0.0, 0.9)[..., None]
    wet = body * (1 - share) + mirrored * share + (light * look.ripple * slope)[..., None]
    edge = cv2.GaussianBlur(water.astype(np.float32), (0, 0), 0.7)[..., None]
    result = np.clip(dry * (1 - edge) + wet * edge, 0, 255)
    return _as_coloured_as(result, image), np.asarray(water, dtype=np.bool_)


def pond_depth(ground: Mask, plane: Plane, share: float, rng: np.random.Generator) -> Map:
    """Return how deep water stands when it covers a share of the ground, 0 at its edge to 1.

    The relief is unknown and therefore drawn: gentle swells on a slant, laid in perspective.
    """
    swells = plane.lay(smooth_noise(rng, 24.0), rng.uniform(12.0, 40.0), rng.uniform(0, math.pi))
    slant = rng.normal(0.0, 0.5) * plane.across + rng.normal(0.0, 0.3) * plane.away
    relief = swells + slant
    heights = np.sort(relief[ground])
    level = heights[min(len(heights) - 1, int(share * len(heights)))]
    deepest = max(float(level - heights[0]), 1e-6)
    drop = np.where(ground, np.clip(level - relief, 0, None) / deepest, 0.0)
    return np.asarray(drop**SHORE, dtype=np.float32)


def _waves(plane: Plane, look: WaterLook, rng: np.random.Generator) -> Map:
    """Return the slope of the surface towards the camera, deviation about 1 where it can be seen.

    Waves of several directions and lengths, their crests broken by noise.
    """
    wander = plane.lay(smooth_noise(rng, 6.0), 0.8 / look.wave)
    slope = np.zeros_like(wander)
    for _ in range(WAVES):
        turn, length = rng.normal(0.0, 0.7), look.wave * rng.uniform(0.5, 1.6)
        along = plane.away * math.cos(turn) + plane.across * math.sin(turn)
        sharpness = np.clip(plane.px_per_unit * length / FINEST_WAVE_PX - 0.4, 0.0, 1.0)
        slope += sharpness * np.sin(
            along * (2 * math.pi / length) + 3 * wander + rng.uniform(0, 6.3)
        )
    gusts = np.clip(0.7 + 0.5 * plane.lay(smooth_noise(rng, 12.0), 0.6 / look.wave), 0.3, 2.0)
    waves = slope / math.sqrt(WAVES / 2) * (1 - look.streak) + _streaks(plane, rng) * look.streak
    return np.asarray(waves * gusts, dtype=np.float32)


def _streaks(plane: Plane, rng: np.random.Generator) -> Map:
    """Return crests that run together, as they do seen from low down; deviation about 1."""
    height, width = plane.across.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    near = plane.px_per_unit / plane.px_per_unit.max()
    fine, broad = (
        cv2.remap(
            smooth_noise(rng, 1.0),
            columns / (STREAK_ASPECT * high) % NOISE_SIDE,
            rows / high % NOISE_SIDE,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        for high in (1.0, NEAREST_STREAK_PX)
    )
    return np.asarray(fine * (1 - near) + broad * near, dtype=np.float32)


def _fresnel(plane: Plane) -> Map:
    """Return the share of light mirrored at each pixel (Schlick 1994, eq. 24)."""
    share = NORMAL_REFLECTANCE + (1 - NORMAL_REFLECTANCE) * (1 - plane.steepness) ** 5
    return np.asarray(share, dtype=np.float32)


def _mirrored(dry: Colours, ground: Mask, sway_px: Map, look: WaterLook) -> Colours:
    """Return what the surface mirrors: the picture upside down about the far end of the ground.

    Above what of the picture is not open there is sky: the colour of its uppermost rows.
    """
    height, width = ground.shape
    foot = np.where(ground.any(axis=0), np.argmax(ground, axis=0), height).astype(np.float32)
    foot = cv2.GaussianBlur(foot[None], (0, 0), 3.0)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    source = 2 * foot - rows + sway_px
    mirrored = cv2.remap(
        dry,
        columns + sway_px * 0.3,
        np.clip(source, 0, height - 1),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    sky = np.minimum(dry[: max(1, height // 12)].mean(axis=(0, 1)) * look.sky, 255.0)
    over = np.clip((look.open * height - source) / (0.1 * height), 0.0, 1.0)[..., None]
    smeared = cv2.GaussianBlur(mirrored * (1 - over) + sky * over, (0, 0), 0.8, sigmaY=2.5)
    return np.asarray(smeared, dtype=np.float32)


def _as_coloured_as(picture: Colours, original: Image) -> Image:
    """Return the picture as uint8, in grey when the original has no colour."""
    result = picture.astype(np.uint8)
    if np.array_equal(original[..., 0], original[..., 2]):
        return np.asarray(
            cv2.cvtColor(cv2.cvtColor(result, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        )
    return result
