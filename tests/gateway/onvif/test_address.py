"""The address dialled, and what becomes of the addresses cameras tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import OnvifError
from gateway.onvif.address import DeviceAddress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.1.64", DeviceAddress("192.168.1.64", 80)),
        ("192.168.1.64:8080", DeviceAddress("192.168.1.64", 8080)),
        ("onvif://camera.village:8899", DeviceAddress("camera.village", 8899)),
        ("http://192.168.1.64:81/onvif/device_service", DeviceAddress("192.168.1.64", 81)),
        ("[fd00::64]:8080", DeviceAddress("fd00::64", 8080)),
        ("https://camera", DeviceAddress("camera", 443, is_secure=True)),
        ("onvifs://camera:4433", DeviceAddress("camera", 4433, is_secure=True)),
        ("192.168.1.64:443", DeviceAddress("192.168.1.64", 443, is_secure=True)),
        ("onvif://a.b:8080?rtsp_port=10554", DeviceAddress("a.b", 8080, rtsp_port=10554)),
    ],
)
def test_addresses_are_understood_and_kept(text: str, expected: DeviceAddress) -> None:
    assert DeviceAddress.parse(text) == expected
    assert DeviceAddress.parse(expected.url) == expected


@pytest.mark.parametrize(
    "text",
    ["", "://", "camera:port", "camera:70000", "[fd00::64", "a?rtsp_port=x", "a?rtsp_port=0"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(OnvifError, match="give host or host:port"):
        DeviceAddress.parse(text)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        found = DeviceAddress.parse(text)
    except OnvifError:
        return
    assert found.host
    assert 0 < found.port < 65536


@pytest.mark.parametrize(
    ("told", "dialled", "expected"),
    [
        ("rtsp://10.0.0.9/live", "203.0.113.7", "rtsp://203.0.113.7/live"),
        ("rtsp://10.0.0.9:5540/live?a=1&b=2", "cam", "rtsp://cam:5540/live?a=1&b=2"),
        ("rtsp://user:p%40ss@10.0.0.9/live", "cam", "rtsp://cam/live"),
        ("rtsp://10.0.0.9:554/live", "fd00::64", "rtsp://[fd00::64]:554/live"),
        ("http://[fd00::1]:81/shot.jpg", "cam", "http://cam:81/shot.jpg"),
        ("rtsp://10.0.0.9/live", "cam:8080?rtsp_port=10554", "rtsp://cam:10554/live"),
        ("rtsp://10.0.0.9:554/live", "cam:8080?rtsp_port=10554", "rtsp://cam:10554/live"),
        ("http://10.0.0.9/shot.jpg", "cam:8080?rtsp_port=10554", "http://cam:8080/shot.jpg"),
        ("http://a@10.0.0.9/s.jpg", "onvifs://cam:8443?rtsp_port=1", "https://cam:8443/s.jpg"),
    ],
)
def test_streams_and_pictures_are_on_the_host_dialled(
    told: str, dialled: str, expected: str
) -> None:
    bare = "[fd00::64]" if dialled == "fd00::64" else dialled
    assert DeviceAddress.parse(bare).media(told) == expected


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("cam:8080", "http://cam:8080/onvif/ptz?x=1"),
        ("onvifs://cam:4433", "https://cam:4433/onvif/ptz?x=1"),
    ],
)
def test_services_are_at_the_address_dialled(dialled: str, expected: str) -> None:
    assert DeviceAddress.parse(dialled).service("http://10.9.9.9:99/onvif/ptz?x=1") == expected


@pytest.mark.parametrize("told", ["", "live", "rtsp://", "rtsp://host:port/"])
def test_a_uri_without_a_host_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"names no host|port|Port"):
        DeviceAddress.parse("cam").media(told)
