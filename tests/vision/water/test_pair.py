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


def kerbed() -> Image:
    """House fronts of several widths above grainy ground with oblique lines on it."""
    rng = np.random.default_rng(5)
    picture = np.empty((*SHAPE, 3))
    picture[:] = 110.0 + rng.normal(0.0, 8.0, (*SHAPE, 1))
    sides = np.sort(rng.choice(np.arange(8, 312), 24, replace=False))
    for left, right in zip(sides[::2], sides[1::2], strict=True):
        picture[20:80, left:right] = rng.uniform(40.0, 200.0)
    for foot in (60, 260):
        cv2.line(picture, (160 + (foot - 160) // 4, 82), (foot, 179), (230.0, 235.0, 235.0), 2)
    return picture.clip(0, 255).astype(np.uint8)


def mirrored(picture: Image) -> Image:
    """The same under water that mirrors the fronts, but for its rim."""
    rng = np.random.default_rng(6)
    waves = cv2.GaussianBlur(rng.normal(0.0, 1.0, SHAPE).astype(np.float32), (0, 0), 4.0, sigmaY=1)
    above = (160 - ROWS + 2.0 * waves / waves.std()).clip(0, 179).astype(np.float32)
    mirror = cv2.remap(picture, COLUMNS.astype(np.float32), above, cv2.INTER_LINEAR)
    pool = (ROWS >= 90) & (ROWS < 165) & (COLUMNS >= 30) & (COLUMNS < 290)
    water = 0.5 * mirror + np.array((50.0, 60.0, 66.0))
    return np.where(pool[..., None], water, picture).clip(0, 255).astype(np.uint8)


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


def test_a_vehicle_that_came_is_no_water_where_a_detector_saw_it() -> None:
    van = (ROWS >= 100) & (ROWS < 150) & (COLUMNS >= 120) & (COLUMNS < 220)
    picture = street()
    picture[van] = (70, 80, 90)
    there = sample(picture)
    assert look_at_pair(SETUP, DRY, there, None).evidence.area_ratio > 0.1
    seen = look_at_pair(SETUP, DRY, there, None, things=(NOTHING, van))
    assert seen.evidence.area_ratio < 0.02


def test_water_behind_what_the_camera_writes_is_given_back() -> None:
    written = street(flooded=True)
    for colour, thick in ((0, 5), (255, 2)):
        cv2.putText(written, "CAM 03 EAST", (40, 172), 0, 0.5, (colour,) * 3, thick, cv2.LINE_AA)
    assert overlap(look_at_pair(SETUP, DRY, sample(written), None).evidence.water) > 0.8


def test_water_above_a_zone_that_nobody_drew_is_followed() -> None:
    wide = WaterSetup(
        PlaceType.ROAD, (Zone("low", Polygon.of([[0, 0.8], [1, 0.8], [1, 1], [0, 1]])),)
    )
    drawn = WaterSetup(
        PlaceType.ROAD, (Zone("low", Polygon.of([[0.1, 0.8], [0.9, 0.8], [1, 1], [0, 1]])),)
    )
    flood = sample(street(flooded=True))
    assert overlap(look_at_pair(wide, DRY, flood, None).evidence.water) > 0.8
    assert not look_at_pair(drawn, DRY, flood, None).evidence.water[:142].any()


def test_water_far_away_is_found_where_the_ground_before_it_is_dry() -> None:
    rows = slice(84, 114)
    picture = street()
    picture[rows] = street(flooded=True)[150:180]
    far = look_at_pair(SETUP, DRY, sample(picture), None).evidence.water
    assert far[rows].mean() > 0.8
    assert not far[130:].any()


def test_water_lies_in_the_picture_as_the_picture_was_moved() -> None:
    right, down = 9, -7
    flood = np.roll(street(flooded=True), (down, right), (0, 1))
    look = look_at_pair(SETUP, DRY, sample(flood), None)
    moved = np.zeros_like(FLOODED)
    moved[135 + down :] = True
    both = np.count_nonzero(look.in_picture & moved)
    assert both / np.count_nonzero(look.in_picture | moved) > 0.85


def test_dry_ground_beside_a_reference_of_the_flood_is_not_water() -> None:
    dry, wet = kerbed(), mirrored(kerbed())
    assert look_at_pair(SETUP, sample(dry), sample(wet), None).evidence.area_ratio > 0.2
    gone = look_at_pair(SETUP, sample(wet), sample(dry), None)
    assert gone.recognised
    assert not gone.evidence.water.any()
    assert gone.evidence.area_ratio == 0.0


@pytest.mark.parametrize("came", [True, False], ids=["came", "left"])
def test_a_bar_that_somebody_laid_over_the_ground_is_not_water(came: bool) -> None:
    fine = cv2.resize(street(), (1280, 720), interpolation=cv2.INTER_CUBIC)
    barred = fine.copy()
    barred[560:640, 200:1000] = (150, 60, 20)
    pictures = (fine, barred) if came else (barred, fine)
    first, second = (
        replace(sample(cv2.resize(one, SHAPE[::-1], interpolation=cv2.INTER_AREA)), full=one)
        for one in pictures
    )
    unaware = (replace(one, full=None) for one in (first, second))
    assert look_at_pair(SETUP, *unaware, None).evidence.area_ratio > 0.1
    assert look_at_pair(SETUP, first, second, None).evidence.area_ratio == 0.0


def test_a_picture_that_was_turned_and_lies_well_is_seen() -> None:
    turn = cv2.getRotationMatrix2D((160, 90), 2.0, 1.03)
    turned = cv2.warpAffine(street(flooded=True), turn, SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)
    look = look_at_pair(SETUP, DRY, sample(turned), None)
    assert look.recognised
    assert look.unseen is None
    assert look.evidence.area_ratio > 0.4
