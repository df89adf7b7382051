"""Counting: each subject once, told at the end of each interval, with what was watched of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.arming import Arming
from vision.errors import RuleError
from vision.judge import Judge
from vision.rules.count import CountSpec, _interval
from vision.scene import BLIND_AFTER_S, Line, Scene, View
from vision.types import FrameSize, Kind, Tally

SPEC = CountSpec(id="r", line="wire", interval_s=60)
WIRE = Line("wire", (0.5, 0.0), (0.5, 1.0))


def tallies(findings) -> list[Tally]:
    return [one for look in findings for one in look]


def rows(tally: Tally) -> list[tuple[str, str | None, int]]:
    return [(row.label, row.direction, row.count) for row in tally.rows]


def traffic(track, cars, end_s):
    """Return looks; cars: start second, speed, label. Each is 10 s in view, over the line."""
    return [
        (
            s,
            [
                track(
                    n, kind=Kind.VEHICLE, label=label, size=(60.0, 40.0), seen_s=s, first_s=start,
                    feet=(320 + speed * (s - start - 5), 300.0),
                )
                for n, (start, speed, label) in enumerate(cars)
                if 0 <= s - start < 10
            ],
        )
        for s in np.arange(0, end_s, 0.5)
    ]  # fmt: skip


def test_each_interval_has_its_own_tally_by_label_and_direction(play, track) -> None:
    cars = [(2, 40, "car"), (15, 40, "car"), (20, -40, "truck"), (70, 40, "bus")]
    first, second = tallies(play(SPEC, traffic(track, cars, 121)))
    assert rows(first) == [("car", "b_to_a", 2), ("truck", "a_to_b", 1)]
    assert rows(second) == [("bus", "b_to_a", 1)]
    assert (second.start, second.end) == (first.end, first.end + timedelta(seconds=60))
    assert (first.place, first.watched_s) == ("wire", 60.0)


def test_nothing_passed_is_told_too(play, track) -> None:
    (tally,) = tallies(play(SPEC, [(s, []) for s in range(61)]))
    assert (tally.rows, tally.watched_s) == ((), 60.0)


def test_what_was_not_watched_is_said(play, track) -> None:
    seconds = [*range(20), *range(50, 62)]
    (tally,) = tallies(play(SPEC, [(s, "dark" if s < 5 else []) for s in seconds]))
    assert tally.watched_s == 14 + 10


def test_in_a_zone_each_counts_once_however_often_its_number_changes(play, track) -> None:
    spec = CountSpec(id="r", zone="gate", kinds=(Kind.PERSON,), interval_s=60)
    looks = [
        (s, [track(int(s // 4), feet=(340 + 2 * s, 300.0), seen_s=s, first_s=s // 4 * 4)])
        for s in np.arange(0, 61, 0.5)
    ]
    (tally,) = tallies(play(spec, looks))
    assert rows(tally) == [("person", None, 1)]


def test_in_a_zone_what_was_parked_before_has_not_come(play, track) -> None:
    """Whenever a watch begins, be it after a turn of the camera, it is there; another drives in."""
    spec = CountSpec(id="r", zone="gate", kinds=(Kind.VEHICLE,), interval_s=60)
    rng = np.random.default_rng(5)
    looks = [
        (
            s,
            [
                track(
                    n, kind=Kind.VEHICLE, size=(60.0, 40.0), seen_s=s, first_s=0,
                    feet=(x + rng.normal(0, 2), 300.0 + rng.normal(0, 1)),
                )
                for n, x in ((1, 400.0), (2, 100.0 + 20 * min(s, 20)))
            ],
        )
        for s in np.arange(0, 61, 0.5)
    ]  # fmt: skip
    (tally,) = tallies(play(spec, looks))
    assert rows(tally) == [("vehicle", None, 1)]


@given(
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"]),
    st.sampled_from([900, 3600, 7200, 21_600, 86_400]),
    st.integers(0, 365 * 24 * 6 - 1),
)
def test_intervals_follow_each_other_all_year(zone, interval_s, ten_minutes) -> None:
    """Also on days on which the clock is changed, at midnight in Havana, by half an hour there."""
    time_zone = ZoneInfo(zone)
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * ten_minutes)
    start, end = _interval(at, interval_s, time_zone)
    assert start <= at < end <= start + timedelta(seconds=interval_s)
    for moment in (start, end - timedelta(microseconds=1)):
        assert _interval(moment, interval_s, time_zone) == (start, end)
    assert _interval(end, interval_s, time_zone)[0] == end


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 15.0), min_size=2, max_size=60))
def test_all_that_was_watched_is_in_some_interval(steps_s) -> None:
    judge = Judge(CountSpec(id="r", interval_s=10), View())
    found, at, watched_s = [], datetime(2026, 1, 1, tzinfo=UTC), 0.0
    for step_s in [0.0, *steps_s]:
        at += timedelta(seconds=step_s)
        found += judge.judge(Scene(at, FrameSize(640, 360), ()))
        watched_s += step_s if step_s <= BLIND_AFTER_S else 0.0
    last = judge.so_far()
    assert all(0.0 <= one.watched_s <= 10.0 for one in found)
    told_s = sum(one.watched_s for one in (*found, last))
    assert told_s == pytest.approx(watched_s, abs=0.05 * (len(found) + 1))


@pytest.mark.parametrize(
    ("zone", "interval_s", "at", "start"),
    [
        ("UTC", 3600, "2026-07-01T10:20:30", "2026-07-01T10:00:00"),
        ("Asia/Kolkata", 3600, "2026-07-01T10:20:30", "2026-07-01T09:30:00"),
        ("Asia/Shanghai", 86_400, "2026-07-01T17:00:00", "2026-07-01T16:00:00"),
        ("Europe/Berlin", 86_400, "2026-07-01T17:00:00", "2026-06-30T22:00:00"),
    ],
)
def test_intervals_begin_at_the_sites_midnight(play, zone, interval_s, at, start) -> None:
    began = datetime.fromisoformat(at).replace(tzinfo=UTC)
    since_epoch_s = (began - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
    looks = [(since_epoch_s, []), (since_epoch_s + interval_s, [])]
    (tally,) = tallies(play(CountSpec(id="r", interval_s=interval_s), looks, ZoneInfo(zone)))
    assert tally.start == datetime.fromisoformat(start).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"interval_s": 7000}, "does not divide a day"),
        ({"line": "wire", "zone": "gate"}, "not both"),
    ],
)
def test_what_cannot_be_counted_is_refused(settings, words) -> None:
    with pytest.raises(RuleError, match=words):
        CountSpec(id="r", **settings)


@pytest.fixture
def counter() -> Judge:
    return Judge(SPEC, View((), (WIRE,)))


@pytest.fixture
def scenes(clock, track):
    """Return a maker of the scenes of some traffic, from a second on."""

    def make(cars, end_s, from_s=0.0) -> list[Scene]:
        return [
            Scene(clock(s), FrameSize(640, 360), tuple(tracks))
            for s, tracks in traffic(track, cars, end_s)
            if s >= from_s
        ]

    return make


def test_a_running_interval_is_told_with_what_it_has_so_far(counter, clock, scenes) -> None:
    assert counter.so_far() is None
    told = []
    for scene in scenes([(2, 40, "car"), (15, 40, "car")], 60.5):
        ended = counter.judge(scene)
        told += [*ended, counter.so_far()]
    counts = [sum(row.count for row in tally.rows) for tally in told]
    assert counts[:-1] == sorted(counts[:-1])
    assert {(tally.start, tally.since) for tally in told[:-1]} == {(clock(0), clock(0))}
    assert rows(told[-2]) == [("car", "b_to_a", 2)], "told once more when it has ended"
    assert (told[-1].start, told[-1].rows) == (told[-2].end, ())


def test_after_an_interruption_the_count_begins_anew_under_another_name(
    counter, clock, scenes
) -> None:
    for scene in scenes([(2, 40, "car")], 20):
        counter.judge(scene)
    before = counter.so_far()
    counter.forget()
    assert counter.so_far() is None
    *_, ended = tallies(counter.judge(s) for s in scenes([(32, 40, "car")], 61, from_s=30))
    assert (before.start, before.since) == (ended.start, clock(0))
    assert ended.since == clock(30)
    assert [rows(tally) for tally in (before, ended)] == [[("car", "b_to_a", 1)]] * 2
    assert (before.watched_s, ended.watched_s) == (19.5, 30.0)


def test_only_what_passes_while_the_rule_is_armed_is_counted_and_always_told(clock, scenes) -> None:
    """The test's clock begins at midnight."""
    arming = Arming(hours=("00:01-00:02",))
    judge = Judge(replace(SPEC, interval_s=300, arming=arming), View((), (WIRE,)))
    cars = [(10, 40, "car"), (70, 40, "truck"), (130, 40, "bus")]
    (tally,) = tallies(judge.judge(scene) for scene in scenes(cars, 302))
    assert rows(tally) == [("truck", "b_to_a", 1)]
    assert (tally.since, tally.watched_s) == (clock(60), 59.5)


def test_an_interval_in_which_the_rule_was_never_armed_is_not_told(scenes) -> None:
    judge = Judge(replace(SPEC, arming=Arming(hours=("12:00-13:00",))), View((), (WIRE,)))
    assert tallies(judge.judge(scene) for scene in scenes([(2, 40, "car")], 130)) == []
