"""What gauges measured is kept once, corrected in place, forgotten after years."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.store import Store
from gateway.store.rain_readings import KEPT, FeedState, GaugeReading

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = FeedState("city", NOW, NOW, 0, "")
ONE = GaugeReading("city", "g1", NOW - HOUR, 2.0)


def test_told_twice_is_kept_once_and_a_correction_takes_its_place(store: Store) -> None:
    store.rain_readings.put([ONE, replace(ONE, gauge="g2")], WELL)
    store.rain_readings.put([ONE, replace(ONE, gauge="g2", mm_per_h=3.0)], WELL)
    kept = store.rain_readings.between(NOW - 2 * HOUR, NOW)
    assert {(one.gauge, one.mm_per_h) for one in kept} == {("g1", 2.0), ("g2", 3.0)}
    assert store.rain_readings.between(NOW - 2 * HOUR, NOW, [("city", "g1")]) == (ONE,)
    assert store.rain_readings.between(NOW - 2 * HOUR, NOW - HOUR) == ()


def test_what_is_three_years_old_is_forgotten(store: Store) -> None:
    old = replace(ONE, at=NOW - KEPT - HOUR)
    store.rain_readings.put([old, ONE], WELL)
    assert store.rain_readings.between(old.at, NOW) == (ONE,)


def test_a_feed_fails_and_is_well_again(store: Store) -> None:
    assert store.rain_readings.feeds() == ()
    store.rain_readings.put([], WELL)
    failures = [store.rain_readings.fail("city", NOW + HOUR, "busy") for _ in range(2)]
    assert failures == [1, 2]
    assert store.rain_readings.feeds() == (FeedState("city", NOW + HOUR, NOW, 2, "busy"),)
    store.rain_readings.put([], WELL)
    assert store.rain_readings.feeds() == (WELL,)
