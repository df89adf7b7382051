"""Illegal stop: once for each halt, never for who stood there before, whatever the tracker does."""

import numpy as np
import pytest

from vision.rules.stop import StopSpec
from vision.types import Kind

CAR = (80.0, 50.0)
SPOT = (420.0, 300.0)
SPEC = StopSpec(id="r", zone="gate", stop_s=20)


@pytest.fixture
def car(track):
    """Return a maker of cars: parked since a second, or under way to the spot until then."""

    def make(s, stop_at=5.0, number=1, first_s=0.0, seen_s=None, **more):
        parked = s >= stop_at
        x = SPOT[0] if parked else SPOT[0] - 60 * (stop_at - s)
        still = stop_at if s >= stop_at + 5 else None
        values = {"feet": (x, SPOT[1]), "size": CAR, "still_s": still} | more
        return track(
            number, kind=Kind.VEHICLE, first_s=first_s, seen_s=s if seen_s is None else seen_s,
            **values,
        )  # fmt: skip

    return make


def held(findings) -> list[set[str]]:
    """Return the subjects that hold, look by look."""
    return [{one.subject for one in look if one.holds} for look in findings]


def halts(findings) -> int:
    """Return how many times anything began to hold."""
    looks = held(findings)
    return sum(len(now - before) for before, now in zip([set(), *looks], looks, strict=False))


@pytest.mark.parametrize("rate", [0.5, 2, 15])
def test_a_car_that_comes_and_stays_is_told_once_its_time_is_up(play, car, rate) -> None:
    seconds = np.arange(0, 60, 1 / rate)
    looks = held(play(SPEC, [(s, [car(s)]) for s in seconds]))
    first = next(s for s, subjects in zip(seconds, looks, strict=True) if subjects)
    assert first == pytest.approx(25, abs=1 + 1 / rate)
    assert {subject for look in looks for subject in look} == {"zone:gate/vehicle@0.66,0.83"}


def test_a_car_parked_from_the_first_look_is_never_told(play, car) -> None:
    assert halts(play(SPEC, [(s, [car(s, stop_at=-100)]) for s in range(600)])) == 0


def test_a_car_that_only_passes_or_stops_elsewhere_is_not_told(play, car, track) -> None:
    drives_on = [
        (s, [track(kind=Kind.VEHICLE, feet=(10 * s, 300.0), size=CAR, seen_s=s)]) for s in range(60)
    ]
    assert halts(play(SPEC, drives_on)) == 0
    outside = [(s, [car(s, feet=(420.0 - 12 * max(20 - s, 0), 150.0))]) for s in range(100)]
    assert halts(play(SPEC, outside)) == 0


def test_a_short_halt_is_not_told(play, car) -> None:
    looks = [(s, [car(s)] if s < 15 else []) for s in range(120)]
    assert halts(play(StopSpec(id="r", zone="gate", stop_s=90), looks)) == 0


@pytest.mark.parametrize("gap_s", [0.2, 4, 20, 55])
def test_another_number_on_the_same_spot_is_the_same_halt(play, car, gap_s) -> None:
    """The track is lost for a while, and the car is found again under a new number."""

    def look(s):
        if s < 40:
            return [car(s)]
        if s < 40 + gap_s:
            return []
        return [
            car(s, number=2, first_s=40 + gap_s, still_s=40 + gap_s if s > 45 + gap_s else None)
        ]

    assert halts(play(SPEC, [(s, look(s)) for s in np.arange(0, 200, 0.5)])) == 1


def test_hidden_behind_passers_by_for_minutes_it_is_not_told_again(play, car) -> None:
    """Past HIDDEN_S the halt ends; found again, it was not seen to arrive."""
    looks = [
        (s, [car(s)] if s < 60 else [] if s < 200 else [car(s, number=7, first_s=200)])
        for s in range(400)
    ]
    found = play(SPEC, looks)
    assert halts(found) == 1
    assert held(found)[-1] == set()


def test_a_passing_car_that_takes_over_the_number_of_a_parked_one_tells_nothing(
    play, car, track
) -> None:
    """Ids are swapped while one car drives past another that has stood there from the start."""

    def look(s):
        parked = car(s, stop_at=-100, number=1 if s < 50 else 2)
        if not 47 <= s < 53:
            return [parked]
        passing = track(
            2 if s < 50 else 1, (420 + 60 * (s - 50), 310.0), CAR, Kind.VEHICLE, s, first_s=47
        )
        return [passing, parked]

    assert halts(play(SPEC, [(s, look(s)) for s in np.arange(0, 200, 0.5)])) == 0


def test_half_hidden_it_has_not_driven_off(play, car) -> None:
    half = {"size": (35.0, 50.0), "feet": (397.0, 300.0), "still_s": None}
    looks = [(s, [car(s, **half) if 40 <= s < 50 else car(s)]) for s in range(100)]
    assert halts(play(SPEC, looks)) == 1


def test_who_drives_off_ends_the_halt_and_who_comes_next_is_another(play, car, track) -> None:
    def look(s):
        if s < 40:
            return [car(s)]
        if s < 46:
            leaving = track(1, (420 + 30 * (s - 40), 300.0), CAR, Kind.VEHICLE, s, first_s=0)
            return [leaving]
        return [car(s, stop_at=60, number=2, first_s=47)] if s >= 55 else []

    found = play(SPEC, [(s, look(s)) for s in np.arange(0, 150, 0.5)])
    looks = held(found)
    assert halts(found) == 2
    assert looks[2 * 44] == set()


def test_two_cars_side_by_side_are_two_halts(play, car) -> None:
    def look(s):
        return [car(s), car(s, stop_at=8, number=2, feet=(540 - 60 * max(8 - s, 0), 300.0))]

    assert halts(play(SPEC, [(s, look(s)) for s in np.arange(0, 60, 0.5)])) == 2


def test_a_camera_lost_for_an_hour_neither_ends_nor_repeats_the_halt(play, car) -> None:
    seconds = [*range(60), *range(3660, 3760)]
    assert halts(play(SPEC, [(s, [car(s)]) for s in seconds])) == 1


def test_memory_follows_what_stands_there(play, car, clock) -> None:
    from vision.rules.stop import StopRule
    from vision.scene import Scene, View
    from vision.types import FrameSize

    rule = StopRule(StopSpec(id="r"), View())
    for s in range(2000):
        x = float(s * 37 % 560 + 40)
        parked = car(s, stop_at=-9, number=s, first_s=s, feet=(x, 100 + s * 13 % 250))
        rule.judge(Scene(clock(s), FrameSize(640, 360), (parked,)), 1.0)
    assert len(rule._halts) <= 62
