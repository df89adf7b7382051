"""Which cases are one happening: kind, place, time, and what is done about it unasked."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.workflow.case import Step
from gateway.workflow.join_settings import Joining, JoinSettings, KindGroup
from gateway.workflow.same_happening import (
    EARTH_M,
    Nearness,
    Sighting,
    distance,
    group_of,
    match,
    matches_of,
    to_join,
)
from vision.health import FAULT_KINDS
from vision.types import Severity

T0 = datetime(2026, 7, 1, 8, tzinfo=UTC)
DEGREE_M = EARTH_M * math.pi / 180
SUGGEST = JoinSettings()
ALL_AUTO = JoinSettings(**dict.fromkeys((group.value for group in KindGroup), Joining.AUTO))


def seen(
    case_id: str = "a", begins_s: float = 0, lasts_s: float = 10, **fields: object
) -> Sighting:
    opened_at = T0 + timedelta(seconds=begins_s)
    usual = {
        "revision": 0,
        "step": Step.DISCOVERED,
        "kind": "person_presence",
        "severity": Severity.YELLOW,
        "camera": f"camera-{case_id}",
        "camera_name": case_id,
        "unit": "东山村",
        "grid": "第三网格",
        "place": "",
        "latitude": None,
        "longitude": None,
        "opened_at": opened_at,
        "last_seen_at": opened_at + timedelta(seconds=lasts_s),
    }
    return Sighting(case_id=case_id, **usual | fields)  # type: ignore[arg-type]


def at(metres: float) -> dict[str, float]:
    return {"latitude": 30.0 + metres / DEGREE_M, "longitude": 120.0}


@pytest.mark.parametrize(
    ("one", "other", "nearness"),
    [
        ({}, {}, Nearness.GRID),
        ({}, {"kind": "person_crossing"}, Nearness.GRID),
        ({}, {"kind": "vehicle_presence"}, None),
        ({}, {"kind": "crowd"}, None),
        ({"kind": "smoke_presence"}, {"kind": "smoke_presence"}, Nearness.GRID),
        ({"kind": "smoke_presence"}, {"kind": "fire_presence"}, None),
        ({"kind": "camera_offline"}, {"kind": "camera_offline"}, None),
        ({"kind": "water_unseen"}, {"kind": "water_unseen"}, None),
        ({}, {"camera": "camera-a"}, None),
        ({}, {"grid": "第四网格"}, None),
        ({}, {"unit": "西山村"}, None),
        ({"grid": ""}, {"grid": ""}, None),
        (at(0), at(149), Nearness.DISTANCE),
        (at(0), at(151), None),
        (at(0), at(149) | {"grid": "第四网格"}, Nearness.DISTANCE),
        (at(0), {}, Nearness.GRID),
        (at(0) | {"place": "东门涵洞"}, at(400) | {"place": "东门涵洞"}, Nearness.PLACE),
        ({}, {"begins_s": 130}, Nearness.GRID),
        ({}, {"begins_s": 131}, None),
        ({"kind": "waterlogging"}, {"kind": "waterlogging", "begins_s": 1810}, Nearness.GRID),
        ({"kind": "waterlogging"}, {"kind": "waterlogging", "begins_s": 1811}, None),
    ],
)
def test_kind_place_and_time_make_one_happening(one, other, nearness) -> None:
    found = match(seen("a", **one), seen("b", **other), SUGGEST)
    assert (found and found.nearness) == nearness


@pytest.mark.parametrize(
    ("earlier", "later", "is_auto"),
    [
        (at(0), at(90), True),
        ({"place": "涵洞"}, {"place": "涵洞"}, True),
        ({}, {}, False),
        (at(0), at(90) | {"severity": Severity.RED}, False),
        (at(0) | {"severity": Severity.RED}, at(90), True),
        (at(0), at(90) | {"step": Step.REPORTED}, True),
        (at(0), at(90) | {"step": Step.ASSIGNED}, False),
        (at(0) | {"step": Step.HANDLING}, at(90), True),
    ],
)
def test_unasked_only_where_the_place_is_sure_and_nothing_worse_is_hidden(
    earlier, later, is_auto
) -> None:
    found = match(seen("b", 5, **later), seen("a", **earlier), ALL_AUTO)
    assert found is not None
    assert (found.merge.case_id, found.into.case_id, found.is_auto) == ("b", "a", is_auto)


def test_off_is_off_and_only_water_is_joined_unasked_by_default() -> None:
    near = [seen("a", **at(0)), seen("b", **at(9))]
    people = match(*near, SUGGEST)
    assert people is not None
    assert not people.is_auto
    assert match(*near, JoinSettings(people=Joining.OFF)) is None
    water = match(*(replace(one, kind="waterlogging") for one in near), SUGGEST)
    assert water is not None
    assert water.is_auto


def test_the_surest_first_and_never_what_was_split() -> None:
    own = seen("a", **at(0), place="涵洞")
    others = [
        seen("grid"),
        seen("far", **at(120)),
        seen("near", **at(20)),
        seen("same", place="涵洞", **at(900)),
        seen("split", **at(1)),
    ]
    apart = {frozenset(("a", "split"))}
    for order in permutations(others):
        found = matches_of(own, order, SUGGEST, apart)
        assert [(one.pair - {"a"}) for one in found] == [{"same"}, {"near"}, {"far"}, {"grid"}]


def test_every_fault_is_of_one_camera() -> None:
    assert {group_of(kind) for kind in FAULT_KINDS} == {None}
    assert group_of("waterlogging") is KindGroup.WATER


degrees = st.tuples(st.floats(-89, 89), st.floats(-180, 180))


@given(degrees, degrees)
def test_distance_is_that_of_the_chord_through_the_earth(one, other) -> None:
    def point(latitude: float, longitude: float) -> tuple[float, float, float]:
        lat, lon = math.radians(latitude), math.radians(longitude)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    chord = min(2.0, math.dist(point(*one), point(*other)))
    a, b = (seen(latitude=lat, longitude=lon) for lat, lon in (one, other))
    expected = 2 * EARTH_M * math.asin(chord / 2)
    assert distance(a, b) == pytest.approx(expected, rel=1e-5, abs=0.5)


moments = st.tuples(st.floats(0, 400), st.floats(0, 400))


@given(moments, moments, st.floats(0, 400))
def test_which_way_round_makes_no_difference(one, other, metres) -> None:
    a, b = seen("a", *one, **at(0)), seen("b", *other, **at(metres))
    assert match(a, b, ALL_AUTO) == match(b, a, ALL_AUTO)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 60), st.sampled_from([0.0, 100.0, 300.0])),
        max_size=12,
    ),
    st.sets(st.integers(0, 11)),
)
def test_what_ends_unasked_is_what_matches_of_would_say(told, fresh) -> None:
    cases = [seen(str(n), begin, last, **at(m)) for n, (begin, last, m) in enumerate(told)]
    ids = {str(number) for number in fresh}
    found = to_join(cases, ids, ALL_AUTO)
    ended = {one.merge.case_id for one in found}
    assert ended <= ids
    assert not ended & {one.into.case_id for one in found}
    for one in cases:
        earlier = [
            other
            for other in cases
            if (other.opened_at, other.case_id) < (one.opened_at, one.case_id)
            and other.case_id not in ended
        ]
        likely = matches_of(one, earlier, ALL_AUTO)
        assert (one.case_id in ended) == bool(likely and one.case_id in ids)
