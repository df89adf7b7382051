"""Evidence drawing: what is drawn, in which colour, and that the picture given stays as it was."""

import numpy as np
import pytest

from vision.geometry import Polygon
from vision.overlay import ALARM_COLOUR, DARK, KIND_COLOURS, ZONE_COLOUR, draw
from vision.scene import Line, Zone
from vision.types import Kind, Track

GATE = Zone("gate", Polygon.of([[0.5, 0.5], [0.9, 0.5], [0.9, 0.9], [0.5, 0.9]]), "村口")
SIZES = [(360, 640), (1080, 1920), (90, 160)]


@pytest.fixture
def track(clock):
    def make(
        number=1, xyxy=(100.0, 100.0, 140.0, 200.0), kind=Kind.PERSON, confirmed=True
    ) -> Track:
        return Track(number, kind, str(kind), xyxy, 0.8, confirmed, clock(0), clock(1))

    return make


def grey(height: int = 360, width: int = 640) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def has(image: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((image == colour).all(axis=-1).any())


def test_the_picture_given_is_not_touched(track, clock) -> None:
    image = grey()
    marked = draw(image, [track()], [GATE], {1}, clock(0))
    assert (image == 128).all()
    assert marked.shape == image.shape
    assert marked.dtype == np.uint8
    assert (marked != image).any()


def test_nothing_to_draw_gives_the_same_picture() -> None:
    assert (draw(grey(), []) == grey()).all()


@pytest.mark.parametrize("kind", KIND_COLOURS)
def test_a_box_has_the_colour_of_its_kind_or_of_alarm(track, kind) -> None:
    plain, alarming = (draw(grey(), [track(kind=kind)], highlight=ids) for ids in ((), {1}))
    assert tuple(plain[150, 100]) == KIND_COLOURS[kind]
    assert tuple(alarming[150, 100]) == ALARM_COLOUR
    assert not has(alarming, KIND_COLOURS[kind])


def test_what_is_not_confirmed_is_not_shown(track) -> None:
    assert (draw(grey(), [track(confirmed=False)]) == grey()).all()


def test_a_zone_is_tinted_and_outlined() -> None:
    marked = draw(grey(), [], [GATE])
    assert has(marked, ZONE_COLOUR)
    assert (marked[250, 450] != 128).any()
    assert (marked[100, 100] == 128).all()


def test_the_time_stands_in_the_lower_left_corner(clock) -> None:
    marked = draw(grey(), [], at=clock(0))
    assert tuple(marked[359, 0]) == DARK
    assert (marked[:330] == 128).all()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_boxes_beyond_the_edges_and_crowds_can_be_drawn_at_any_size(track, height, width) -> None:
    crowd = [track(n, (n * 9.0, -20.0, n * 9.0 + 30, height + 50.0)) for n in range(1, 30)]
    marked = draw(grey(height, width), [*crowd, track(99, (-50.0, -50.0, -10.0, -10.0))], [GATE])
    assert marked.shape == (height, width, 3)


def test_the_label_of_the_incident_is_readable_in_a_crowd(track) -> None:
    crowd = [track(n, (100.0 + n, 100.0, 140.0 + n, 200.0)) for n in range(2, 12)]
    alone = draw(grey(), [track()], highlight={1})
    among = draw(grey(), [track(), *crowd], highlight={1})
    plate = np.s_[88:98, 101:160]
    assert (alone[plate] == among[plate]).all()
    assert has(alone[plate], ALARM_COLOUR)


def test_names_of_places_are_written_in_chinese(track) -> None:
    """Every name has an ink of its own: none is a row of question marks or empty boxes."""
    places = [Zone("gate", GATE.polygon, name) for name in ("村口河堤", "鱼塘东岸", "????", "")]
    drawn = [draw(grey(), [], [place]).tobytes() for place in places]
    assert len(set(drawn)) == len(drawn)
    lines = [Line("dike", (0.1, 0.5), (0.9, 0.5), name) for name in ("堤顶", "桥头", "")]
    assert len({draw(grey(), [], [line]).tobytes() for line in lines}) == len(lines)


def test_kinds_are_called_what_the_reader_calls_them(track) -> None:
    words = {"person": "人员", "vehicle": "车辆"}
    plain, said = draw(grey(), [track()]), draw(grey(), [track()], kind_words=words)
    assert (plain != said).any()
    assert (draw(grey(), [track(kind=Kind("dog"))], kind_words=words) != said).any()


@pytest.mark.parametrize("size", SIZES)
def test_a_line_is_an_arrow_with_its_sides_lettered(size) -> None:
    """From left to right side A is above: its plate is, and so is that of B below."""
    marked = draw(grey(*size), [], [Line("dike", (0.0, 0.5), (1.0, 0.5), "堤顶")])
    coloured = (marked == ZONE_COLOUR).all(axis=-1)
    height, width = size
    middle = coloured[:, width // 2 - width // 20 : width // 2 + width // 20]
    assert coloured[height // 2, 5:-5].mean() > 0.9
    assert middle[: height // 2 - 4].any()
    assert middle[height // 2 + 5 :].any()


def test_a_line_at_the_border_is_drawn_too() -> None:
    assert has(draw(grey(), [], [Line("wire", (1.0, 0.0), (1.0, 1.0))]), ZONE_COLOUR)
