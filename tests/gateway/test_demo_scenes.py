"""The scenes against their own films and the real detector: incidents open, and close again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import pytest

from gateway.config import AnalysisSettings
from gateway.demo_scenes import SCENES, Scene
from gateway.detector_setup import open_detector
from vision.detector import Detector
from vision.pipeline import CameraPipeline
from vision.tracker import TrackerSettings
from vision.types import ChangeType, Detections, FrameSize, Incident

START = datetime(2026, 1, 1, tzinfo=UTC)
LOOPS = 3


@pytest.fixture(scope="module")
def eye() -> tuple[Detector, TrackerSettings]:
    return open_detector(AnalysisSettings())


def looks(film: Path, scene: Scene, detector: Detector) -> Iterator[tuple[float, Detections]]:
    """Yield what the detector sees five times a second, in a picture as large as the sub stream."""
    due_s = 0.0
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            if frame.time >= due_s:
                due_s += 0.2
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), scene.sub)
                yield frame.time, detector.detect([picture])[0]


def incidents(
    scene: Scene, film: list[tuple[float, Detections]], length_s: float, tracking: TrackerSettings
) -> dict[str, list[Incident]]:
    """Return the incidents of the film shown `LOOPS` times, by rule, each in its last state."""
    pipeline = CameraPipeline(scene.slug, scene.rules, tracking)
    found: dict[str, Incident] = {}
    for loop in range(LOOPS):
        for second, detections in film:
            at = START + timedelta(seconds=loop * length_s + second)
            for change in pipeline.step(at, FrameSize(*scene.sub), detections).changes:
                assert change.type is not ChangeType.OPENED or change.incident.id not in found
                found[change.incident.id] = change.incident
    return {
        rule.id: [one for one in found.values() if one.rule == rule.id]
        for rule in scene.rules.rules
    }


@pytest.mark.parametrize(
    ("slug", "fixture", "length_s", "per_loop"),
    [
        ("demo-road", "road_film", 10.0, {"vehicle-in-lane": (1, 1)}),
        pytest.param(
            *("demo-square", "square_film", 79.5),
            {"person-at-east-gate": (3, 7), "person-on-lawn": (1, 1)},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_loop_of_the_film_opens_incidents_and_closes_them(
    slug: str,
    fixture: str,
    length_s: float,
    per_loop: dict[str, tuple[int, int]],
    eye: tuple[Detector, TrackerSettings],
    request: pytest.FixtureRequest,
) -> None:
    scene = next(one for one in SCENES if one.slug == slug)
    detector, tracking = eye
    film = list(looks(request.getfixturevalue(fixture), scene, detector))
    found = incidents(scene, film, length_s, tracking)
    assert found.keys() == per_loop.keys()
    for rule, (least, most) in per_loop.items():
        assert least * LOOPS <= len(found[rule]) <= most * LOOPS
        assert sum(one.closed_at is None for one in found[rule]) <= 1


def test_zones_have_names_for_people() -> None:
    zones = [zone for scene in SCENES for zone in scene.rules.zones]
    assert all(zone.name for zone in zones)
    assert len({zone.name for zone in zones}) == len(zones)
