"""A river that only moved is told from water that came, in whatever light."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vision.types import Image
from vision.water.moved_alike import moved_alike

Colours = npt.NDArray[np.float64]
SHAPE = (180, 320)
LOWER = np.arange(SHAPE[0])[:, None] >= np.full(SHAPE, 80)


def ripples(
    seed: int, strength: float = 18.0, tone: tuple[float, float, float] = (90, 105, 120)
) -> Colours:
    noise = np.random.default_rng(seed).normal(0.0, 1.0, SHAPE)
    waves = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigmaX=4.0, sigmaY=1.2), np.float64)
    return np.asarray(np.array(tone) + (strength * waves / waves.std())[:, :, None], np.float64)


def place(below: Colours, light: float = 1.0) -> Image:
    """Fronts that stay above, and something below."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    picture = np.repeat((60.0 + 90.0 * ((rows // 11 + columns // 9) % 2))[:, :, None], 3, axis=2)
    picture[LOWER] = below[LOWER]
    return np.clip(picture * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [1.0, 0.7])
def test_other_ripples_of_the_same_water_are_alike(light: float) -> None:
    same = moved_alike(place(ripples(1), light), place(ripples(2)), ~LOWER)
    assert same[90:].mean() > 0.9


@pytest.mark.parametrize(
    "below",
    [
        ripples(1, strength=3.0),
        ripples(1, tone=(50, 60, 70)),
        ripples(1, tone=(70, 105, 140)),
    ],
    ids=["smoother", "darker", "browner"],
)
def test_what_is_smoother_darker_or_of_another_colour_is_not(below: Colours) -> None:
    assert moved_alike(place(below), place(ripples(2)), ~LOWER)[90:].mean() < 0.1


def test_without_anything_aside_pictures_are_compared_as_they_are() -> None:
    nothing = np.zeros(SHAPE, np.bool_)
    assert moved_alike(place(ripples(1)), place(ripples(2)), nothing)[90:].mean() > 0.9
