from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.address import shown, split_credentials, with_credentials
from gateway.sources.source import Credentials

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1)


@given(user=words, password=words)
def test_credentials_survive_the_way_into_a_url_and_out(user, password):
    given_to_ffmpeg = with_credentials("rtsp://10.0.0.8:554/a?b=c", Credentials(user, password))
    assert urlsplit(given_to_ffmpeg).hostname == "10.0.0.8"
    bare, found = split_credentials(given_to_ffmpeg)
    assert bare == "rtsp://10.0.0.8:554/a?b=c"
    assert found == Credentials(user, password)


@pytest.mark.parametrize(
    ("url", "bare", "credentials"),
    [
        ("rtsp://cam/1", "rtsp://cam/1", None),
        ("rtsp://u:p@cam/1", "rtsp://cam/1", Credentials("u", "p")),
        ("rtsp://u@cam/1", "rtsp://cam/1", Credentials("u", "")),
        ("rtsp://u:p@ss@[fe80::1]:554/1", "rtsp://[fe80::1]:554/1", Credentials("u", "p@ss")),
        ("rtsp://u:a%3Ab%2F@cam/1", "rtsp://cam/1", Credentials("u", "a:b/")),
    ],
)
def test_what_people_type(url, bare, credentials):
    assert split_credentials(url) == (bare, credentials)


def test_credentials_given_apart_replace_those_inside():
    assert with_credentials("rtsp://old:old@cam/1", Credentials("a", "b")) == "rtsp://a:b@cam/1"
    assert with_credentials("rtsp://cam/1", None) == "rtsp://cam/1"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:hunter2@cam/1",
        "rtsp://cam/user=admin_password=hunter2_channel=1_stream=0.sdp",
        "rtsp://cam/user=admin&password=hunter2&channel=1",
        "http://cam/live.flv?app=live&token=hunter2",
        "rtmp://cam/live?Pwd=hunter2",
        "http://cam/live.m3u8?sign=hunter2&t=1",
    ],
)
def test_nothing_secret_is_shown(url):
    assert "hunter2" not in shown(url)
    assert "cam/" in shown(url)


def test_what_is_not_secret_is_shown():
    url = "rtsp://cam:554/Streaming/Channels/101?transportmode=unicast&profile=Profile_1"
    assert shown(url) == url


def test_credentials_do_not_show_their_password():
    assert "hunter2" not in repr(Credentials("admin", "hunter2"))
