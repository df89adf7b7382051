"""The camera's own motion events: trusted as far as they agreed with what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.camera_hint import HintTrust


def day(trust, clock, happenings):
    """Play happenings a minute apart; letters: c the camera noticed, w we did, q quiet looks."""
    for number, happening in enumerate(happenings):
        at_s = 60 * number
        if "c" in happening:
            trust.told(clock(at_s))
        for second in (1, 3):
            if "w" in happening:
                trust.moved(clock(at_s + second))
            if "q" in happening:
                trust.quiet(clock(at_s + second))
        if "c" in happening:
            trust.ended(clock(at_s + 6))
    trust.quiet(clock(60 * len(happenings)))


CASES = {
    "both every time": (["cw"] * 20, 1.0, 1.0, True),
    "the camera misses half": (["cw", "w"] * 10, 0.5, 1.0, False),
    "the camera cries wolf": (["cw"] * 10 + ["cq"] * 60, None, None, False),
    "some false alarms are forgiven": (["cw", "cq"] * 12, 1.0, 0.5, True),
    "nobody looked": (["c"] * 30, None, None, False),
    "too few": (["cw"] * 3, None, None, False),
    "never told": (["w"] * 20, 0.0, None, False),
}


@pytest.mark.parametrize(
    ("happenings", "recall", "precision", "trusted"), CASES.values(), ids=CASES
)
def test_agreement(clock, happenings, recall, precision, trusted):
    trust = HintTrust()
    day(trust, clock, happenings)
    assert trust.trusted is trusted
    if recall is not None:
        assert trust.recall == pytest.approx(recall, abs=0.06)
    if precision is not None:
        assert trust.precision == pytest.approx(precision, abs=0.06)
    assert trust.explain()


WAKES = {
    "the camera misses half": True,
    "the camera cries wolf": False,
    "some false alarms are forgiven": True,
    "nobody looked": True,
    "too few": True,
}


@pytest.mark.parametrize(("case", "wakes"), WAKES.items(), ids=WAKES)
def test_only_alarms_that_are_mostly_nothing_are_not_worth_a_wake(clock, case, wakes):
    trust = HintTrust()
    day(trust, clock, CASES[case][0])
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
def test_a_camera_has_the_benefit_of_the_doubt(clock, happenings, plausible):
    trust = HintTrust()
    day(trust, clock, happenings)
    assert trust.plausible is plausible


def test_a_camera_that_says_that_nothing_moves_can_tell(clock):
    trust = HintTrust()
    trust.ended(clock(0))
    assert trust.plausible
    assert trust.agreement is None


def test_a_camera_earns_its_wakes_back(clock):
    trust = HintTrust()
    day(trust, clock, ["cq"] * 30 + ["cw"] * 40)
    assert trust.worth_waking


def test_agreement_is_told_once_the_camera_told_of_motion(clock):
    trust = HintTrust()
    day(trust, clock, ["w"] * 20)
    assert trust.agreement is None
    trust = HintTrust()
    day(trust, clock, ["cw"] * 36 + ["w"] * 4)
    assert (trust.agreement.told_ratio, trust.agreement.occasions) == (trust.recall, 29)
    assert trust.agreement.true_ratio == 1.0


def test_a_camera_that_is_late_by_seconds_still_told(clock):
    trust = HintTrust()
    for number in range(20):
        trust.moved(clock(60 * number))
        trust.told(clock(60 * number + 3))
        trust.ended(clock(60 * number + 9))
    assert trust.recall == 1.0
    assert trust.trusted


def test_a_camera_that_never_tells_the_end_is_not_believed_for_ever(clock):
    trust = HintTrust()
    trust.told(clock(0))
    for number in range(1, 20):
        trust.moved(clock(200 * number))
    trust.quiet(clock(200 * 20))
    assert trust.recall == 0.0


def test_trust_that_was_earned_is_lost(clock):
    trust = HintTrust()
    day(trust, clock, ["cw"] * 30 + ["w"] * 20)
    assert not trust.trusted
    assert "not trusted" in trust.explain()


CALLS = st.lists(
    st.tuples(st.sampled_from(["told", "ended", "moved", "quiet"]), st.floats(0, 100)),
    max_size=200,
)


@given(CALLS)
def test_any_order_of_calls_keeps_shares_between_0_and_1(clock, calls):
    trust, at_s = HintTrust(), 0.0
    for name, pause_s in calls:
        at_s += pause_s
        getattr(trust, name)(clock(at_s))
        for share in (trust.recall, trust.precision):
            assert share is None or 0.0 <= share <= 1.0
