"""Counting: each subject once, told at the end of each interval, with what was watched of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vision.arming import Arming
from vision.errors import RuleError
from vision.judge import Judge
from vision.rules.count import CountSpec
from vision.scene import Line, Scene, View
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
    assert (first.place, first.watched_s) == ("wire", pytest.approx(59.5))


def test_nothing_passed_is_told_too(play, track) -> None:
    (tally,) = tallies(play(SPEC, [(s, []) for s in range(61)]))
    assert (tally.rows, tally.watched_s) == ((), 59.0)


def test_what_was_not_watched_is_said(play, track) -> None:
    seconds = [*range(20), *range(50, 62)]
    (tally,) = tallies(play(SPEC, [(s, "dark" if s < 5 else []) for s in seconds]))
    assert tally.watched_s == 14 + 9


def test_in_a_zone_each_counts_once_however_often_its_number_changes(play, track) -> None:
    spec = CountSpec(id="r", zone="gate", kinds=(Kind.PERSON,), interval_s=60)
    looks = [
        (s, [track(int(s // 4), feet=(340 + 2 * s, 300.0), seen_s=s, first_s=s // 4 * 4)])
        for s in np.arange(0, 61, 0.5)
    ]
    (tally,) = tallies(play(spec, looks))
    assert rows(tally) == [("person", None, 1)]


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
    assert (before.watched_s, ended.watched_s) == (19.5, 29.5)


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
