import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from gateway.errors import StorageError
from gateway.hub import Delivery
from gateway.mp4 import ClipLabel, ClipWriter, recover

LABEL = ClipLabel("incident-1", "gate", datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC))


def write(path: Path, deliveries, label=LABEL) -> ClipWriter:
    deliveries = list(deliveries)
    writer = ClipWriter(label, path, deliveries[0].info)
    for delivery in deliveries:
        writer.write(delivery)
    return writer


def show(path: Path, picture_number) -> tuple[list[int], list[float]]:
    """Decode a file: the numbers of its pictures, and the seconds they stand at."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [picture_number(frame) for frame in frames], [frame.time for frame in frames]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
@pytest.mark.parametrize("b_frames", [False, True])
def test_a_clip_holds_every_picture_at_its_time(
    tmp_path, coded_stream, picture_number, codec, b_frames
):
    stream = coded_stream(codec, 60, b_frames=b_frames)
    path = tmp_path / "2026-05-01" / "clip.mp4"
    writer = write(path, stream.deliveries())
    assert writer.duration_s == pytest.approx(2.4)
    clip = writer.finish()
    numbers, times = show(path, picture_number)
    assert numbers == list(range(60))
    assert times == pytest.approx([n / 25 for n in range(60)])
    assert clip.duration_s == pytest.approx(2.4)
    assert (clip.label, clip.path) == (LABEL, path)
    assert clip.bytes == path.stat().st_size
    assert clip.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert names(path.parent) == ["clip.mp4"]


def test_the_index_is_in_front_so_that_a_browser_need_not_fetch_the_end(tmp_path, coded_stream):
    path = tmp_path / "clip.mp4"
    write(path, coded_stream().deliveries()).finish()
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("b_frames", [False, True])
async def test_chromium_plays_a_clip_and_jumps_in_it(tmp_path, coded_stream, browser, b_frames):
    path = tmp_path / "clip.mp4"
    write(path, coded_stream(b_frames=b_frames).deliveries()).finish()
    page = await browser.new_page()
    await page.goto(path.as_uri())
    await page.evaluate("video = document.querySelector('video'); video.muted = true; video.play()")
    await page.wait_for_function("video.currentTime > 0.5")
    await page.evaluate("video.currentTime = 3.2")
    await page.wait_for_function("video.ended")
    facts = await page.evaluate("[video.duration, video.videoWidth, video.error]")
    assert facts == [pytest.approx(4.0), 160, None]
    await page.close()


def test_an_open_gop_at_the_start_shows_no_broken_picture(tmp_path, coded_stream, picture_number):
    stream = coded_stream("h264", 60, gop=20, b_frames=True, open_gop=True)
    keys = [n for n, packet in enumerate(stream.packets) if packet.is_key]
    entered = list(stream.deliveries())[keys[1] :]
    leading = [d for d in entered[1:10] if d.packet.pts < entered[0].packet.pts]
    assert leading, "the stream has no leading pictures, so this tests nothing"
    path = tmp_path / "clip.mp4"
    write(path, entered).finish()
    numbers, _ = show(path, picture_number)
    assert numbers == list(range(60 - len(numbers), 60))
    assert len(numbers) == len(entered) - len(leading)


def test_a_reconnect_leaves_its_gap_in_time(tmp_path, coded_stream, picture_number):
    stream = coded_stream(pictures=50)
    path = tmp_path / "clip.mp4"
    again = stream.deliveries(epoch=2, later_s=5.0)
    clip = write(path, [*stream.deliveries(), *again]).finish()
    numbers, times = show(path, picture_number)
    assert numbers == [*range(50), *range(50)]
    assert times[50] == pytest.approx(5.0, abs=0.001)
    assert clip.duration_s == pytest.approx(7.0, abs=0.001)


def test_mpeg4_set_up_sent_beside_the_stream_is_put_in(tmp_path, coded_stream, picture_number):
    stream = coded_stream("mpeg4", 30, gop=40)
    first = stream.packets[0].data
    picture_at = first.index(b"\x00\x00\x01\xb6")
    info = replace(stream.info, extradata=first[:picture_at])
    bare = replace(stream.packets[0], data=first[picture_at:])
    deliveries = [Delivery(1, info, packet) for packet in (bare, *stream.packets[1:])]
    path = tmp_path / "clip.mp4"
    write(path, deliveries).finish()
    assert show(path, picture_number)[0] == list(range(30))


def test_a_growing_clip_can_be_watched(tmp_path, coded_stream, picture_number):
    writer = write(tmp_path / "clip.mp4", coded_stream(pictures=80).deliveries())
    copy = shutil.copy(tmp_path / "clip.mp4.part", tmp_path / "copy.mp4")
    numbers, _ = show(copy, picture_number)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 50
    writer.finish()


@pytest.mark.parametrize("share", [0.35, 0.5, 0.8, 0.99, 1.0])
def test_what_was_written_before_a_crash_is_mended(tmp_path, coded_stream, picture_number, share):
    writer = write(tmp_path / "a" / "clip.mp4", coded_stream(pictures=100).deliveries())
    part = tmp_path / "a" / "clip.mp4.part"
    written = part.read_bytes()
    writer.abandon()
    part.write_bytes(written[: int(len(written) * share)])
    (clip,) = recover(tmp_path)
    assert clip.label == LABEL
    numbers, _ = show(clip.path, picture_number)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 100 * share - 35
    assert clip.duration_s == pytest.approx(len(numbers) / 25)
    assert names(tmp_path / "a") == ["clip.mp4"]
    assert recover(tmp_path) == []


def test_leftovers_without_a_picture_are_deleted(tmp_path):
    (tmp_path / "empty.mp4.part").touch()
    (tmp_path / "noise.mp4.part").write_bytes(os.urandom(5000))
    (tmp_path / "half.mp4.whole").write_bytes(b"\x00" * 100)
    (tmp_path / "kept.mp4").write_bytes(b"of someone else")
    assert recover(tmp_path) == []
    assert names(tmp_path) == ["kept.mp4"]


def test_a_crash_after_the_clip_was_whole_costs_nothing(tmp_path, coded_stream):
    path = tmp_path / "clip.mp4"
    clip = write(path, coded_stream().deliveries()).finish()
    (tmp_path / "clip.mp4.part").write_bytes(b"not yet deleted")
    assert recover(tmp_path) == [clip]
    assert names(tmp_path) == ["clip.mp4"]


KILLED = """
import os, pickle, signal, sys
from pathlib import Path
from gateway.mp4 import ClipWriter
label, deliveries = pickle.load(open(sys.argv[1], "rb"))
writer = ClipWriter(label, Path(sys.argv[2]), deliveries[0].info)
for delivery in deliveries:
    writer.write(delivery)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_a_second_at_most(tmp_path, coded_stream, picture_number):
    handed = tmp_path / "deliveries"
    handed.write_bytes(pickle.dumps((LABEL, list(coded_stream(pictures=90).deliveries()))))
    path = tmp_path / "clip.mp4"
    killed = subprocess.run([sys.executable, "-c", KILLED, handed, path], check=False)
    assert killed.returncode == -signal.SIGKILL
    (clip,) = recover(tmp_path)
    numbers, _ = show(clip.path, picture_number)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 90 - 26


def test_a_full_disk_is_said_plainly(tmp_path, coded_stream):
    path = tmp_path / "clip.mp4"
    (tmp_path / "clip.mp4.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"clip\.mp4 cannot be written: .*No space left"):
        write(path, coded_stream().deliveries())
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path, coded_stream):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be begun"):
        write(tmp_path / "file" / "clip.mp4", coded_stream().deliveries())


@pytest.mark.parametrize(
    ("change", "fits"),
    [({}, True), ({"width": 320}, False), ({"codec": "hevc"}, False), ({"fps": 5.0}, True)],
)
def test_only_packets_of_the_same_set_up_fit(tmp_path, coded_stream, change, fits):
    stream = coded_stream()
    writer = write(tmp_path / "clip.mp4", stream.deliveries())
    assert writer.fits(replace(stream.info, **change)) is fits
    writer.abandon()


def test_codec_that_mp4_cannot_carry_is_named(tmp_path, coded_stream):
    foreign = replace(coded_stream("mpeg4", 5).info, codec="msmpeg4v3")
    with pytest.raises(StorageError, match="MP4 does not carry msmpeg4v3"):
        ClipWriter(LABEL, tmp_path / "clip.mp4", foreign)
    assert list(tmp_path.iterdir()) == []
