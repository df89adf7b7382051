"""Where something stirs: tables of what the three witnesses say."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.film.packets import PacketTable
from gateway.film.search import KeyLook, alike, resident, sparingly, stirring
from vision.types import Detections, Kind, ObjectClass

SURE = {Kind.PERSON: 0.4, Kind.VEHICLE: 0.35}
CLASSES = {0: ObjectClass(0, "person", Kind.PERSON), 2: ObjectClass(2, "car", Kind.VEHICLE)}

Row = tuple[int, float, float]
"""Class, left edge of a box 100 wide and high, score."""


def seen(*rows: Row) -> Detections:
    return Detections(
        np.array([(x, 0, x + 100, 100) for _, x, _ in rows], np.float32).reshape(-1, 4),
        np.array([score for _, _, score in rows], np.float32),
        np.array([kind for kind, _, _ in rows], np.int16),
        CLASSES,
    )


CAR, DIM_CAR, MAN = (2, 300.0, 0.6), (2, 304.0, 0.2), (0, 0.0, 0.7)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((), (), True),
        ((CAR,), (CAR,), True),
        ((CAR,), (DIM_CAR,), True),
        ((CAR,), (), False),
        ((), (CAR,), False),
        ((), (DIM_CAR,), True),
        ((CAR,), ((2, 360.0, 0.6),), False),
        ((CAR,), ((0, 300.0, 0.6),), False),
        ((CAR, MAN), (CAR,), False),
    ],
)
def test_what_is_sure_in_one_look_must_be_in_the_other(one, other, expected) -> None:
    assert alike(seen(*one), seen(*other), SURE) is expected
    assert alike(seen(*other), seen(*one), SURE) is expected


def test_what_stays_is_what_both_looks_show() -> None:
    stays = resident(seen(CAR, MAN), seen(DIM_CAR))
    assert stays.xyxy.tolist() == [[300, 0, 400, 100]]
    assert stays.score.tolist() == pytest.approx([0.6])


class Film:
    """A row of pictures for a detector that notes which ones it was shown."""

    def __init__(self, *shown: tuple[Row, ...]) -> None:
        self.pictures = [seen(*rows) for rows in shown]
        self.looked: list[int] = []

    def look(self, numbers: Sequence[int]) -> dict[int, Detections]:
        self.looked += numbers
        return {number: self.pictures[number] for number in numbers}

    def told(self, *stirs: int, every: int) -> list[list[float]]:
        """Return the scores told of each picture; `stirs` are the pictures that do."""
        flags = np.isin(np.arange(len(self.pictures)), stirs)
        found = sparingly(flags, every, self.look, SURE)
        return [[round(float(score), 1) for score in one.score] for one in found]


def test_where_nothing_stirs_both_ends_and_every_so_many_are_looked_at() -> None:
    film = Film(*[()] * 8)
    assert film.told(every=3) == [[]] * 8
    assert sorted(film.looked) == [0, 3, 6, 7]


def test_what_stirs_is_looked_at_with_its_neighbours() -> None:
    film = Film(*[()] * 4, (MAN,), *[()] * 4)
    assert film.told(4, every=9) == [[], [], [], [], [0.7], [], [], [], []]
    assert sorted(film.looked) == [0, 3, 4, 5, 8]


def test_between_two_that_are_alike_is_what_stays_in_both() -> None:
    film = Film((CAR, DIM_CAR), (), (), (CAR,))
    assert film.told(every=9) == [[0.6, 0.2], [0.6, 0.2], [0.6, 0.2], [0.6]]
    assert film.looked == [0, 3]


def test_between_two_that_differ_all_are_looked_at() -> None:
    film = Film((), (), (CAR,), (CAR,))
    assert film.told(every=9) == [[], [], [0.6], [0.6]]
    assert sorted(film.looked) == [0, 1, 2, 3]


@given(
    st.lists(st.sampled_from([(), (CAR,), (MAN,), (CAR, MAN)]), min_size=1, max_size=30),
    st.data(),
)
def test_everything_looked_at_is_told_as_it_is_and_nothing_twice(shown, data) -> None:
    film = Film(*shown)
    stirs = data.draw(st.sets(st.integers(0, len(shown) - 1)))
    told = film.told(*stirs, every=data.draw(st.integers(1, 9)))
    assert len(film.looked) == len(set(film.looked))
    assert stirs <= set(film.looked)
    for number in film.looked:
        assert told[number] == [round(score, 1) for _, _, score in shown[number]]


def table(
    groups: int, group_s: float = 2.0, fps: int = 10, sizes: np.ndarray | None = None
) -> PacketTable:
    """Return a film of equal groups, a key frame of 9000 bytes first in each."""
    each = round(group_s * fps)
    count = groups * each
    pts = np.arange(count)
    is_key = pts % each == 0
    random = np.random.default_rng(1)
    size = random.integers(980, 1020, count) if sizes is None else sizes
    return PacketTable(
        pts=pts,
        tick_s=1 / fps,
        at_s=pts / fps,
        size=np.where(is_key, 9000, size),
        is_key=is_key,
        first=np.flatnonzero(is_key),
        turns=0,
    )


def keys(moved: set[int] = frozenset(), **shown: tuple[Row, ...]) -> list[KeyLook]:
    """Return looks at eight key frames; `k3=(CAR,)` shows a car in the fourth."""
    return [KeyLook(n in moved, seen(*shown.get(f"k{n}", ()))) for n in range(8)]


def found(table: PacketTable, looks: list[KeyLook]) -> list[int]:
    return np.flatnonzero(stirring(table, looks, SURE)).tolist()


def test_of_a_quiet_film_only_the_first_and_last_group() -> None:
    assert found(table(8), keys()) == [0, 7]


def test_a_film_of_a_single_group_may_be_anything() -> None:
    """Ten seconds as many encoders make them."""
    assert found(table(1), keys()[:1]) == [0]


def test_motion_at_a_key_frame_stirs_the_groups_on_both_sides() -> None:
    assert found(table(8), keys({4})) == [0, 3, 4, 7]


def test_what_comes_and_goes_between_key_frames_stirs_the_group_between() -> None:
    assert found(table(8), keys(k3=(CAR,), k4=(CAR,))) == [0, 2, 4, 7]


def test_loud_packets_stir_their_group() -> None:
    sizes = np.random.default_rng(2).integers(980, 1020, 160)
    sizes[105:112] += 900
    assert found(table(8, sizes=sizes), keys()) == [0, 5, 7]


def test_packets_that_always_vary_tell_nothing() -> None:
    sizes = np.random.default_rng(3).integers(300, 6000, 160)
    assert found(table(8, sizes=sizes), keys()) == [0, 7]


@pytest.mark.parametrize(("varies", "expected"), [(False, [0, 7]), (True, list(range(8)))])
def test_long_groups_are_left_out_only_where_packets_tell(varies, expected) -> None:
    sizes = np.random.default_rng(4).integers(300, 6000, 320) if varies else None
    assert found(table(8, group_s=4.0, sizes=sizes), keys()) == expected
