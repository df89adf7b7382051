"""Incidents are counted for the visit they tell of, and for no other."""

from benchmarks.latency import AT_ONCE, DEFAULT, Opening, _matched

VISITS_MS = [1000, 7000, 13000]


def opening(rule, sure_ms):
    return Opening(rule, sure_ms, sure_ms + 100, sure_ms + 200)


def test_the_first_incident_of_each_visit_counts():
    openings = [opening(AT_ONCE, 1400), opening(AT_ONCE, 2400), opening(AT_ONCE, 7000)]
    reports = _matched(VISITS_MS, openings, AT_ONCE)
    assert {number: report.total_ms for number, report in reports.items()} == {0: 600, 1: 200}


def test_what_belongs_to_no_visit_is_left_out():
    unread = opening(AT_ONCE, float("nan"))
    openings = [unread, opening(DEFAULT, 1400), opening(AT_ONCE, 900), opening(AT_ONCE, 13000)]
    assert _matched(VISITS_MS, openings, AT_ONCE) == {}
