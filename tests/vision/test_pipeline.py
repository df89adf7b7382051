"""One camera's pipeline: from detections to changes, with the users' complaints as cases."""

import numpy as np
import pytest

from vision.activity import Activity, ActivityState
from vision.geometry import Polygon
from vision.pipeline import CameraPipeline
from vision.rules import RuleSet
from vision.rules.count import CountSpec
from vision.rules.presence import PresenceSpec
from vision.rules.stop import StopSpec
from vision.scene import Zone
from vision.types import ChangeType, FrameSize, IncidentChange, Kind

SIZE = FrameSize(640, 360)
CAR = ("car", (300.0, 200.0, 420.0, 260.0), 0.6)
LEFT = Zone("left", Polygon.of([[0, 0], [0.5, 0], [0.5, 1], [0, 1]]))


@pytest.fixture
def run(clock, detections):
    """Return a function that plays sightings over time through a pipeline, to the end."""

    def play(path, times, pipeline: CameraPipeline | None = None) -> list[IncidentChange]:
        pipeline = pipeline or CameraPipeline("cam")
        steps = [pipeline.step(clock(s), SIZE, detections(path(s))) for s in times]
        changes = [change for step in steps for change in step.changes]
        return changes + pipeline.finish(clock(times[-1]))

    return play


def spans(changes: list[IncidentChange], clock) -> list[tuple[str, float, float]]:
    return [
        (
            change.incident.kind,
            (change.incident.opened_at - clock(0)).total_seconds(),
            (change.incident.closed_at - clock(0)).total_seconds(),
        )
        for change in changes
        if change.incident.closed_at
    ]


def walker(s: float) -> list:
    x = 40 * s
    return [("person", (x, 100.0, x + 40, 200.0), 0.7)]


def test_one_walk_through_the_zone_is_one_incident(run, clock) -> None:
    rules = RuleSet((LEFT,), (PresenceSpec(id="in", zone="left", kinds=(Kind.PERSON,)),))
    changes = run(walker, np.arange(0, 15, 0.2), CameraPipeline("cam", rules))
    ((kind, start_s, end_s),) = spans(changes, clock)
    assert kind == "person_presence"
    assert start_s == pytest.approx(0.4, abs=0.01)
    assert end_s == pytest.approx((320 - 20) / 40, abs=0.21)


def test_a_parked_car_with_a_flickering_detector_is_one_incident(run, clock) -> None:
    seen = np.random.default_rng(1).random(3000) < 0.05
    seen[:100] = True

    changes = run(lambda s: [CAR] if seen[round(s * 5)] else [], np.arange(0, 600, 0.2))
    assert len(spans(changes, clock)) == 1
    assert [change.type.value for change in changes] == ["opened", "closed"]


def test_a_camera_lost_for_an_hour_does_not_repeat_the_parked_car(run, clock) -> None:
    times = [*np.arange(0, 20, 0.2), *np.arange(3600, 3620, 0.2)]
    changes = run(lambda _: [CAR], times)
    assert [change.type.value for change in changes] == ["opened", "closed"]


def test_a_detector_that_stutters_all_the_time_still_opens_once(run, clock) -> None:
    seen = np.random.default_rng(7).random(400) < 0.6
    changes = run(lambda s: walker(s / 10) if seen[round(s * 5)] else [], np.arange(0, 60, 0.2))
    assert len(spans(changes, clock)) == 1


def test_a_change_of_picture_size_does_not_end_the_incident(clock, detections) -> None:
    pipeline, small, large = CameraPipeline("cam"), FrameSize(640, 360), FrameSize(1280, 720)
    twice = ("car", tuple(2 * edge for edge in CAR[1]), 0.6)
    changes = []
    for s in np.arange(0, 20, 0.2):
        size, car = (small, CAR) if s < 10 else (large, twice)
        changes += pipeline.step(clock(s), size, detections([car])).changes
    assert [change.type.value for change in changes] == ["opened"]


def test_a_step_says_which_tracks_make_the_incident(clock, detections) -> None:
    pipeline = CameraPipeline("cam")
    for s in np.arange(0, 5, 0.2):
        step = pipeline.step(clock(s), SIZE, detections([CAR, *walker(s)]))
        for change in step.changes:
            (number,) = step.tracks_of(change)
            (track,) = [track for track in step.tracks if track.id == number]
            assert change.incident.kind == f"{track.kind}_presence"


def test_the_same_input_gives_the_same_changes(run) -> None:
    times = np.arange(0, 12, 0.2)
    assert run(walker, times) == run(walker, times)


def test_evidence_shows_what_was_seen_and_not_what_was_lost(clock, detections) -> None:
    rules = RuleSet((), (PresenceSpec(id="cars", kinds=(Kind.VEHICLE,), confirm_s=1.0),))
    pipeline = CameraPipeline("cam", rules)
    passer_by = ("person", (20.0, 100.0, 60.0, 200.0), 0.8)
    opened = []
    for s in np.arange(0, 2, 0.2):
        seen = [CAR, passer_by] if s < 0.7 else [CAR]
        step = pipeline.step(clock(s), SIZE, detections(seen))
        opened += [(step, change) for change in step.changes]
    ((step, change),) = opened
    assert [track.label for track in step.shown_with(change)] == ["car"]
    assert {track.label for track in step.tracks} == {"car", "person"}


