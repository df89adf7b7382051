"""Crossing: sides, directions, holding, trembling on the line, going round it, at any rate."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.arming import Arming
from vision.crossings import Direction
from vision.errors import RuleError
from vision.judge import Judge
from vision.rules.crossing import CrossingSpec
from vision.scene import Line, Scene, View
from vision.types import FrameSize, Kind, Track

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
WIRE = Line("wire", (0.5, 0.0), (0.5, 1.0))
RATES = (0.5, 1, 2, 5, 15)
SPEC = CrossingSpec(id="r", line="wire", kinds=(Kind.PERSON,))


def passed(findings) -> list[tuple[str, int]]:
    """Return direction and count of each passage, in order."""
    return [
        (one.subject.rpartition("/")[2], one.readings["count"])
        for look in findings
        for one in look
        if one.holds
    ]


def walk(track, x_at, rate: float, end_s: float, **more) -> list[tuple[float, list[Track]]]:
    """Return looks at one track whose feet are at x_at(second), 300 pixels down."""
    seconds = np.arange(0, end_s, 1 / rate)
    return [(s, [track(feet=(x_at(s), 300.0), seen_s=s, **more)]) for s in seconds]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("speed", "direction"), [(40, "b_to_a"), (-40, "a_to_b")])
def test_who_walks_over_the_line_passes_once_at_any_rate(
    play, track, rate, speed, direction
) -> None:
    looks = walk(track, lambda s: 320 + speed * (s - 7.5), rate, 15)
    assert passed(play(SPEC, looks)) == [(direction, 1)]


@pytest.mark.parametrize("way", ["a_to_b", "b_to_a"])
def test_only_the_direction_asked_for_counts(play, track, way) -> None:
    looks = walk(track, lambda s: 320 + 200 * math.sin(s / 2), 5, 24)
    spec = CrossingSpec(id="r", line="wire", kinds=(Kind.PERSON,), direction=Direction(way))
    counted = passed(play(spec, looks))
    assert counted
    assert {direction for direction, _ in counted} == {way}


def test_passages_shortly_after_each_other_count_up_and_a_pause_begins_anew(play, track) -> None:
    def file_of_three(s: float) -> list[Track]:
        starts = (2, 4, 30)
        return [
            track(n, feet=(200 + 60 * (s - start), 300.0), seen_s=s)
            for n, start in enumerate(starts, 1)
            if 0 <= s - start <= 5
        ]

    looks = [(s, file_of_three(s)) for s in np.arange(0, 40, 0.2)]
    assert passed(play(SPEC, looks)) == [("b_to_a", 1), ("b_to_a", 2), ("b_to_a", 1)]


def test_what_passes_while_the_rule_is_not_armed_is_not_in_the_count(play, track) -> None:
    """The test's clock begins at midnight; the second passes within clear_s of the first."""
    files = [
        (s, [track(n, feet=(200 + 60 * (s - start), 300.0), seen_s=s)])
        for n, start in ((1, 55), (2, 60))
        for s in np.arange(start, start + 5, 0.2)
    ]
    armed = replace(SPEC, arming=Arming(hours=("00:01-06:00",)))
    assert passed(play(SPEC, files)) == [("b_to_a", 1), ("b_to_a", 2)]
    assert passed(play(armed, files)) == [("b_to_a", 1)]


def test_after_a_clock_was_set_back_the_count_begins_anew(play, track) -> None:
    files = [
        (start + s, [track(n, feet=(200 + 60 * s, 300.0), seen_s=start + s)])
        for n, start in ((1, 3600), (2, 0))
        for s in np.arange(0, 5, 0.2)
    ]
    assert passed(play(SPEC, files)) == [("b_to_a", 1), ("b_to_a", 1)]


def test_who_trembles_on_the_line_does_not_pass(play, track) -> None:
    flicker = np.random.default_rng(3).normal(0, 4, 600)
    looks = walk(track, lambda s: 320 + flicker[round(5 * s)], 5, 120)
    assert passed(play(SPEC, looks)) == []


def test_a_step_over_and_back_within_hold_s_does_not_count(play, track) -> None:
    looks = walk(track, lambda s: 350 if 5 <= s < 5.4 else 280, 5, 10)
    assert passed(play(SPEC, looks)) == []


