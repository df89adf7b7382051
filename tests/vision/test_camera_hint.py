"""The camera's own motion events: believed as far as they agreed with what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.camera_hint import HintTrust


def day(trust, happenings):
    """Play happenings a minute apart; letters: c the camera noticed, w we did, q quiet looks."""
    for number, happening in enumerate(happenings):
        at_s = 60 * number
        if "c" in happening:
            trust.told(at_s)
        for second in (1, 3):
            if "w" in happening:
                trust.moved(at_s + second)
            if "q" in happening:
                trust.quiet(at_s + second)
        if "c" in happening:
            trust.ended(at_s + 6)
    trust.quiet(60 * len(happenings))


CASES = {
    "both every time": (["cw"] * 20, 1.0, 1.0),
    "the camera misses half": (["cw", "w"] * 10, 0.5, 1.0),
    "the camera cries wolf": (["cw"] * 10 + ["cq"] * 60, 1.0, 0.1),
    "some false alarms are forgiven": (["cw", "cq"] * 12, 1.0, 0.5),
    "nobody looked": (["c"] * 30, None, None),
    "too few": (["cw"] * 3, None, None),
    "never told": (["w"] * 20, 0.0, None),
}


@pytest.mark.parametrize(("happenings", "recall", "precision"), CASES.values(), ids=CASES)
def test_agreement(happenings, recall, precision):
    trust = HintTrust()
    day(trust, happenings)
    assert trust.recall == (None if recall is None else pytest.approx(recall, abs=0.06))
    assert trust.precision == (None if precision is None else pytest.approx(precision, abs=0.06))


WAKES = {
    "the camera misses half": True,
    "the camera cries wolf": False,
    "some false alarms are forgiven": True,
    "nobody looked": True,
    "too few": True,
}


@pytest.mark.parametrize(("case", "wakes"), WAKES.items(), ids=WAKES)
def test_only_alarms_that_are_mostly_nothing_are_not_worth_a_wake(case, wakes):
    trust = HintTrust()
    day(trust, CASES[case][0])
    assert trust.worth_waking is wakes
    assert trust.agreement.wakes is wakes


PLAUSIBLE = {
    "never told of anything": ([], False),
    "told once and was right": (["cw"], True),
    "missed one of three": (["cw", "w", "cw", "cw"], True),
    "missed two of three": (["cw", "w", "w"], False),
    "misses half": (["cw", "w"] * 20, False),
    "mostly nothing": (["cq"] * 30 + ["cw"] * 2, False),
}


@pytest.mark.parametrize(("happenings", "plausible"), PLAUSIBLE.values(), ids=PLAUSIBLE)
def test_a_camera_has_the_benefit_of_the_doubt(happenings, plausible):
    trust = HintTrust()
    day(trust, happenings)
    assert trust.plausible is plausible


def test_a_camera_that_says_that_nothing_moves_can_tell():
    trust = HintTrust()
    trust.ended(0)
    assert trust.plausible
    assert trust.agreement is None


def test_a_camera_earns_its_wakes_back():
    trust = HintTrust()
    day(trust, ["cq"] * 30 + ["cw"] * 40)
    assert trust.worth_waking


def test_agreement_is_told_once_the_camera_told_of_motion():
    trust = HintTrust()
    day(trust, ["w"] * 20)
    assert trust.agreement is None
    trust = HintTrust()
    day(trust, ["cw"] * 36 + ["w"] * 4)
    assert (trust.agreement.told_ratio, trust.agreement.occasions) == (trust.recall, 29)
    assert trust.agreement.true_ratio == 1.0


def test_a_camera_that_is_late_by_seconds_still_told():
    trust = HintTrust()
    for number in range(20):
        trust.moved(60 * number)
        trust.told(60 * number + 3)
        trust.ended(60 * number + 9)
    assert trust.recall == 1.0
    assert trust.precision == 1.0


def test_a_camera_that_never_tells_the_end_is_not_believed_for_ever():
    trust = HintTrust()
    trust.told(0)
    for number in range(1, 20):
        trust.moved(200 * number)
    trust.quiet(200 * 20)
    assert trust.recall == 0.0


def test_trust_that_was_earned_is_lost():
    trust = HintTrust()
    day(trust, ["cw"] * 30 + ["w"] * 3)
    assert trust.plausible
    trust = HintTrust()
    day(trust, ["cw"] * 30 + ["w"] * 20)
    assert not trust.plausible


CALLS = st.lists(
    st.tuples(st.sampled_from(["told", "ended", "moved", "quiet"]), st.floats(0, 100)),
    max_size=200,
)


@given(CALLS)
def test_any_order_of_calls_keeps_shares_between_0_and_1(calls):
    trust, at_s = HintTrust(), 0.0
    for name, pause_s in calls:
        at_s += pause_s
        getattr(trust, name)(at_s)
        for share in (trust.recall, trust.precision):
            assert share is None or 0.0 <= share <= 1.0
