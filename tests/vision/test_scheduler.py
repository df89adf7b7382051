"""Who gets what of the machine: floors, order, and never more than there is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.attention import Interest
from vision.scheduler import (
    ALERT_LOOK_EVERY_S,
    FLOOR,
    KNOWN_LOOK_EVERY_S,
    SETTLED_LOOK_EVERY_S,
    STRETCH,
    TELLING_STRETCH,
    Demand,
    Rung,
    allot,
    cost_per_s,
    floors_for,
)

ASKED_S = 0.2


def demand(camera="gate", interest=Interest.QUIET, rung=Rung.KEYS, **costs):
    """A camera at 640x360, 15 pictures a second, a key frame every two."""
    usual = {"key_s": 0.007, "keys_per_s": 0.5, "full_per_s": 0.02, "look_s": 0.011}
    return Demand(camera, interest, rung, **(usual | costs))


def town(cameras, stirred=0, **usual):
    return [
        demand(f"c{n:03}", Interest.STIRRED if n < stirred else Interest.QUIET, **usual)
        for n in range(cameras)
    ]


def test_a_village_gets_everything():
    plan = allot(town(4), budget=1.8, look_every_s=ASKED_S)
    for share in plan.shares.values():
        assert (share.rung, share.look_every_s, share.idle_look_every_s) == (
            Rung.FULL,
            ASKED_S,
            ASKED_S,
        )
    assert not plan.overloaded


def test_a_town_at_peace_keeps_its_stirred_cameras_up():
    plan = allot(town(325, stirred=16), budget=1.8, look_every_s=ASKED_S)
    stirred = [plan.shares[f"c{n:03}"] for n in range(16)]
    assert all(share.rung is Rung.FULL for share in stirred)
    assert all(share.look_every_s <= ALERT_LOOK_EVERY_S for share in stirred)
    assert not plan.overloaded
    assert plan.cost_per_s <= 1.8


def test_overload_is_said_and_the_floor_stays():
    plan = allot(town(325, stirred=325), budget=1.8, look_every_s=ASKED_S)
    assert plan.overloaded
    seen = sum(share.key_every_s <= KNOWN_LOOK_EVERY_S for share in plan.shares.values())
    assert 0 < seen < 325


def test_a_floor_dearer_than_the_machine_is_given_all_the_same():
    plan = allot(town(10), budget=0.001, look_every_s=ASKED_S)
    (share,) = set(plan.shares.values())
    assert share.key_every_s == STRETCH[-1] * FLOOR.key_every_s
    assert share.idle_look_every_s == STRETCH[-1] * FLOOR.idle_look_every_s
    assert plan.overloaded


def test_what_rests_is_looked_at_before_quiet_cameras_get_more():
    quiet, resting = demand("quiet", key_s=5e-4), demand("resting", Interest.SETTLED, key_s=5e-4)
    plan = allot([quiet, resting], 2 * cost_per_s(quiet, FLOOR) + 0.003, ASKED_S)
    assert plan.shares["resting"].idle_look_every_s <= SETTLED_LOOK_EVERY_S
    assert plan.shares["quiet"] == FLOOR


def test_a_floor_that_leaves_no_time_for_what_stirs_is_stretched():
    cameras = town(325, stirred=5)
    budget = 1.5 * sum(cost_per_s(one, FLOOR) for one in cameras)
    plan = allot(cameras, budget, ASKED_S)
    assert plan.overloaded
    assert all(plan.shares[f"c{n:03}"].rung is Rung.FULL for n in range(5))
    assert plan.needed_per_s < 0.8 * budget, "there is room for those who wake next"


def test_what_is_told_of_costs_less_than_what_is_not():
    cameras = [demand("known", Interest.KNOWN), demand("stirred", Interest.STIRRED)]
    plan = allot(cameras, 0.06, ASKED_S)
    assert plan.shares["stirred"].rung is Rung.FULL
    known = plan.shares["known"]
    assert (known.rung, known.key_every_s) == (Rung.KEYS, KNOWN_LOOK_EVERY_S)
    assert known.look_every_s <= KNOWN_LOOK_EVERY_S


def test_where_time_is_short_frequent_key_frames_follow_what_stirs():
    brisk = [demand(f"brisk{n}", Interest.STIRRED, keys_per_s=1.0, key_s=0.006) for n in range(5)]
    slow = demand("slow", Interest.STIRRED, keys_per_s=0.5)
    plan = allot([*brisk, slow], 0.16, ASKED_S)
    assert plan.shares["slow"].rung is Rung.FULL, "key frames two seconds apart do not follow it"
    shares = [plan.shares[one.camera] for one in brisk]
    assert all(share.look_every_s == ALERT_LOOK_EVERY_S for share in shares)
    assert all(share.rung is Rung.FULL or share.key_every_s == 0.0 for share in shares)
    assert any(share.rung is Rung.KEYS for share in shares)
    assert plan.overloaded


@pytest.mark.parametrize(("cameras", "times"), [(10, 1.0), (55, 1.25), (300, 2.0)])
def test_the_floor_is_stretched_no_further_than_it_must(cameras, times):
    floors = floors_for(town(cameras), budget=0.19)
    assert {floor.key_every_s for floor in floors.values()} == {times * FLOOR.key_every_s}


def test_a_camera_that_wakes_us_itself_is_seen_less_often_where_time_is_short():
    cameras = [*town(299), demand("tells", tells=True)]
    cameras += [demand("busy", Interest.KNOWN, tells=True)]
    floors = floors_for(cameras, budget=0.19)
    assert floors["tells"].key_every_s == TELLING_STRETCH * floors["c000"].key_every_s
    assert floors["busy"] == floors["c000"]
    assert set(floors_for([demand("tells", tells=True)], budget=1.8).values()) == {FLOOR}


def test_where_something_happens_is_seen_every_other_second_before_any_is_followed():
    cameras = [*town(40, stirred=30), demand("told", Interest.KNOWN)]
    plan = allot(cameras, budget=0.6, look_every_s=ASKED_S)
    assert plan.overloaded
    happening = [plan.shares[one.camera] for one in cameras if one.interest >= Interest.KNOWN]
    assert all(share.key_every_s <= KNOWN_LOOK_EVERY_S for share in happening)
    assert 0 < sum(share.rung is Rung.FULL for share in happening) < 30


def followed(*cameras):
    """Who of these is followed when there is time for one, all stirred."""
    stirred = [replace(one, interest=Interest.STIRRED) for one in cameras]
    seen = 0.5 * (0.007 + 0.011) * len(stirred)
    plan = allot(stirred, seen + 0.045, ASKED_S)
    return [name for name, share in plan.shares.items() if share.rung is Rung.FULL]


def test_whoever_key_frames_would_tell_of_late_is_decoded_before_others_are_looked_at_more_often():
    slow = [demand(f"slow{n}", keys_per_s=0.25, key_s=0.003) for n in range(20)]
    plan = allot(town(60, stirred=12, key_s=0.003) + slow, budget=1.8, look_every_s=ASKED_S)
    assert all(plan.shares[one.camera].rung is Rung.FULL for one in slow)
    quiet = [plan.shares[f"c{n:03}"] for n in range(12, 60)]
    assert all(share.rung is Rung.KEYS for share in quiet)
    assert any(plan.shares[f"c{n:03}"].look_every_s > ASKED_S for n in range(12))


def test_what_a_camera_or_an_object_vouches_for_goes_before_motion_alone():
    moved = demand("moved", rung=Rung.FULL, since_s=9.0)
    assert followed(moved, demand("told", vouched=True)) == ["told"]


def test_what_began_last_is_followed_first_and_to_its_end():
    old, new = demand("old", since_s=1.0), demand("new", since_s=2.0)
    assert followed(old, new) == ["new"]
    assert followed(replace(old, rung=Rung.FULL), new) == ["old"]


def test_who_is_up_stays_up_before_another_climbs():
    cameras = [demand("a"), demand("b", rung=Rung.FULL, keys_per_s=0.5)]
    every_key = 2 * (0.5 * 0.007 + 0.011 / 30)
    plan = allot(cameras, (every_key + 0.02) / 0.72, ASKED_S)
    assert plan.shares["b"].rung is Rung.FULL
    assert plan.shares["a"].rung is Rung.KEYS


seconds = st.floats(1e-5, 0.1)
demands = st.lists(
    st.builds(
        Demand,
        camera=st.uuids().map(str),
        interest=st.sampled_from(list(Interest)),
        rung=st.sampled_from(list(Rung)),
        key_s=seconds,
        keys_per_s=st.floats(0.05, 5),
        full_per_s=seconds,
        look_s=seconds,
    ),
    max_size=30,
    unique_by=lambda d: d.camera,
)


@given(demands, st.floats(0.01, 10), st.floats(0.05, 4))
def test_no_plan_spends_more_than_there_is_save_for_the_floor(cameras, budget, asked_s):
    plan = allot(cameras, budget, asked_s)
    floor = sum(cost_per_s(one, FLOOR) for one in cameras)
    assert set(plan.shares) == {one.camera for one in cameras}
    assert plan.cost_per_s <= max(budget, floor) + 1e-9
    actual = sum(cost_per_s(one, plan.shares[one.camera]) for one in cameras)
    assert plan.cost_per_s == pytest.approx(actual)
    assert plan.needed_per_s <= plan.cost_per_s


@given(demands, st.floats(0.05, 4))
def test_with_time_to_spare_everybody_has_everything(cameras, asked_s):
    plan = allot(cameras, 1e9, asked_s)
    assert all(share.rung is Rung.FULL for share in plan.shares.values())
    assert all(share.idle_look_every_s == asked_s for share in plan.shares.values())
    assert not plan.overloaded
