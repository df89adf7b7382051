"""What a tracker promises whatever comes: ids never return, memory is bounded, any kind goes."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.tracker import OTHER_HIGH_SCORE, Tracker, TrackerSettings
from vision.types import Detections, Kind, ObjectClass, Track

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES = {
    0: ObjectClass(0, "person", Kind.PERSON),
    1: ObjectClass(1, "car", Kind.VEHICLE),
    2: ObjectClass(2, "smoke", Kind("smoke")),
}
Seen = tuple[int, tuple[float, float, float, float], float]
MOST = 7


def at(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


def frame(seen: Iterable[Seen]) -> Detections:
    columns = list(seen)
    return Detections(
        np.array([box for _, box, _ in columns], dtype=np.float32).reshape(-1, 4),
        np.array([score for _, _, score in columns], dtype=np.float32),
        np.array([index for index, _, _ in columns], dtype=np.int16),
        CLASSES,
    )


def follow(
    path: Callable[[float], list[Seen]], times: Iterable[float], tracker: Tracker | None = None
) -> list[tuple[Track, ...]]:
    tracker = tracker or Tracker()
    return [tracker.update(frame(path(second)), at(second)) for second in times]


def ids(frames: Iterable[tuple[Track, ...]]) -> set[int]:
    return {track.id for tracks in frames for track in tracks}


STEPS = st.one_of(
    st.just(0.0),
    st.floats(0.03, 3.0),
    st.floats(9.0, 12.0),
    st.floats(100.0, 1e6),
    st.floats(-1e5, -0.001),
)
SEEN = st.tuples(
    st.sampled_from(sorted(CLASSES)),
    st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(0, 90)] * 2).map(
        lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
    ),
    st.floats(0.0, 1.0),
)


@given(st.lists(st.tuples(STEPS, st.lists(SEEN, max_size=12), st.booleans()), max_size=30))
@settings(deadline=None)
def test_ids_never_come_again_and_memory_is_bounded_however_time_jumps(film) -> None:
    tracker, second = Tracker(TrackerSettings(max_tracks=MOST)), 0.0
    newest, before, kinds = 0, set(), {}
    for step, seen, forgets in film:
        second += step
        if forgets:
            tracker.forget()
            before = set()
        tracks = tracker.update(frame(seen), at(second))
        numbers = [track.id for track in tracks]
        assert len(tracks) <= MOST
        assert numbers == sorted(set(numbers))
        assert all(number in before or number > newest for number in numbers)
        assert all(kinds.setdefault(track.id, track.kind) == track.kind for track in tracks)
        assert all(track.last_seen_at <= at(second) for track in tracks)
        assert all(np.isfinite(track.xyxy).all() for track in tracks)
        assert sum(track.last_seen_at == at(second) for track in tracks) <= max(
            len(seen), MOST * (step == 0)
        )
        before, newest = set(numbers), max([newest, *numbers])


@given(st.integers(1, 12), st.floats(0.5, 15.0), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_people_far_apart_are_never_mixed_at_any_irregular_rate(count, rate, seed) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.5, 1.5, 25) / rate)

    def path(second: float) -> list[Seen]:
        return [
            (0, (x := 10 + 20 * second, y := 1000 * row, x + 40, y + 100), 0.8)
            for row in range(count)
        ]

    frames = follow(path, times)
    assert ids(frames) == set(range(1, count + 1))
    assert all([round(t.xyxy[1] / 1000) for t in tracks] == list(range(count)) for tracks in frames)


@pytest.mark.parametrize("index", sorted(CLASSES))
@pytest.mark.parametrize("rate", [0.5, 1, 2, 5, 15])
def test_any_kind_is_followed_at_any_rate(index, rate) -> None:
    frames = follow(
        lambda s: [(index, (10 + 30 * s, 50, 90 + 30 * s, 130), 0.9)], np.arange(0, 10, 1 / rate)
    )
    assert {(t.id, t.kind) for t in frames[-1]} == {(1, CLASSES[index].kind)}


@pytest.mark.parametrize(("score", "begun"), [(OTHER_HIGH_SCORE, 1), (OTHER_HIGH_SCORE - 0.01, 0)])
def test_a_kind_without_a_threshold_has_one_all_the_same(score, begun) -> None:
    assert len(follow(lambda _: [(2, (0, 0, 50, 50), score)], [0.0])[0]) == begun


@pytest.mark.parametrize(("index", "followed"), [(0, {1}), (1, {1}), (2, set())])
def test_of_what_is_never_sure_only_kinds_that_go_about_are_followed(index, followed) -> None:
    """Mist drifts, too."""
    path = lambda s: [(index, (10 + 30 * s, 50, 50 + 30 * s, 90), 0.3)]  # noqa: E731
    assert ids(follow(path, np.arange(0, 10, 0.2))) == followed


@pytest.mark.parametrize("rate", [1, 2, 5, 10])
def test_who_walks_towards_the_camera_stays_the_same(rate) -> None:
    def path(second: float) -> list[Seen]:
        height = 60 * 1.12**second
        return [(0, (300 - height / 5, 100, 300 + height / 5, 100 + height), 0.8)]

    assert ids(follow(path, np.arange(0, 12, 1 / rate))) == {1}


@pytest.mark.parametrize("rate", [2, 5, 10])
def test_near_and_far_who_cross_are_told_apart_by_their_size(rate) -> None:
    def path(second: float) -> list[Seen]:
        near, far = 100 + 50 * second, 400 - 25 * second
        return [
            (0, (near, 100, near + 60, 260), 0.9),
            (0, (far, 110, far + 30, 190), 0.7),
        ]

    last = follow(path, np.arange(0, 8, 1 / rate))[-1]
    assert [(t.id, round(t.xyxy[3] - t.xyxy[1])) for t in last] == [(1, 160), (2, 80)]


def test_a_gap_too_long_to_bridge_gives_who_moved_a_new_id() -> None:
    def path(second: float) -> list[Seen]:
        return [(0, (20 * second, 0, 20 * second + 40, 100), 0.8)]

    frames = follow(path, [*np.arange(0, 4, 0.2), 20.0])
    assert [t.id for t in frames[-1]] == [2]


def test_two_looks_at_one_moment_move_nobody() -> None:
    tracker = Tracker()
    first, second = (tracker.update(frame([(0, (0, 0, 40, 100), 0.8)]), at(5)) for _ in range(2))
    assert [t.id for t in first] == [t.id for t in second] == [1]
    assert second[0].xyxy == (0, 0, 40, 100)


def test_times_come_back_as_they_were_given_in_any_zone() -> None:
    moment = datetime(2026, 7, 1, 20, 15, 30, 123457, timezone(timedelta(hours=8)))
    (track,) = Tracker().update(frame([(0, (0, 0, 40, 100), 0.8)]), moment)
    assert track.first_seen_at == track.last_seen_at == moment
    assert track.last_seen_at.tzinfo is UTC


def test_nothing_seen_costs_no_memory() -> None:
    assert follow(lambda _: [], np.arange(0, 100, 0.5)) == [()] * 200
