"""From address and password to the streams a camera is used by."""

from collections.abc import Callable
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo import DemoCamera
from gateway.errors import OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif.onboard import MIN_SUB_WIDTH, choose, onboard
from gateway.onvif.profile import Profile
from gateway.sources import Credentials

Start = Callable[..., Any]
"""Of scripted cameras, see conftest.py."""
ANYONE = Credentials("admin", "pw")


def stream(token: str, width: int, height: int, codec: str = "h264") -> Profile:
    return Profile(token, token, codec, width, height, None, None)


def test_a_third_party_camera_is_known_from_address_and_password(
    virtual_camera: DemoCamera,
) -> None:
    draft = onboard(f"onvif://{virtual_camera.address}", virtual_camera.credentials)
    assert draft.name == "PythonCam VirtualCam-1"
    assert draft.address == virtual_camera.address
    assert [(one.width, one.height) for one in draft.profiles] == [(1280, 544), (640, 272)]
    assert draft.failed == ()
    assert virtual_camera.credentials.password not in repr(draft)


@pytest.mark.parametrize(("which", "size"), [("main_uri", (1280, 544)), ("sub_uri", (640, 272))])
def test_its_streams_play(virtual_camera: DemoCamera, which: str, size: tuple[int, int]) -> None:
    draft = onboard(virtual_camera.address, virtual_camera.credentials)
    options = {"rtsp_transport": "tcp"}
    with av.open(getattr(draft, which), options=options, timeout=(10, 10)) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == size


def test_a_wrong_password_is_told_as_such(virtual_camera: DemoCamera) -> None:
    with pytest.raises(UnauthorizedError):
        onboard(virtual_camera.address, Credentials("admin", "wrong"))


def test_a_wrong_address_is_told_as_such() -> None:
    with pytest.raises(UnreachableError):
        onboard("127.0.0.1:1", ANYONE)


def test_a_camera_that_cannot_tell_what_it_is_is_used_all_the_same(
    scripted: Start, answers: Any
) -> None:
    camera = scripted({"GetDeviceInformation": answers.fault("not today")})
    draft = onboard(camera.address, ANYONE)
    assert draft.name == camera.address
    assert draft.main_uri == "rtsp://127.0.0.1:5540/live?channel=1&subtype=0"
    assert draft.failed == (f"{camera.address}: GetDeviceInformation failed: not today",)


BROKEN = [(200, "<s:Envelope><unclosed"), (200, ""), (500, "<html>busy</html>"), (404, "no")]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_one_malformed_answer_of_a_real_device_costs_one_feature(
    virtual_camera: DemoCamera, breaking_proxy: Start, broken: tuple[int, str]
) -> None:
    who = virtual_camera.credentials
    whole = onboard(virtual_camera.address, who)
    address = breaking_proxy(virtual_camera.address, "GetDeviceInformation", broken)
    draft = onboard(address, who)
    assert (draft.name, draft.main_uri, draft.sub_uri) == (address, whole.main_uri, whole.sub_uri)
    address = breaking_proxy(virtual_camera.address, "GetStreamUri", broken, "Profile_Sub")
    draft = onboard(address, who)
    assert (draft.name, draft.main_uri, draft.sub_uri) == (whole.name, whole.main_uri, None)
    assert len(draft.failed) == 1
    assert "GetStreamUri" in draft.failed[0]
    assert who.password not in draft.failed[0]


@pytest.mark.parametrize(
    "answer", ["", '<trt:Profiles token="x"><tt:Name>x</tt:Name></trt:Profiles>']
)
def test_a_camera_without_video_is_refused(scripted: Start, answers: Any, answer: str) -> None:
    camera = scripted({"GetProfiles": answers.profiles(answer)})
    with pytest.raises(OnvifError, match="no video stream"):
        onboard(camera.address, ANYONE)


def test_a_refusal_in_the_middle_is_not_overlooked(scripted: Start, answers: Any) -> None:
    camera = scripted({"GetDeviceInformation": answers.fault("Sender not Authorized")})
    with pytest.raises(UnauthorizedError):
        onboard(camera.address, ANYONE)


BIG, HALF, SMALL, TINY = (
    stream("big", 2560, 1440),
    stream("half", 1280, 720),
    stream("small", 640, 360),
    stream("tiny", 176, 144),
)
SMALL_H265 = stream("small-h265", 640, 360, "h265")
JPEG = stream("jpeg", 320, 240, "jpeg")


@pytest.mark.parametrize(
    ("offered", "main", "sub"),
    [
        ((), None, None),
        ((BIG,), BIG, None),
        ((BIG, SMALL), BIG, SMALL),
        ((SMALL, HALF, BIG), BIG, SMALL),
        ((BIG, TINY), BIG, None),
        ((BIG, TINY, HALF), BIG, HALF),
        ((BIG, SMALL_H265, HALF), BIG, HALF),
        ((BIG, SMALL_H265), BIG, SMALL_H265),
        ((BIG, JPEG, SMALL), BIG, SMALL),
    ],
    ids=lambda value: "+".join(one.token for one in value) if isinstance(value, tuple) else "",
)
def test_the_streams_chosen(
    offered: tuple[Profile, ...], main: Profile | None, sub: Profile | None
) -> None:
    assert choose(offered) == (main, sub)


PROFILES = st.lists(
    st.builds(
        stream,
        st.text(min_size=1, max_size=3),
        st.integers(1, 4000),
        st.integers(1, 3000),
        st.sampled_from(["h264", "h265", "jpeg", "mpeg4"]),
    ),
    unique_by=lambda one: one.token,
)


@given(PROFILES)
def test_any_offer_is_chosen_from_by_the_rule(offered: list[Profile]) -> None:
    main, sub = choose(offered)
    assert (main is None) == (not offered)
    for one in offered:
        assert main.width * main.height >= one.width * one.height
    if sub is None:
        assert all(one is main or one.width < MIN_SUB_WIDTH for one in offered)
        return
    assert sub is not main
    assert sub.width >= MIN_SUB_WIDTH
    rivals = [one for one in offered if one is not main and one.width >= MIN_SUB_WIDTH]
    assert sub.codec == "h264" or all(one.codec != "h264" for one in rivals)
