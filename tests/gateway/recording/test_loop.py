"""The recorder's thread: many cameras, their coming and going, and a fault in one of them."""

import threading
import time

import pytest
from structlog.testing import capture_logs

from gateway.config import RecordingSettings
from gateway.hub import Hub, HubClosedError
from gateway.recording.camera_recorder import CameraRecorder
from gateway.recording.clips import ClipBook
from gateway.recording.disk import DiskGuard
from gateway.recording.loop import RecorderLoop
from gateway.recording.outlet import Outlet

SETTINGS = RecordingSettings(pre_s=1, post_s=1, min_free_mb=0)
PATIENCE_S = 30.0


@pytest.fixture
def loop():
    before = set(threading.enumerate())
    started = RecorderLoop()
    started.start()
    yield started
    started.stop()
    assert set(threading.enumerate()) <= before


@pytest.fixture
def add(loop, tmp_path):
    """Return what puts a camera under the loop: its recorder, its hub, and its finished clips."""

    def put(camera_id, on_clip=None):
        clips, errors, hub = [], [], Hub(camera_id)
        outlet = Outlet(camera_id, loop.submit, on_clip or clips.append, errors.append)
        book = ClipBook(camera_id, SETTINGS, outlet, DiskGuard(tmp_path, 0))
        recorder = CameraRecorder(hub, SETTINGS, book, None)
        loop.add(recorder)
        return recorder, hub, clips

    return put


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_two_threads_record_many_cameras(loop, add, coded_stream, tmp_path):
    before = threading.active_count()
    cameras = [add(f"camera-{number}") for number in range(20)]
    stream = coded_stream()
    for number, (recorder, hub, _) in enumerate(cameras):
        stream.play(hub)
        opened_at = stream.packets[50].captured_at
        recorder.begin("incident", tmp_path / f"{number}.mp4", opened_at)
        recorder.end("incident", opened_at)
    for _, hub, _ in cameras:
        stream.play(hub, later_s=10)
    wait_until(lambda: all(clips for _, _, clips in cameras))
    assert threading.active_count() <= before + 1
    for number, (_, _, (clip,)) in enumerate(cameras):
        assert clip.label.camera_id == f"camera-{number}"


def test_a_camera_that_leaves_has_its_clips_first(loop, add, coded_stream, tmp_path):
    recorder, hub, clips = add("gate")
    other, _, _ = add("other")
    coded_stream().play(hub)
    recorder.begin("one", tmp_path / "one.mp4", coded_stream().packets[0].captured_at)
    loop.remove(recorder)
    assert [clip.label.incidents for clip in clips] == [("one",)]
    assert hub.readers == ()
    loop.remove(recorder)
    loop.remove(other)


def test_stopping_finishes_every_clip(coded_stream, tmp_path):
    loop, hub, clips = RecorderLoop(), Hub("gate"), []
    outlet = Outlet("gate", loop.submit, clips.append, clips.append)
    book = ClipBook("gate", SETTINGS, outlet, DiskGuard(tmp_path, 0))
    recorder = CameraRecorder(hub, SETTINGS, book, None)
    loop.start()
    loop.add(recorder)
    coded_stream().play(hub)
    recorder.begin("one", tmp_path / "one.mp4", coded_stream().packets[0].captured_at)
    loop.stop()
    assert [clip.label.incidents for clip in clips] == [("one",)]
    loop.remove(recorder)


def test_a_camera_that_is_closed_cannot_be_added(loop, tmp_path):
    hub = Hub("gate")
    hub.close()
    book = ClipBook("gate", SETTINGS, Outlet("gate", loop.submit, print, print), None)
    with pytest.raises(HubClosedError):
        loop.add(CameraRecorder(hub, SETTINGS, book, None))


def test_whoever_takes_the_clips_may_fail(loop, add, coded_stream, tmp_path):
    seen = []

    def refuse(clip):
        seen.append(clip.label.incidents)
        raise RuntimeError("no room on the desk")

    with capture_logs() as logs:
        for name in ("one", "two"):
            recorder, hub, _ = add(name, refuse)
            coded_stream().play(hub)
            recorder.begin(name, tmp_path / f"{name}.mp4", coded_stream().packets[0].captured_at)
            loop.remove(recorder)
    assert seen == [("one",), ("two",)]
    assert [line["event"] for line in logs].count("a message of the recorder was not taken") == 2


def test_a_fault_in_one_camera_costs_no_other(loop, add, coded_stream, tmp_path, monkeypatch):
    broken, broken_hub, _ = add("broken")
    sound, sound_hub, clips = add("sound")
    monkeypatch.setattr(broken, "_take", None)
    monkeypatch.setattr(broken, "finish", None)
    with capture_logs() as logs:
        coded_stream().play(broken_hub)
        coded_stream().play(sound_hub)
        sound.begin("one", tmp_path / "one.mp4", coded_stream().packets[0].captured_at)
        loop.remove(sound)
        loop.remove(broken)
    assert [clip.label.incidents for clip in clips] == [("one",)]
    assert {line["camera"] for line in logs if line["log_level"] == "error"} == {"broken"}
    assert threading.active_count() > 1
