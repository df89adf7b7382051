"""Hours and days of the site's calendar, also where clocks change and offsets are odd."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.counts.bucket import Bucket
from gateway.counts.buckets import bucketed, span
from gateway.store.counts import CountedInterval
from vision.types import Kind, TallyRow

SHANGHAI, KOLKATA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}Z")


def interval(start: datetime, count: int = 1, **fields: object) -> CountedInterval:
    known = {
        "camera_id": "gate",
        "rule": "traffic",
        "place": None,
        "start": start,
        "end": start + QUARTER,
        "watched_s": 900.0,
        "rows": (TallyRow(Kind.VEHICLE, "car", "a_to_b", count),),
    }
    return CountedInterval(**known | fields)


@pytest.mark.parametrize(
    ("moment", "bucket", "zone", "start", "end"),
    [
        ("05-01T08:20:00", Bucket.HOUR, SHANGHAI, "05-01T08:00:00", "05-01T09:00:00"),
        ("05-01T08:20:00", Bucket.HOUR, KOLKATA, "05-01T07:30:00", "05-01T08:30:00"),
        ("05-01T15:59:59", Bucket.DAY, SHANGHAI, "04-30T16:00:00", "05-01T16:00:00"),
        ("05-01T16:00:00", Bucket.DAY, SHANGHAI, "05-01T16:00:00", "05-02T16:00:00"),
        ("10-25T00:30:00", Bucket.HOUR, BERLIN, "10-25T00:00:00", "10-25T01:00:00"),
        ("10-25T01:30:00", Bucket.HOUR, BERLIN, "10-25T01:00:00", "10-25T02:00:00"),
        ("10-25T12:00:00", Bucket.DAY, BERLIN, "10-24T22:00:00", "10-25T23:00:00"),
        ("03-29T12:00:00", Bucket.DAY, BERLIN, "03-28T23:00:00", "03-29T22:00:00"),
    ],
)
def test_hours_and_days_are_the_sites_own(moment, bucket, zone, start, end) -> None:
    assert span(at(moment), bucket, zone) == (at(start), at(end))


def test_quarters_add_up_to_hours() -> None:
    began = at("05-01T08:00:00")
    quarters = [interval(began + n * QUARTER, n + 1) for n in range(6)]
    first, second = bucketed(quarters, Bucket.HOUR, SHANGHAI)
    assert (first.start, first.end) == (began, began + timedelta(hours=1))
    assert [(one.watched_s, one.rows[0].count) for one in (first, second)] == [
        (3600, 10),
        (1800, 11),
    ]


def test_cameras_rules_places_kinds_and_directions_stay_apart() -> None:
    began = at("05-01T08:00:00")
    people = (TallyRow(Kind.PERSON, "person", None, 2), TallyRow(Kind.VEHICLE, "bus", None, 1))
    found = bucketed(
        [
            interval(began),
            interval(began + QUARTER, rows=people),
            interval(began, place="bridge"),
            interval(began, rule="other"),
            interval(began, camera_id="yard"),
        ],
        Bucket.DAY,
        SHANGHAI,
    )
    assert len(found) == 4
    rows = [(row.label, row.direction, row.count) for row in found[0].rows]
    assert rows == [("person", None, 2), ("bus", None, 1), ("car", "a_to_b", 1)]


def test_an_interval_longer_than_the_bucket_stays_as_long_as_it_is() -> None:
    began = at("05-01T16:00:00")
    day = interval(began, end=began + timedelta(days=1), watched_s=86_400.0)
    (found,) = bucketed([day], Bucket.HOUR, SHANGHAI)
    assert (found.start, found.end, found.watched_s) == (day.start, day.end, 86_400.0)


@given(
    counts=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 50)), max_size=40),
    zone=st.sampled_from([UTC, SHANGHAI, KOLKATA, BERLIN]),
    bucket=st.sampled_from(Bucket),
)
def test_nothing_is_lost_or_doubled(counts, zone, bucket) -> None:
    quarters = [interval(at("10-20T00:00:00") + n * QUARTER, count) for n, count in counts]
    found = bucketed(quarters, bucket, zone)
    assert sum(row.count for one in found for row in one.rows) == sum(n for _, n in counts)
    assert sum(one.watched_s for one in found) == 900.0 * len(counts)
    assert len({one.start for one in found}) == len(found)
