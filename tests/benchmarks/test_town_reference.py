"""What the detector saw in a clip is kept as it was, and judged as of the clip's second round."""

import numpy as np
import pytest

from benchmarks import town_reference
from benchmarks.town_clips import QUICK, Visit, clips
from benchmarks.town_reference import FILE_EPOCH, Reference
from vision.activity import Activity, ActivityState, Region
from vision.types import Detections, Kind
from vision.weights import find_model, load_manifest, shipped_manifest

CLIP = clips("tuned", QUICK)[0]
SPEC = find_model("nanodet-g", load_manifest(shipped_manifest()))
CLASSES = {one.index: one for one in SPEC.classes}
PERSON = next(one.index for one in SPEC.classes if one.kind == Kind.PERSON)


def look(*boxes):
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.9, np.float32),
        np.full(count, PERSON, np.int16),
        CLASSES,
    )


@pytest.fixture
def events(monkeypatch):
    """Return a function from when somebody is seen there (seconds) to the clip's events.

    passing: when somebody is there to be seen, if not then.
    """

    def run(*spans, passing=None):
        there = spans if passing is None else passing
        fps = CLIP.view.shot.shown_fps
        came = [Visit(a - 0.5, 0, round((b - a + 0.5) * fps), ()) for a, b in there]
        monkeypatch.setattr(town_reference, "visits", lambda _: came)
        looks = [
            look((100, 100, 140, 200)) if any(a <= n / 6 < b for a, b in spans) else look()
            for n in range(round(CLIP.length_s * CLIP.encoding.fps))
        ]
        still = [Activity(FILE_EPOCH, ActivityState.QUIET)] * len(looks)
        monkeypatch.setattr(Reference, "_looks", lambda *_: looks)
        monkeypatch.setattr(Reference, "_activities", lambda *_: still)
        return [(one.began_s, one.ended_s) for one in Reference().events(CLIP)]

    return run


def test_a_visit_is_one_event_in_the_times_of_the_clip(events):
    ((began_s, ended_s),) = events((12.0, 20.0))
    assert 12.0 < began_s < 12.7
    assert ended_s == pytest.approx(20.0, abs=0.2)


def test_two_visits_are_two_and_nobody_is_none(events):
    assert len(events((12.0, 18.0), (40.0, 48.0))) == 2
    assert events() == []


def test_what_is_seen_while_nobody_passes_is_not_due(events):
    assert events((12.0, 20.0), passing=[]) == []
    assert len(events((12.0, 18.0), (40.0, 48.0), passing=[(40.0, 48.0)])) == 1


def test_what_was_seen_is_kept_as_it_was(tmp_path, monkeypatch):
    clip = tmp_path / "clip.mp4"
    seen = [look(), look((1, 2, 3, 4), (5, 6, 7, 8)), look((9, 10, 11, 12))]
    monkeypatch.setattr(town_reference, "_seen", lambda *_: iter(seen))
    monkeypatch.setattr(town_reference.Detector, "open", lambda _: None)
    first = Reference()._looks(type("Clip", (), {"path": clip})())
    monkeypatch.setattr(town_reference, "_seen", lambda *_: pytest.fail("looked again"))
    again = Reference()._looks(type("Clip", (), {"path": clip})())
    for one, other, true in zip(first, again, seen, strict=True):
        np.testing.assert_array_equal(one.xyxy, true.xyxy)
        np.testing.assert_array_equal(other.class_index, true.class_index)
        assert other.score.dtype == np.float32


def test_what_stirred_is_kept_as_it_was(tmp_path, monkeypatch):
    clip = type("Clip", (), {"path": tmp_path / "clip.mp4"})()
    seen = [
        Activity(FILE_EPOCH, ActivityState.QUIET),
        Activity(FILE_EPOCH, ActivityState.MOTION, (Region(0.1, 0.2, 0.3, 0.4),) * 2, 0.25),
        Activity(FILE_EPOCH, ActivityState.GLOBAL, (), 1.0),
    ]
    monkeypatch.setattr(town_reference, "_stirred", lambda _: iter(seen))
    assert Reference()._activities(clip) == seen
    monkeypatch.setattr(town_reference, "_stirred", lambda _: pytest.fail("looked again"))
    assert Reference()._activities(clip) == seen


def test_a_sign_that_is_taken_for_somebody_is_no_event(monkeypatch):
    sign = Detections(
        np.array([[100, 100, 120, 140]], np.float32),
        np.full(1, 0.42, np.float32),
        np.full(1, PERSON, np.int16),
        CLASSES,
    )
    looks = [sign if n % 40 else look() for n in range(round(CLIP.length_s * CLIP.encoding.fps))]
    still = [Activity(FILE_EPOCH, ActivityState.QUIET)] * len(looks)
    always = [Visit(0.0, 0, round(CLIP.length_s * CLIP.view.shot.shown_fps), ())]
    monkeypatch.setattr(town_reference, "visits", lambda _: always)
    monkeypatch.setattr(Reference, "_looks", lambda *_: looks)
    monkeypatch.setattr(Reference, "_activities", lambda *_: still)
    assert Reference().events(CLIP) == ()
