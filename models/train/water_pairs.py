"""Scenes into training pairs: the light of two hours, a flood or none, and what is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.train.panoramas import draw_view
from models.train.scenes import Scene, draw_scene, lit
from vision.types import FrameSize, Image
from vision.water.flooding import WaterRanges
from vision.water.nuisances import infrared
from vision.water.rehearsal import Pair, rehearse
from vision.water.types import Map, Mask

SIZE: Final = FrameSize(320, 192)
FROM_PANORAMAS: Final = 0.45
SAME_HOUR: Final = 0.75
"""A bank hands out the reference that is nearest, mostly one of the same light."""
AT_NIGHT: Final = 0.12
"""Share of pairs under the camera's infrared lamp."""
LEAST_GROUND: Final = 0.1
"""Share of the picture that must be ground for a scene to teach anything."""
DARKEST: Final = 9
"""Grey level under which a camera shows nothing of the ground, noise and coding apart."""
LAMP_SWITCHED: Final = 0.04
"""Share of pairs of which only one is: a switch just now, and no reference for it yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Photographs that scenes are made of: panoramas, BGR 0-255, and grains of ground."""

    panoramas: Sequence[Image]
    textures: Sequence[Map]


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A pair and where its ground is and can be seen: what it is judged on."""

    pair: Pair
    ground: Mask


def draw_lessons(
    material: Material, ranges: WaterRanges, count: int, rng: np.random.Generator
) -> list[Lesson]:
    """Return pairs of one new scene."""
    if rng.uniform() < FROM_PANORAMAS:
        panorama = material.panoramas[rng.integers(len(material.panoramas))]
        scene = draw_view(panorama, SIZE, rng)
    else:
        scene = draw_scene(SIZE, rng, material.textures)
    if scene.ground.mean() < LEAST_GROUND:
        return []
    pairs = (_pair(scene, ranges, rng) for _ in range(count))
    return [Lesson(pair, scene.ground & _shown(pair)) for pair in pairs]


def _shown(pair: Pair) -> Mask:
    """Return where both pictures of a pair are bright enough to show anything."""
    lights = [
        cv2.GaussianBlur(image, (0, 0), 4.0).mean(axis=2)
        for image in (pair.current, pair.reference)
    ]
    return np.asarray(np.minimum(*lights) > DARKEST, dtype=np.bool_)


def _pair(scene: Scene, ranges: WaterRanges, rng: np.random.Generator) -> Pair:
    reference = lit(scene, rng)
    picture = reference if rng.uniform() < SAME_HOUR else lit(scene, rng)
    if rng.uniform() < AT_NIGHT:
        lamp = int(rng.integers(2**31))
        picture, reference = (
            infrared(image, scene.ground, np.random.default_rng(lamp))
            for image in (picture, reference)
        )
    elif rng.uniform() < LAMP_SWITCHED:
        picture = infrared(picture, scene.ground, rng)
    return rehearse((picture, reference), scene.ground, ranges, rng)
