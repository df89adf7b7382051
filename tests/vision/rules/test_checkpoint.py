"""Checkpoint: who passes or drives in restricted hours; who is parked or early does not count."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vision.arming import Arming
from vision.crossings import Direction
from vision.errors import RuleError
from vision.rules.checkpoint import CheckpointSpec
from vision.types import Kind

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = Arming(hours=("08:00-09:00",))
"""The test's clock begins at midnight UTC: eight in the morning there."""
NIGHT = Arming(hours=("22:00-06:00",))
CAR = (60.0, 40.0)


def told(findings) -> int:
    return sum(one.holds for look in findings for one in look)


def passing(track, label="truck", start_s=0.0):
    return [
        (start_s + s, [
            track(kind=Kind.VEHICLE, label=label, size=CAR, feet=(150 + 40 * s, 300.0),
                  seen_s=start_s + s, first_s=start_s)
        ])
        for s in np.arange(0, 10, 0.2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"arming": MORNING}, 1),
        ({"arming": NIGHT}, 0),
        ({"arming": MORNING, "labels": ("truck",)}, 1),
        ({"arming": MORNING, "labels": ("car",)}, 0),
        ({"arming": MORNING, "direction": Direction.A_TO_B}, 0),
    ],
)
def test_who_passes_the_line(play, track, settings, expected) -> None:
    spec = CheckpointSpec(id="r", line="wire", **settings)
    found = play(spec, passing(track), SHANGHAI)
    assert told(found) == expected
    assert {one.subject for look in found for one in look} == {"line:wire/vehicle"}


def test_half_an_hour_early_is_no_offence(play, track) -> None:
    spec = CheckpointSpec(id="r", line="wire", arming=Arming(hours=("08:30-09:00",)))
    assert told(play(spec, passing(track), SHANGHAI)) == 0
    assert told(play(spec, passing(track, start_s=1801), SHANGHAI)) == 1


def test_who_passed_just_before_the_hours_is_not_counted_with_who_passes_in_them(
    play, track
) -> None:
    """Eight in the morning there is second 0; one passes just before half past, one after it."""
    spec = CheckpointSpec(id="r", line="wire", arming=Arming(hours=("08:30-09:00",)))
    looks = [
        (s, [replace(seen, id=n) for seen in seen_then])
        for n, start_s in ((1, 1792), (2, 1802))
        for s, seen_then in passing(track, start_s=start_s)
    ]
    offences = [one for look in play(spec, looks, SHANGHAI) for one in look if one.holds]
    assert [one.readings["count"] for one in offences] == [1]


def test_in_a_zone_who_drives_counts_and_who_stands_does_not(play, track) -> None:
    spec = CheckpointSpec(id="r", zone="gate", arming=MORNING)
    assert told(play(spec, passing(track), SHANGHAI)) > 0
    parked = [(s, [track(kind=Kind.VEHICLE, size=CAR, seen_s=s)]) for s in range(30)]
    assert told(play(spec, parked, SHANGHAI)) == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"line": "wire"}, "needs its restricted hours"),
        ({"arming": NIGHT}, "either a line or a zone"),
        ({"arming": NIGHT, "line": "wire", "zone": "gate"}, "either a line or a zone"),
    ],
)
def test_what_no_checkpoint_can_be(settings, words) -> None:
    with pytest.raises(RuleError, match=words):
        CheckpointSpec(id="r", **settings)
