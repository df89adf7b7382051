"""Finished films, and those that a killed process left."""

import os
import pickle
import signal
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.recording.films import (
    describe_clip,
    describe_segment,
    finish_clip,
    finish_segment,
    join,
    recover_clips,
    recover_segments,
)
from gateway.recording.growing import FilmLabel, GrowingFilm

LABEL = FilmLabel(("incident-1",), "gate", datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC))
RECOVER = {False: recover_clips, True: recover_segments}


def write(path: Path, deliveries, *, in_place: bool = False) -> GrowingFilm:
    deliveries = list(deliveries)
    film = GrowingFilm(LABEL, path, deliveries[0], in_place=in_place)
    for delivery in deliveries:
        film.write(delivery)
    return film


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_clip_tells_what_it_is(tmp_path, coded_stream):
    film = write(tmp_path / "clip.mp4", coded_stream().deliveries())
    film.close()
    clip = finish_clip(film.path)
    assert (clip.label, clip.path, clip.duration_s) == (LABEL, film.path, pytest.approx(4.0))
    assert clip.sha256 == sha256(clip.path.read_bytes()).hexdigest()
    assert describe_clip(clip.path) == clip


def test_a_segment_tells_what_it_is(tmp_path, coded_stream):
    film = write(tmp_path / "one.mp4", coded_stream().deliveries(), in_place=True)
    film.close()
    segment = finish_segment(film)
    assert (segment.label, segment.pictures, segment.duration_s) == (LABEL, 100, 4.0)
    assert describe_segment(segment.path) == segment


@pytest.mark.parametrize("describe", [describe_clip, describe_segment])
def test_what_is_no_film_of_ours_is_said_so(tmp_path, describe):
    path = tmp_path / "noise.mp4"
    path.write_bytes(os.urandom(2000))
    for wrong in (path, tmp_path / "gone.mp4"):
        with pytest.raises(StorageError, match=f"{wrong.name} cannot be read"):
            describe(wrong)


def test_incidents_that_joined_a_clip_are_in_it(tmp_path, coded_stream):
    film = write(tmp_path / "clip.mp4", coded_stream().deliveries())
    for incident in ("incident-2", "incident-3", "incident-2"):
        join(film.path, incident)
    film.close()
    assert finish_clip(film.path).label.incidents == ("incident-1", "incident-2", "incident-3")
    assert names(tmp_path) == ["clip.mp4"]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.8, 0.99, 1.0])
def test_what_was_written_before_a_crash_is_mended(
    tmp_path, coded_stream, show, ffprobe, share, in_place
):
    path = tmp_path / "a" / "film.mp4"
    write(path, coded_stream(pictures=100).deliveries(), in_place=in_place).abandon()
    write(path, coded_stream(pictures=100).deliveries(), in_place=in_place)
    part = path.with_name("film.mp4.part")
    written = part.read_bytes()
    part.write_bytes(written[: int(len(written) * share)])
    join(path, "incident-2")
    (film,) = RECOVER[in_place](tmp_path)
    assert film.label.incidents == ("incident-1", "incident-2")
    assert (film.label.camera_id, film.label.started_at) == ("gate", LABEL.started_at)
    numbers = show(film.path)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 100 * share - 40
    assert film.duration_s == pytest.approx(len(numbers) / 25)
    assert ffprobe(film.path).pictures == len(numbers)
    assert names(path.parent)[0] == "film.mp4"
    assert not [name for name in names(path.parent) if name.endswith((".part", ".whole"))]
    assert RECOVER[in_place](tmp_path) == []


@pytest.mark.parametrize("recover", RECOVER.values())
def test_leftovers_without_a_picture_are_deleted(tmp_path, recover):
    (tmp_path / "empty.mp4.part").touch()
    (tmp_path / "empty.mp4.joined").write_text("incident-2\n")
    (tmp_path / "noise.mp4.part").write_bytes(os.urandom(5000))
    (tmp_path / "half.mp4.whole").write_bytes(b"\x00" * 100)
    (tmp_path / "kept.mp4").write_bytes(b"of someone else")
    assert recover(tmp_path) == []
    assert names(tmp_path) == ["kept.mp4"]


def test_a_crash_after_the_clip_was_whole_costs_nothing(tmp_path, coded_stream):
    path = tmp_path / "clip.mp4"
    write(path, coded_stream().deliveries()).close()
    clip = finish_clip(path)
    (tmp_path / "clip.mp4.part").write_bytes(b"not yet deleted")
    assert recover_clips(tmp_path) == [clip]
    assert names(tmp_path) == ["clip.mp4"]


def test_a_film_the_disk_refuses_to_mend_waits(tmp_path, coded_stream):
    path = tmp_path / "clip.mp4"
    write(path, coded_stream().deliveries()).close()
    (tmp_path / "clip.mp4.joined").mkdir()
    assert recover_clips(tmp_path) == []
    assert "clip.mp4.part" in names(tmp_path)


KILLED = """
import os, pickle, signal, sys
from pathlib import Path
from gateway.recording.growing import GrowingFilm
label, deliveries = pickle.load(open(sys.argv[1], "rb"))
film = GrowingFilm(label, Path(sys.argv[2]), deliveries[0], in_place=sys.argv[3] == "True")
for delivery in deliveries:
    film.write(delivery)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_killed_process_loses_a_second_at_most(
    tmp_path, coded_stream, show, ffprobe, in_place, codec
):
    handed = tmp_path / "deliveries"
    handed.write_bytes(pickle.dumps((LABEL, list(coded_stream(codec, 90).deliveries()))))
    path = tmp_path / "film.mp4"
    command = [sys.executable, "-c", KILLED, handed, path, str(in_place)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    (film,) = RECOVER[in_place](tmp_path)
    numbers = show(film.path)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 90 - 26
    assert ffprobe(film.path).pictures == len(numbers)
