"""Films while they grow: what was given is in them, at its time, whatever the codec."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from heapq import merge
from itertools import pairwise

import av
import pytest

from gateway.errors import StorageError
from gateway.hub import AudioDelivery, Delivery
from gateway.recording.films import finish_clip, finish_segment
from gateway.recording.growing import FilmLabel, GrowingFilm

LABEL = FilmLabel(("incident-1",), "gate", datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC))


def write(path, deliveries, sounds=(), **options) -> GrowingFilm:
    deliveries = list(deliveries)
    film = GrowingFilm(LABEL, path, deliveries[0], **options)
    for item in merge(deliveries, sounds, key=lambda item: item.packet.received_s):
        (film.write_sound if isinstance(item, AudioDelivery) else film.write)(item)
    return film


def with_sound(stream, sounds) -> list[Delivery]:
    info = replace(stream.info, audio=sounds[0].info)
    return [replace(delivery, info=info) for delivery in stream.deliveries()]


def finish(film, in_place):
    film.close()
    return finish_segment(film) if in_place else finish_clip(film.path)


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
@pytest.mark.parametrize("b_frames", [False, True])
@pytest.mark.parametrize("in_place", [False, True])
def test_a_film_holds_every_picture_at_its_time(
    tmp_path, coded_stream, show, ffprobe, codec, b_frames, in_place
):
    stream = coded_stream(codec, 60, b_frames=b_frames)
    film = write(tmp_path / "day" / "film.mp4", stream.deliveries(), in_place=in_place)
    assert (film.duration_s, film.pictures) == (pytest.approx(2.4), 60)
    finished = finish(film, in_place)
    assert show(finished.path) == list(range(60))
    probed = ffprobe(finished.path)
    times = sorted(probed.times)
    assert [time - times[0] for time in times] == pytest.approx([n / 25 for n in range(60)])
    assert probed.duration_s == pytest.approx(2.4, abs=0.1)
    assert (finished.label, finished.bytes) == (LABEL, finished.path.stat().st_size)
    assert [path.name for path in finished.path.parent.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("in_place", [False, True])
def test_h265_is_tagged_so_that_every_player_opens_it(tmp_path, coded_stream, ffprobe, in_place):
    film = write(tmp_path / "film.mp4", coded_stream("hevc", 30).deliveries(), in_place=in_place)
    assert ffprobe(finish(film, in_place).path).video["codec_tag_string"] == "hvc1"


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw", "aac"])
@pytest.mark.parametrize("in_place", [False, True])
def test_sound_is_kept_in_step_with_the_pictures(
    tmp_path, coded_stream, coded_sound, ffprobe, codec, in_place
):
    sounds = coded_sound(codec)
    deliveries = with_sound(coded_stream(pictures=100), sounds)
    finished = finish(write(tmp_path / "f.mp4", deliveries, sounds, in_place=in_place), in_place)
    probed = ffprobe(finished.path)
    assert probed.pictures == 100
    assert probed.audio["codec_name"] == "aac"
    assert int(probed.audio["sample_rate"]) == sounds[0].info.sample_rate
    assert float(probed.audio["start_time"]) == pytest.approx(0, abs=0.15)
    assert float(probed.audio["duration"]) == pytest.approx(4.0, abs=0.3)
    with av.open(str(finished.path)) as film:
        levels = [abs(frame.to_ndarray()).max() for frame in film.decode(audio=0)]
    assert min(levels[3:-3]) > 0.3, "the tone is there all the time"


@pytest.mark.parametrize("codec", ["pcm_alaw", "aac"])
def test_lost_sound_leaves_its_gap(tmp_path, coded_stream, coded_sound, ffprobe, codec):
    sounds = coded_sound(codec)
    deliveries = with_sound(coded_stream(pictures=100), sounds)
    kept = [s for s in sounds if not 1.0 < s.packet.received_s - 1000 < 3.0]
    path = finish(write(tmp_path / "f.mp4", deliveries, kept), in_place=False).path
    assert float(ffprobe(path).audio["duration"]) == pytest.approx(4.0, abs=0.3)
    with av.open(str(path)) as film:
        times = [frame.time for frame in film.decode(audio=0)]
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) == pytest.approx(2.0, abs=0.3)


def test_sound_of_another_kind_or_session_or_time_is_left_out(
    tmp_path, coded_stream, coded_sound, ffprobe
):
    sounds = coded_sound(seconds=1)
    deliveries = with_sound(coded_stream(pictures=100), sounds)
    film = write(tmp_path / "f.mp4", deliveries, sounds)
    far = replace(sounds[0].packet, pts=sounds[0].packet.pts + 90_000 * 60)
    for stray in (
        *coded_sound("pcm_mulaw"),
        *coded_sound(epoch=2),
        *(replace(sound, packet=replace(sound.packet, pts=0)) for sound in sounds),
        replace(sounds[0], packet=far),
    ):
        film.write_sound(stray)
    assert float(ffprobe(finish(film, in_place=False).path).audio["duration"]) < 1.3


@pytest.mark.parametrize("in_place", [False, True])
def test_sound_that_is_promised_and_never_comes_costs_nothing(
    tmp_path, coded_stream, coded_sound, show, ffprobe, in_place
):
    deliveries = with_sound(coded_stream(pictures=100), coded_sound())
    film = write(tmp_path / "f.mp4", deliveries, in_place=in_place)
    copy = shutil.copy(tmp_path / "f.mp4.part", tmp_path / "copy.mp4")
    assert len(show(copy)) >= 50, "pictures wait a second for sound, no longer"
    finished = finish(film, in_place)
    assert show(finished.path) == list(range(100))


@pytest.mark.parametrize("info", [{"codec": "pcm_alaw"}, {"codec": "unheard_of"}, {"channels": 9}])
def test_sound_nobody_wants_or_can_code_leaves_the_pictures(
    tmp_path, coded_stream, coded_sound, ffprobe, info
):
    sounds = coded_sound()
    strange = [replace(sound, info=replace(sound.info, **info)) for sound in sounds]
    deliveries = with_sound(coded_stream(), strange)
    film = write(tmp_path / "f.mp4", deliveries, strange, with_sound="codec" not in info)
    probed = ffprobe(finish(film, in_place=False).path)
    assert (probed.audio, probed.pictures) == (None, 100)


def test_the_index_of_a_clip_is_in_front_so_that_a_browser_need_not_fetch_the_end(
    tmp_path, coded_stream
):
    data = finish(
        write(tmp_path / "f.mp4", coded_stream().deliveries()), in_place=False
    ).path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("b_frames", [False, True])
@pytest.mark.parametrize("in_place", [False, True])
async def test_chromium_plays_a_film_with_its_sound_and_jumps_in_it(
    tmp_path, coded_stream, coded_sound, browser, b_frames, in_place
):
    sounds = coded_sound()
    deliveries = with_sound(coded_stream(b_frames=b_frames), sounds)
    finished = finish(write(tmp_path / "f.mp4", deliveries, sounds, in_place=in_place), in_place)
    page = await browser.new_page()
    await page.goto(finished.path.as_uri())
    await page.evaluate("video = document.querySelector('video'); video.muted = true; video.play()")
    await page.wait_for_function("video.currentTime > 0.5")
    await page.evaluate("video.currentTime = 3.2")
    await page.wait_for_function("video.ended")
    facts = await page.evaluate("[video.duration, video.videoWidth, video.error]")
    assert facts == [pytest.approx(4.0, abs=0.2), 160, None]
    assert await page.evaluate("video.webkitAudioDecodedByteCount") > 0
    await page.close()


def test_an_open_gop_at_the_start_shows_no_broken_picture(tmp_path, coded_stream, show, ffprobe):
    stream = coded_stream("h264", 60, gop=20, b_frames=True, open_gop=True)
    keys = [n for n, packet in enumerate(stream.packets) if packet.is_key]
    entered = list(stream.deliveries())[keys[1] :]
    leading = [d for d in entered[1:10] if d.packet.pts < entered[0].packet.pts]
    assert leading, "the stream has no leading pictures, so this tests nothing"
    path = finish(write(tmp_path / "f.mp4", entered), in_place=False).path
    numbers = show(path)
    assert numbers == list(range(60 - len(numbers), 60))
    assert ffprobe(path).pictures == len(entered) - len(leading)


def test_a_reconnect_leaves_its_gap_in_time(tmp_path, coded_stream, show, ffprobe):
    stream = coded_stream(pictures=50)
    again = stream.deliveries(epoch=2, later_s=5.0)
    clip = finish(write(tmp_path / "f.mp4", [*stream.deliveries(), *again]), in_place=False)
    assert show(clip.path) == [*range(50), *range(50)]
    probed = ffprobe(clip.path)
    assert probed.times[50] == pytest.approx(5.0, abs=0.001)
    assert clip.duration_s == probed.duration_s == pytest.approx(7.0, abs=0.001)


def test_mpeg4_set_up_sent_beside_the_stream_is_put_in(tmp_path, coded_stream, show):
    stream = coded_stream("mpeg4", 30, gop=40)
    first = stream.packets[0].data
    picture_at = first.index(b"\x00\x00\x01\xb6")
    info = replace(stream.info, extradata=first[:picture_at])
    bare = replace(stream.packets[0], data=first[picture_at:])
    deliveries = [Delivery(1, info, packet) for packet in (bare, *stream.packets[1:])]
    assert show(finish(write(tmp_path / "f.mp4", deliveries), in_place=False).path) == list(
        range(30)
    )


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_growing_film_can_be_watched(tmp_path, coded_stream, coded_sound, show, in_place, codec):
    sounds = coded_sound()
    deliveries = with_sound(coded_stream(codec, 100), sounds)
    film = write(tmp_path / "film.mp4", deliveries, sounds, in_place=in_place)
    numbers = show(shutil.copy(tmp_path / "film.mp4.part", tmp_path / "copy.mp4"))
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 50
    film.abandon()


def test_a_full_disk_is_said_plainly(tmp_path, coded_stream):
    (tmp_path / "film.mp4.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"film\.mp4 cannot be written: .*No space left"):
        write(tmp_path / "film.mp4", coded_stream().deliveries())
    assert not (tmp_path / "film.mp4").exists()


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
    film = write(tmp_path / "clip.mp4", stream.deliveries())
    assert film.fits(replace(stream.info, **change)) is fits
    film.abandon()


@pytest.mark.parametrize(
    ("codec", "complaint"),
    [("msmpeg4v3", "MP4 does not carry msmpeg4v3"), ("hevc", "cannot be begun")],
)
def test_pictures_that_mp4_cannot_carry_are_named(tmp_path, coded_stream, codec, complaint):
    first = next(coded_stream("mpeg4", 5).deliveries())
    foreign = replace(first, info=replace(first.info, codec=codec))
    with pytest.raises(StorageError, match=complaint):
        GrowingFilm(LABEL, tmp_path / "clip.mp4", foreign)
    assert list(tmp_path.iterdir()) == []
