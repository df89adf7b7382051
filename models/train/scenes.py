"""Street scenes made up from numbers, for training: a road, its sides, walls, things, and light.

A scene is drawn once without light (`Scene`), then lit as often as wanted (`lit`): sun, cloud,
dusk with lamps. Only the grain of some grounds was photographed (`models.train.textures`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vision.types import FrameSize, Image
from vision.water.nuisances import shadow
from vision.water.plane import Plane, smooth_noise
from vision.water.types import Map, Mask

SURFACES: Final = {
    "asphalt": ((0.30, 0.31, 0.32), 0.7, 160.0, 0.07),
    "old asphalt": ((0.42, 0.44, 0.45), 0.8, 120.0, 0.12),
    "concrete": ((0.58, 0.62, 0.64), 1.2, 90.0, 0.05),
    "dirt": ((0.30, 0.42, 0.52), 1.5, 80.0, 0.12),
    "sand": ((0.45, 0.58, 0.66), 1.0, 100.0, 0.06),
    "gravel": ((0.45, 0.48, 0.50), 0.8, 70.0, 0.25),
    "grass": ((0.18, 0.38, 0.28), 0.9, 110.0, 0.28),
    "brick": ((0.32, 0.38, 0.55), 0.9, 120.0, 0.10),
}
"""Colour (BGR, 0-1), grain of the texture (blur in texture pixels, texture pixels in one camera
height) and its contrast. By eye."""

PHOTOGRAPHED: Final = 0.4
"""Share of grounds whose grain is a photograph's, where there are photographs."""
PHOTOGRAPH_GRAIN: Final = (150.0, 500.0)
"""Photograph's pixels in one camera height."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A scene before light falls on it. albedo: as a picture. ground: where water may stand."""

    albedo: Image
    ground: Mask


def draw_scene(size: FrameSize, rng: np.random.Generator, textures: Sequence[Map] = ()) -> Scene:
    """Return a street of a size in pixels.

    textures: photographed grains of deviation 1 that some of its grounds have.
    """
    skyline = _skyline(size, rng)
    rows = np.arange(size.height)[:, None]
    ground = rows >= skyline[None]
    albedo = _background(size, skyline, rng)
    plane = Plane.under(ground)
    albedo[ground] = _pavement(plane, textures, rng)[ground]
    hidden = _things(albedo, ground, rng)
    soft = cv2.GaussianBlur(np.clip(albedo, 0, 255), (0, 0), rng.uniform(0.4, 0.9))
    return Scene(soft.astype(np.uint8), ground & ~hidden)


def lit(scene: Scene, rng: np.random.Generator) -> Image:
    """Return the scene in the light of one hour."""
    height, width = scene.ground.shape
    hour = rng.choice(["sun", "cloud", "dusk"], p=[0.4, 0.4, 0.2])
    picture = scene.albedo.astype(np.float32)
    if hour == "dusk":
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        light = np.full((height, width), rng.uniform(0.22, 0.45), np.float32)
        for _ in range(rng.integers(1, 4)):
            x, y = rng.uniform(0, width), rng.uniform(0.3, 1.0) * height
            spread = rng.uniform(30, 120)
            far = ((columns - x) / spread) ** 2 + ((rows - y) / (0.6 * spread)) ** 2
            light += rng.uniform(0.2, 0.8) * np.exp(-far)
        picture *= light[..., None] * np.float32([rng.uniform(0.7, 1.1), 0.95, 1.0])
    else:
        picture *= rng.uniform(0.7, 1.15)
    image = np.clip(picture, 0, 255).astype(np.uint8)
    if hour == "sun":
        for _ in range(rng.integers(1, 3)):
            image = shadow(image, scene.ground, rng)
    return image


def _skyline(size: FrameSize, rng: np.random.Generator) -> Map:
    """Return the row at which the ground begins in each column: straight, slanted or stepped."""
    columns = np.linspace(-0.5, 0.5, size.width)
    level = rng.uniform(0.08, 0.55) + rng.normal(0, 0.12) * columns
    if rng.uniform() < 0.5:
        level += rng.uniform(0, 0.5) * np.abs(columns - rng.normal(0, 0.15))
    return np.asarray(np.clip(level, 0.02, 0.75) * size.height, dtype=np.float32)


