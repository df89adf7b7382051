"""Presence: where, who, how many, how long, how big, and what flicker does to it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from vision.errors import RuleError
from vision.geometry import Polygon
from vision.judge import Judge
from vision.rules.presence import PresenceRule, PresenceSpec
from vision.scene import Scene, View, Zone
from vision.types import KNOWN_KINDS, Condition, FrameSize, Kind, Severity, Track

SIZE = FrameSize(640, 360)
GATE = Zone("gate", Polygon.of([[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]))
INSIDE = (420.0, 300.0)
OUTSIDE = (120.0, 300.0)
HEAD_INSIDE_ONLY = (420.0, 179.0)

MakeTrack = Callable[..., Track]


def judge(at: datetime, *tracks: Track, zone: Zone | None = GATE, **settings) -> list[Condition]:
    settings = {"kinds": (Kind.PERSON,)} | settings
    spec = PresenceSpec(id="r", zone=zone.id if zone else None, **settings)
    return Judge(spec, View((GATE,))).judge(Scene(at, SIZE, tracks))


@pytest.mark.parametrize(
    ("feet", "holds"), [(INSIDE, True), (OUTSIDE, False), (HEAD_INSIDE_ONLY, False)]
)
def test_the_feet_must_be_in_the_zone(clock, track, feet, holds) -> None:
    (condition,) = judge(clock(0), track(feet=feet))
    assert condition.holds is holds


def test_without_a_zone_the_whole_picture_counts(clock, track) -> None:
    (condition,) = judge(clock(0), track(feet=OUTSIDE), zone=None)
    assert (condition.holds, condition.subject) == (True, "picture/person")


def test_each_kind_is_a_subject_of_its_own(clock, track) -> None:
    conditions = judge(clock(0), track(1), track(2), track(3, kind=Kind.VEHICLE), kinds=KNOWN_KINDS)
    assert [(c.subject, c.kind, c.readings["count"], c.tracks) for c in conditions] == [
        ("zone:gate/person", "person_presence", 2, (1, 2)),
        ("zone:gate/vehicle", "vehicle_presence", 1, (3,)),
    ]


def test_a_kind_not_named_is_not_judged(clock, track) -> None:
    (condition,) = judge(clock(0), track(kind=Kind.VEHICLE))
    assert (condition.subject, condition.holds) == ("zone:gate/person", False)


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        ({"min_count": 2}, True),
        ({"min_count": 3}, False),
        ({"min_height_ratio": 100 / 360}, True),
        ({"min_height_ratio": 0.3}, False),
        ({"max_height_ratio": 0.27}, False),
        ({"labels": ("person",)}, True),
        ({"labels": ("rider",)}, False),
        ({"dwell_s": 0.0}, True),
        ({"dwell_s": 0.1}, False),
    ],
)
def test_the_limits(clock, track, settings, holds) -> None:
    (condition,) = judge(clock(0), track(1), track(2), **settings)
    assert condition.holds is holds


def test_an_unconfirmed_track_does_not_count(clock, track) -> None:
    (condition,) = judge(clock(0), track(confirmed=False))
    assert not condition.holds


@pytest.mark.parametrize(
    ("unseen_s", "still", "holds"),
    [(0.9, False, True), (1.1, False, False), (300.0, True, True)],
)
def test_how_long_an_unseen_object_counts(clock, track, unseen_s, still, holds) -> None:
    (condition,) = judge(clock(unseen_s), track(still_s=-30 if still else None))
    assert condition.holds is holds
    assert condition.seen_at == (clock(0) if holds else None)


def dwell(clock, track, places: list[tuple[float, bool]], dwell_s: float) -> list[bool]:
    """Return whether a dwell rule holds when one track is inside or not at each second."""
    spec = PresenceSpec(id="r", zone="gate", kinds=(Kind.PERSON,), dwell_s=dwell_s)
    rule = Judge(spec, View((GATE,)))
    return [
        rule.judge(Scene(clock(s), SIZE, (track(feet=INSIDE if at else OUTSIDE, seen_s=s),)))[
            0
        ].holds
        for s, at in places
    ]


def test_dwelling_counts_the_time_inside(clock, track) -> None:
    held = dwell(clock, track, [(s, True) for s in range(8)], 5.0)
    assert held == [False] * 5 + [True] * 3


def test_a_tremble_at_the_edge_does_not_start_dwelling_anew(clock, track) -> None:
    held = dwell(clock, track, [(s, s != 3) for s in range(8)], 5.0)
    assert held == [False] * 6 + [True] * 2


def test_at_a_look_in_three_seconds_one_missed_is_no_leaving(clock, track) -> None:
    held = dwell(clock, track, [(3 * i, i != 2) for i in range(5)], 8.0)
    assert held == [False, False, False, False, True]


def test_leaving_starts_dwelling_anew(clock, track) -> None:
    held = dwell(clock, track, [(s, not 3 <= s <= 6) for s in range(12)], 5.0)
    assert held == [False] * 12


def test_blind_time_is_not_dwelling(clock, track) -> None:
    held = dwell(clock, track, [(0, True), (1, True), (100, True), (104, True)], 5.0)
    assert held == [False, False, False, True]


@pytest.mark.parametrize(("every_s", "watched_s"), [(1, 1.0), (12, None)])
def test_who_dwells_is_remembered_only_while_it_may_come_back(
    clock, track, every_s, watched_s
) -> None:
    """Also where looks are so rare that no time between them counts."""
    spec = PresenceSpec(id="r", zone="gate", kinds=(Kind.PERSON,))
    rule = PresenceRule(spec, View((GATE,)))
    for s in range(0, 500 * every_s, every_s):
        scene = Scene(clock(s), SIZE, (track(number=s, seen_s=s, first_s=s - 60),))
        rule.judge(scene, watched_s)
    assert len(rule._stays) <= 3
    assert len(rule._succession.alive) <= 12


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"id": "村口"}, "rule id '村口'"),
        ({"id": ""}, "rule id ''"),
        ({"confirm_s": -1.0}, "rule r: confirm_s is -1"),
        ({"clear_s": float("nan")}, "rule r: clear_s is nan"),
        ({"min_count": 0}, "rule r: min_count is 0"),
        ({"min_height_ratio": 1.5}, "min_height_ratio is 1.5, outside 0 to 1"),
        ({"min_height_ratio": 0.5, "max_height_ratio": 0.2}, "nothing could ever count"),
        ({"labels": ("car", "car")}, "labels must name each label once"),
        ({"kinds": ()}, "rule r: kinds must name each kind once, and is empty"),
        ({"kinds": (Kind.PERSON, Kind.PERSON)}, "person, person"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words) -> None:
    with pytest.raises(RuleError, match=words.replace("(", r"\(")):
        PresenceSpec(**({"id": "r"} | settings))


def test_the_defaults_are_those_of_the_documentation() -> None:
    spec = PresenceSpec(id="r")
    assert (spec.confirm_s, spec.clear_s, spec.cool_down_s, spec.dwell_s) == (1.0, 3.0, 0.0, 0.0)
    assert (spec.min_count, spec.severity, spec.zone) == (1, Severity.GREEN, None)
