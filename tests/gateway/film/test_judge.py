"""A film is judged as its camera would be: by what is detected and by what stirs."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import numpy as np
import pytest

from gateway.analysis.eye import ACTIVITY_EVERY_S
from gateway.analysis.pace import Pace
from gateway.config import AnalysisSettings
from gateway.decode import Picture
from gateway.detector_setup import open_detector
from gateway.film.eyes import Crew
from gateway.film.judge import FilmJudge
from gateway.film.looking import FilmLook
from gateway.film.reading import FilmReading
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import VideoFile
from vision.activity import ACTIVITY_SIZE, Activity, ActivityState, LumaActivity
from vision.ensemble import DetectorSet
from vision.pipeline import CameraPipeline
from vision.types import Detections, FrameSize, Kind, ObjectClass

START = datetime(2026, 5, 1, 20, tzinfo=UTC)
SIZE = FrameSize(640, 360)
CLASSES = {0: ObjectClass(0, "person", Kind.PERSON)}
SEEN_S = 12.0


def person(x: float) -> Detections:
    box = np.array([[x, 100.0, x + 40, 220.0]], np.float32)
    return Detections(box, np.array([0.8], np.float32), np.zeros(1, np.int16), CLASSES)


def look(s: float) -> FilmLook:
    """Somebody walks from 10 s on; from 4 s to 6 s a lamp is switched and ghosts are detected."""
    lamp = 4.0 <= s < 5.9
    state = ActivityState.GLOBAL if lamp else ActivityState.QUIET
    seen = person(300.0) if lamp else person(30.0 * (s - 10)) if s >= 10 else person(0)
    if not lamp and s < 10:
        seen = Detections(seen.xyxy[:0], seen.score[:0], seen.class_index[:0], CLASSES)
    return FilmLook(s, SIZE, seen, Activity(START + timedelta(seconds=s), state))


@pytest.fixture(scope="module")
def crew():
    detector, _ = open_detector(AnalysisSettings(precision="f32"))
    with Crew(DetectorSet.combine([detector])) as crew:
        yield crew


def test_live_and_replay_agree_on_light_that_changes() -> None:
    looks = [look(s) for s in np.arange(0, 16, 0.2).tolist()]
    live, replay = CameraPipeline("gate"), FilmJudge(CameraPipeline("gate"), None, None)
    changes = []
    for one in looks:
        at = START + timedelta(seconds=one.at_s)
        changes += live.step(at, one.size, one.detections, one.activity).changes
        replay.take(one, 0, START)
    changes += live.finish(START + timedelta(seconds=looks[-1].at_s))
    told = {change.incident.id: change.incident for change in changes}
    found = {one.incident.id: one.incident for one in replay.finish()}
    assert found == told
    (incident,) = found.values()
    assert incident.opened_at >= START + timedelta(seconds=10), "the ghosts are none"


def test_a_film_is_seen_to_stir_as_by_its_cameras_eye(square_film, crew) -> None:
    eye, pace, live = LumaActivity(), Pace(), {}
    with VideoFile(square_film) as video:
        for one in takewhile(lambda one: one.at_s < SEEN_S, video.pictures(100.0)):
            at = FILE_EPOCH + timedelta(seconds=one.at_s)
            if pace.is_due(at, ACTIVITY_EVERY_S):
                small = Picture(one.frame, at, one.scaler).thumbnail(ACTIVITY_SIZE.width)
                live[one.at_s] = eye.look(small, at)
    with VideoFile(square_film) as video:
        reading = FilmReading(video, crew, 5.0, None)
        looks = takewhile(lambda one: one.at_s < SEEN_S, reading.looks(lambda _: None))
        film = {one.at_s: one.activity for one in looks}
    both = film.keys() & live.keys()
    assert len(both) > 0.4 * len(film)
    alike = [film[at_s].state is live[at_s].state for at_s in both]
    assert sum(alike) >= 0.9 * len(alike), "the eye looks a little more often, at other moments"
    assert ActivityState.MOTION in {activity.state for activity in film.values()}
