"""A camera's health on decoded pictures, a real writer and a real store."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import av
import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway import camera_health
from gateway.camera_health import CameraHealth, HealthRound
from gateway.config import HealthSettings
from gateway.decode import Picture, PictureScaler
from gateway.incident_writer import IncidentWriter
from gateway.onvif.alarms import CameraAlarm
from gateway.onvif.notifications import AlarmType
from gateway.store.incident_list import IncidentFilter
from gateway.store.stored_incident import NO_MODEL
from vision.health import CAMERA_SPECS, StreamVitals

BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)
WELL = StreamVitals(online=True, gop_s=2.0)
PATIENCE_S = 60.0


def shown(luma, *, colour=True, at=BEGAN):
    """Return a decoded picture of this brightness."""
    bgr = np.repeat(luma[..., None], 3, axis=2)
    if colour:
        bgr[: len(bgr) // 2, :, 2] = 255 - bgr[: len(bgr) // 2, :, 2] // 2
    frame = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format="yuv420p")
    return Picture(frame, at, PictureScaler())


@pytest.fixture(scope="module")
def street(square_film):
    """Two pictures a second of the square, 320 by 240."""
    with av.open(str(square_film)) as container:
        frames = [
            cv2.resize(frame.to_ndarray(format="gray"), (320, 240))
            for number, frame in enumerate(container.decode(video=0))
            if number % 5 == 0
        ]
    return frames + frames[-2:0:-1]


class Watched:
    """One camera, its time, and what became of it in the store."""

    def __init__(self, store, samples, data_dir, monkeypatch):
        self.store, self.samples, self.data_dir = store, samples, data_dir
        self.now, self.number = BEGAN, 0
        monkeypatch.setattr(camera_health, "utc_now", lambda: self.now)
        self.begin()

    def begin(self, settings=None):
        """Start to watch as a worker does."""
        self.writer = IncidentWriter(self.store, self.data_dir, self.samples.compose)
        self.writer.start()
        origin = replace(self.samples.origin, model=NO_MODEL)
        left_open = self.store.incidents.left_open(CAMERA_SPECS, origin.camera.id)
        self.health = CameraHealth(origin, settings or HealthSettings(), self.writer, left_open)

    def end(self):
        """Stop as a worker does."""
        self.writer.interrupt(self.samples.origin.camera.id)
        self.writer.stop()

    def pass_s(self, seconds, pictures=None, vitals=WELL):
        for _ in range(round(seconds * 2)):
            if pictures is not None:
                picture = shown(pictures[self.number % len(pictures)])
                self.health.see(picture, picture.thumbnail(160))
            if self.number % 2 == 0:
                self.health.look(self.now, vitals)
            self.number += 1
            self.now += timedelta(seconds=0.5)

    def told(self):
        page = self.store.incident_list.page(IncidentFilter()).incidents
        return [(s.incident.kind, s.incident.closed_at is None) for s in reversed(page)]


@pytest.fixture
def watched(store, samples, tmp_path, monkeypatch):
    watched = Watched(store, samples, tmp_path, monkeypatch)
    yield watched
    watched.writer.stop()


def test_a_covered_lens_is_told_with_its_picture_and_ends(watched, street, tmp_path):
    watched.pass_s(100, street)
    hand = np.tile(np.linspace(90, 130, 320).astype(np.uint8), (240, 1))
    assert watched.health.unfit is None
    watched.pass_s(20, [hand, hand + 1])
    assert watched.health.unfit == "camera_covered"
    watched.pass_s(20, street)
    assert watched.health.unfit is None
    watched.writer.stop()
    assert watched.told() == [("camera_covered", False)]
    (incident,) = watched.store.incident_list.page(IncidentFilter()).incidents
    picture = cv2.imread(str(tmp_path / incident.evidence[0].path), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == (240, 320)
    assert np.abs(np.diff(picture.astype(int))).max() < 12, "the hand, not the street"
    assert incident.origin.model.name == "none"


def test_stream_faults_stay_while_the_camera_is_away(watched):
    watched.pass_s(90, vitals=replace(WELL, clock_offset_s=7200.0))
    watched.pass_s(600, vitals=StreamVitals(online=False))
    watched.writer.stop()
    assert watched.told() == [("clock_wrong", True)]


def test_a_restart_goes_on_with_the_same_incident(watched):
    wrong = replace(WELL, clock_offset_s=7200.0)
    watched.pass_s(90, vitals=wrong)
    watched.end()
    watched.now += timedelta(seconds=40)
    watched.begin()
    watched.pass_s(90, vitals=wrong)
    watched.end()
    assert watched.told() == [("clock_wrong", True)]
    watched.begin()
    watched.pass_s(90)
    watched.end()
    assert watched.told() == [("clock_wrong", False)]


def test_the_cameras_own_alarm_is_one_incident(watched):
    def alarm(*, active):
        return CameraAlarm(AlarmType.TAMPER, active, BEGAN, "VideoSource/Tamper", "1")

    watched.pass_s(5)
    watched.health.alarm(alarm(active=True))
    watched.pass_s(30)
    watched.health.alarm(alarm(active=False))
    watched.pass_s(30)
    watched.writer.stop()
    assert watched.told() == [("alarm_tamper", False)]


def test_kinds_that_are_off_are_not_told(watched):
    watched.writer.stop()
    watched.begin(HealthSettings(off=("clock_wrong",)))
    watched.pass_s(90, vitals=replace(WELL, clock_offset_s=7200.0))
    watched.writer.stop()
    assert watched.told() == []


def test_a_view_turned_on_purpose_is_no_fault(watched, street):
    watched.pass_s(100, street)
    watched.health.view_changed()
    watched.pass_s(60, [np.ascontiguousarray(picture[::-1, ::-1]) for picture in street])
    watched.writer.stop()
    assert watched.told() == []


@pytest.mark.parametrize(
    ("every_s", "picture_s", "looks"),
    [
        pytest.param(1.0, 0.2, 100, id="once a second"),
        pytest.param(10.0, 0.2, 12, id="once in ten seconds, a little oftener"),
        pytest.param(4.0, 3.9, 26, id="every key frame, though one is a little early"),
        pytest.param(4.0, 12.0, 9, id="every key frame where they are far apart"),
    ],
)
def test_looks_are_as_far_apart_as_they_shall_be(watched, street, every_s, picture_s, looks):
    watched.health.every_s = every_s
    picture, latest = shown(street[0]), []
    for second in np.arange(0, 100, picture_s):
        watched.now = BEGAN + timedelta(seconds=float(second))
        watched.health.see(picture, picture.thumbnail(160))
        latest.append(watched.health._pictures.quality.at)
    assert len(set(latest)) == looks


@pytest.mark.parametrize("colour", [True, False])
def test_infrared_pictures_are_told_from_coloured_ones(street, colour):
    assert shown(street[0], colour=colour).is_grey() is not colour


def test_the_round_asks_every_camera_though_some_fail(monkeypatch):
    monkeypatch.setattr(camera_health, "ROUND_S", 0.01)
    asked, enough = [], threading.Event()

    def broken(_):
        raise ValueError

    def now_and_then(_):
        if len(asked) % 2:
            raise ValueError

    def fine(at):
        asked.append(at)
        if len(asked) == 5:
            enough.set()

    with capture_logs() as logs:
        round_ = HealthRound(lambda: {"yard": broken, "lane": now_and_then, "gate": fine})
        round_.start()
        assert enough.wait(PATIENCE_S)
        round_.stop()
    assert {line["event"] for line in logs} == {"a camera's health could not be judged"}
    failures = [line["camera"] for line in logs]
    assert failures.count("yard") == 1, "what goes on failing is told once"
    assert failures.count("lane") >= 2, "what fails again after it went well is told again"
    assert "health" not in {thread.name for thread in threading.enumerate()}
