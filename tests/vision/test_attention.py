"""What makes a camera interesting, for how long, and when motion is believed no more."""

from vision.activity import Region
from vision.attention import (
    ALARM_S,
    CALM_S,
    CAMERA_TOLD,
    FRUITLESS_S,
    GLIMPSE_S,
    MOTION,
    VAIN_S,
    Attention,
    Interest,
)
from vision.doubted_places import DOUBT_S

BUSH = Region(0.8, 0.1, 0.95, 0.4)
DOOR = Region(0.1, 0.5, 0.2, 0.9)


def move(attention, since_s, until_s, step_s=0.5, *, found=None):
    """Let something move all the time at one place; return the interest at each step."""
    seen = []
    at_s = since_s
    while at_s < until_s:
        attention.moved([BUSH], at_s)
        if found is not None:
            attention.found(moving=found, resting=False, known=False, at_s=at_s)
        seen.append(attention.interest(at_s))
        at_s += step_s
    return seen


def test_nothing_happens_and_nothing_is_said():
    attention = Attention()
    assert attention.interest(0.0) is Interest.QUIET
    assert attention.why == ""


def test_a_stir_keeps_it_awake_for_a_while_and_says_why():
    attention = Attention()
    attention.stir("the camera's own alarm", 10.0)
    assert attention.interest(10.0 + CALM_S - 0.1) is Interest.STIRRED
    assert attention.why == "the camera's own alarm"
    assert attention.interest(10.0 + CALM_S) is Interest.QUIET
    assert attention.why == ""


def test_what_rests_is_settled_until_it_is_gone():
    attention = Attention()
    attention.found(moving=False, resting=True, known=False, at_s=1.0)
    assert attention.interest(1000.0) is Interest.SETTLED
    attention.found(moving=False, resting=False, known=False, at_s=1001.0)
    assert attention.interest(1001.0) is Interest.QUIET


def test_leaves_that_sway_all_day_are_doubted_after_a_while():
    attention = Attention()
    seen = move(attention, 0.0, 2 * FRUITLESS_S + CALM_S, found=False)
    assert seen[0] is Interest.STIRRED
    assert seen[-1] is Interest.RESTLESS


def test_people_who_walk_all_day_are_not():
    attention = Attention()
    assert set(move(attention, 0.0, 300.0, found=True)) == {Interest.STIRRED}


def test_an_object_ends_the_doubt():
    attention = Attention()
    gust(attention, 0.0)
    attention.alarm(active=True, at_s=20.0)
    attention.moved([BUSH, DOOR], 20.0)
    attention.found(moving=True, resting=False, known=False, at_s=20.5)
    attention.moved([BUSH], 20.0 + ALARM_S)
    assert attention.interest(20.0 + ALARM_S) is Interest.STIRRED


def gust(attention, at_s, *, looked=True):
    """Let a bush move once and be looked at in vain; return what that made of the camera."""
    attention.moved([BUSH], at_s)
    interest = attention.interest(at_s)
    if looked:
        attention.found(moving=False, resting=False, known=False, at_s=at_s + 0.2)
    return interest


def test_a_bush_that_moves_now_and_then_is_doubted_from_the_second_gust_on():
    attention = Attention()
    assert [gust(attention, at_s) for at_s in (0.0, 20.0, 40.0)] == [
        Interest.STIRRED,
        Interest.RESTLESS,
        Interest.RESTLESS,
    ]
    assert attention.interest(40.0 + CALM_S) is Interest.QUIET


def test_doubt_holds_where_the_motion_was_and_nowhere_else():
    attention = Attention()
    gust(attention, 0.0)
    attention.moved([BUSH, DOOR], 20.0)
    assert attention.interest(20.0) is Interest.STIRRED


def test_nobody_doubts_what_nobody_looked_at():
    attention = Attention()
    assert gust(attention, 0.0, looked=False) is Interest.STIRRED
    assert gust(attention, 20.0) is Interest.STIRRED
    assert gust(attention, 40.0) is Interest.RESTLESS


def test_a_look_that_was_chosen_before_the_motion_says_nothing_of_it():
    attention = Attention()
    attention.moved([BUSH], 10.0)
    attention.found(moving=False, resting=False, known=False, at_s=10.5, offered_s=9.0)
    assert gust(attention, 30.0) is Interest.STIRRED


def test_where_somebody_came_by_the_next_is_not_doubted():
    attention = Attention()
    attention.moved([DOOR], 0.0)
    attention.found(moving=True, resting=False, known=False, at_s=0.5)
    attention.moved([DOOR], 1.0)
    attention.found(moving=False, resting=False, known=False, at_s=1.5)
    attention.moved([DOOR], 30.0)
    assert attention.interest(30.0) is Interest.STIRRED


