"""Wrong way: far and long enough against the line, not across it, not trembling in a queue."""

import numpy as np
import pytest

from vision.rules.wrong_way import WrongWaySpec
from vision.types import Kind

SPEC = WrongWaySpec(id="r", line="wire", kinds=(Kind.VEHICLE,))
"""The line leads down the picture: that is the way allowed."""
CAR = (60.0, 40.0)


def told(findings) -> bool:
    return any(one.holds for look in findings for one in look)


def drive(track, path, rate=5.0, end_s=8.0):
    return [
        (s, [track(kind=Kind.VEHICLE, size=CAR, feet=path(s), seen_s=s)])
        for s in np.arange(0, end_s, 1 / rate)
    ]


@pytest.mark.parametrize("rate", [0.5, 1, 5, 15])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (lambda s: (300.0, 60 + 35 * s), False),
        (lambda s: (300.0, 340 - 35 * s), True),
        (lambda s: (60 + 60 * s, 300 - 10 * s), False),
        (lambda s: (300 + 20 * s, 340 - 35 * s), True),
        (lambda s: (300.0, 200.0 + 5 * np.sin(3 * s)), False),
    ],
    ids=["along", "against", "across", "slantwise against", "in a queue"],
)
def test_which_ways_are_wrong(play, track, path, expected, rate) -> None:
    assert told(play(SPEC, drive(track, path, rate))) is expected


def test_backing_into_a_parking_space_is_too_short(play, track) -> None:
    def park(s):
        return (300.0, min(60 + 60 * s, 240) - 12 * min(max(s - 4, 0), 3))

    assert not told(play(SPEC, drive(track, park, end_s=10)))


def test_who_turns_round_is_told_from_where_he_turned(play, track) -> None:
    def turn(s):
        return (300.0, 100 + 40 * min(s, 4) - 40 * max(s - 4, 0))

    found = play(SPEC, drive(track, turn))
    holds = [any(one.holds for one in look) for look in found]
    assert holds.index(True) / 5 == pytest.approx(5.5, abs=0.4)


def test_outside_its_zone_any_way_will_do(play, track) -> None:
    spec = WrongWaySpec(id="r", line="wire", zone="gate")
    assert not told(play(spec, drive(track, lambda s: (100.0, 340 - 35 * s))))


def test_a_new_number_goes_on_from_the_old_one(play, track) -> None:
    looks = [
        (
            s,
            [
                track(
                    int(s // 2), kind=Kind.VEHICLE, size=CAR, feet=(300.0, 340 - 20 * s),
                    seen_s=s, first_s=s // 2 * 2,
                )
            ],
        )
        for s in np.arange(0, 10, 0.2)
    ]  # fmt: skip
    assert told(play(WrongWaySpec(id="r", line="wire", against_s=5), looks))
