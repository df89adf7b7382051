"""Experimental: a slope that slides is told of, weather and the camera's sway are not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vision.errors import WaterError
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import ChangeType, FrameSize
from vision.water.bank import ReferenceBank
from vision.water.conditions import SCENE_MOVED
from vision.water.slope import LASTS_S, LEARN_LOOKS, SlopeWatch
from vision.water.types import PlaceType, RainState, Sample, WaterSetup
from vision.water.watch import WaterWatch

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
SHAPE = (240, 320)
NOTHING = np.zeros(SHAPE, np.bool_)
SLOPE = NOTHING.copy()
SLOPE[60:220, 30:290] = True
EVERY_S = 60
Scene = npt.NDArray[np.float32]
Weather = Callable[[Scene, int], Scene]


@pytest.fixture(scope="module")
def square(square_film: Path) -> Scene:
    with av.open(str(square_film)) as film:
        pictures = [
            cv2.resize(frame.to_ndarray(format="bgr24"), SHAPE[::-1], interpolation=cv2.INTER_AREA)
            for frame in islice(film.decode(video=0), 0, 700, 100)
        ]
    return np.median(pictures, axis=0).astype(np.float32)


def sample(scene: Scene, number: int) -> Sample:
    noise = np.random.default_rng(number).normal(0.0, 1.5, scene.shape)
    image = np.clip(scene + noise, 0, 255).astype(np.uint8)
    return Sample(EPOCH + timedelta(seconds=number * EVERY_S), image, NOTHING, FrameSize(768, 576))


def slid(scene: Scene) -> Scene:
    """Let a patch of 40 by 40 pixels slide down by ten, and leave bare earth."""
    moved = scene.copy()
    moved[120:160, 120:160] = scene[110:150, 120:160]
    moved[110:120, 120:160] = (60, 75, 90)
    return moved


def sunny(scene: Scene, number: int) -> Scene:
    """Let the edge of a shadow wander over the slope."""
    columns = np.arange(SHAPE[1])[None, :, None]
    return scene * np.where(columns < 40 + 3 * number, 0.5, 1.0)


def swaying(scene: Scene, number: int) -> Scene:
    by_px = np.array(((1, 0, 2 * np.sin(number * 1.3)), (0, 1, np.cos(number * 2.1))))
    moved = cv2.warpAffine(scene, by_px, SHAPE[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def dimming(scene: Scene, number: int) -> Scene:
    return scene * (0.7 + 0.3 * np.cos(number / 8))


def parked(scene: Scene, number: int) -> Scene:
    """Let a lorry stand there for eight minutes."""
    if 25 <= number < 33:
        scene = scene.copy()
        scene[100:160, 100:190] = 200
    return scene


def slope_watch(left: float = 0.1) -> WaterWatch:
    corners = [[left, 0.25], [0.9, 0.25], [0.9, 0.9], [left, 0.9]]
    setup = WaterSetup(PlaceType.SLOPE, (Zone("bank", Polygon.of(corners)),))
    return WaterWatch(setup, ReferenceBank(SHAPE), camera="hill")


@pytest.mark.parametrize("weather", [sunny, swaying, dimming, parked])
def test_weather_sway_and_what_stops_for_a_while_have_not_moved_the_scene(
    square: Scene, weather: Weather
) -> None:
    watch = SlopeWatch(SLOPE, NOTHING)
    assert not any(watch.look(sample(weather(square, i), i)).moved for i in range(50))


def test_a_slide_is_told_of_after_it_has_lasted_until_somebody_accepts_it(square: Scene) -> None:
    watch = SlopeWatch(SLOPE, NOTHING)
    usual = [watch.look(sample(square, i)) for i in range(LEARN_LOOKS + 5)]
    after = [watch.look(sample(slid(square), i)) for i in range(LEARN_LOOKS + 5, LEARN_LOOKS + 25)]
    assert not any(one.moved for one in usual)
    first = next(i for i, one in enumerate(after) if one.moved)
    assert first * EVERY_S == pytest.approx(LASTS_S, abs=EVERY_S)
    last = after[-1]
    assert last.since == after[first].at
    rows, columns = np.nonzero(last.where)
    assert (rows.mean(), columns.mean()) == (pytest.approx(132, abs=15), pytest.approx(140, abs=15))
    watch.accept()
    assert not any(watch.look(sample(slid(square), 60 + i)).moved for i in range(30))


def test_a_scene_that_moved_before_a_restart_has_moved_until_it_is_accepted(square: Scene) -> None:
    watch = SlopeWatch(SLOPE, NOTHING)
    watch.adopt(EPOCH)
    assert all(watch.look(sample(slid(square), i)).moved for i in range(5))
    watch.accept()
    assert not watch.look(sample(slid(square), 6)).moved


def test_what_a_slope_looks_like_survives_a_restart(square: Scene) -> None:
    before = slope_watch()
    looks = [before.look(sample(square, i), RainState.DRY) for i in range(LEARN_LOOKS + 1)]
    assert [i for i, one in enumerate(looks) if one.learnt][-1] == LEARN_LOOKS
    data = before.slope_bytes()
    assert data is not None
    after, unknowing = slope_watch(), slope_watch()
    after.bank, unknowing.bank = before.bank, before.bank
    assert after.recall_slope(data) == 1
    slides = range(LEARN_LOOKS + 5, LEARN_LOOKS + 18)
    told = [after.look(sample(slid(square), i), RainState.DRY).slope for i in slides]
    assert told[-1] is not None
    assert told[-1].moved
    for i in slides:
        unknowing.look(sample(slid(square), i), RainState.DRY)
    assert unknowing.slope_bytes() != data
    newly = unknowing.look(sample(slid(square), slides[-1] + 1), RainState.DRY).slope
    assert newly is None or not newly.moved


def test_what_is_known_of_a_slope_drawn_otherwise_is_left(square: Scene) -> None:
    watch = slope_watch()
    watch.look(sample(square, 0), RainState.DRY)
    watch.look(sample(square, 1), RainState.DRY)
    data = watch.slope_bytes()
    assert data is not None
    assert slope_watch(left=0.2).recall_slope(data) == 0
    with pytest.raises(WaterError, match="damaged"):
        slope_watch().recall_slope(data[:-1])
    with pytest.raises(WaterError, match="are no water slope"):
        slope_watch().recall_slope(b"water")


def test_a_view_that_cannot_be_laid_over_the_usual_one_says_nothing(square: Scene) -> None:
    watch = SlopeWatch(SLOPE, NOTHING)
    for i in range(3):
        watch.look(sample(square, i))
    assert not watch.look(sample(square[::-1, ::-1].copy(), 4)).seen


def test_the_watch_of_a_slope_tells_of_the_scene_and_of_no_water(square: Scene) -> None:
    corners = [[0.1, 0.25], [0.9, 0.25], [0.9, 0.9], [0.1, 0.9]]
    setup = WaterSetup(PlaceType.SLOPE, (Zone("slope", Polygon.of(corners)),))
    watch = WaterWatch(setup, ReferenceBank(SHAPE), camera="hill")
    changes, before = [], None
    for i in range(LEARN_LOOKS + 20):
        scene = square if i < LEARN_LOOKS + 5 else slid(square)
        outcome = watch.look(sample(scene, i), RainState.UNKNOWN)
        changes += outcome.changes
        before = outcome.before
    (opened,) = changes
    assert (opened.type, opened.incident.kind) == (ChangeType.OPENED, SCENE_MOVED)
    assert before is not None
    again = WaterWatch(setup, ReferenceBank.from_bytes(watch.bank.to_bytes()), camera="hill")
    again.adopt(changes)
    assert again.look(sample(slid(square), 90), RainState.UNKNOWN).changes == ()
    again.teach_wet()
    (closed,) = again.look(sample(slid(square), 91), RainState.UNKNOWN).changes
    assert (closed.type, closed.incident.id) == (ChangeType.CLOSED, opened.incident.id)
