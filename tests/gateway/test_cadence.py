from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cadence import FORGOTTEN_S, LONGEST_S, SHORTEST_S, Cadence


def happening(moments: Iterable[float]) -> Cadence:
    cadence = Cadence()
    for at_s in moments:
        cadence.happened(at_s)
    return cadence


def regular(every_s: float, until_s: float, since_s: float = 0.0) -> list[float]:
    return [since_s + n * every_s for n in range(int((until_s - since_s) / every_s) + 1)]


@given(
    every_s=st.sampled_from((0.04, 0.2, 0.5, 1.0, 4.0, 30.0, 40.0)),
    begins_s=st.floats(0.0, 1e6),
    asked=st.floats(0.0, 0.99),
)
def test_what_is_regular_is_told_rightly_whenever_it_is_asked_for(
    every_s: float, begins_s: float, asked: float
) -> None:
    moments = [begins_s + at_s for at_s in regular(every_s, 200.0)]
    now_s = moments[-1] + asked * every_s
    assert happening(moments).per_s(now_s) == pytest.approx(1 / every_s, rel=0.01)
    assert happening(moments).every_s(now_s) == pytest.approx(every_s, rel=0.01)


@pytest.mark.parametrize("moments", [(), (3.0,)])
def test_nothing_is_told_before_there_were_two(moments: tuple[float, ...]) -> None:
    cadence = happening(moments)
    assert cadence.per_s(9.0) is None
    assert cadence.every_s(9.0) is None


def test_a_camera_that_wakes_is_told_of_within_ten_seconds() -> None:
    woken = happening([*regular(30.0, 300.0), *regular(0.2, 300.0 + SHORTEST_S, 300.2)])
    assert woken.per_s(300.0 + SHORTEST_S) == pytest.approx(5.0, rel=0.2)


def test_a_camera_that_calms_down_is_told_of_within_a_minute() -> None:
    calmed = [*regular(0.2, 100.0), *regular(4.0, 100.0 + LONGEST_S, 104.0)]
    assert happening(calmed).every_s(100.0 + LONGEST_S) == pytest.approx(4.0, rel=0.1)


def test_what_ceases_becomes_rarer_and_then_is_no_more() -> None:
    cadence = happening(regular(0.5, 60.0))
    rates = [cadence.per_s(60.0 + silent_s) for silent_s in (0.0, 5.0, 30.0, 2 * LONGEST_S)]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == len(rates)
    assert cadence.per_s(60.0 + FORGOTTEN_S + 1.0) == 0.0
    assert cadence.every_s(60.0 + FORGOTTEN_S + 1.0) is None