def _background(size: FrameSize, skyline: Map, rng: np.random.Generator) -> Map:
    """Return sky, walls with windows and doors, and trees, down to where the ground begins."""
    rows = np.arange(size.height, dtype=np.float32)[:, None, None]
    sky = np.float32([235, 220, 205]) * rng.uniform(0.6, 1.05)
    picture = np.broadcast_to(sky - rows * 0.1, (size.height, size.width, 3)).copy()
    at = 0
    while at < size.width:
        wide = int(rng.uniform(0.1, 0.5) * size.width)
        _wall(picture, (at, min(at + wide, size.width)), skyline, rng)
        at += wide
    for _ in range(rng.integers(0, 4)):
        _tree(picture, skyline, rng)
    return picture


def _wall(picture: Map, span: tuple[int, int], skyline: Map, rng: np.random.Generator) -> None:
    """Paint one house between two columns; or leave the sky."""
    if rng.uniform() < 0.15:
        return
    left, right = span
    foot = int(skyline[left:right].max()) + 1
    top = max(0, int(foot - rng.uniform(0.15, 1.2) * picture.shape[0]))
    colour = rng.uniform(0.2, 0.9) * 255 * np.float32(1 + rng.normal(0, 0.07, 3))
    picture[top:foot, left:right] = colour
    step = rng.uniform(9, 30)
    frame = colour * rng.uniform(0.2, 0.8)
    for row in np.arange(top + 4, foot - 4, step * rng.uniform(0.7, 1.3)):
        for column in np.arange(left + 3, right - step / 2, step):
            high, wide = int(step * 0.6), int(step * 0.5)
            picture[int(row) : min(int(row) + high, foot), int(column) : int(column) + wide] = frame
    wear = cv2.resize(smooth_noise(rng, 1.5), (right - left, foot - top)) if foot > top else None
    if wear is not None:
        picture[top:foot, left:right] *= 1 + 0.05 * wear[..., None]


