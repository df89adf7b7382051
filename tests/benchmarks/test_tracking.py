"""True tracks are read and thinned out right, and the scores mean what they say."""

import numpy as np
import pytest

from benchmarks.tracking_truth import (
    SQUARE_TRACKS,
    Footage,
    Labelled,
    boxes_of,
    read_mot,
    simulate,
)


def standing(persons: int, frames: int, swapped_from: int | None = None) -> tuple[Labelled, ...]:
    """Persons side by side who never move; from `swapped_from` on the first two swap ids."""
    boxes = np.array([[100 * i, 0, 100 * i + 40, 100] for i in range(persons)], dtype=np.float32)
    names = np.arange(persons, dtype=np.int64)
    swapped = names.copy()
    swapped[:2] = swapped[:2][::-1]
    return tuple(
        Labelled(swapped if swapped_from is not None and n >= swapped_from else names, boxes)
        for n in range(frames)
    )


@pytest.mark.parametrize(("rate", "choices"), [(25, 1), (10, 2), (5, 5), (1, 25)])
def test_every_frame_counts_once_at_any_rate(rate, choices) -> None:
    true = standing(2, 50)
    footage = Footage("still", 25.0, true, simulate(true))
    parts = list(footage.at_rate(rate))
    assert len(parts) == choices
    assert sorted(id(f) for part in parts for f in part.true) == sorted(id(f) for f in true)
    assert {part.rate for part in parts} == {25.0 / choices}
    assert all(len(part.true) == len(part.detected) for part in parts)


def test_a_mot_file_is_read_by_frame(tmp_path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("2,7,10,20,30,40,1,-1,-1,-1\n1,3,0,0,5,5,1,-1,-1,-1\n2,8,1,1,2,2,1,-1,-1,-1\n")
    rows = read_mot(path)
    assert list(rows) == [1, 2]
    assert rows[2][:, 1].tolist() == [7, 8]
    assert boxes_of(rows[2])[0].tolist() == [10, 20, 40, 60]


def test_simulated_detections_are_the_same_each_time_and_doubt_what_is_hidden() -> None:
    behind = np.array([[0, 0, 40, 90], [5, 0, 45, 100]], dtype=np.float32)
    true = tuple(Labelled(np.array([1, 2]), behind) for _ in range(200))
    first, again = simulate(true), simulate(true)
    for one, other in zip(first, again, strict=True):
        assert (one.xyxy == other.xyxy).all()
    hidden = [s for d in first for b, s in zip(d.xyxy, d.score, strict=True) if b[3] < 95]
    front = [s for d in first for b, s in zip(d.xyxy, d.score, strict=True) if b[3] >= 95]
    assert np.mean(hidden) < 0.4 < np.mean(front)
    assert len(front) < 200 * 1.3


def test_the_tracks_of_the_square_are_well_formed() -> None:
    rows = np.loadtxt(SQUARE_TRACKS, delimiter=",")
    assert len(np.unique(rows[:, 0])) == 18
    assert (rows[:, 4:6] > rows[:, 2:4]).all()
    for person in np.unique(rows[:, 0]):
        frames = rows[rows[:, 0] == person, 1]
        assert (np.diff(frames) > 0).all()
        assert np.diff(frames).max() <= 5


def test_scores_of_a_perfect_and_of_a_swapped_sequence() -> None:
    pytest.importorskip("trackeval", reason="needs the bench extra")
    from benchmarks.tracking_scores import score

    true = standing(3, 40)
    perfect = score([(true, true), (true, true)])
    assert (perfect.mota, perfect.idf1, perfect.switches) == (1.0, 1.0, 0)
    assert perfect.hota == pytest.approx(1.0)
    assert perfect.objects == 240
    swapped = score([(true, standing(3, 40, swapped_from=20))])
    assert swapped.switches == 2
    assert swapped.mota == pytest.approx(1 - 2 / 120)
    assert swapped.idf1 == pytest.approx((40 + 20 + 20) / 120)
