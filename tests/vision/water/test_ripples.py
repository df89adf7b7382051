"""A surface that moves is told from all else that changes between the pictures of one sample."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from vision.types import FrameSize, Image
from vision.water.evidence import judge
from vision.water.reference import Reference
from vision.water.registration import Registration, aligned
from vision.water.ripples import moving, stir
from vision.water.sampler import _median
from vision.water.texture import halved
from vision.water.types import Map, Mask, Sample

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
NOTHING: Mask = np.zeros(SHAPE, np.bool_)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
ZONE: Mask = ROWS >= 80
POND: Mask = ZONE & (np.hypot((COLUMNS - 170) / 60.0, (ROWS - 140) / 22.0) < 1)
"""A sixth of the zone."""


def road() -> np.ndarray:
    """House fronts above; below worn asphalt with a line and a patch."""
    rng = np.random.default_rng(5)
    wear = cv2.GaussianBlur(rng.normal(0.0, 60.0, SHAPE), (0, 0), 4.0)
    luma = 105.0 + rng.normal(0.0, 7.0, SHAPE) + wear
    luma[:80] = 90.0 + 70.0 * ((ROWS // 11 + COLUMNS // 9) % 2)[:80]
    luma[80:, 150:156] = 210.0
    luma[100:130, 40:90] -= 35.0
    return cv2.GaussianBlur(luma, (0, 0), 0.6)


Scene = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]
"""Changes the picture of a number, grey levels."""


def shot(scene: Scene | None, count: int = 5, noise: float = 1.5) -> list[Image]:
    """Return the pictures of a sample, each with noise of its own."""
    rng = np.random.default_rng(8)
    pictures = []
    for number in range(count):
        luma = road() if scene is None else scene(road(), number, rng)
        seen = np.clip(luma + rng.normal(0.0, noise, SHAPE), 0, 255).astype(np.uint8)
        pictures.append(np.asarray(cv2.cvtColor(seen, cv2.COLOR_GRAY2BGR), np.uint8))
    return pictures


def told(pictures: list[Image]) -> Map:
    """Return how surely the surface moves at each pixel, half size."""
    stirred = stir(pictures)
    assert stirred is not None
    zone = halved(ZONE.astype(np.float32)) > 0
    return moving(stirred, _median(pictures), zone, ~zone)


def ripples(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    """Clear water: the ground as it was, and faint waves over it that run towards the camera."""
    waves = np.random.default_rng(3).normal(0.0, 1.0, SHAPE)
    waves = cv2.GaussianBlur(waves, (0, 0), sigmaX=5.0, sigmaY=1.2)
    return luma + np.where(POND, 4.0 * np.roll(waves / waves.std(), 7 * number, axis=0), 0.0)


def rings(luma: np.ndarray, _number: int, rng: np.random.Generator) -> np.ndarray:
    """Clear water with rings of rain: small ellipses of light and dark, always others."""
    layer = np.zeros(SHAPE, np.float32)
    for x, y in rng.integers((0, 0), SHAPE[::-1], (900, 2)):
        for side, grey in ((0, 14.0), (1, -14.0)):
            cv2.ellipse(layer, (int(x), int(y) + side), (5, 2), 0, 0, 360, grey, 1, cv2.LINE_AA)
    return luma + np.where(POND, layer, 0.0)


def wet(luma: np.ndarray, _number: int, _rng: np.random.Generator) -> np.ndarray:
    sheen = cv2.GaussianBlur(luma[::-1], (0, 0), sigmaX=4.0, sigmaY=12.0)
    return np.where(ZONE, 0.6 * luma + 0.15 * sheen, luma)


def flicker(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    return luma * (0.85, 1.1, 0.95, 1.15, 1.0)[number]


def shake(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    x, y = ((0.0, 0.0), (0.7, -0.4), (-0.5, 0.6), (0.3, 0.5), (-0.6, -0.5))[number]
    step = np.float32([[1, 0, x], [0, 1, y]])
    return cv2.warpAffine(luma, step, SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)


def rain(luma: np.ndarray, _number: int, rng: np.random.Generator) -> np.ndarray:
    layer = np.zeros(SHAPE, np.float32)
    for x, y in rng.integers((0, 0), SHAPE[::-1], (500, 2)):
        cv2.line(layer, (int(x), int(y)), (int(x) + 2, int(y) + 9), 40.0, 1, cv2.LINE_AA)
    return 0.9 * luma + layer


def snow(luma: np.ndarray, _number: int, rng: np.random.Generator) -> np.ndarray:
    layer = np.zeros(SHAPE, np.float32)
    for x, y, radius in rng.uniform((0, 0, 0.5), (*SHAPE[::-1], 2.5), (150, 3)):
        cv2.circle(layer, (int(x), int(y)), int(radius), 110.0, cv2.FILLED, cv2.LINE_AA)
    return luma + layer


def headlights(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    x = 300.0 - 55.0 * number
    glow = np.exp(-(((COLUMNS - x) / 40.0) ** 2) - ((ROWS - 140) / 22.0) ** 2)
    return 0.35 * luma * (1.0 + 2.0 * glow) + 20.0 * glow


def walker(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    """Somebody who stays where he is, and never still."""
    walked = luma.copy()
    left = 150 + (0, 6, 3, 9, 5)[number]
    walked[110:160, left : left + 14] = 25.0 + 50.0 * (ROWS[110:160, left : left + 14] < 130)
    return walked


def car(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    driven = luma.copy()
    left = 20 + 60 * number
    driven[110:160, left : left + 90] = 30.0 + 60.0 * ((ROWS // 6) % 2)[110:160, left : left + 90]
    return driven


def leaves(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    """Shadows of leaves that sway over a part of the road."""
    crown = cv2.GaussianBlur(np.random.default_rng(4).normal(0.0, 1.0, SHAPE), (0, 0), 5.0)
    shade = 0.5 * (crown / crown.std() > 0)
    sway = (0, 5, -4, 3, -6)[number]
    shade = cv2.GaussianBlur(np.roll(shade, (sway // 2, sway), (0, 1)), (0, 0), 1.5)
    return luma * (1.0 - np.where(POND, shade, 0.0))


def coded(luma: np.ndarray, number: int, _rng: np.random.Generator) -> np.ndarray:
    """A key frame comes after three pictures that only repeat the one before."""
    quality = 25 if number < 3 else 70
    grey = np.clip(luma, 0, 255).astype(np.uint8)
    _, sent = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.imdecode(sent, cv2.IMREAD_GRAYSCALE).astype(np.float64)


@pytest.mark.parametrize("water", [ripples, rings])
@pytest.mark.parametrize("count", [5, 9])
def test_a_surface_that_moves_is_told_where_it_is(water: Scene, count: int) -> None:
    moves = told(shot(water, count))
    pond = halved(POND.astype(np.float32))
    assert moves[pond >= 1].mean() > 0.6
    assert moves[pond <= 0].mean() < 0.02


@pytest.mark.parametrize(
    ("scene", "noise"),
    [
        (None, 1.5),
        (None, 8.0),
        (None, 0.0),
        (wet, 1.5),
        (flicker, 1.5),
        (shake, 1.5),
        (rain, 1.5),
        (headlights, 4.0),
        (car, 1.5),
        (walker, 1.5),
        (leaves, 1.5),
        (coded, 0.0),
    ],
    ids=["day", "dark", "no noise", "wet", "flicker", "shake", "rain", "headlights",
         "car that nobody found", "walker", "leaves", "key frame"],
)  # fmt: skip
def test_what_else_changes_is_no_surface(scene: Scene | None, noise: float) -> None:
    moves = told(shot(scene, noise=noise))
    assert moves[halved(ZONE.astype(np.float32)) > 0].mean() < 0.02


def test_too_few_pictures_tell_nothing() -> None:
    assert stir(shot(ripples, 4)) is None


def sampled(scene: Scene | None) -> Sample:
    pictures = shot(scene)
    size = FrameSize(640, 360)
    return Sample(AT, _median(pictures), NOTHING, size, stir=stir(pictures))


def dry() -> Reference:
    return Reference("day-1", sampled(None).image, AT, AT)


def clear_water(luma: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Ripples over ground that shows with half of its contrast, a little darker."""
    smooth = cv2.GaussianBlur(luma, (0, 0), 6.0)
    return ripples(np.where(POND, 0.5 * luma + 0.42 * smooth, luma), number, rng)


