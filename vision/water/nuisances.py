"""What changes a picture of the ground without water standing on it: what an eye must not fall for.

Each nuisance takes a picture, where its ground is, and a generator, and returns another picture of
the same shape. They are rough on purpose: what teaches is their variety.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image
from vision.water.flooding import WaterLook, flood
from vision.water.plane import Plane, smooth_noise
from vision.water.types import Map, Mask

Nuisance: TypeAlias = Callable[[Image, Mask, np.random.Generator], Image]
Colours: TypeAlias = npt.NDArray[np.float32]

SHARPEST, SOFTEST = 0.6, 6.0
"""Blur of shadows' edges, pixels: the sun at noon, an overcast sky."""


def wet(image: Image, ground: Mask, rng: np.random.Generator) -> Image:
    """Return the ground only wet: darker, in patches, with a dull shine; its texture stays."""
    plane = Plane.under(ground)
    patches = plane.lay(smooth_noise(rng, 8.0), rng.uniform(10, 40)) + rng.uniform(-0.3, 2.5)
    wetness = np.clip(patches, 0.0, 1.0) * ground
    darker = 1 - wetness * rng.uniform(0.15, 0.55)
    film = WaterLook(1.0, 0.01, (1.0, 1.0, 1.0), rng.uniform(0.0, 0.5), 0.0, 0.1, 2.0)
    shiny, _ = flood(image, ground, film, rng)
    smeared = cv2.GaussianBlur(shiny, (0, 0), 1.5, sigmaY=rng.uniform(4, 12)).astype(np.float32)
    detail = image.astype(np.float32) * darker[..., None]
    shine = (smeared - cv2.GaussianBlur(image, (0, 0), 6.0)) * wetness[..., None]
    return _picture(detail + rng.uniform(0.1, 0.8) * shine)


