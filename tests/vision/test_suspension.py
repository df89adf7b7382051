"""A picture that changes everywhere suspends judgement for a moment, never for long."""

from datetime import UTC, datetime, timedelta

from vision.activity import Activity, ActivityState
from vision.suspension import LONGEST, PAUSE, Suspension

START = datetime(2026, 5, 1, 20, tzinfo=UTC)


def run(states, step_s=0.5):
    """Return at which seconds judgement is suspended; states: a letter for each look."""
    words = {"q": ActivityState.QUIET, "m": ActivityState.MOTION, "g": ActivityState.GLOBAL}
    suspension, held = Suspension(), []
    for number, letter in enumerate(states):
        at = START + timedelta(seconds=number * step_s)
        activity = None if letter == "-" else Activity(at, words[letter])
        if suspension.holds(activity, at):
            held.append(number * step_s)
    return held


def test_motion_suspends_nothing():
    assert run("qqmmmm--qm") == []


def test_a_change_of_light_suspends_while_it_lasts():
    assert run("qqggqq") == [1.0, 1.5]


def test_light_that_never_settles_is_judged_in_the_end():
    held = run("g" * 240)
    assert held[:4] == [0.0, 0.5, 1.0, 1.5]
    assert len(held) / 240 <= LONGEST / (LONGEST + PAUSE) + 0.02


def test_a_clock_set_back_does_not_suspend_for_ever():
    suspension = Suspension()
    assert suspension.holds(Activity(START, ActivityState.GLOBAL), START)
    earlier = START - timedelta(hours=1)
    late = earlier + LONGEST
    assert suspension.holds(Activity(earlier, ActivityState.GLOBAL), earlier)
    assert not suspension.holds(Activity(late, ActivityState.GLOBAL), late)
