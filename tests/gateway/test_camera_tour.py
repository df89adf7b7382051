"""Which view of a tour is due, and what a person's hand changes about it."""

import pytest

from gateway.camera_tour import Tour, TourClock, TourStop

TOUR = Tour((TourStop("a", 10), TourStop("b", 20)), resume_s=60)


def test_views_come_in_turn_each_for_its_time() -> None:
    clock = TourClock(TOUR, 100)
    shown = []
    now_s = 100.0
    for _ in range(5):
        now_s += clock.wait_s(now_s)
        shown.append((clock.take(now_s), now_s))
    assert shown == [("a", 100), ("b", 110), ("a", 130), ("b", 140), ("a", 160)]


def test_a_person_pauses_it_and_the_interrupted_view_comes_again() -> None:
    clock = TourClock(TOUR, 0)
    assert clock.take(0) == "a"
    assert clock.take(10) == "b"
    for now_s in (15, 16, 40):
        clock.moved_by_person(now_s)
    assert clock.wait_s(40) == 60
    assert clock.wait_s(100) == 0
    assert clock.take(100) == "b"
    assert clock.take(120) == "a"


def test_a_person_before_the_first_view() -> None:
    clock = TourClock(TOUR, 0)
    clock.moved_by_person(0)
    assert clock.take(60) == "a"


@pytest.mark.parametrize(
    ("tour", "runs"), [(TOUR, True), (Tour(), False), (Tour(TOUR.stops, enabled=False), False)]
)
def test_what_runs(tour: Tour, runs: bool) -> None:
    assert tour.runs is runs


def test_what_no_tour_is() -> None:
    for dwell_s in (0, 4.9, 1e6, float("nan")):
        with pytest.raises(ValueError, match="at a view"):
            TourStop("a", dwell_s)
    with pytest.raises(ValueError, match="more than 64"):
        Tour((TourStop("a", 10),) * 65)
    with pytest.raises(ValueError, match="is not 0 to"):
        Tour(resume_s=-1)
