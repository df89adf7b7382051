"""Loitering: the same somebody for long, under whatever number; passers-by never."""

import numpy as np
import pytest

from vision.rules.loitering import LoiteringSpec
from vision.types import KNOWN_KINDS, Kind

SPEC = LoiteringSpec(id="r", zone="gate", stay_s=30)


def first_held(findings, seconds) -> float | None:
    pairs = zip(seconds, findings, strict=True)
    return next((float(s) for s, look in pairs if any(one.holds for one in look)), None)


@pytest.mark.parametrize("rate", [0.5, 2, 15])
def test_who_stays_is_told_once_the_time_is_up(play, track, rate) -> None:
    seconds = np.arange(0, 60, 1 / rate)
    found = play(SPEC, [(s, [track(seen_s=s)]) for s in seconds])
    assert first_held(found, seconds) == pytest.approx(30, abs=1 / rate)
    assert found[-1][0].kind == "person_loitering"


def test_a_new_number_every_few_seconds_does_not_start_anew(play, track) -> None:
    seconds = np.arange(0, 60, 0.5)
    looks = [
        (s, [track(int(s // 6), feet=(420 + 20 * np.sin(s), 300.0), seen_s=s, first_s=s // 6 * 6)])
        for s in seconds
    ]
    assert first_held(play(SPEC, looks), seconds) == pytest.approx(30, abs=1.5)


def test_hidden_by_a_bus_for_eight_seconds_he_is_the_same(play, track) -> None:
    seconds = np.arange(0, 60, 0.5)
    looks = [(s, [track(seen_s=s, first_s=0)]) for s in seconds if s <= 15]
    looks += [(s, []) for s in seconds if 15 < s < 23]
    looks += [(s, [track(9, seen_s=s, first_s=23)]) for s in seconds if s >= 23]
    assert first_held(play(SPEC, looks), seconds) == pytest.approx(38, abs=1.5)


def test_a_stream_of_passers_by_never_loiters(play, track) -> None:
    """Each crosses the zone in 8 s, one a second, for ten minutes."""
    seconds = np.arange(0, 600, 0.5)
    looks = [
        (
            s,
            [
                track(n, feet=(280 + 45 * (s - n), 250.0 + n % 3 * 45), seen_s=s, first_s=n)
                for n in range(max(0, int(s) - 7), int(s) + 1)
            ],
        )
        for s in seconds
    ]
    assert first_held(play(SPEC, looks), seconds) is None


@pytest.mark.parametrize(("back_s", "told_s"), [(28, 38), (32, None)])
def test_the_time_away_does_not_count_and_too_long_away_is_gone(
    play, track, back_s, told_s
) -> None:
    seconds = np.arange(0, 50, 0.5)
    looks = [
        (s, [track(feet=(100.0 if 20 <= s < back_s else 420.0, 300.0), seen_s=s)]) for s in seconds
    ]
    expected = None if told_s is None else pytest.approx(told_s, abs=1.0)
    assert first_held(play(SPEC, looks), seconds) == expected


def test_each_kind_is_told_apart(play, track) -> None:
    spec = LoiteringSpec(id="r", zone="gate", stay_s=5, kinds=KNOWN_KINDS)
    looks = [(s, [track(1, seen_s=s), track(2, kind=Kind.VEHICLE, seen_s=s)]) for s in range(10)]
    assert [(c.subject, c.readings) for c in play(spec, looks)[-1]] == [
        ("zone:gate/person", {"count": 1, "dwell_s": 9.0}),
        ("zone:gate/vehicle", {"count": 1, "dwell_s": 9.0}),
    ]