def test_a_view_that_was_turned_is_believed_anew():
    attention = Attention()
    gust(attention, 0.0)
    attention.forget_view()
    assert gust(attention, 20.0) is Interest.STIRRED


def test_motion_alone_keeps_it_awake_for_less_long():
    attention = Attention()
    attention.moved([BUSH], 0.0)
    assert attention.interest(GLIMPSE_S - 0.1) is Interest.STIRRED
    assert attention.interest(GLIMPSE_S) is Interest.QUIET


def test_an_alarm_is_believed_while_motion_is_doubted():
    attention = Attention()
    move(attention, 0.0, 60.0, found=False)
    assert attention.interest(60.0) is Interest.RESTLESS
    attention.stir("the camera's own alarm", 60.0)
    assert attention.interest(60.0) is Interest.STIRRED


def test_doubt_ends_and_lasts_longer_each_time():
    attention = Attention()
    seen = move(attention, 0.0, 1000.0, found=False)
    spells, awake = [], 0
    for interest in seen:
        if interest is Interest.STIRRED:
            awake += 1
        elif awake:
            spells.append(awake)
            awake = 0
    assert len(spells) >= 3
    share = sum(interest is Interest.STIRRED for interest in seen) / len(seen)
    assert share < (FRUITLESS_S + CALM_S) * 2 / DOUBT_S


def test_what_is_known_lets_the_camera_rest_until_a_look_tells_otherwise():
    attention = Attention()
    attention.moved([DOOR], 0.0)
    attention.found(moving=True, resting=True, known=True, at_s=1.0)
    attention.moved([DOOR], 1.5)
    attention.stir("the camera's own alarm", 1.5)
    assert attention.interest(2.0) is Interest.KNOWN
    attention.found(moving=True, resting=True, known=False, at_s=3.0)
    assert attention.interest(3.0) is Interest.STIRRED
    attention.found(moving=False, resting=False, known=False, at_s=4.0)
    assert attention.interest(3.0 + CALM_S) is Interest.QUIET


def alarmed(at_s=0.0):
    attention = Attention()
    attention.alarm(active=True, at_s=at_s)
    return attention


def nothing(attention, at_s):
    attention.found(moving=False, resting=False, known=False, at_s=at_s)


def test_an_alarm_waits_for_its_turn_until_it_ends_or_is_too_old():
    assert alarmed().interest(ALARM_S - 0.1) is Interest.STIRRED
    assert alarmed().why == CAMERA_TOLD
    assert alarmed().interest(ALARM_S) is Interest.QUIET
    over = alarmed()
    over.alarm(active=False, at_s=6.0)
    assert over.interest(6.0) is Interest.QUIET


def test_an_alarm_that_shows_nothing_when_looked_at_is_put_by():
    attention = alarmed()
    nothing(attention, 5.0)
    assert attention.interest(5.0) is Interest.STIRRED
    nothing(attention, 5.0 + VAIN_S)
    assert attention.interest(5.0 + VAIN_S) is Interest.QUIET
    attention.alarm(active=True, at_s=9.0)
    assert attention.interest(9.0) is Interest.STIRRED


def test_a_look_that_was_chosen_before_an_alarm_says_nothing_of_it():
    attention = alarmed(10.0)
    attention.found(moving=False, resting=False, known=False, at_s=10.5, offered_s=9.0)
    nothing(attention, 10.5 + VAIN_S)
    assert attention.interest(10.5 + VAIN_S) is Interest.STIRRED
    nothing(attention, 10.5 + 2 * VAIN_S)
    assert attention.interest(10.5 + 2 * VAIN_S) is Interest.QUIET


def test_an_alarm_with_an_object_is_not_put_by_while_the_object_is_there():
    attention = alarmed()
    nothing(attention, 1.0)
    attention.found(moving=True, resting=False, known=False, at_s=1.0 + VAIN_S)
    nothing(attention, 1.5 + VAIN_S)
    assert attention.interest(1.5 + VAIN_S) is Interest.STIRRED


def test_an_alarm_about_what_is_known_wakes_nobody():
    attention = Attention()
    attention.found(moving=True, resting=True, known=True, at_s=0.0)
    attention.alarm(active=True, at_s=1.0)
    assert attention.interest(1.0) is Interest.KNOWN


def test_alarms_and_objects_vouch_for_a_camera_and_motion_does_not():
    attention = Attention()
    attention.moved([DOOR], 0.0)
    assert attention.why == MOTION
    assert not attention.is_vouched_for(0.0)
    assert attention.since_s == 0.0
    attention.found(moving=True, resting=False, known=False, at_s=1.0)
    assert attention.is_vouched_for(1.0)
    assert not attention.is_vouched_for(1.0 + CALM_S)
    assert alarmed().is_vouched_for(1.0)