def test_clear_water_is_found_by_its_moving_surface_and_not_larger_than_it_is() -> None:
    sample = sampled(clear_water)
    still = judge(replace(sample, stir=None), dry(), ZONE, NOTHING, None)
    evidence = judge(sample, dry(), ZONE, NOTHING, None)
    truth = np.count_nonzero(POND) / np.count_nonzero(ZONE)
    assert still.area_ratio < 0.5 * truth, "the texture by itself would have told"
    assert 0.6 * truth < evidence.area_ratio < 1.2 * truth
    assert evidence.votes["moves"] > 0.5 * truth


def test_a_moving_surface_alone_over_ground_as_it_was_is_no_water() -> None:
    """Something of the ground must be gone as well, or the network not doubt it."""
    doubt = np.zeros(SHAPE, np.float32)
    assert judge(sampled(ripples), dry(), ZONE, NOTHING, lambda _: doubt).area_ratio < 0.05


@pytest.mark.parametrize("scene", [wet, flicker, shake, rain, snow, headlights, car, coded])
def test_dry_ground_stays_dry(scene: Scene) -> None:
    sample = sampled(scene)
    still = judge(replace(sample, stir=None), dry(), ZONE, NOTHING, None)
    assert judge(sample, dry(), ZONE, NOTHING, None).area_ratio <= still.area_ratio + 0.005


def test_what_moves_is_laid_over_the_reference_with_the_picture() -> None:
    sample = sampled(ripples)
    assert sample.stir is not None
    matrix = np.float32([[1, 0, 8], [0, 1, 4]])
    moved = aligned(sample, Registration(matrix, SHAPE, 1.0, ok=True, found=True)).stir
    assert moved is not None
    assert moved[20:70, 20:120] == pytest.approx(sample.stir[22:72, 24:124], abs=1e-5)
