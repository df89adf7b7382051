"""Water is told from what is like it, on a textured road with water and nuisances laid over it."""

from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from vision.types import FrameSize, Image
from vision.water.evidence import judge, judge_against
from vision.water.reference import Reference
from vision.water.types import Evidence, Mask, Sample

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (180, 320)
NOTHING = np.zeros(SHAPE, dtype=np.bool_)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]
ZONE: Mask = ROWS >= 80
FLOODED: Mask = ROWS >= 140


def road() -> Image:
    """A street: house fronts above, worn asphalt with paint and patches below."""
    rng = np.random.default_rng(5)
    grain = rng.normal(0.0, 9.0, SHAPE)
    wear = cv2.GaussianBlur(rng.normal(0.0, 90.0, SHAPE), (0, 0), 4.0)
    luma = 105.0 + grain + wear
    luma[:80] = 90.0 + 70.0 * ((ROWS // 11 + COLUMNS // 9) % 2)[:80]
    luma[80:, 150:156] = 210.0
    luma[100:130, 40:90] -= 35.0
    return np.clip(luma, 0, 255).astype(np.uint8)[:, :, None].repeat(3, 2)


def seen_again(picture: np.ndarray) -> Sample:
    """The picture as a camera gives it: with noise of its own."""
    noise = np.random.default_rng(8).normal(0.0, 1.5, (*SHAPE, 3))
    image = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return Sample(AT, image, NOTHING, FrameSize(1280, 720))


DRY = Reference("day-1", road(), AT, AT)


def told(picture: np.ndarray, ignore: Mask = NOTHING) -> Evidence:
    return judge(seen_again(picture), DRY, ZONE, ignore, None)


def smooth_water() -> np.ndarray:
    picture = road().astype(np.float64)
    sky = cv2.GaussianBlur(picture[::-1], (0, 0), 7.0)
    picture[FLOODED] = (0.4 * sky + (45.0, 65.0, 80.0))[FLOODED]
    return picture


def rippled_water() -> np.ndarray:
    picture = smooth_water()
    waves = np.random.default_rng(3).normal(0.0, 1.0, SHAPE)
    waves = cv2.GaussianBlur(waves, (0, 0), sigmaX=5.0, sigmaY=1.2)
    picture[FLOODED] += (25.0 * waves / waves.std())[:, :, None][FLOODED]
    return picture


def shadow() -> np.ndarray:
    edge = cv2.GaussianBlur(((COLUMNS + ROWS > 260) & (ROWS > 90)).astype(np.float64), (0, 0), 2.0)
    return road() * (1.0 - 0.5 * edge)[:, :, None]


def wet() -> np.ndarray:
    picture = road().astype(np.float64)
    sheen = cv2.GaussianBlur(picture[::-1], (0, 0), sigmaX=4.0, sigmaY=12.0)
    picture[80:] = (0.6 * picture + 0.15 * sheen)[80:]
    return picture


def headlights() -> np.ndarray:
    glow = np.exp(-(((COLUMNS - 200) / 35.0) ** 2) - ((ROWS - 140) / 16.0) ** 2)[:, :, None]
    return 0.4 * road() * (1.0 + 2.0 * glow) + 25.0 * glow


def moved() -> np.ndarray:
    step = np.float32([[1, 0, 0.6], [0, 1, -0.4]])
    return cv2.warpAffine(road(), step, SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("water", [smooth_water, rippled_water])
def test_water_is_found_where_it_is(water) -> None:
    evidence = told(water())
    overlap = np.count_nonzero(evidence.water & FLOODED) / np.count_nonzero(
        evidence.water | FLOODED
    )
    assert overlap > 0.75
    assert evidence.area_ratio == pytest.approx(0.4, abs=0.1)
    assert evidence.strength > 0.8
    assert evidence.reference == "day-1"


@pytest.mark.parametrize(
    "picture",
    [road, shadow, wet, headlights, moved, lambda: 0.35 * road(), lambda: 0.5 * road() + 80.0],
    ids=["same", "shadow", "wet", "headlights", "moved", "dark", "haze"],
)
def test_what_is_like_water_is_not_taken_for_it(picture) -> None:
    assert told(picture()).area_ratio < 0.05


def test_what_hides_the_ground_is_neither_water_nor_seen() -> None:
    parked = road().astype(np.float64)
    parked[110:160, 200:280] = 30.0 + 150.0 * ((COLUMNS // 4) % 2)[110:160, 200:280, None]
    box = (ROWS >= 108) & (ROWS < 162) & (COLUMNS >= 198) & (COLUMNS < 282)
    sample = replace(seen_again(parked), blocked=box)
    evidence = judge(sample, DRY, ZONE, NOTHING, None)
    assert evidence.area_ratio == 0.0
    assert not (evidence.seen & box).any()
    assert told(parked).area_ratio > 0.05, "the thing would otherwise count"


def test_ignored_pixels_never_count() -> None:
    evidence = told(rippled_water(), ignore=FLOODED)
    assert not (evidence.water & FLOODED).any()
    assert evidence.area_ratio < 0.1


def test_a_zone_that_is_hidden_whole_says_nothing() -> None:
    evidence = told(rippled_water(), ignore=~NOTHING)
    assert (evidence.area_ratio, evidence.strength, evidence.water.any()) == (0.0, 0.0, False)


def test_where_a_state_is_only_guessed_there_is_no_water_but_what_moves() -> None:
    guess = np.where(FLOODED & (COLUMNS < 160), np.uint8(5), np.uint8(0))
    half_known = replace(DRY, guessed=guess)
    flood = seen_again(smooth_water())
    known = judge(flood, DRY, ZONE, NOTHING, None)
    told = judge(flood, half_known, ZONE, NOTHING, None)
    assert known.water[:, :150].sum() > 0.5 * FLOODED[:, :150].sum()
    assert not told.water[:, :150].any()
    assert told.water[:, 170:].sum() > 0.9 * known.water[:, 170:].sum()


def test_a_network_tips_the_scales() -> None:
    faint = seen_again(0.2 * road() + 0.8 * smooth_water())
    ballots = [np.where(FLOODED, vote, 0.02).astype(np.float32) for vote in (0.02, 0.98)]
    against, favour = (
        judge(faint, DRY, ZONE, NOTHING, lambda _, ballot=ballot: ballot) for ballot in ballots
    )
    assert (against.area_ratio, against.votes["network"]) == (0.0, 0.0)
    assert favour.area_ratio > 0.3
    assert favour.votes["network"] == pytest.approx(0.4, abs=0.01)


def test_a_network_alone_makes_no_flood() -> None:
    certain = np.ones(SHAPE, dtype=np.float32)
    assert judge(seen_again(road()), DRY, ZONE, NOTHING, lambda _: certain).area_ratio == 0.0


def test_a_network_makes_no_flood_of_smooth_ground_on_which_nothing_changed() -> None:
    """Ground without grain has none to keep: nothing but the network says much there."""
    smooth = np.where((ROWS >= 80)[..., None], np.uint8(120), road())
    ballot = np.where(FLOODED, 0.98, 0.02).astype(np.float32)
    dry = replace(DRY, image=smooth)
    told_of = judge(seen_again(smooth), dry, ZONE, NOTHING, lambda _: ballot)
    assert told_of.votes["network"] == pytest.approx(0.4, abs=0.01)
    assert told_of.area_ratio == 0.0


def test_a_state_that_explains_what_is_seen_takes_it_away() -> None:
    covered = np.clip(rippled_water(), 0, 255).astype(np.uint8)
    taught = replace(DRY, id="day-2", image=covered)
    evidence = judge_against(seen_again(rippled_water()), (DRY, taught), ZONE, NOTHING, None)
    assert evidence.area_ratio == 0.0
    assert evidence.reference == "day-2"


def test_colour_is_not_asked_of_an_infrared_picture() -> None:
    tinted = road() * np.array([0.7, 1.0, 1.2])
    tinted[:80] = road()[:80]
    coloured = told(tinted)
    sample = replace(seen_again(tinted), infrared=True)
    grey = judge(sample, DRY, ZONE, NOTHING, None)
    assert grey.votes["difference"] < coloured.votes["difference"]


def test_grain_kept_in_a_shadow_speaks_for_the_smooth_ground_in_it() -> None:
    """A network that takes the shadow for water is believed only where nothing in it has grain."""
    smooth = (ROWS >= 80) & (COLUMNS >= 120)
    ground = np.where(smooth[..., None], np.uint8(120), road())
    dry = replace(DRY, image=ground)
    band = (ROWS >= 100) & (ROWS < 150)

    def told_of(dark: Mask) -> float:
        shaded = seen_again(ground * np.where(dark, 0.6, 1.0)[..., None])
        ballot = np.where(dark, 0.3, 0.02).astype(np.float32)
        return judge(shaded, dry, ZONE, NOTHING, lambda _: ballot).area_ratio

    assert told_of(band) == 0.0
    assert told_of(band & (COLUMNS >= 140)) > 0.2
