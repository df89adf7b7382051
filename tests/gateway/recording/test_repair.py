"""What a crash left apart is brought together again."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Hub
from gateway.record_mode import RecordMode
from gateway.recording.films import describe_segment
from gateway.recording.growing import FilmLabel, GrowingFilm
from gateway.recording.index import WAITING_ROWS, SegmentIndex
from gateway.recording.recorders import Recorders
from gateway.recording.repair import Repair
from gateway.store.evidence import Evidence, EvidenceType

SETTINGS = RecordingSettings(pre_s=1, post_s=1, min_free_mb=0, segment_s=10)


@pytest.fixture
def record(store, tmp_path, coded_stream):
    """Return what records a camera as a worker does, and gives what it did with its clips."""

    def run(mode=RecordMode.CONTINUOUS, streams=(), incidents=(), camera="gate"):
        clips, hub = [], Hub(camera)
        recorders = Recorders(store, tmp_path, SETTINGS)
        recorders.start()
        recorder = recorders.open(hub, mode, clips.append)
        for later_s, stream in enumerate(streams):
            stream.play(hub, later_s=later_s * 100.0)
        for incident in incidents:
            folder = tmp_path / "evidence" / camera / "2026-05-01" / incident
            recorder.begin(incident, folder / "clip.mp4", coded_stream().packets[0].captured_at)
        recorders.close(recorder)
        recorders.stop()
        return clips

    return run


def snapshot(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_recorded_is_indexed(record, store, coded_stream, tmp_path, ffprobe):
    clips = record(streams=[coded_stream()] * 3, incidents=["one"])
    segments = store.segments.of("gate")
    assert [segment.pictures for segment in segments] == [100] * 3
    for segment in segments:
        assert ffprobe(tmp_path / segment.path).pictures == segment.pictures
        assert segment.bytes == (tmp_path / segment.path).stat().st_size
        assert segment.ended_at - segment.started_at == timedelta(seconds=4)
    assert [clip.label.incidents for clip in clips] == [("one",)]
    assert Repair(store, tmp_path).examine().missing == ()


@pytest.mark.parametrize(
    ("mode", "segments", "clips"),
    [(RecordMode.OFF, 0, 0), (RecordMode.INCIDENTS, 0, 1), (RecordMode.CONTINUOUS, 1, 1)],
)
def test_a_camera_is_recorded_as_it_is_set_to(record, store, coded_stream, mode, segments, clips):
    assert len(record(mode, [coded_stream()], ["one"])) == clips
    assert len(store.segments.of("gate")) == segments


def test_files_without_rows_and_rows_without_files(record, store, coded_stream, tmp_path):
    record(streams=[coded_stream()] * 3)
    record(streams=[coded_stream()], camera="road")
    first, second, third = store.segments.of("gate")
    store.segments.remove([first.id])
    (tmp_path / second.path).unlink()
    (tmp_path / "recordings" / "gate" / "noise.mp4").write_bytes(os.urandom(500))
    findings = Repair(store, tmp_path).examine()
    assert findings.unlisted == (first.path, "recordings/gate/noise.mp4")
    assert (findings.missing, findings.is_sound) == ((second.path,), False)
    record()
    paths = [segment.path for segment in store.segments.of("gate")]
    assert paths == [first.path, third.path]
    assert len(store.segments.of("road")) == 1
    (tmp_path / "recordings" / "gate" / "noise.mp4").unlink()
    assert Repair(store, tmp_path).examine().is_sound


def test_a_clip_that_no_incident_has_is_told_again(record, store, samples, coded_stream, tmp_path):
    (clip,) = record(RecordMode.INCIDENTS, [coded_stream()], ["one"])
    assert [again.path for again in record(RecordMode.INCIDENTS)] == [clip.path]
    name = clip.path.relative_to(tmp_path).as_posix()
    at = clip.label.started_at
    piece = Evidence("e-1", "one", EvidenceType.CLIP, name, clip.sha256, clip.bytes, at)
    store.incidents.record(samples.change("one"), samples.origin, [piece], samples.compose)
    assert record(RecordMode.INCIDENTS) == []
    assert Repair(store, tmp_path).examine().is_sound


KILLED = """
import os, pickle, signal, sys, threading
from pathlib import Path
from gateway.config import RecordingSettings
from gateway.hub import Hub
from gateway.recording.recorders import Recorders
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.record_mode import RecordMode
folder = Path(sys.argv[1])
streams = pickle.load((folder / "streams").open("rb"))
settings = RecordingSettings(min_free_mb=0, segment_s=10)
with Store.open(folder / "gridpatrol.db", SecretBox.open(folder / "secret.key")) as store:
    recorders, hub = Recorders(store, folder, settings), Hub("gate")
    recorders.start()
    recorder = recorders.open(hub, RecordMode.CONTINUOUS, print)
    turned = threading.Event()
    for number, (info, packets) in enumerate(streams):
        hub.start(info)
        for packet in packets:
            hub.publish(packet)
        if number == 0:
            opened_at = packets[50].captured_at
            for incident in ("one", "two"):
                clip = folder / "evidence" / "gate" / "2026-05-01" / incident / "clip.mp4"
                recorder.begin(incident, clip, opened_at)
    while hub.readers[0].waiting or not list((folder / "evidence").rglob("*.part")):
        turned.wait(0.05)
    while not store.segments.of("gate"):
        turned.wait(0.05)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker_loses_seconds_and_no_incident(
    record, store, coded_stream, tmp_path, ffprobe, show
):
    import pickle

    streams = [coded_stream(pictures=260), coded_stream(pictures=200)]
    moved = [
        (stream.info, [delivery.packet for delivery in stream.deliveries(later_s=number * 60.0)])
        for number, stream in enumerate(streams)
    ]
    (tmp_path / "streams").write_bytes(pickle.dumps(moved))
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False, timeout=60)
    assert [name for name in snapshot(tmp_path / "recordings") if name.endswith(".part")]
    clips = record()
    assert {name for clip in clips for name in clip.label.incidents} == {"one", "two"}
    segments = store.segments.of("gate")
    assert sum(segment.pictures for segment in segments) >= 460 - 30
    for path in [*(tmp_path / one.path for one in segments), *(clip.path for clip in clips)]:
        assert ffprobe(path).pictures == len(show(path))
    for segment in segments:
        assert describe_segment(tmp_path / segment.path).pictures == segment.pictures
    left = snapshot(tmp_path / "recordings") | snapshot(tmp_path / "evidence")
    assert all(name.endswith(".mp4") for name in left)