def shadow(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with the shadow of a building or of leaves across it."""
    height, width = image.shape[:2]
    if rng.uniform() < 0.35:
        leaves = cv2.resize(smooth_noise(rng, rng.uniform(2, 10)), (width, height))
        shade = np.clip((leaves + rng.uniform(-0.5, 0.8)) * 3, 0, 1)
    else:
        shade = np.zeros((height, width), np.float32)
        corners = rng.uniform((-0.3, 0.2), (1.3, 1.3), (rng.integers(3, 6), 2)) * (width, height)
        cv2.fillConvexPoly(shade, cv2.convexHull(corners.astype(np.int32)), (1.0,))
    shade = cv2.GaussianBlur(shade, (0, 0), rng.uniform(SHARPEST, SOFTEST))
    depth, blueness = rng.uniform(0.25, 0.7), rng.uniform(0.0, 0.1)
    kept = 1 - shade[..., None] * np.array([depth - blueness, depth, depth + blueness], np.float32)
    return _picture(image * kept)


def headlights(image: Image, ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with lamps in it, their pools on the ground and streaks towards us."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    glow = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0, width), rng.uniform(0.3, 0.9) * height
        spread = rng.uniform(8, 50)
        pool = np.exp(-(((columns - x) / spread) ** 2) - ((rows - y) / (spread * 0.5)) ** 2)
        glow += pool * rng.uniform(30, 160) + 255 * ((columns - x) ** 2 + (rows - y) ** 2 < 6)
        streak = np.exp(-(((columns - x) / rng.uniform(2, 6)) ** 2)) * (rows > y) * ground
        glow += streak * rng.uniform(0, 90) * np.exp(-(rows - y) / rng.uniform(10, 60))
    warm = np.array([rng.uniform(0.6, 1.0), 0.95, 1.0], np.float32)
    lit = image + cv2.GaussianBlur(glow, (0, 0), 1.0)[..., None] * warm
    return _grey_if(_picture(lit), image)


def vehicles(image: Image, ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with things standing on the ground that were not there: boxes on wheels.

    They grow towards the bottom of the picture; each has a body, glass, and a shadow under it.
    """
    result = image.copy()
    rows, columns = np.nonzero(ground)
    level = float(image.mean())
    for _ in range(rng.integers(1, 4)):
        at = rng.integers(len(rows))
        x, y = int(columns[at]), int(rows[at])
        wide = int((0.06 + 0.35 * y / image.shape[0]) * image.shape[1] * rng.uniform(0.3, 1.0))
        tall = max(3, int(wide * rng.uniform(0.4, 1.3)))
        body = np.clip(
            rng.uniform(0.1, 2.2, 3) * level * 0.5 + rng.uniform(0.1, 1.5) * level, 0, 255
        )
        cv2.ellipse(result, (x, y), (wide // 2 + 2, max(2, tall // 6)), 0, 0, 360, (12, 12, 12), -1)
        _box(result, (x - wide // 2, y - tall), (wide, tall), body)
        glass = body * rng.uniform(0.2, 0.8)
        _box(result, (x - wide // 3, y - int(tall * 0.9)), (2 * wide // 3, tall // 3), glass)
    return _grey_if(result, image)


def litter(image: Image, ground: Mask, rng: np.random.Generator) -> Image:
    """Return the ground with mud, sand, leaves or new asphalt on part of it."""
    plane = Plane.under(ground)
    where = plane.lay(smooth_noise(rng, 10.0), rng.uniform(8, 30)) > rng.uniform(0.2, 1.4)
    grain = plane.lay(smooth_noise(rng, 0.7), rng.uniform(40, 160)) * rng.uniform(0.02, 0.25)
    tone = rng.uniform(0.4, 1.2) * np.array([rng.uniform(0.6, 1), 0.9, 1.0], np.float32)
    light = cv2.GaussianBlur(image, (0, 0), image.shape[1] / 20).mean(axis=2, keepdims=True)
    cover = cv2.GaussianBlur((where & ground).astype(np.float32), (0, 0), 1.0)[..., None]
    stuff = light * tone * (1 + grain[..., None])
    return _grey_if(_picture(image * (1 - cover) + stuff * cover), image)


def snow(image: Image, ground: Mask, rng: np.random.Generator) -> Image:
    """Return the ground under snow, thin or whole, grainy, with the old picture showing through."""
    plane = Plane.under(ground)
    thickness = plane.lay(smooth_noise(rng, 5.0), rng.uniform(15, 60)) + rng.uniform(-0.5, 2.0)
    cover = np.clip(thickness, 0, rng.uniform(0.6, 1.0)) * ground
    grain = 1 + 0.06 * plane.lay(smooth_noise(rng, 0.8), 80.0)
    bright = float(np.percentile(image, 90)) * rng.uniform(0.8, 1.1)
    white = (bright * grain)[..., None] * np.array([1.0, 0.97, 0.95], np.float32)
    return _grey_if(_picture(image * (1 - cover[..., None]) + white * cover[..., None]), image)


def haze(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture through fog or rain, thicker towards its top."""
    height = image.shape[0]
    thickness = np.linspace(rng.uniform(0.2, 0.7), rng.uniform(0.0, 0.25), height)[:, None, None]
    air = float(image.mean()) * rng.uniform(0.8, 1.3)
    return _picture(image * (1 - thickness) + air * thickness)


def drops(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with drops on the lens: round blurs that turn the world upside down."""
    result = cv2.GaussianBlur(image, (0, 0), 4.0)[::-1]
    spots = np.zeros(image.shape[:2], np.float32)
    for _ in range(rng.integers(2, 12)):
        centre = rng.uniform((0, 0), (image.shape[1], image.shape[0])).astype(int)
        cv2.circle(spots, (int(centre[0]), int(centre[1])), int(rng.integers(3, 14)), (1.0,), -1)
    spots = cv2.GaussianBlur(spots, (0, 0), 2.0)[..., None] * rng.uniform(0.4, 0.9)
    return _picture(image * (1 - spots) + result * spots)


def exposure(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with another gain, gamma and white balance."""
    gamma = np.exp(rng.uniform(-0.4, 0.4))
    tint = np.exp(rng.uniform(-0.08, 0.08, 3)) * np.exp(rng.uniform(-0.5, 0.4))
    return _grey_if(_picture(255 * (image / np.float32(255)) ** gamma * tint), image)


def shift(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture moved by up to two pixels and turned a little, as registration may."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 0.15), 1.0)
    move = np.zeros((2, 3))
    move[:, 2] = rng.uniform(-2.0, 2.0, 2)
    moved = cv2.warpAffine(image, turn + move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def coding(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture with the sensor's noise, a soft lens and a thrifty encoder."""
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.1))
    noise = rng.standard_normal(image.shape[:2], np.float32)[..., None] * rng.uniform(0.5, 7.0)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 92))]
    _, data = cv2.imencode(".jpg", _picture(soft + noise), quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def infrared(image: Image, _ground: Mask, rng: np.random.Generator) -> Image:
    """Return the picture as the camera's own infrared lamp shows it: grey, lit from the middle."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    x, y = rng.uniform(0.35, 0.65) * width, rng.uniform(0.45, 0.8) * height
    far = np.hypot((columns - x) / width, (rows - y) / height)
    lamp = rng.uniform(0.6, 1.2) * np.exp(-((far / rng.uniform(0.3, 0.7)) ** 2)) + 0.08
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) * lamp
    return np.asarray(cv2.cvtColor(_picture(grey), cv2.COLOR_GRAY2BGR), dtype=np.uint8)


NUISANCES: Final[Mapping[str, Nuisance]] = {
    "wet": wet,
    "shadow": shadow,
    "headlights": headlights,
    "vehicles": vehicles,
    "litter": litter,
    "snow": snow,
    "haze": haze,
    "drops": drops,
    "exposure": exposure,
    "shift": shift,
    "coding": coding,
    "infrared": infrared,
}
"""By name. `wet`, `litter`, `snow` and `vehicles` need at least one pixel of ground."""


def _box(
    picture: Image, corner: tuple[int, int], size: tuple[int, int], tone: npt.ArrayLike
) -> None:
    """Fill a rectangle, top-left corner and size in pixels, cut at the picture's edges."""
    x, y = corner
    picture[max(y, 0) : max(y + size[1], 0), max(x, 0) : max(x + size[0], 0)] = tone


def _grey_if(picture: Image, original: Image) -> Image:
    """Return the picture in grey when the original has no colour."""
    if not np.array_equal(original[..., 0], original[..., 2]):
        return picture
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def _picture(values: Colours | Map | npt.NDArray[np.generic]) -> Image:
    """Return values as a picture."""
    return np.clip(values, 0, 255).astype(np.uint8)
