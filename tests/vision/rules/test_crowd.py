"""Crowd: it begins at one number and ends below another."""

import pytest

from vision.errors import RuleError
from vision.rules.crowd import CrowdSpec
from vision.types import Kind

COUNTS = [4, 5, 6, 4, 3, 5, 4, 2, 4, 5]


def holds(play, track, spec) -> list[bool]:
    looks = [
        (s, [track(n, feet=(340.0 + 20 * n, 300.0), seen_s=s) for n in range(count)])
        for s, count in enumerate(COUNTS)
    ]
    return [look[0].holds for look in play(spec, looks)]


@pytest.mark.parametrize(
    ("clear_count", "expected"),
    [
        (0, [0, 1, 1, 1, 0, 1, 1, 0, 0, 1]),
        (5, [0, 1, 1, 0, 0, 1, 0, 0, 0, 1]),
        (3, [0, 1, 1, 1, 1, 1, 1, 0, 0, 1]),
        (1, [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_a_lower_number_ends_it(play, track, clear_count, expected) -> None:
    spec = CrowdSpec(id="r", zone="gate", min_count=5, clear_count=clear_count)
    assert holds(play, track, spec) == [bool(one) for one in expected]


def test_all_its_kinds_are_counted_together_and_others_not(play, track) -> None:
    scene = [track(n, kind=kind) for n, kind in enumerate((Kind("cow"),) * 3 + (Kind.PERSON,) * 2)]
    for kinds, expected in (((Kind("cow"), Kind.PERSON), True), ((Kind("cow"),), False)):
        ((condition,),) = play(CrowdSpec(id="r", kinds=kinds, min_count=5), [(0, scene)])
        assert (condition.holds, condition.subject) == (expected, "picture/crowd")


def test_a_crowd_that_would_end_as_it_begins_is_refused() -> None:
    with pytest.raises(RuleError, match="clear_count 6 is above min_count 5"):
        CrowdSpec(id="r", min_count=5, clear_count=6)