def test_segments_wait_for_a_database_that_refuses(store, coded_stream, tmp_path, monkeypatch):
    stream = coded_stream()
    index = SegmentIndex(store.segments, tmp_path)
    films = []
    for number in range(3):
        path = tmp_path / "recordings" / f"{number}.mp4"
        first = next(stream.deliveries())
        film = GrowingFilm(FilmLabel((), "gate", first.packet.captured_at), path, first)
        film.write(first)
        film.close()
        path = shutil.copy(f"{path}.part", path)
        films.append(describe_segment(path))
    with monkeypatch.context() as patch:

        def refuse(_rows):
            raise StorageError("full")

        patch.setattr(store.segments, "add", refuse)
        index.put(films[0])
        index.put(films[1])
    index.put(films[2])
    assert len(store.segments.of("gate")) == 3
    assert WAITING_ROWS > 325


def test_what_a_killed_writer_left_of_a_picture_goes(store, tmp_path):
    folder = tmp_path / "evidence" / "gate" / "2026-05-01" / "one"
    folder.mkdir(parents=True)
    left, being_sent, whole = folder / "raw.jpg.part", folder / "photo.jpg.part", folder / "raw.jpg"
    for path in (left, being_sent, whole):
        path.write_bytes(b"half")
    for path in (left, whole):
        os.utime(path, (0, 0))
    Repair(store, tmp_path).mend_clips("gate", pytest.fail)
    assert snapshot(folder) == {"photo.jpg.part", "raw.jpg"}
