"""Marks read on a real square: two sorts of gauges, and posts; in mirrors, shadow, other light."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vision.errors import WaterError
from vision.types import FrameSize, Image
from vision.water.level import KINDS, MarkBook
from vision.water.mark_file import pack_marks, unpack_marks
from vision.water.types import Evidence, Level, Mark, Sample

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
SIZE = FrameSize(768, 576)
SHAPE = (240, 320)
X, FOOT_Y = 400, 420
CM = 100.0
Scene = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def square(square_film: Path) -> Scene:
    with av.open(str(square_film)) as film:
        (frame,) = islice(film.decode(video=0), 1)
        return frame.to_ndarray(format="bgr24").astype(np.float32)


def with_mark(square: Scene, kind: str, length: int) -> Scene:
    """Draw a mark of `length` pixels and a tenth of that across, upright on the square."""
    scene, width = square.copy(), max(3, length // 10 | 1)
    board = np.full((length, width, 3), (60, 190, 230) if kind == "post" else 235.0, np.float32)
    if kind == "bars":
        board[(np.arange(length) * 10 // length) % 2 == 0] = 40.0
    if kind == "E":
        board[(np.arange(length) * 20 // length) % 2 == 0, : width * 3 // 5] = (40, 40, 200)
        board[:, : max(1, width // 6)] = 40.0
    scene[FOOT_Y - length : FOOT_Y, X - width // 2 : X + width // 2 + 1] = board
    return scene


def flooded(scene: Scene, waterline: int, mirror: float) -> Scene:
    """Put everything below a row under water: a dim mirror image with ripples, and its colour."""
    below = np.arange(scene.shape[0] - waterline)
    rows = np.clip(waterline - 1 - below + np.rint(np.sin(below / 3)).astype(int), 0, None)
    wet = scene.copy()
    wet[waterline:] = mirror * scene[rows] + (1 - mirror) * np.array((70, 95, 105))
    return wet


def picture(scene: Scene, light: float = 1.0) -> Image:
    noise = np.random.default_rng(3).normal(0.0, 2.0, scene.shape)
    plain = np.clip(scene * light + noise, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", plain, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], 1)


def sample(image: Image, second: float = 0.0) -> Sample:
    small = cv2.resize(image, SHAPE[::-1], interpolation=cv2.INTER_AREA)
    at = EPOCH + timedelta(seconds=second)
    return Sample(at, small, np.zeros(SHAPE, np.bool_), SIZE, full=image)


def evidence(waterline: int | None) -> Evidence:
    water = np.zeros(SHAPE, np.bool_)
    if waterline is not None:
        water[waterline * SHAPE[0] // SIZE.height :] = True
    return Evidence(water, np.ones(SHAPE, np.bool_), float(water.mean()), 0.9, {}, "day-1")


def mark(length: int, kind: str, zero_cm: float = 0.0) -> Mark:
    foot = (X / SIZE.width, FOOT_Y / SIZE.height)
    top = (foot[0], (FOOT_Y - length) / SIZE.height)
    return Mark("m", foot, top, CM, zero_cm, "post" if kind == "post" else "gauge")


def read(
    square: Scene, kind: str, length: int, waterline: int | None, now: Scene, light: float = 1.0
) -> Level | None:
    book = MarkBook((mark(length, kind),))
    book.learn(sample(picture(with_mark(square, kind, length))))
    return book.read(sample(picture(now, light), 60.0), evidence(waterline))


@pytest.mark.parametrize(
    ("kind", "length"),
    [("bars", 20), ("bars", 40), ("bars", 120), ("E", 40), ("E", 120)],
)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.7])
@pytest.mark.parametrize("mirror", [0.2, 0.6])
def test_a_gauge_is_read_within_twice_its_error(
    square: Scene, kind: str, length: int, part: float, mirror: float
) -> None:
    waterline = FOOT_Y - round(part * length)
    wet = flooded(with_mark(square, kind, length), waterline, mirror)
    level = read(square, kind, length, waterline, wet, light=0.8)
    assert level is not None
    assert level.depth_cm == pytest.approx(
        (FOOT_Y - waterline) / length * CM, abs=2 * level.error_cm
    )
    assert level.by == "mark"


@pytest.mark.parametrize("length", [90, 150])
@pytest.mark.parametrize("part", [0.2, 0.5])
def test_a_plain_post_is_read_within_twice_its_error(
    square: Scene, length: int, part: float
) -> None:
    waterline = FOOT_Y - round(part * length)
    wet = flooded(with_mark(square, "post", length), waterline, 0.2)
    level = read(square, "post", length, waterline, wet, light=0.8)
    assert level is not None
    true_cm = (FOOT_Y - waterline) / length * CM
    assert level.depth_cm == pytest.approx(true_cm, abs=2 * level.error_cm)


@pytest.mark.parametrize("length", [64, 110, 150])
@pytest.mark.parametrize("part", [0.2, 0.35, 0.5])
@pytest.mark.parametrize("shadow", [0.1, 0.25, 0.45, 0.6])
def test_a_shadows_edge_on_a_plain_post_in_water_is_not_taken_for_the_waterline(
    square: Scene, length: int, part: float, shadow: float
) -> None:
    waterline = FOOT_Y - round(part * length)
    wet = flooded(with_mark(square, "post", length), waterline, 0.2)
    wet[FOOT_Y - round(shadow * length) :] *= 0.5
    level = read(square, "post", length, waterline, wet)
    true_cm = (FOOT_Y - waterline) / length * CM
    assert level is None or level.depth_cm == pytest.approx(true_cm, abs=2 * level.error_cm)


@pytest.mark.parametrize("part", [0.7, 1.1])
@pytest.mark.parametrize("mirror", [0.2, 0.6])
def test_of_a_plain_post_more_must_stick_out_than_is_hidden(
    square: Scene, part: float, mirror: float
) -> None:
    waterline = FOOT_Y - round(part * 110)
    wet = flooded(with_mark(square, "post", 110), waterline, mirror)
    assert read(square, "post", 110, waterline, wet) is None


def test_a_dry_plain_post_says_nothing_as_a_shadow_looks_the_same(square: Scene) -> None:
    assert read(square, "post", 80, None, with_mark(square, "post", 80)) is None


@pytest.mark.parametrize("kind", ["bars", "E"])
@pytest.mark.parametrize("light", [0.5, 1.0, 1.3])
def test_a_dry_mark_reads_nothing_in_any_light(square: Scene, kind: str, light: float) -> None:
    level = read(square, kind, 80, None, with_mark(square, kind, 80), light)
    assert level is not None
    assert level.depth_cm == 0.0


@pytest.mark.parametrize("kind", ["bars", "E"])
@pytest.mark.parametrize("beside_px", [0.3, 0.5, 0.7])
def test_a_dry_gauge_that_lies_between_pixels_shows_no_water(
    square: Scene, kind: str, beside_px: float
) -> None:
    move = np.array(((1.0, 0.0, beside_px), (0.0, 1.0, beside_px)))
    moved = cv2.warpAffine(with_mark(square, kind, 110), move, (SIZE.width, SIZE.height))
    level = read(square, kind, 110, None, moved.astype(np.float32))
    assert level is None or level.depth_cm == 0.0


@pytest.mark.parametrize("kind", ["bars", "E"])
def test_a_shadow_over_half_a_gauge_is_no_water(square: Scene, kind: str) -> None:
    shaded = with_mark(square, kind, 80)
    shaded[FOOT_Y - 40 :] *= 0.55
    level = read(square, kind, 80, None, shaded)
    assert level is not None
    assert level.depth_cm == 0.0


def test_a_shadow_over_half_a_plain_post_is_not_read_as_water_where_there_is_none(
    square: Scene,
) -> None:
    shaded = with_mark(square, "post", 80)
    shaded[FOOT_Y - 40 :] *= 0.55
    assert read(square, "post", 80, None, shaded) is None


def test_a_mark_that_seems_dry_amid_water_is_not_read(square: Scene) -> None:
    assert read(square, "bars", 80, FOOT_Y - 40, with_mark(square, "bars", 80)) is None


def test_a_mark_under_water_to_its_top_is_not_read(square: Scene) -> None:
    wet = flooded(with_mark(square, "bars", 80), FOOT_Y - 90, 0.3)
    assert read(square, "bars", 80, FOOT_Y - 90, wet) is None


def test_no_centimetres_without_a_look_at_the_dry_mark_or_from_a_tiny_one(square: Scene) -> None:
    wet = sample(picture(with_mark(square, "bars", 80)))
    assert MarkBook((mark(80, "bars"),)).read(wet, evidence(None)) is None
    assert MarkBook(()).read(wet, evidence(None)) is None
    assert read(square, "bars", 12, None, with_mark(square, "bars", 12)) is None
    wet_post = flooded(with_mark(square, "post", 24), FOOT_Y - 12, 0.2)
    assert read(square, "post", 24, FOOT_Y - 12, wet_post) is None


def test_a_mark_behind_a_vehicle_is_not_read(square: Scene) -> None:
    book = MarkBook((mark(80, "bars"),))
    dry = sample(picture(with_mark(square, "bars", 80)))
    book.learn(dry)
    dry.blocked[120:200, 120:200] = True
    assert book.read(dry, evidence(None)) is None


def test_a_mark_above_the_lowest_ground_counts_from_there_and_says_nothing_while_dry(
    square: Scene,
) -> None:
    scene = with_mark(square, "bars", 80)
    book = MarkBook((mark(80, "bars", zero_cm=20.0),))
    book.learn(sample(picture(scene)))
    assert book.read(sample(picture(scene)), evidence(None)) is None
    wet = sample(picture(flooded(scene, FOOT_Y - 40, 0.3)), 60.0)
    level = book.read(wet, evidence(FOOT_Y - 40))
    assert level is not None
    assert level.depth_cm == pytest.approx(70.0, abs=2 * level.error_cm)


def test_bigger_marks_are_read_better() -> None:
    for kind in KINDS.values():
        lengths, errors = zip(*kind.errors, strict=True)
        assert list(lengths) == sorted(lengths)
        assert list(errors) == sorted(errors, reverse=True)


def test_what_marks_look_like_is_kept_across_a_restart(square: Scene) -> None:
    gauge, wet_row = mark(120, "bars"), FOOT_Y - 60
    book = MarkBook((gauge,))
    book.learn(sample(picture(with_mark(square, "bars", 120))))
    data = pack_marks(book)
    assert pack_marks(unpack_marks(data, (gauge,))) == data
    wet = sample(picture(flooded(with_mark(square, "bars", 120), wet_row, 0.2)), 60.0)
    level = book.read(wet, evidence(wet_row))
    assert level is not None
    assert unpack_marks(data, (gauge,)).read(wet, evidence(wet_row)) == level


def test_a_mark_that_was_moved_or_is_new_is_learnt_anew(square: Scene) -> None:
    book = MarkBook((mark(120, "bars"),))
    book.learn(sample(picture(with_mark(square, "bars", 120))))
    assert unpack_marks(pack_marks(book), (mark(110, "bars"),)).looks == {}
    assert unpack_marks(pack_marks(book), (replace(mark(120, "bars"), id="n"),)).looks == {}


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda _: b"", lambda _: b"x" * 999])
def test_damaged_marks_are_told(damage) -> None:
    with pytest.raises(WaterError):
        unpack_marks(damage(pack_marks(MarkBook((mark(40, "bars"),)))), ())
