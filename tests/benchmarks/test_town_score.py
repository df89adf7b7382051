"""What counts as found, false and repeated, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.town import Expected
from benchmarks.town_score import TOLERANCE_S, Span, Told, missed, score

ALL = Span(0.0, 1000.0)


def event(began_s, ended_s, camera="a", kind="person_presence"):
    return Expected(camera, kind, began_s, ended_s)


def told(began_s, ended_s, posted_s, camera="a", kind="person_presence"):
    return Told(camera, kind, began_s, ended_s, posted_s)


VISIT = event(100, 110)

CASES = {
    "told while it goes on": ([VISIT], [told(100.4, 109, 101.6)], (1, 0, 0), (1.6,)),
    "told by another camera": ([VISIT], [told(100, 109, 102, camera="b")], (0, 1, 0), ()),
    "told as something else": ([VISIT], [told(100, 109, 102, kind="crowd")], (0, 1, 0), ()),
    "told of long before": ([VISIT], [told(80, 90, 81)], (0, 1, 0), ()),
    "begun within the tolerance": ([VISIT], [told(110 + TOLERANCE_S, 115, 113)], (1, 0, 0), (13,)),
    "begun after the tolerance": ([VISIT], [told(113, 115, 114)], (0, 1, 0), ()),
    "told twice": ([VISIT], [told(100, 104, 102), told(106, 110, 108)], (1, 0, 1), (2,)),
    "one incident for two visits": (
        [VISIT, event(130, 140)],
        [told(100, 140, 102)],
        (1, 0, 0),
        (2,),
    ),
    "two incidents for two visits": (
        [VISIT, event(113, 120)],
        [told(100, 110, 102), told(113, 120, 114)],
        (2, 0, 0),
        (2, 1),
    ),
}


@pytest.mark.parametrize(("due", "incidents", "counts", "latencies_s"), CASES.values(), ids=CASES)
def test_incidents_answer_for_events(due, incidents, counts, latencies_s):
    found = score(due, incidents, ALL)
    assert (found.found, found.false, found.repeats) == counts
    assert found.latencies_s == pytest.approx(latencies_s)


def test_what_began_outside_the_span_counts_on_neither_side():
    span = Span(105.0, 200.0)
    found = score([VISIT, event(150, 160)], [told(100, 110, 102), told(150, 160, 151)], span)
    assert (found.due, found.told, found.found) == (1, 1, 1)


def test_nothing_due_and_nothing_told_is_perfect():
    empty = score([], [], ALL)
    assert (empty.recall, empty.precision) == (1.0, 1.0)


def test_what_nobody_told_of_is_named():
    assert missed([VISIT, event(200, 210)], [told(100, 110, 102)], ALL) == [event(200, 210)]


SPANS = st.tuples(st.floats(0, 900), st.floats(0, 20)).map(lambda s: (s[0], s[0] + s[1]))


@given(
    st.lists(SPANS.map(lambda s: event(*s)), max_size=8),
    st.lists(st.tuples(SPANS, st.floats(0, 5)).map(lambda s: told(*s[0], s[0][0] + s[1]))),
)
def test_shares_stay_shares(due, incidents):
    found = score(due, incidents, ALL)
    assert 0 <= found.recall <= 1
    assert 0 <= found.precision <= 1
    assert found.found + found.false + found.repeats == found.told == len(incidents)
