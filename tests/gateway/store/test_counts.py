"""Counts kept: told again never doubles, an interruption never loses, age removes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import SpanTooLongError, StorageError
from gateway.store import Store, counts
from gateway.store.counts import CountFilter
from vision.types import Kind, Tally, TallyRow

BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
ALL = CountFilter(BEGAN - timedelta(days=400), BEGAN + timedelta(days=400))


def cars(count: int, direction: str | None = "a_to_b", label: str = "car") -> TallyRow:
    return TallyRow(Kind.VEHICLE, label, direction, count)


@pytest.fixture
def tally() -> Callable[..., Tally]:
    """Return a maker of tallies of the first quarter of an hour, watched and empty."""

    def make(*rows: TallyRow, **fields: object) -> Tally:
        start = fields.get("start", BEGAN)
        known = {
            "rule": "traffic",
            "place": "bridge",
            "start": start,
            "end": start + QUARTER,
            "since": start,
            "watched_s": 900.0,
            "rows": rows,
        }
        return Tally(**known | fields)

    return make


def kept(store: Store, wanted: CountFilter = ALL) -> list[tuple]:
    """Return what is kept: camera, place, minutes since the beginning, watched, counts."""
    return [
        (
            one.camera_id,
            one.place,
            (one.start - BEGAN) / timedelta(minutes=1),
            one.watched_s,
            {(row.label, row.direction): row.count for row in one.rows},
        )
        for one in store.counts.intervals(wanted)
    ]


def test_what_is_told_again_counts_once(store, tally) -> None:
    for _ in range(3):
        store.counts.put("gate", [tally(cars(4), cars(2, "b_to_a"))])
    counted = {("car", "a_to_b"): 4, ("car", "b_to_a"): 2}
    assert kept(store) == [("gate", "bridge", 0, 900.0, counted)]


def test_a_running_interval_grows_and_what_is_late_takes_nothing_away(store, tally) -> None:
    for count, watched_s in ((1, 60.0), (3, 180.0), (1, 60.0)):
        store.counts.put("gate", [tally(cars(count), watched_s=watched_s)])
    assert kept(store) == [("gate", "bridge", 0, 180.0, {("car", "a_to_b"): 3})]


def test_an_interval_that_was_interrupted_is_the_sum_of_its_parts(store, tally) -> None:
    first = tally(cars(5), watched_s=300.0)
    rest = tally(cars(2), cars(1, label="bus"), since=BEGAN + QUARTER / 2, watched_s=400.0)
    store.counts.put("gate", [first])
    store.counts.put("gate", [rest])
    counted = {("car", "a_to_b"): 7, ("bus", "a_to_b"): 1}
    assert kept(store) == [("gate", "bridge", 0, 700.0, counted)]


def test_an_interval_in_which_nothing_passed_is_kept_too(store, tally) -> None:
    store.counts.put("gate", [tally(place=None)])
    assert kept(store) == [("gate", None, 0, 900.0, {})]


def test_the_whole_picture_counts_once_as_well(store, tally) -> None:
    for _ in range(2):
        store.counts.put("gate", [tally(cars(1, None), place=None)])
    assert kept(store) == [("gate", None, 0, 900.0, {("car", None): 1})]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 4),
        ({"camera_id": "yard"}, 1),
        ({"rule": "people"}, 1),
        ({"start": BEGAN + QUARTER}, 1),
        ({"end": BEGAN + QUARTER}, 3),
        ({"camera_id": "nobody"}, 0),
    ],
)
def test_what_is_asked_for_is_found(store, tally, asked, found) -> None:
    more = [tally(), tally(start=BEGAN + QUARTER), tally(rule="people")]
    store.counts.put("gate", more)
    store.counts.put("yard", [tally()])
    assert len(store.counts.intervals(replace(ALL, **asked))) == found


def test_too_much_at_once_is_refused(store, tally, monkeypatch) -> None:
    monkeypatch.setattr(counts, "MOST_PARTS", 2)
    store.counts.put("gate", [tally(), tally(rule="people")])
    assert len(store.counts.intervals(ALL)) == 2
    store.counts.put("gate", [tally(rule="bikes")])
    with pytest.raises(SpanTooLongError, match="shorter"):
        store.counts.intervals(ALL)


def test_a_tally_that_cannot_be_kept_takes_those_beside_it_along(store, tally) -> None:
    impossible = tally(cars(1), cars(1))
    with pytest.raises(StorageError):
        store.counts.put("gate", [tally(cars(1), rule="people"), impossible])
    assert kept(store) == []


def test_old_intervals_go_with_their_counts(store, tally, monkeypatch) -> None:
    monkeypatch.setattr(counts, "DELETED_AT_ONCE", 2)
    days = [tally(cars(1), start=BEGAN + timedelta(days=day)) for day in range(5)]
    store.counts.put("gate", days)
    limit = BEGAN + timedelta(days=3)
    assert [store.counts.remove_before(limit) for _ in range(3)] == [2, 1, 0]
    assert [minute / 1440 for _, _, minute, *_ in kept(store)] == [3, 4]
    assert (store.counts.knows("gate"), store.counts.knows("yard")) == (True, False)


PARTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 9), st.integers(1, 3)),
    max_size=12,
)
"""Restart, interval, cars, and how often it is told."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=PARTS)
def test_however_often_it_is_interrupted_and_told_all_is_counted_once(store, tally, parts) -> None:
    """Each part is told while it grows, as often as may be; its last word counts."""
    camera, last = uuid4().hex, {}
    for restart, interval, passed, times in parts:
        start = BEGAN + interval * QUARTER
        since = start + timedelta(minutes=restart)
        before = last.get(since)
        grown = tally(
            *([cars(passed + (before.rows[0].count if before and before.rows else 0))]),
            start=start, since=since, watched_s=10.0 + (before.watched_s if before else 0.0),
        )  # fmt: skip
        last[since] = grown
        for _ in range(times):
            store.counts.put(camera, [grown])
    found = store.counts.intervals(replace(ALL, camera_id=camera))
    assert sum(row.count for one in found for row in one.rows) == sum(
        row.count for one in last.values() for row in one.rows
    )
    assert sum(one.watched_s for one in found) == sum(one.watched_s for one in last.values())
    store.counts.remove_before(ALL.end)
