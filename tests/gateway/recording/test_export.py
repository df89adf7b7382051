"""A span of recordings as one film."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import NotExportableError, NotFoundError, StorageError
from gateway.recording.export import Gap, plan_export, stream_export, write_export
from gateway.recording.index import SegmentIndex


@pytest.fixture
def recorded(open_desk, store, tmp_path):
    """Return what records streams, each `later_s` after the start, and enters the segments."""

    def record(*streams, sounds=()) -> None:
        desk, index = open_desk(continuous=True), SegmentIndex(store.segments, tmp_path)
        for later_s, stream in streams:
            moved = [
                replace(s, packet=replace(s.packet, received_s=s.packet.received_s + later_s))
                for s in sounds
            ]
            desk.play(stream, later_s=later_s, sounds=moved)
        desk.recorder.close()
        for segment in desk.segments:
            index.put(segment)

    return record


@pytest.fixture
def export(store, tmp_path, coded_stream):
    """Return what exports a span, by seconds after the start, in both ways; gives plan and film."""
    start = coded_stream().packets[0].captured_at

    def run(from_s, to_s, *, streamed=False):
        span = (start + timedelta(seconds=from_s), start + timedelta(seconds=to_s))
        plan = plan_export(store.segments, "gate", *span)
        path = tmp_path / "film.mp4"
        if streamed:
            path.write_bytes(b"".join(stream_export(plan, tmp_path)))
        else:
            write_export(plan, tmp_path, path)
        gaps = [
            ((gap.start - start).total_seconds(), (gap.end - start).total_seconds())
            for gap in plan.gaps
        ]
        return gaps, path

    return run


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4"])
@pytest.mark.parametrize("b_frames", [False, True])
def test_a_span_over_segments_is_one_film_without_its_gaps(
    recorded, export, coded_stream, show, ffprobe, codec, b_frames, streamed
):
    stream = coded_stream(codec, 100, b_frames=b_frames)
    recorded((0, stream), (4, stream), (60, stream))
    gaps, path = export(2.5, 62.5, streamed=streamed)
    assert gaps == [(8.0, 60.0)]
    numbers = show(path)
    first, last = numbers[0], numbers[-1]
    assert 48 <= first <= 51, "from the key frame before"
    assert 60 <= last <= 66, "up to the end"
    expected = [*range(first, 100), *range(100), *range(last + 1)]
    assert numbers[:-3] == expected[: len(numbers) - 3], "B-frames may be cut off at the very end"
    probed = ffprobe(path)
    times = sorted(probed.times)
    assert len(times) == len(numbers)
    shown = times[:-3]
    assert shown[-1] - shown[0] == pytest.approx((len(shown) - 1) / 25, abs=0.02)
    assert probed.video["codec_tag_string"] in {"avc1", "hvc1", "mp4v"}


@pytest.mark.parametrize("streamed", [False, True])
def test_sound_goes_along(recorded, export, coded_stream, coded_sound, ffprobe, streamed):
    sounds = coded_sound()
    stream = coded_stream()
    heard = replace(stream, info=replace(stream.info, audio=sounds[0].info))
    recorded((0, heard), (4, heard), sounds=sounds)
    _, path = export(1, 7, streamed=streamed)
    probed = ffprobe(path)
    assert float(probed.audio["duration"]) == pytest.approx(probed.duration_s, abs=0.5)


def test_segments_without_sound_leave_it_out(
    recorded, export, coded_stream, coded_sound, ffprobe, show
):
    sounds, stream = coded_sound(), coded_stream()
    heard = replace(stream, info=replace(stream.info, audio=sounds[0].info))
    recorded((0, heard), sounds=sounds)
    recorded((4, stream))
    _, path = export(0, 8)
    assert len(show(path)) == 200
    assert float(ffprobe(path).audio["duration"]) == pytest.approx(4.0, abs=0.5)


@pytest.mark.parametrize("words", ["h264 320x192", "hevc 160x96"])
def test_a_camera_that_changed_is_told_where_to_part_the_film(
    recorded, export, coded_stream, wide_stream, words
):
    other = wide_stream if words.startswith("h264") else coded_stream("hevc")
    recorded((0, coded_stream()), (10, other))
    with pytest.raises(NotExportableError) as refused:
        export(0, 20)
    assert f"from h264 160x96 to {words} at 2026-05-01T08:00:10.000Z" in str(refused.value)
    assert export(0, 10)[0] == [(4.0, 10.0)]


def test_what_cannot_be_exported_is_said(recorded, export, coded_stream, tmp_path, store):
    with pytest.raises(NotFoundError, match="nothing of camera gate is recorded"):
        export(0, 10)
    recorded((0, coded_stream()))
    for span in ((5, 5), (5, 4), (0, 25 * 3600)):
        with pytest.raises(NotExportableError, match="no span of up to 24 hours"):
            export(*span)
    (tmp_path / store.segments.of("gate")[0].path).unlink()
    for streamed in (False, True):
        with pytest.raises(StorageError, match="kept any more"):
            export(0, 10, streamed=streamed)
    assert not list(tmp_path.glob("film.mp4*"))


def test_a_segment_that_went_meanwhile_costs_only_itself(
    recorded, export, coded_stream, tmp_path, store, show
):
    recorded((0, coded_stream()), (4, coded_stream()), (8, coded_stream()))
    (tmp_path / store.segments.of("gate")[1].path).unlink()
    assert show(export(0, 12)[1]) == [*range(100), *range(100)]


def test_a_plan_tells_its_gaps_and_size(recorded, store, coded_stream):
    recorded((10, coded_stream()))
    start = coded_stream().packets[0].captured_at
    plan = plan_export(store.segments, "gate", start, start + timedelta(seconds=20))
    ends = [timedelta(seconds=seconds) for seconds in (0, 10, 14, 20)]
    assert plan.gaps == (
        Gap(start + ends[0], start + ends[1]),
        Gap(start + ends[2], start + ends[3]),
    )
    assert plan.bytes == store.segments.total_bytes()
