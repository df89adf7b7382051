"""A camera's recorder: which pictures and incidents its clips and segments hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.config import RecordingSettings
from gateway.recording.disk import DiskGuard
from gateway.recording.films import recover_clips

SETTINGS = RecordingSettings(pre_s=1, post_s=1, max_clip_s=60, min_free_mb=0)


def at(stream, seconds):
    """Return when a picture of the stream was taken, `seconds` after its first."""
    return stream.packets[0].captured_at + timedelta(seconds=seconds)


def tuned(**changes):
    return SETTINGS.model_copy(update=changes)


def incidents(desk):
    return [clip.label.incidents for clip in desk.clips]


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
def test_a_clip_reaches_back_to_a_key_frame_and_on_past_the_end(
    open_desk, coded_stream, show, ffprobe, tmp_path, codec
):
    stream, desk = coded_stream(codec, 200), open_desk()
    desk.play(stream, pictures=slice(0, 100))
    desk.recorder.begin("incident-1", tmp_path / "clip.mp4", opened_at=at(stream, 3.5))
    desk.follow(stream, pictures=slice(100, 130))
    desk.recorder.end("incident-1", closed_at=at(stream, 5.0))
    desk.follow(stream, pictures=slice(130, None))
    (clip,) = desk.clips
    assert show(clip.path) == list(range(50, 151))
    assert (clip.label.incidents, clip.label.camera_id) == (("incident-1",), "gate")
    assert clip.label.started_at == at(stream, 2.0)
    assert clip.duration_s == ffprobe(clip.path).duration_s == pytest.approx(101 / 25)
    assert desk.errors == []


def test_the_sound_of_the_pre_roll_is_in_the_clip(
    open_desk, coded_stream, coded_sound, ffprobe, tmp_path
):
    sounds = coded_sound(seconds=4.0)
    stream = replace(coded_stream(), info=replace(coded_stream().info, audio=sounds[0].info))
    desk, silent = open_desk(), open_desk(settings=tuned(sound=False))
    for one, name in ((desk, "heard.mp4"), (silent, "silent.mp4")):
        one.play(stream, sounds=sounds)
        one.recorder.begin("one", tmp_path / name, opened_at=at(stream, 2.5))
        one.recorder.close()
    assert float(ffprobe(desk.clips[0].path).audio["duration"]) == pytest.approx(3.0, abs=0.3)
    assert ffprobe(silent.clips[0].path).audio is None


def test_incidents_that_overlap_share_a_clip_until_the_last_has_ended(
    open_desk, coded_stream, show, ffprobe, tmp_path
):
    stream, desk = coded_stream("h264", 250), open_desk()
    desk.play(stream, pictures=slice(0, 50))
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 1.5))
    desk.follow(stream, pictures=slice(50, 80))
    desk.recorder.begin("two", tmp_path / "two.mp4", opened_at=at(stream, 3.0))
    desk.recorder.end("one", closed_at=at(stream, 3.0))
    desk.follow(stream, pictures=slice(80, 150))
    assert desk.clips == [], "one has ended; two goes on"
    desk.recorder.end("two", closed_at=at(stream, 6.0))
    desk.follow(stream, pictures=slice(150, None))
    (clip,) = desk.clips
    assert clip.label.incidents == ("one", "two")
    assert clip.path == tmp_path / "one.mp4"
    assert show(clip.path) == list(range(176))
    ffprobe(clip.path)
    assert not (tmp_path / "two.mp4").exists()


def test_an_incident_that_began_before_the_clip_gets_its_own(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 250), open_desk()
    desk.play(stream, pictures=slice(0, 150))
    desk.recorder.begin("late", tmp_path / "late.mp4", opened_at=at(stream, 5.0))
    desk.follow(stream, pictures=slice(150, 160))
    desk.recorder.begin("early", tmp_path / "early.mp4", opened_at=at(stream, 2.0))
    desk.recorder.close()
    assert incidents(desk) == [("late",), ("early",)]
    assert [clip.label.started_at for clip in desk.clips] == [at(stream, 4.0), at(stream, 1.0)]


def test_every_incident_of_a_long_row_is_in_a_clip_and_none_is_too_long(
    open_desk, coded_stream, ffprobe, tmp_path
):
    """One every two seconds, each five seconds long; a clip may have ten."""
    stream, desk = coded_stream("h264", 750), open_desk(settings=tuned(max_clip_s=10))
    desk.hub.start(stream.info)
    for number in range(0, 750, 25):
        desk.follow(stream, pictures=slice(number, number + 25))
        if number % 50 == 0 and number < 600:
            name = f"{number // 50}"
            desk.recorder.begin(name, tmp_path / f"{name}.mp4", opened_at=at(stream, number / 25))
        if number % 50 == 25 and number > 125:
            desk.recorder.end(f"{(number - 125) // 50}", closed_at=at(stream, number / 25))
    desk.recorder.close()
    shown = [incident for clip in desk.clips for incident in clip.label.incidents]
    assert sorted(shown, key=int) == [str(number) for number in range(12)]
    assert len(desk.clips) < 12
    for clip in desk.clips:
        duration_s = ffprobe(clip.path).duration_s
        assert duration_s <= 10.1
        began_s = (clip.label.started_at - at(stream, 0)).total_seconds()
        for incident in clip.label.incidents:
            assert began_s <= 2 * int(incident) <= began_s + duration_s - 4


def test_who_joined_is_known_after_a_crash(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 100), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "evidence" / "one.mp4", opened_at=at(stream, 2))
    desk.recorder.begin("two", tmp_path / "evidence" / "two.mp4", opened_at=at(stream, 3))
    desk.recorder.turn()
    (clip,) = recover_clips(tmp_path)
    assert clip.label.incidents == ("one", "two")


def test_a_clip_goes_on_over_a_reconnect(open_desk, coded_stream, show, ffprobe, tmp_path):
    stream, desk = coded_stream("h264", 50, b_frames=True), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 1.0))
    desk.recorder.end("one", closed_at=at(stream, 10.5))
    desk.play(stream, later_s=10.0)
    (clip,) = desk.clips
    shown = show(clip.path)
    assert shown == [*range(50), *range(50)][: len(shown)]
    assert ffprobe(clip.path).duration_s == pytest.approx(11.5, abs=0.2)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_stream_of_another_kind_ends_the_clip(
    open_desk, coded_stream, wide_stream, show, ffprobe, tmp_path, codec
):
    stream, desk = coded_stream("h264", 50), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 0))
    desk.play(wide_stream if codec == "h264" else coded_stream("hevc", 50))
    (clip,) = desk.clips
    assert show(clip.path) == list(range(50))
    ffprobe(clip.path)


def test_a_clip_never_grows_beyond_its_longest(open_desk, coded_stream, ffprobe, tmp_path):
    stream, desk = coded_stream("h264", 250), open_desk(settings=tuned(max_clip_s=5))
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 0))
    desk.play(stream)
    (clip,) = desk.clips
    assert ffprobe(clip.path).duration_s == pytest.approx(5.0)
    desk.recorder.end("one", closed_at=at(stream, 9))
    desk.recorder.end("never begun", closed_at=at(stream, 9))
    desk.recorder.turn()
    assert len(desk.clips) == 1


def test_a_camera_that_fell_silent_does_not_keep_its_clip_open(
    open_desk, coded_stream, tmp_path, monkeypatch
):
    stream, desk = coded_stream("h264", 50), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "clip.mp4", opened_at=at(stream, 1))
    desk.recorder.end("one", closed_at=at(stream, 60))
    desk.recorder.turn()
    assert desk.clips == []
    monkeypatch.setattr("gateway.recording.clips.monotonic_s", lambda: 1e12)
    desk.recorder.turn()
    assert desk.clips[0].duration_s == pytest.approx(2.0)


def test_closing_finishes_what_is_open(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 50), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 1))
    desk.recorder.close()
    assert incidents(desk) == [("one",)]
    assert [path.name for path in tmp_path.iterdir()] == ["one.mp4"]


def test_a_hub_that_closes_finishes_what_is_open(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 50), open_desk()
    desk.play(stream)
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 1))
    desk.hub.close()
    desk.recorder.turn()
    desk.recorder.turn()
    assert incidents(desk) == [("one",)]


def test_a_clip_without_a_picture_leaves_nothing(open_desk, coded_stream, tmp_path):
    desk = open_desk()
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(coded_stream(), 1))
    desk.recorder.close()
    assert desk.clips == []
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_once_and_the_next_clip_still_comes(open_desk, coded_stream, tmp_path):
    stream, desk = coded_stream("h264", 100), open_desk()
    desk.play(stream)
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4.part").symlink_to("/dev/full")
        desk.recorder.begin(name, tmp_path / f"{name}.mp4", opened_at=at(stream, 1))
        desk.recorder.turn()
    desk.recorder.begin("three", tmp_path / "three.mp4", opened_at=at(stream, 1))
    desk.recorder.end("three", closed_at=at(stream, 2))
    desk.play(stream, later_s=10)
    assert incidents(desk) == [("three",)]
    assert [str(error) for error in desk.errors if "No space left" in str(error)]
    assert len(desk.errors) == 1


def test_a_disk_nearly_full_is_left_alone(open_desk, coded_stream, tmp_path):
    desk = open_desk(settings=tuned(min_free_mb=100), free_mb=49)
    desk.play(coded_stream())
    desk.recorder.begin("one", tmp_path / "day" / "one.mp4", opened_at=at(coded_stream(), 1))
    desk.recorder.close()
    (error,) = desk.errors
    assert "49 MB free and recording.min_free_mb is 100" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_segments_are_cut_at_key_frames_and_none_is_missing_a_picture(
    open_desk, coded_stream, show, ffprobe
):
    stream = coded_stream("h264", 600)
    desk = open_desk(settings=tuned(segment_s=10), continuous=True)
    desk.play(stream)
    desk.recorder.close()
    assert [show(segment.path)[0] for segment in desk.segments] == [0, 250, 500]
    assert [segment.pictures for segment in desk.segments] == [250, 250, 100]
    for segment, began_s in zip(desk.segments, (0, 10, 20), strict=True):
        assert segment.label.started_at == at(stream, began_s)
        assert segment.duration_s == ffprobe(segment.path).duration_s
    assert desk.segments[0].path.parts[-3:] == ("segments", "2026-05-01", "080000-000.mp4")


def test_a_reconnect_and_another_kind_of_stream_begin_a_segment(
    open_desk, coded_stream, wide_stream, show, ffprobe
):
    stream, desk = coded_stream("h264", 50), open_desk(continuous=True)
    desk.play(stream)
    desk.play(stream, later_s=3600)
    desk.play(coded_stream("hevc", 50), later_s=7200)
    desk.play(wide_stream, later_s=7300)
    desk.recorder.close()
    started = [segment.label.started_at for segment in desk.segments]
    assert started == [at(stream, seconds) for seconds in (0, 3600, 7200, 7300)]
    kinds = [(segment.codec, segment.width) for segment in desk.segments]
    assert kinds == [("h264", 160), ("h264", 160), ("hevc", 160), ("h264", 320)]
    for segment in desk.segments[:3]:
        assert show(segment.path) == list(range(50))
    for segment in desk.segments:
        assert ffprobe(segment.path).duration_s == pytest.approx(2.0)


@pytest.mark.parametrize("jump_s", [7200, -7200])
def test_a_clock_that_is_set_begins_a_segment(open_desk, coded_stream, show, ffprobe, jump_s):
    stream, desk = coded_stream("h264", 100), open_desk(continuous=True)
    desk.play(stream, pictures=slice(0, 60))
    moved = [
        replace(packet, captured_at=packet.captured_at + timedelta(seconds=jump_s))
        for packet in stream.packets
    ]
    desk.follow(replace(stream, packets=tuple(moved)), pictures=slice(60, None))
    desk.recorder.close()
    assert [show(segment.path) for segment in desk.segments] == [
        list(range(75)),
        list(range(75, 100)),
    ]
    assert desk.segments[1].label.started_at == at(stream, 3 + jump_s)
    for segment in desk.segments:
        ffprobe(segment.path)


def test_a_time_that_comes_twice_overwrites_nothing(open_desk, coded_stream, show):
    stream, desk = coded_stream("h264", 50), open_desk(continuous=True)
    for _ in range(3):
        desk.play(stream)
    desk.recorder.close()
    assert len({segment.path for segment in desk.segments}) == 3
    assert all(show(segment.path) == list(range(50)) for segment in desk.segments)


def test_the_segment_of_a_silent_camera_is_finished(open_desk, coded_stream, monkeypatch):
    desk = open_desk(continuous=True)
    desk.play(coded_stream("h264", 50))
    assert desk.segments == []
    monkeypatch.setattr("gateway.recording.segments.monotonic_s", lambda: 1e12)
    desk.recorder.turn()
    assert [segment.pictures for segment in desk.segments] == [50]


def test_segments_stop_before_clips_do_and_go_on_when_there_is_room(
    open_desk, coded_stream, tmp_path, monkeypatch
):
    stream = coded_stream("h264", 50)
    monkeypatch.setattr("gateway.recording.disk.CHECK_S", 0.0)
    desk = open_desk(settings=tuned(min_free_mb=100), continuous=True, free_mb=100)
    desk.play(stream)
    desk.free_mb = 74
    desk.play(stream, later_s=10)
    desk.recorder.begin("one", tmp_path / "one.mp4", opened_at=at(stream, 11))
    desk.recorder.turn()
    assert [segment.pictures for segment in desk.segments] == [50], "nothing since there is less"
    desk.free_mb = 99
    desk.play(stream, later_s=20)
    desk.free_mb = 100
    desk.play(stream, later_s=30)
    desk.recorder.close()
    assert [segment.label.started_at for segment in desk.segments[1:]] == [at(stream, 30)]
    assert incidents(desk) == [("one",)]
    assert desk.errors == []


def test_a_disk_that_refuses_segments_is_tried_again_later(
    open_desk, coded_stream, tmp_path, monkeypatch
):
    (tmp_path / "segments").touch()
    stream, desk = coded_stream("h264", 50), open_desk(continuous=True)
    desk.play(stream)
    assert len(desk.errors) == 1
    (tmp_path / "segments").unlink()
    desk.play(stream, later_s=5)
    assert not (tmp_path / "segments").exists()
    monkeypatch.setattr("gateway.recording.segments.monotonic_s", lambda: 1e12)
    desk.play(stream, later_s=10)
    desk.recorder.close()
    assert [segment.pictures for segment in desk.segments] == [50]
    assert len(desk.errors) == 1


def test_a_disk_that_does_not_answer_changes_nothing(tmp_path):
    def refuse(_path):
        raise OSError("no such device")

    guard = DiskGuard(tmp_path, 100, refuse)
    assert all(guard.allows(kind) for kind in ("segments", "clips"))
