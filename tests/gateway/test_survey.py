"""Cameras measured for real: streams, sessions, what failed; and kept as JSON."""

import pytest

from gateway.errors import UnauthorizedError, UnreachableError
from gateway.onboarding import Finding, look_at, measure
from gateway.packets import Transport
from gateway.session_limit import MOST, count_sessions
from gateway.sources import Credentials, with_credentials
from gateway.survey import Survey, survey_from_json, survey_to_json


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


def test_a_device_is_measured_whole(virtual_camera):
    source = with_credentials(f"onvif://{virtual_camera.address}", virtual_camera.credentials)
    (found,) = look_at(source, lambda _: "")
    survey = measure(found, 1.0)
    assert (survey.main.width, survey.sub.width) == (1280, 640)
    assert (survey.sub.codec, survey.sub.reader) == ("h264", "rtsp")
    assert survey.sub.gop_s
    assert survey.sub.bit_rate_kbps
    assert abs(survey.clock_skew_s) < 5
    assert "VirtualCam" in survey.device
    assert survey.sessions_allowed == MOST
    assert survey_from_json(survey_to_json(survey)) == survey
    assert virtual_camera.credentials.password not in survey_to_json(survey)


def test_a_stream_that_fails_beside_the_analysed_one_is_noted(rtsp_camera, units):
    url = rtsp_camera(units, "--fps", "25").url
    survey = measure(Finding("x", url, url.replace("/camera", "/none"), url), 0.5)
    assert survey.main is None
    assert survey.sub.width == 160
    assert survey.failed[0].startswith("main stream: ")


def test_the_transport_a_person_chose_is_measured(rtsp_camera, units):
    url = rtsp_camera(units, "--fps", "25").url
    survey = measure(Finding("x", url, url, transport=Transport.UDP), 0.5)
    assert (survey.main.transport, survey.sub) == ("udp", None)


def test_a_camera_that_gives_nothing_is_no_survey(rtsp_camera, units):
    camera = rtsp_camera(units, "--user", "admin", "--password", "right")
    who = Credentials("admin", "wrong")
    with pytest.raises(UnauthorizedError):
        measure(Finding("x", camera.url, camera.url, credentials=who), 0.5)
    camera.kill()
    with pytest.raises(UnreachableError):
        measure(Finding("x", camera.url, camera.url), 0.5)


@pytest.mark.parametrize("codec", ["pcmu", "pcma"])
def test_a_loudspeaker_is_found_with_what_it_takes(loudspeaker, codec):
    url = loudspeaker("--codec", codec).url
    survey = measure(Finding("x", url, url), 0.5)
    assert survey.talk == {"pcmu": "pcm_mulaw", "pcma": "pcm_alaw"}[codec]
    assert survey_from_json(survey_to_json(survey)).talk == survey.talk


def test_a_camera_without_a_loudspeaker_is_no_failure(rtsp_camera, units):
    url = rtsp_camera(units, "--fps", "25").url
    survey = measure(Finding("x", url, url), 0.5)
    assert (survey.talk, survey.failed) == ("", ())


def test_a_file_has_no_sessions(road_film):
    url = road_film.as_uri()
    assert measure(Finding("film", url, url), 0.5).sessions_allowed is None


def test_sessions_of_a_camera_that_is_gone_are_none():
    assert count_sessions("rtsp://127.0.0.1:9/live", None) == 0


@pytest.mark.parametrize("allowed", [1, 2])
def test_a_camera_that_allows_few_sessions(rtsp_camera, units, allowed):
    url = rtsp_camera(units, "--fps", "25", "--sessions", str(allowed)).url
    assert count_sessions(url, None) == allowed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"main": 7}'])
def test_what_is_no_survey(text):
    assert survey_from_json(text) is None
    assert survey_to_json(None) == ""
    assert survey_from_json(survey_to_json(Survey())).main is None