def test_who_goes_round_the_end_of_the_line_does_not_pass(play, track, clock) -> None:
    short = Line("wire", (0.5, 0.0), (0.5, 0.5))
    judge = Judge(SPEC, View((), (short,)))
    found = [
        judge.judge(Scene(clock(s), FrameSize(640, 360), tuple(tracks)))
        for s, tracks in walk(track, lambda s: 200 + 40 * s, 5, 8)
    ]
    assert passed(found) == []


def test_an_unconfirmed_track_never_counts_and_counts_once_it_is_sure(play, track) -> None:
    def looks(sure_from_s: float) -> list:
        return [
            (s, [track(feet=(200 + 40 * s, 300.0), seen_s=s, confirmed=s >= sure_from_s)])
            for s in np.arange(0, 8, 0.2)
        ]

    assert passed(play(SPEC, looks(99))) == []
    assert passed(play(SPEC, looks(1))) == [("b_to_a", 1)]


def test_where_a_lost_track_is_supposed_to_be_does_not_count(play, track) -> None:
    looks = [
        (s, [track(feet=(200 + 40 * s, 300.0), seen_s=min(s, 2.0))]) for s in np.arange(0, 8, 0.2)
    ]
    assert passed(play(SPEC, looks)) == []


def test_who_gets_another_number_on_the_line_passes_all_the_same(play, track) -> None:
    looks = [
        (
            s,
            [track(1 if s < 3 else 2, (200 + 40 * s, 300.0), seen_s=s, first_s=0 if s < 3 else 3)],
        )
        for s in np.arange(0, 8, 0.2)
    ]
    assert passed(play(SPEC, looks)) == [("b_to_a", 1)]


def test_what_is_not_of_its_kind_is_let_pass(play, track) -> None:
    looks = walk(track, lambda s: 200 + 40 * s, 5, 8, kind=Kind.VEHICLE)
    assert passed(play(SPEC, looks)) == []


def test_a_glance_at_each_side_is_enough_without_holding(play, track) -> None:
    """As the tracker has it: what was seen once only is not confirmed yet."""
    looks = [
        (2.0 * i, [track(feet=(x, 300.0), seen_s=2.0 * i, confirmed=i > 0)])
        for i, x in enumerate((100, 500))
    ]
    spec = CrossingSpec(id="r", line="wire", kinds=(Kind.PERSON,), hold_s=0.0)
    assert passed(play(spec, looks)) == [("b_to_a", 1)]
    assert passed(play(SPEC, looks)) == []


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(60, 580), min_size=2, max_size=12),
    st.floats(0.5, 15),
    st.integers(0, 2**32 - 1),
)
def test_passages_alternate_and_need_two_sides(stops, rate, seed) -> None:
    """To and fro between stops of 5 s each, with a trembling, flickering box."""
    rng = np.random.default_rng(seed)
    judge = Judge(CrossingSpec(id="r", line="wire"), View((), (WIRE,)))
    directions = []
    for s in np.arange(0, 5 * len(stops), 1 / rate):
        if rng.random() < 0.2:
            continue
        x, at = float(stops[int(s // 5)] + rng.normal(0, 1)), EPOCH + timedelta(seconds=float(s))
        box = (x - 20, 200.0, x + 20, 300.0)
        one = Track(1, Kind.PERSON, "person", box, 0.8, True, EPOCH, at)  # noqa: FBT003
        found = judge.judge(Scene(at, FrameSize(640, 360), (one,)))
        directions += [condition.readings["direction"] for condition in found if condition.holds]
    assert all(a != b for a, b in pairwise(directions))
    sides = {"a" if x > 320 else "b" for x in stops}
    assert not directions or len(sides) == 2 or min(abs(x - 320) for x in stops) < 10


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"confirm_s": 1.0}, "confirm_s is 1, outside 0 to 0"),
        ({"hold_s": -1.0}, "hold_s is -1"),
    ],
)
def test_settings_that_would_never_fire_are_refused(values, words) -> None:
    with pytest.raises(RuleError, match=words):
        CrossingSpec(id="r", line="wire", **values)
