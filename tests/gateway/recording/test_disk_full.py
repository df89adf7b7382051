"""A disk that really is full: a small one of its own, filled up by somebody else."""

import os
import shutil
import subprocess

import pytest

from gateway.config import RecordingSettings
from gateway.hub import Hub
from gateway.record_mode import RecordMode
from gateway.recording.recorders import Recorders
from gateway.recording.repair import Repair
from gateway.recording.retention import Retention

MB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A disk of four MB of its own; only root can have one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def record(store, small_disk, coded_stream):
    """Return what records a camera for a while as a worker does: sessions a minute apart."""

    def run(sessions, min_free_mb=0):
        hub, settings = Hub("gate"), RecordingSettings(min_free_mb=min_free_mb)
        recorders = Recorders(store, small_disk, settings)
        recorders.start()
        recorder = recorders.open(hub, RecordMode.CONTINUOUS, print)
        for session in sessions:
            coded_stream().play(hub, later_s=60.0 * session)
        recorders.close(recorder)
        recorders.stop()

    return run


def fill(disk, leave_bytes):
    """Let somebody else take what is free, but for so much."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"")
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - leave_bytes))
    return ballast


def test_what_was_recorded_before_the_disk_was_full_is_whole(
    record, store, small_disk, ffprobe, tmp_path
):
    record(range(3))
    ballast = fill(small_disk, leave_bytes=8192)
    record(range(3, 6))
    assert len(store.segments.of("gate")) == 3
    ballast.unlink()
    record(range(6, 8))
    segments = store.segments.of("gate")
    assert len(segments) >= 5
    for segment in segments:
        assert ffprobe(small_disk / segment.path).pictures == segment.pictures
    findings = Repair(store, small_disk).examine()
    assert (findings.is_sound, findings.growing) == (True, ())


def test_recording_gives_way_before_the_disk_is_full_and_comes_back(record, store, small_disk):
    record(range(3), min_free_mb=2)
    ballast = fill(small_disk, leave_bytes=MB)
    record(range(3, 5), min_free_mb=2)
    assert len(store.segments.of("gate")) == 3
    assert shutil.disk_usage(small_disk).free >= MB - 8192, "nothing more was written"
    retention = Retention(store, small_disk, RecordingSettings(min_free_mb=2))
    assert retention.round().for_space == 3, "all that could be spared, though not enough"
    ballast.unlink()
    record(range(5, 7), min_free_mb=2)
    assert len(store.segments.of("gate")) == 2
