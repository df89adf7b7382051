"""What the benchmarks' camera shows is what their figures say it shows."""

from itertools import islice, pairwise
from math import gcd

from benchmarks.scenes import EMPTY_FRAMES, FPS, HEIGHT, VISIT_FRAMES, WIDTH, drift, visits
from vision.detector import Detector
from vision.types import Kind
from vision.weights import find_model, load_manifest, shipped_manifest


def test_a_drifting_picture_never_repeats_at_once():
    first, second = (shot.picture for shot in islice(drift(), 2))
    assert first.shape == second.shape == (HEIGHT, WIDTH, 3)
    assert (first != second).any()


def test_visits_meet_every_phase_of_looks_and_key_frames():
    cycle = EMPTY_FRAMES + VISIT_FRAMES
    assert gcd(cycle, 2 * FPS) == gcd(cycle, FPS // 5) == 1


def test_nobody_is_seen_between_visits_and_somebody_from_their_first_picture():
    detector = Detector.open(find_model("nanodet-g", load_manifest(shipped_manifest())))
    beginnings = []
    for before, shot in pairwise(islice(visits(), 5 * (EMPTY_FRAMES + VISIT_FRAMES))):
        if shot.begins_visit:
            beginnings.append(detector.detect([before.picture, shot.picture]))
    assert len(beginnings) == 5
    for empty, busy in beginnings:
        assert len(empty) == 0
        assert Kind.PERSON in {busy.kind(row) for row in range(len(busy))}