def _tree(picture: Map, skyline: Map, rng: np.random.Generator) -> None:
    """Paint a crown with a trunk, standing where the ground begins."""
    height, width = picture.shape[:2]
    x = int(rng.uniform(0, width))
    foot = int(skyline[x])
    radius = int(rng.uniform(0.05, 0.2) * height)
    crown = np.zeros((height, width), np.float32)
    cv2.circle(crown, (x, foot - int(1.4 * radius)), radius, (1.0,), -1)
    leaves = cv2.resize(smooth_noise(rng, 1.5), (width, height))
    crown = np.clip(crown * (1.2 + leaves), 0, 1)[..., None]
    green = np.float32([40, 80, 60]) * rng.uniform(0.5, 1.4) * (1 + 0.4 * leaves[..., None])
    cv2.line(picture, (x, foot), (x, foot - radius), (40.0, 50.0, 60.0), max(1, radius // 6))
    picture[:] = picture * (1 - crown) + green * crown


def _surface(plane: Plane, textures: Sequence[Map], rng: np.random.Generator) -> Map:
    """Return one kind of ground, everywhere, worn and stained."""
    colour, blur, grain, contrast = SURFACES[rng.choice(list(SURFACES))]
    if textures and rng.uniform() < PHOTOGRAPHED:
        texture, grain = textures[rng.integers(len(textures))], rng.uniform(*PHOTOGRAPH_GRAIN)
        contrast = max(contrast, 0.1)
    else:
        texture, grain = smooth_noise(rng, blur), grain * rng.uniform(0.5, 1.6)
    fine = plane.lay(texture, grain, rng.uniform(0, np.pi))
    sharp = np.clip(plane.px_per_unit / grain * 3, 0.15, 1.0)
    uneven = plane.lay(smooth_noise(rng, 4.0), rng.uniform(20, 120))
    stains = plane.lay(smooth_noise(rng, 12.0), rng.uniform(10, 60))
    broad = rng.uniform(0, 0.07) * uneven + rng.uniform(0, 0.12) * stains
    wear = 1 + contrast * rng.uniform(0.4, 1.5) * fine * sharp + broad
    base = 255 * np.float32(colour) * rng.uniform(0.7, 1.2) * (1 + rng.normal(0, 0.04, 3))
    return np.asarray(base * wear[..., None], dtype=np.float32)


def _pavement(plane: Plane, textures: Sequence[Map], rng: np.random.Generator) -> Map:
    """Return the ground of the whole picture: a road with kerbs and sides, or one surface."""
    picture = _surface(plane, textures, rng)
    if rng.uniform() < 0.3:
        _slabs(picture, plane, rng)
    if rng.uniform() < 0.75:
        turn, middle = rng.normal(0, 0.5), rng.normal(0, 0.6)
        off = (plane.across * np.cos(turn) + plane.away * np.sin(turn)) - middle
        half = rng.uniform(0.5, 1.6)
        road = np.abs(off) < half
        picture[road] = _surface(plane, textures, rng)[road]
        kerb = np.abs(np.abs(off) - half) < rng.uniform(0.01, 0.05)
        picture[kerb] = rng.uniform(90, 210)
        _markings(picture, plane, (off, half), rng)
    _cracks(picture, plane, rng)
    return picture


def _slabs(picture: Map, plane: Plane, rng: np.random.Generator) -> None:
    """Score the joints of slabs into the ground."""
    side = rng.uniform(0.12, 0.5)
    for way in (plane.across, plane.away):
        joint = np.abs((way / side) % 1.0 - 0.5) > 0.5 - rng.uniform(0.02, 0.06)
        fade = np.clip(plane.px_per_unit * side / 6, 0, 1)
        picture *= (1 - joint * fade * rng.uniform(0.1, 0.35))[..., None]


def _markings(
    picture: Map, plane: Plane, road: tuple[Map, float], rng: np.random.Generator
) -> None:
    """Paint lines along the road and a crossing over it."""
    off, half = road
    paint = np.float32([0.85, 0.95, 1.0]) * rng.uniform(140, 240)
    along = plane.away
    places = rng.choice([0.0, half * 0.9, -half * 0.9, half * 0.4, -half * 0.4], 3)
    for place in places[: rng.integers(0, 4)]:
        line = np.abs(off - place) < 0.025
        dashed = (along % 1.0 < 0.55) | (rng.uniform() < 0.4)
        picture[line & dashed] = paint
    if rng.uniform() < 0.35:
        start = rng.uniform(1.5, 4.0)
        stripes = (off % 0.24 < 0.12) & (along > start) & (along < start + 0.7)
        picture[stripes & (np.abs(off) < half)] = paint


def _cracks(picture: Map, plane: Plane, rng: np.random.Generator) -> None:
    """Draw cracks and mended seams: level lines of smooth noise."""
    if rng.uniform() < 0.6:
        field = plane.lay(smooth_noise(rng, rng.uniform(6, 20)), rng.uniform(20, 60))
        picture[np.abs(field) < rng.uniform(0.01, 0.03)] *= rng.uniform(0.4, 0.8)


def _things(picture: Map, ground: Mask, rng: np.random.Generator) -> Mask:
    """Put posts, boxes and parked cars on the ground for good; return the pixels they cover."""
    hidden = np.zeros_like(ground)
    height, width = ground.shape
    for _ in range(rng.integers(0, 5)):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0.3, 0.95) * height)
        near = 0.2 + y / height
        wide, tall = ((3, 60), (30, 30), (60, 34))[rng.integers(3)]
        wide, tall = int(wide * near * rng.uniform(0.7, 1.3)), int(tall * near)
        box = np.s_[max(0, y - tall) : y, max(0, x - wide // 2) : x + wide // 2 + 1]
        picture[box] = rng.uniform(20, 230, 3) * 0.4 + rng.uniform(10, 140)
        glass = np.s_[
            max(0, y - tall) : max(0, y - tall // 2), max(0, x - wide // 3) : x + wide // 3
        ]
        picture[glass] *= 0.5
        hidden[box] = True
    return hidden
