"""Two pictures of one place: water is looked for even where a worker would say it cannot see."""

from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import FrameSize, Image
from vision.water.pair import look_at_pair
from vision.water.types import Mask, PlaceType, Sample, Unseen, WaterSetup

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
NOTHING: Mask = np.zeros(SHAPE, np.bool_)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
FLOODED: Mask = ROWS >= 135
SETUP = WaterSetup(
    PlaceType.ROAD, (Zone("low", Polygon.of([[0, 0.45], [1, 0.45], [1, 1], [0, 1]])),)
)


def street(*, flooded: bool = False, light: float = 1.0) -> Image:
    """House fronts of several colours above rough ground; brown ripples over its lowest part."""
    rng = np.random.default_rng(5)
    picture = np.empty((*SHAPE, 3))
    picture[:] = 105.0 + rng.normal(0.0, 14.0, (*SHAPE, 1))
    fronts = 60.0 + 110.0 * ((ROWS // 11 + COLUMNS // 9) % 2)[:80, :, None]
    picture[:80] = fronts * np.array((0.7, 0.9, 1.2))
    if flooded:
        waves = cv2.GaussianBlur(rng.normal(0.0, 1.0, SHAPE), (0, 0), sigmaX=5.0, sigmaY=1.2)
        water = np.array((70.0, 95.0, 115.0)) + (18.0 * waves / waves.std())[:, :, None]
        picture[FLOODED] = water[FLOODED]
    noise = rng.normal(0.0, 1.0, (*SHAPE, 3))
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


def sample(picture: Image) -> Sample:
    return Sample(AT, picture, NOTHING, FrameSize(1280, 720))


def by_night(one: Sample) -> Sample:
    """The same without colour."""
    grey = cv2.cvtColor(one.image, cv2.COLOR_BGR2GRAY)
    return replace(one, image=cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), infrared=True)


DRY = sample(street())


def overlap(found: Mask) -> float:
    return np.count_nonzero(found & FLOODED) / np.count_nonzero(found | FLOODED)


def test_water_is_found_and_its_absence_too() -> None:
    flood = look_at_pair(SETUP, DRY, sample(street(flooded=True)), None)
    assert flood.unseen is None
    assert overlap(flood.evidence.water) > 0.8
    dry = look_at_pair(SETUP, DRY, sample(street(light=0.8)), None)
    assert dry.unseen is None
    assert dry.evidence.area_ratio < 0.02


def test_water_is_looked_for_where_a_worker_would_not() -> None:
    dark = look_at_pair(SETUP, DRY, sample(street(flooded=True, light=0.14)), None)
    assert dark.unseen is Unseen.DARK
    assert overlap(dark.evidence.water) > 0.5


def test_a_picture_of_somewhere_else_is_told_as_such() -> None:
    elsewhere = sample(np.random.default_rng(9).integers(0, 255, (*SHAPE, 3), np.uint8))
    assert look_at_pair(SETUP, DRY, elsewhere, None).unseen is not None


@pytest.mark.parametrize("now_without", [False, True], ids=["night-then-day", "day-then-night"])
def test_colour_that_only_one_picture_has_is_no_water(now_without: bool) -> None:
    wet, dry = sample(street(flooded=True)), sample(street(light=0.9))
    before, after = (DRY, by_night) if now_without else (by_night(DRY), lambda one: one)
    assert look_at_pair(SETUP, before, after(dry), None).evidence.area_ratio < 0.02
    assert overlap(look_at_pair(SETUP, before, after(wet), None).evidence.water) > 0.8


def test_what_is_hidden_in_the_picture_counts_nowhere() -> None:
    hidden = replace(sample(street(flooded=True)), blocked=FLOODED)
    look = look_at_pair(SETUP, DRY, hidden, None)
    assert not (look.evidence.water & FLOODED).any()