def test_a_view_that_moved_neither_opens_nor_closes_by_waiting(clock, detections) -> None:
    rules = RuleSet((LEFT,), (PresenceSpec(id="in", zone="left", kinds=(Kind.PERSON,)),))
    pipeline = CameraPipeline("cam", rules)
    there = [("person", (100.0, 100.0, 140.0, 200.0), 0.7)]

    def look(second: float, sightings: list) -> list[IncidentChange]:
        return list(pipeline.step(clock(second), SIZE, detections(sightings)).changes)

    changes = [change for second in np.arange(0, 3, 0.2) for change in look(second, there)]
    assert changes[0].type is ChangeType.OPENED
    pipeline.blind()
    after = pipeline.step(clock(4), SIZE, detections([]))
    assert after.changes == ()
    assert after.tracks == ()


@pytest.mark.parametrize("rate", [2, 5, 15])
def test_while_the_light_changes_nothing_opens_and_nothing_closes(clock, detections, rate) -> None:
    """Ghosts open nothing; who is hidden is not gone."""
    pipeline = CameraPipeline("cam")
    changes, told = [], []
    for s in np.arange(0, 60, 1 / rate):
        unfit = 20 <= s < 22
        ghosts = [("person", (50.0 * (s % 9), 90.0, 50.0 * (s % 9) + 40, 200.0), 0.9)]
        seen = ghosts if unfit else [CAR]
        light = Activity(clock(s), ActivityState.GLOBAL) if unfit else None
        step = pipeline.step(clock(s), SIZE, detections(seen), light)
        changes += step.changes
        told += [step] if unfit else []
    assert [change.type.value for change in changes] == ["opened"]
    assert all(step.tracks == () and step.conditions == () for step in told)


def test_tallies_come_beside_incidents_and_make_none(clock, detections) -> None:
    pipeline = CameraPipeline("cam", RuleSet((), (CountSpec(id="n", interval_s=10),)))
    steps = [
        pipeline.step(clock(s), SIZE, detections(walker(s % 12))) for s in np.arange(0, 21, 0.2)
    ]
    tallies = [tally for step in steps for tally in step.tallies]
    assert [[row.count for row in tally.rows] for tally in tallies] == [[1], [1]]
    assert all(step.changes == () and step.conditions == () for step in steps)


def test_what_was_counted_before_the_camera_turned_is_handed_over_once(clock, detections) -> None:
    pipeline = CameraPipeline("cam", RuleSet((), (CountSpec(id="n", interval_s=60),)))
    for s in np.arange(0, 12, 0.2):
        pipeline.step(clock(s), SIZE, detections(walker(s)))
    (running,) = pipeline.so_far()
    assert [row.count for row in running.rows] == [1]
    assert pipeline.blind() == (running,)
    assert pipeline.blind() == ()


def test_a_turned_camera_forgets_who_stood_where(clock, detections) -> None:
    rules = RuleSet((), (StopSpec(id="stop", stop_s=10),))
    pipeline = CameraPipeline("cam", rules)

    def look(s: float) -> list[IncidentChange]:
        x = 300.0 - 60 * max(5 - s, 0)
        car = ("car", (x, 200.0, x + 120, 260.0), 0.6)
        return list(pipeline.step(clock(s), SIZE, detections([car])).changes)

    before = [change for s in np.arange(0, 30, 0.2) for change in look(s)]
    pipeline.blind()
    after = [change for s in np.arange(30, 90, 0.2) for change in look(s)]
    assert [change.type.value for change in before + after] == ["opened", "closed"]


def test_knows_what_it_has_told_of_until_something_new_comes(clock, detections) -> None:
    pipeline = CameraPipeline("cam")
    knew = {}
    for s in np.arange(0, 40, 0.5):
        seen = [CAR] if s < 4 else [CAR, *walker(s)] if s < 8 else []
        step = pipeline.step(clock(s), SIZE, detections(seen))
        knew[s] = pipeline.knows(step)
    assert not knew[0]
    assert knew[3], "the car is told of"
    assert not knew[4.5], "a walker has come"
    assert knew[7], "both are told of"
    assert knew[8.5], "they are gone, which is told when it is sure"
    assert not knew[39.5], "nothing is open"


def test_a_rule_that_follows_what_moves_never_rests(clock, detections) -> None:
    pipeline = CameraPipeline("cam", RuleSet((), (StopSpec(id="stop", stop_s=5),)))
    steps = [pipeline.step(clock(s), SIZE, detections([CAR])) for s in np.arange(0, 8, 0.5)]
    assert not any(pipeline.knows(step) for step in steps)


def test_what_a_covered_lens_hides_is_unknown(clock, detections) -> None:
    pipeline = CameraPipeline("cam")
    changes = []
    for s in np.arange(0, 30, 0.5):
        if s < 5:
            changes += pipeline.step(clock(s), SIZE, detections([CAR])).changes
        else:
            pipeline.pass_over(clock(s), SIZE, "camera_covered")
    assert [change.type.value for change in changes] == ["opened"]
    seen_again = pipeline.step(clock(30), SIZE, detections([CAR]))
    assert seen_again.changes == ()
    assert pipeline.has_open
