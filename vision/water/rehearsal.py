"""Pairs to learn from: a picture of a place as it might be, its reference, and where water stands.

Half of what an eye must learn is what is no water, so every pair is disturbed, flooded or not, and
the dry ones more. What may lie on the ground comes before what stands between it and the camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vision.types import Image
from vision.water.flooding import WaterRanges, flood
from vision.water.nuisances import NUISANCES
from vision.water.types import Mask

FLOODED: Final = 0.55
"""Share of pairs with water in them."""

Chance = tuple[str, float, float]
"""A nuisance, and how probable it is in a dry picture and in a flooded one."""

ON_GROUND: Final[Sequence[Chance]] = (
    ("wet", 0.45, 0.6),
    ("snow", 0.06, 0.0),
    ("litter", 0.15, 0.05),
)
"""Before the water comes: when it does, the ground beside it is wet."""

BEFORE_CAMERA: Final[Sequence[Chance]] = (
    ("shadow", 0.30, 0.15),
    ("headlights", 0.15, 0.10),
    ("haze", 0.12, 0.12),
    ("drops", 0.08, 0.04),
    ("exposure", 0.55, 0.5),
    ("shift", 0.5, 0.5),
    ("coding", 0.9, 0.9),
)
VEHICLES: Final = 0.2
"""How probable vehicles are that nobody took out of the picture."""

REFERENCE: Final[Sequence[Chance]] = (("wet", 0.12, 0.12), ("coding", 0.7, 0.7))
"""A reference is a picture too, and some were taken in rain."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A picture, the reference it is held against, and where water stands in it."""

    current: Image
    reference: Image
    water: Mask

    @property
    def flooded(self) -> bool:
        """Whether there is any water in it."""
        return bool(self.water.any())


def rehearse(
    pictures: tuple[Image, Image], ground: Mask, ranges: WaterRanges, rng: np.random.Generator
) -> Pair:
    """Return a pair made of two pictures of one dry place, the first to become the current one.

    ground: where water may stand; at least one pixel.
    """
    picture, reference = pictures
    wants_water = rng.uniform() < FLOODED
    picture = _disturbed(picture, ground, _chosen(ON_GROUND, wants_water, rng), rng)
    water = np.zeros_like(ground)
    if wants_water:
        picture, water = flood(picture, ground, ranges.draw(rng), rng)
    if rng.uniform() < VEHICLES:
        covered = NUISANCES["vehicles"](picture, ground, rng)
        water &= (covered == picture).all(axis=2)
        picture = covered
    picture = _disturbed(picture, ground, _chosen(BEFORE_CAMERA, wants_water, rng), rng)
    reference = _disturbed(reference, ground, _chosen(REFERENCE, wants_water, rng), rng)
    return Pair(picture, reference, water)


def _chosen(chances: Sequence[Chance], flooded: bool, rng: np.random.Generator) -> list[str]:
    """Return the names that chance chooses."""
    return [name for name, dry, wet in chances if rng.uniform() < (wet if flooded else dry)]


def _disturbed(image: Image, ground: Mask, names: Sequence[str], rng: np.random.Generator) -> Image:
    """Return the picture after nuisances, in their order."""
    for name in names:
        image = NUISANCES[name](image, ground, rng)
    return image
