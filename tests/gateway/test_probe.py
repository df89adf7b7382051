import json
from dataclasses import asdict

import pytest

from gateway.errors import NotFoundError, UnauthorizedError
from gateway.probe import playability, probe
from gateway.sources import Credentials

FPS, GOP = 25, 10


@pytest.fixture
def units(coded_stream):
    def encode(codec="h264", **options):
        return [packet.data for packet in coded_stream(codec, 50, gop=GOP, **options).packets]

    return encode


def test_a_camera_is_measured(rtsp_camera, units):
    pictures = units()
    camera = rtsp_camera(pictures, "--fps", str(FPS), "--user", "admin", "--password", "s3cret!")
    report = probe(camera.url, Credentials("admin", "s3cret!"), seconds=2.0)
    assert (report.codec, report.width, report.height) == ("h264", 160, 96)
    assert report.fps == pytest.approx(FPS, rel=0.05)
    assert report.gop_s == pytest.approx(GOP / FPS, rel=0.1)
    nominal_kbps = sum(map(len, pictures)) * 8 / 1000 / (len(pictures) / FPS)
    assert report.bit_rate_kbps == pytest.approx(nominal_kbps, rel=0.25)
    assert (report.transport, report.has_b_frames, report.audio_codec) == ("tcp", False, None)
    assert report.browser_playable
    assert 2.0 <= report.watched_s < 6.0
    assert report.url == camera.url
    assert "s3cret" not in json.dumps(asdict(report))


def test_credentials_in_the_url_work_and_stay_out_of_the_report(rtsp_camera, units):
    camera = rtsp_camera(units(), "--fps", "25", "--user", "admin", "--password", "s3cret")
    inside = camera.url.replace("//", "//admin:s3cret@")
    assert probe(inside, seconds=0.5).url == camera.url
    with pytest.raises(UnauthorizedError) as caught:
        probe(camera.url.replace("//", "//admin:hunter2@"), seconds=0.5)
    assert "hunter2" not in str(caught.value)


def test_h265_with_sound_and_a_wrong_clock(rtsp_camera, units):
    camera = rtsp_camera(
        units("hevc"), "--codec", "h265", "--fps", "25", "--media", "both", "--clock", "wrong"
    )
    report = probe(camera.url, seconds=5.0)
    assert (report.codec, report.audio_codec, report.clock) == ("hevc", "pcm_alaw", "arrival")
    assert abs(report.clock_offset_s) > 1e8
    assert not report.browser_playable
    assert "hevc" in report.browser_reason


def test_films(road_film, square_film):
    road = probe(str(road_film))
    assert (road.codec, road.fps, road.clock, road.transport) == ("h264", 25.0, "file", "file")
    assert road.has_b_frames
    assert not road.browser_playable
    assert road.gop_s is not None
    square = probe(str(square_film), seconds=1.0)
    assert (square.codec, square.fps) == ("msmpeg4v3", 10.0)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFoundError, match="absent"):
        probe(str(tmp_path / "absent.mp4"))


@pytest.mark.parametrize(
    ("codec", "profile", "has_b_frames", "plays"),
    [
        ("h264", "High", False, True),
        ("h264", "Constrained Baseline", False, True),
        ("h264", None, False, True),
        ("h264", "High", True, False),
        ("h264", "High 10", False, False),
        ("h264", "High 4:4:4 Predictive", False, False),
        ("hevc", "Main", False, False),
        ("mjpeg", None, False, False),
    ],
)
def test_what_browsers_play(codec, profile, has_b_frames, plays):
    assert playability(codec, profile, has_b_frames=has_b_frames).plays is plays
