import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.outage import UnitOutages, UnitView


def ids(count, start=0):
    return frozenset(f"c{number}" for number in range(start, start + count))


def view(cameras, lost, told=0, unknown=0):
    """Return a unit: the first are lost, the last are told, those before them unknown."""
    end = cameras - told
    return UnitView("village", ids(cameras), ids(lost), ids(told, end), ids(unknown, end - unknown))


@pytest.mark.parametrize(
    ("unit", "out"),
    [
        (view(4, 4), True),
        (view(4, 3), True),
        (view(4, 2), False),
        (view(2, 2), False),
        (view(10, 6), True),
        (view(10, 5), False),
        (view(10, 3, told=5), True),
        (view(10, 0, told=10), False),
        (view(10, 3, unknown=5), True),
        (view(10, 0, unknown=10), False),
    ],
)
def test_a_unit_is_out_when_most_of_what_was_well_is_lost(unit, out):
    assert UnitOutages(0.6, 3).judge([unit]) == (frozenset({"village"}) if out else frozenset())


def test_it_stays_out_until_most_are_back():
    outages = UnitOutages(0.6, 3)
    seen = [bool(outages.judge([view(10, lost)])) for lost in (6, 5, 4, 3, 4, 5, 6)]
    assert seen == [True, True, True, False, False, False, True]


def test_what_was_out_before_a_restart_stays_out_while_nobody_reports():
    outages = UnitOutages(0.6, 3)
    outages.adopt(["village"])
    assert outages.judge([view(5, 0, unknown=5)]) == {"village"}
    assert outages.judge([view(5, 2)]) == {"village"}
    assert outages.judge([view(5, 1)]) == frozenset()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=20))
def test_a_unit_without_losses_is_never_out(story):
    outages = UnitOutages(0.6, 3)
    for lost, wish in story:
        told = min(wish, 12 - lost)
        outages.judge([view(12, lost, told)])
        assert outages.judge([view(12, 0, told)]) == frozenset()
