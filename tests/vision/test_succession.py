"""Whose number a new track takes over: near, soon, alike, and nobody who has left."""

import pytest

from vision.scene import Scene
from vision.succession import Succession
from vision.types import FrameSize, Kind, Track

SIZE = FrameSize(640, 360)
HERE = (300.0, 250.0)


@pytest.fixture
def follow(clock):
    """Return a function from looks (second, number → feet, height) to the subjects' numbers."""

    def run(looks, kinds=None) -> list[dict[int, int]]:
        succession, first, told = Succession(), {}, []
        for s, seen in looks:
            tracks = []
            for number, ((x, y), height) in seen.items():
                first.setdefault(number, s)
                box = (x - height / 5, y - height, x + height / 5, y)
                kind = (kinds or {}).get(number, Kind.PERSON)
                tracks.append(
                    Track(
                        number,
                        kind,
                        str(kind),
                        box,
                        0.8,
                        confirmed=True,
                        first_seen_at=clock(first[number]),
                        last_seen_at=clock(s),
                    )
                )
            told.append(dict(succession.follow(tracks, Scene(clock(s), SIZE, tuple(tracks)))))
        return told

    return run


def lingering(until_s: float, feet=HERE, height=100.0) -> list:
    return [(s / 2, {1: (feet, height)}) for s in range(round(2 * until_s) + 1)]


@pytest.mark.parametrize(
    ("lost_s", "feet", "height", "same"),
    [
        (0.5, HERE, 100.0, True),
        (9.0, HERE, 100.0, True),
        (11.0, HERE, 100.0, False),
        (1.0, (430.0, 250.0), 100.0, True),
        (1.0, (500.0, 250.0), 100.0, False),
        (1.0, HERE, 60.0, True),
        (1.0, HERE, 40.0, False),
    ],
)
def test_who_lingered_is_gone_on_from(follow, lost_s, feet, height, same) -> None:
    told = follow([*lingering(5), (5 + lost_s, {2: (feet, height)})])
    assert (told[-1][2] == told[0][1]) is same


@pytest.mark.parametrize(("lost_s", "same"), [(1.0, True), (2.5, True), (4.0, False)])
def test_who_was_on_his_way_only_for_a_moment(follow, lost_s, same) -> None:
    walk = [(s / 4, {1: ((100 + 35.0 * s, 250.0), 100.0)}) for s in range(9)]
    told = follow([*walk, (2 + lost_s, {2: ((400.0, 250.0), 100.0)})])
    assert (told[-1][2] == told[0][1]) is same


def test_another_kind_is_another(follow) -> None:
    told = follow([*lingering(5), (6, {2: (HERE, 100.0)})], {2: Kind.VEHICLE})
    assert told[-1][2] != told[0][1]


def test_who_left_by_the_border_is_not_gone_on_from(follow) -> None:
    leaving = [(s / 4, {1: ((420 + 25.0 * s, 250.0), 100.0)}) for s in range(9)]
    told = follow([*leaving, (3, {2: ((590.0, 250.0), 100.0)})])
    assert told[-1][2] != told[0][1]


def test_who_comes_in_by_the_border_is_new(follow) -> None:
    told = follow([*lingering(5, (590.0, 250.0)), (6, {2: ((622.0, 250.0), 100.0)})])
    assert told[-1][2] != told[0][1]


def test_while_both_are_seen_they_are_two(follow) -> None:
    both = [(s, {1: (HERE, 100.0), 2: ((310.0, 250.0), 100.0)}) for s in (6, 7)]
    told = follow([*lingering(5), *both])
    assert len(set(told[-1].values())) == 2


def test_a_lost_track_that_is_still_held_may_be_gone_on_from(clock) -> None:
    def track(number, first_s, last_s):
        x, y = HERE
        box, seen = (x - 20, y - 100, x + 20, y), {"confirmed": True}
        seen |= {"first_seen_at": clock(first_s), "last_seen_at": clock(last_s)}
        return Track(number, Kind.PERSON, "person", box, 0.8, **seen)

    succession = Succession()
    for s in range(6):
        alone = (track(1, 0, s),)
        succession.follow(alone, Scene(clock(s), SIZE, alone))
    both = (track(1, 0, 5), track(2, 6, 6))
    numbers = succession.follow(both, Scene(clock(6), SIZE, both))
    assert numbers == {1: 2, 2: 1}


def test_a_number_is_taken_over_once_and_memory_is_bounded(follow) -> None:
    two_new = (6, {2: (HERE, 100.0), 3: ((320.0, 250.0), 100.0)})
    told = follow([*lingering(5), two_new])
    assert sorted(told[-1].values()) == [1, 2]
    succession = Succession()
    assert succession.alive == frozenset()
