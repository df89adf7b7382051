"""Scenes into training pairs: the light of two hours, a flood or none, and what is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.train.panoramas import draw_view
from models.train.scenes import Scene, draw_scene, lit
from vision.types import FrameSize, Image
from vision.water.flooding import WaterRanges
from vision.water.nuisances import infrared
from vision.water.rehearsal import Pair, rehearse

SIZE: Final = FrameSize(320, 192)
FROM_PANORAMAS: Final = 0.45
SAME_HOUR: Final = 0.65
"""A bank hands out the reference that is nearest, mostly one of the same light."""
AT_NIGHT: Final = 0.2
"""Share of pairs under the camera's infrared lamp."""
LAMP_SWITCHED: Final = 0.04
"""Share of pairs of which only one is: a switch just now, and no reference for it yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A pair and where its ground is: what it is judged on."""

    pair: Pair
    ground: np.ndarray


def draw_lessons(
    panoramas: Sequence[Image], ranges: WaterRanges, count: int, rng: np.random.Generator
) -> list[Lesson]:
    """Return pairs of one new scene."""
    if rng.uniform() < FROM_PANORAMAS:
        scene = draw_view(panoramas[rng.integers(len(panoramas))], SIZE, rng)
    else:
        scene = draw_scene(SIZE, rng)
    if scene.ground.mean() < 0.1:
        return []
    return [Lesson(_pair(scene, ranges, rng), scene.ground) for _ in range(count)]


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
