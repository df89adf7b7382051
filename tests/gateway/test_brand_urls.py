"""The table of brands: every address sound, none with a secret in it."""

from urllib.parse import urlsplit

import pytest

from gateway.brand_urls import ANY, BRANDS, candidates
from gateway.errors import ConfigError
from gateway.store.inventory import Camera


def test_every_pattern_gives_addresses_a_camera_can_be_kept_with():
    found = list(candidates(ANY, "192.168.1.64", channel=12))
    assert {one.brand for one in found} == set(BRANDS)
    assert len(found) == len({(one.brand, one.main_uri) for one in found})
    for one in found:
        assert one.source
        for uri in filter(None, (one.main_uri, one.sub_uri)):
            parts = urlsplit(uri)
            assert (parts.scheme, parts.hostname, parts.port) == ("rtsp", "192.168.1.64", 554)
        assert one.main_uri != one.sub_uri
        Camera("gate", "x", main_uri=one.main_uri, sub_uri=one.sub_uri)


@pytest.mark.parametrize(
    ("brand", "channel", "main", "sub"),
    [
        ("hikvision", 1, "/Streaming/Channels/101", "/Streaming/Channels/102"),
        ("hikvision", 16, "/Streaming/Channels/1601", "/Streaming/Channels/1602"),
        (
            "dahua",
            2,
            "/cam/realmonitor?channel=2&subtype=0",
            "/cam/realmonitor?channel=2&subtype=1",
        ),
        ("uniview", 3, "/unicast/c3/s0/live", "/unicast/c3/s1/live"),
        ("tplink", 1, "/stream1", "/stream2"),
        ("ezviz", 1, "/h264/ch1/main/av_stream", "/h264/ch1/sub/av_stream"),
        ("reolink", 1, "/Preview_01_main", "/Preview_01_sub"),
    ],
)
def test_the_first_guess(brand, channel, main, sub):
    first = next(iter(candidates(brand, "[fd00::8]", 8554, channel)))
    assert first.main_uri == f"rtsp://[fd00::8]:8554{main}"
    assert first.sub_uri == f"rtsp://[fd00::8]:8554{sub}"


def test_user_and_password_inside_a_path_are_places_to_fill():
    first = next(iter(candidates("xiongmai", "10.0.0.8")))
    assert "user={user}&password={password}&channel=1" in first.main_uri


@pytest.mark.parametrize(("brand", "channel"), [("nikon", 1), ("dahua", 0), ("dahua", 1000)])
def test_what_is_not_in_the_table(brand, channel):
    with pytest.raises(ConfigError, match=r"no brand|not between"):
        list(candidates(brand, "10.0.0.8", channel=channel))
