"""Tracker: identity over frame rates, gaps, crossings, kinds and flicker; then properties."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.tracker import Tracker, TrackerSettings, two_stage
from vision.trails import STILL_AFTER_S
from vision.types import Detections, Kind, Track
from vision.weights import find_model, load_manifest, shipped_manifest

Sighting = tuple[str, tuple[float, float, float, float], float]
Make = Callable[[Sequence[Sighting]], Detections]
Clock = Callable[[float], datetime]
Path = Callable[[float], list[Sighting]]
RATES = [0.5, 1, 2, 5, 15]


def person(x: float, y: float = 100.0, score: float = 0.8) -> Sighting:
    """A person 40 x 100 px, feet at (x, y + 100)."""
    return ("person", (x, y, x + 40, y + 100), score)


def car(x: float, y: float = 200.0, score: float = 0.8, label: str = "car") -> Sighting:
    return (label, (x, y, x + 120, y + 60), score)


@pytest.fixture
def follow(clock: Clock, detections: Make) -> Callable[..., list[tuple[Track, ...]]]:
    """Return a function that shows a tracker what `path` gives at each second of `times`."""

    def play(
        path: Path, times: Iterable[float], tracker: Tracker | None = None
    ) -> list[tuple[Track, ...]]:
        tracker = tracker or Tracker()
        return [tracker.update(detections(path(s)), clock(s)) for s in times]

    return play


def ids(frames: Iterable[tuple[Track, ...]]) -> set[int]:
    return {track.id for frame in frames for track in frame}


@pytest.mark.parametrize("fps", RATES)
def test_a_walking_person_is_one_track_at_any_rate(follow, fps) -> None:
    frames = follow(lambda s: [person(50 + 60 * s)], np.arange(0, 12, 1 / fps))
    assert ids(frames) == {1}
    assert frames[-1][0].confirmed


@pytest.mark.parametrize("fps", RATES[1:])
def test_a_car_passing_at_speed_is_one_track(follow, fps) -> None:
    frames = follow(lambda s: [car(150 * s)], np.arange(0, 6, 1 / fps))
    assert ids(frames) == {1}


@pytest.mark.parametrize("fps", RATES[2:])
def test_two_people_who_pass_each_other_keep_their_ids(follow, fps) -> None:
    def path(s: float) -> list[Sighting]:
        return [person(50 + 60 * s, 100), person(650 - 60 * s, 150)]

    frames = follow(path, np.arange(0, 10, 1 / fps))
    assert ids(frames) == {1, 2}
    assert [round(track.xyxy[1]) for track in frames[-1]] == [100, 150]


def test_confirmation_needs_two_detections_and_time(follow) -> None:
    frames = follow(lambda _: [person(0)], [0.0, 0.1, 0.2, 0.3])
    assert [frame[0].confirmed for frame in frames] == [False, False, False, True]
    assert not follow(lambda s: [person(0)] if s == 0 else [], [0.0, 0.5])[-1][0].confirmed
    assert [f[0].confirmed for f in follow(lambda _: [person(0)], [0.0, 2.0])] == [False, True]


def test_a_short_occlusion_keeps_the_id_and_coasts_along(follow) -> None:
    def path(s: float) -> list[Sighting]:
        return [] if 2.0 <= s < 3.2 else [person(50 + 60 * s)]

    frames = follow(path, np.arange(0, 6, 0.2))
    assert ids(frames) == {1}
    (coasting,) = frames[13]
    assert coasting.xyxy[0] == pytest.approx(50 + 60 * 2.6, abs=3)
    assert (frames[13][0].last_seen_at - frames[0][0].first_seen_at).total_seconds() < 2.0


def test_who_left_is_dropped_and_the_next_gets_a_new_id(follow) -> None:
    frames = follow(lambda s: [person(s * 60)] if not 2 < s < 6 else [], np.arange(0, 8, 0.2))
    assert frames[25] == ()
    assert ids(frames) == {1, 2}


def test_a_person_never_becomes_a_vehicle(follow) -> None:
    box = (100.0, 100.0, 200.0, 200.0)
    frames = follow(lambda s: [("person" if s < 2 else "car", box, 0.9)], np.arange(0, 4, 0.2))
    assert {(track.id, track.kind) for frame in frames for track in frame} == {
        (1, Kind.PERSON),
        (2, Kind.VEHICLE),
    }


def test_the_label_of_a_vehicle_is_what_it_was_called_most(follow) -> None:
    frames = follow(
        lambda s: [car(100, label="truck" if round(s * 5) % 4 == 3 else "car")],
        np.arange(0, 4, 0.2),
    )
    assert {track.label for frame in frames for track in frame} == {"car"}


def test_an_unsure_detection_continues_a_track_and_never_begins_one(follow) -> None:
    frames = follow(lambda _: [person(0, score=0.2)], np.arange(0, 2, 0.2))
    assert ids(frames) == set()
    frames = follow(lambda s: [person(0, score=0.8 if s < 1 else 0.2)], np.arange(0, 4, 0.2))
    assert ids(frames) == {1}
    assert frames[-1][0].score == pytest.approx(0.2)
    assert frames[-1][0].last_seen_at > frames[0][0].last_seen_at


def test_a_bush_does_not_go_on_for_whoever_left_the_picture_beside_it(follow) -> None:
    frames = follow(lambda s: [person(0, score=0.8 if s < 2 else 0.2)], np.arange(0, 20, 0.2))
    assert ids(frames) == {1}
    assert frames[-1] == ()


@pytest.mark.parametrize("fps", [1, 2, 5, 15])
def test_who_is_never_sure_is_followed_once_he_has_gone_some_way(follow, fps) -> None:
    """Somebody in the dark, seen in four of five looks; a height in a second and a half."""
    rng = np.random.default_rng(fps)
    frames = follow(
        lambda s: [person(20 + 60 * s, score=0.25)] if rng.random() < 0.8 else [],
        np.arange(0, 12, 1 / fps),
    )
    assert ids(frames) == {1}
    first = next(number for number, frame in enumerate(frames) if frame)
    assert 1.6 <= first / fps <= 7
    assert frames[first][0].confirmed
    assert frames[-1], "for as long as he goes on"


@pytest.mark.parametrize("fps", [1, 5, 15])
def test_what_is_never_sure_and_goes_nowhere_is_nobody(follow, fps) -> None:
    """A bush in the wind: a box that trembles by a quarter of its width, for minutes."""
    rng = np.random.default_rng(7)
    frames = follow(
        lambda _: [person(300 + rng.normal(0, 10), 100 + rng.normal(0, 10), 0.25)],
        np.arange(0, 180, 1 / fps),
    )
    assert ids(frames) == set()


def test_an_unsure_part_of_somebody_is_nobody_else(follow) -> None:
    """His legs, say, wherever he goes."""

    def path(s: float) -> list[Sighting]:
        x = 60 * s
        return [person(x), ("person", (x, 150.0, x + 40, 200.0), 0.3)]

    assert ids(follow(path, np.arange(0, 10, 0.2))) == {1}


def test_boxes_that_come_by_chance_and_meet_are_nobody(follow) -> None:
    """One in ten pictures, at fifteen a second, near the same place."""
    rng = np.random.default_rng(11)
    frames = follow(
        lambda _: [person(300 + rng.normal(0, 10))] if rng.random() < 0.1 else [],
        np.arange(0, 60, 1 / 15),
    )
    share = np.mean([any(track.confirmed for track in frame) for frame in frames])
    assert share < 0.1


def test_who_is_looked_at_rarely_is_kept_by_a_few_unsure_detections(follow) -> None:
    frames = follow(lambda s: [person(0, score=0.8 if s < 4 else 0.2)], np.arange(0, 60, 3.0))
    assert ids(frames) == {1}
    seen = [frame[0].last_seen_at for frame in frames if frame]
    assert (max(seen) - min(seen)).total_seconds() == pytest.approx(12.0)


def test_what_was_surely_at_rest_stays_when_the_light_makes_it_unsure(follow) -> None:
    frames = follow(lambda s: [car(300, score=0.6 if s < 8 else 0.2)], np.arange(0, 60, 0.5))
    assert ids(frames) == {1}
    assert frames[-1][0].last_seen_at > frames[-2][0].last_seen_at


def test_a_parked_car_is_one_track_though_the_detector_loses_it_for_long(follow) -> None:
    def path(s: float) -> list[Sighting]:
        return [car(300)] if s < 40 or s % 30 < 1 else []

    frames = follow(path, np.arange(0, 300, 0.5))
    assert ids(frames) == {1}
    assert frames[-1][0].still_since == frames[0][0].first_seen_at


def test_a_car_is_held_no_longer_than_it_had_stood(follow) -> None:
    stood_s = 20.0
    frames = follow(lambda s: [car(300)] if s <= stood_s else [], np.arange(0, 60, 0.5))
    held = [len(frame) for frame in frames]
    assert held[round(2 * (2 * stood_s - 1))] == 1
    assert held[round(2 * (2 * stood_s + 1))] == 0


def test_a_passing_car_is_not_taken_for_the_parked_one_nobody_sees(follow) -> None:
    def path(s: float) -> list[Sighting]:
        if s < 20:
            return [car(300)]
        return [] if s < 24 else [car(150 * (s - 24), y=330)]

    frames = follow(path, np.arange(0, 27, 0.2))
    parked, passing = frames[-1]
    assert (parked.id, parked.xyxy[0]) == (1, 300)
    assert passing.id == 2


def test_a_car_that_drives_off_is_the_same_car_and_no_longer_still(follow) -> None:
    frames = follow(lambda s: [car(300 + max(0, s - 20) * 100)], np.arange(0, 24, 0.2))
    assert ids(frames) == {1}
    assert frames[95][0].still_since is not None
    assert frames[-1][0].still_since is None


def test_who_walks_is_never_still(follow) -> None:
    frames = follow(lambda s: [person(20 * s)], np.arange(0, 30, 0.2))
    assert all(track.still_since is None for frame in frames for track in frame)


def test_after_blindness_only_what_stood_still_is_known(follow) -> None:
    def path(s: float) -> list[Sighting]:
        return [car(300), person(50 + 40 * (s % 10))]

    frames = follow(path, [*np.arange(0, 10, 0.2), 609.8])
    before = {track.kind: track.id for track in frames[-2]}
    after = {track.kind: track.id for track in frames[-1]}
    assert before[Kind.VEHICLE] == after[Kind.VEHICLE]
    assert before[Kind.PERSON] != after[Kind.PERSON]


def test_one_missed_frame_loses_nobody_however_slow_the_camera(follow) -> None:
    frames = follow(lambda s: [] if s == 9 else [person(5 * s)], range(0, 20, 3))
    assert ids(frames) == {1}


def test_a_clock_set_back_starts_afresh_with_new_ids(follow) -> None:
    times = [*np.arange(100, 110, 0.5), *np.arange(50, 52, 0.5)]
    frames = follow(lambda _: [car(300)], times)
    assert [track.id for track in frames[-1]] == [2]


def test_forgetting_keeps_counting_ids(follow) -> None:
    tracker = Tracker()
    follow(lambda _: [car(300)], [0.0, 0.2], tracker)
    tracker.forget()
    assert ids(follow(lambda _: [car(300)], [0.4, 0.6], tracker)) == {2}


def test_memory_is_bounded_and_confirmed_tracks_are_kept(follow) -> None:
    def path(s: float) -> list[Sighting]:
        noise = [person(1000 * i + 37 * (s * 10 % 7), 5000) for i in range(1, 40)]
        return [person(0), *(noise if s > 1 else [])]

    frames = follow(path, np.arange(0, 3, 0.2), Tracker(TrackerSettings(max_tracks=10)))
    assert max(len(frame) for frame in frames) == 10
    assert frames[-1][0].id == 1


def test_trackers_do_not_share_ids(follow) -> None:
    assert ids(follow(lambda _: [car(0)], [0.0])) == ids(follow(lambda _: [car(0)], [0.0])) == {1}


def test_still_objects_need_their_time(follow) -> None:
    frames = follow(lambda _: [car(300)], np.arange(0, STILL_AFTER_S + 1, 0.5))
    still = [frame[0].still_since is not None for frame in frames]
    assert still == [i * 0.5 >= STILL_AFTER_S for i in range(len(still))]


def test_two_stage_listens_to_half_as_sure_detections(follow) -> None:
    model = find_model("nanodet-g", load_manifest(shipped_manifest()))
    listening, tracker = two_stage(model)
    assert listening.thresholds[Kind.PERSON] == model.thresholds[Kind.PERSON] / 2
    sure, unsure = model.thresholds[Kind.PERSON], listening.thresholds[Kind.PERSON]
    assert ids(follow(lambda _: [person(0, score=unsure)], [0, 0.2], Tracker(tracker))) == set()
    assert ids(follow(lambda _: [person(0, score=sure + 0.001)], [0], Tracker(tracker))) == {1}


BOXES = st.tuples(
    st.sampled_from(["person", "car", "truck"]),
    st.tuples(st.integers(0, 600), st.integers(0, 300), st.integers(0, 80), st.integers(0, 80)),
    st.floats(0.05, 1.0),
).map(lambda t: (t[0], (t[1][0], t[1][1], t[1][0] + t[1][2], t[1][1] + t[1][3]), t[2]))
FRAMES = st.lists(
    st.tuples(st.one_of(st.floats(0.01, 3), st.floats(11, 300)), st.lists(BOXES, max_size=6)),
    max_size=25,
)


@given(FRAMES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_ids_rise_kinds_stay_and_the_same_comes_out(
    clock, detections, frames
) -> None:
    def run() -> list[tuple[Track, ...]]:
        tracker, now, result = Tracker(), 0.0, []
        for wait_s, sightings in frames:
            now += wait_s
            result.append(tracker.update(detections(sightings), clock(now)))
        return result

    first = run()
    assert first == run()
    kinds: dict[int, Kind] = {}
    newest = 0
    for frame in first:
        numbers = [track.id for track in frame]
        assert numbers == sorted(set(numbers))
        for track in frame:
            assert kinds.setdefault(track.id, track.kind) == track.kind
            assert track.first_seen_at <= track.last_seen_at
        fresh = [n for n in numbers if n > newest]
        assert fresh == list(range(newest + 1, newest + 1 + len(fresh)))
        newest += len(fresh)
