"""What is asked beyond streams: of a device that checks who asks, and of ipycam."""

import ssl
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import DemoCamera
from gateway.errors import OnvifError, UnauthorizedError
from gateway.onvif.client import OnvifClient
from gateway.onvif.device_clock import read_clock, set_clock
from gateway.onvif.imaging import Imaging, Knob
from gateway.onvif.ptz import Axes, Motion, Preset, Ptz
from gateway.onvif.survey import FEATURES, Outcome, as_table, survey
from gateway.sources import Credentials

Start = Callable[..., Any]
"""Of devices, see tests/conftest.py."""
RIGHT = Credentials("admin", "right")
BROKEN = [(200, "<s:Envelope><unclosed"), (200, ""), (500, "<html>busy</html>"), (404, "no")]


def connected(device: Any, credentials: Credentials | None = RIGHT) -> OnvifClient:
    client = OnvifClient(device.address, credentials)
    client.connect()
    return client


class TestWhoAsks:
    @pytest.mark.parametrize("auth", ["wsse", "digest"])
    def test_both_ways_to_sign_are_spoken(self, onvif_device: Start, auth: str) -> None:
        client = connected(onvif_device(auth=auth))
        assert client.device_information().model == "Dome 3"
        assert client.profiles()[0].codec == "h264"

    @pytest.mark.parametrize("auth", ["wsse", "digest"])
    @pytest.mark.parametrize("wrong", [Credentials("admin", "wrong"), None])
    def test_others_are_refused(
        self, onvif_device: Start, auth: str, wrong: Credentials | None
    ) -> None:
        with pytest.raises(UnauthorizedError):
            connected(onvif_device(auth=auth), wrong)

    @pytest.mark.parametrize("hours", [-8, 2, 24 * 365])
    def test_a_wrong_clock_keeps_nobody_out(self, onvif_device: Start, hours: int) -> None:
        client = connected(onvif_device(clock_off=timedelta(hours=hours)))
        assert client.device_information().model == "Dome 3"

    def test_https_with_a_certificate_of_its_own(
        self, onvif_device: Start, own_certificate: ssl.SSLContext
    ) -> None:
        device = onvif_device(tls=own_certificate)
        client = OnvifClient(f"https://{device.address}", RIGHT)
        client.connect()
        assert client.profiles()[0].width == 640
        assert client.dialled.url == f"onvifs://{device.address}"

    @pytest.fixture
    def own_certificate(self, tmp_path: Path) -> ssl.SSLContext:
        key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cam"),
                *("-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class TestH265:
    @pytest.fixture
    def h265(self, onvif_server: Any) -> dict[str, Any]:
        return {"e1": onvif_server.Encoder(2560, 1440, 20, 4096, codec="H265")}

    def test_streams_come_from_the_second_media_service(
        self, onvif_device: Start, h265: dict[str, Any]
    ) -> None:
        device = onvif_device(encoders=h265)
        client = OnvifClient(f"onvif://{device.address}?rtsp_port=10554", RIGHT)
        client.connect()
        (main,) = client.profiles()
        assert (main.codec, main.width, main.height) == ("h265", 2560, 1440)
        assert (main.fps, main.bit_rate_kbps, main.ptz_node) == (20.0, 4096, "node")
        assert client.stream_uri("main") == "rtsp://127.0.0.1:10554/main"
        assert client.snapshot_uri("main") == f"http://{device.address}/shot.jpg"

    @pytest.mark.parametrize("auth", ["wsse", "digest"])
    def test_signed_too(self, onvif_device: Start, h265: dict[str, Any], auth: str) -> None:
        assert connected(onvif_device(encoders=h265, auth=auth)).profiles()[0].codec == "h265"

    def test_without_it_the_first_service_has_the_last_word(
        self, onvif_device: Start, h265: dict[str, Any]
    ) -> None:
        device = onvif_device(encoders=h265, lacks={"GetServices"})
        assert connected(device).profiles() == ()

    def test_the_second_is_not_asked_where_the_first_says_all(self, onvif_device: Start) -> None:
        device = onvif_device()
        connected(device).profiles()
        assert "GetServices" not in device.asked


class TestPtz:
    def test_abilities(self, onvif_device: Start) -> None:
        abilities = Ptz(connected(onvif_device())).abilities
        assert abilities.continuous == Axes(pan_tilt=True, zoom=True)
        assert abilities.absolute == Axes(pan_tilt=True)
        assert not abilities.relative
        assert (abilities.home, abilities.presets) == (True, 8)

    def test_moves(self, onvif_device: Start) -> None:
        device = onvif_device()
        ptz = Ptz(connected(device))
        ptz.move(Motion(0.5, -0.25, 1), 2)
        assert ptz.is_moving()
        ptz.stop()
        assert not ptz.is_moving()
        ptz.turn_to(Motion(1, -1))
        ptz.go_home()
        ptz.keep_home()
        expected = ["move 0.5 -0.25 1.0", "stop", "to 1 -1", "home", "keep home"]
        assert device.motions == expected

    def test_a_move_that_is_not_offered(self, onvif_device: Start) -> None:
        with pytest.raises(OnvifError, match="does not offer"):
            Ptz(connected(onvif_device())).step(Motion(0.1))

    def test_presets(self, onvif_device: Start) -> None:
        device = onvif_device()
        ptz = Ptz(connected(device))
        assert ptz.presets() == (Preset("p1", "gate"), Preset("p2", "road"))
        assert ptz.keep("河边") == "p3"
        assert ptz.keep("河", "p3") == "p3"
        ptz.forget("p1")
        assert ptz.presets() == (Preset("p2", "road"), Preset("p3", "河"))
        ptz.go_to("p3")
        with pytest.raises(OnvifError, match="there is no preset p1"):
            ptz.go_to("p1")

    def test_a_camera_that_cannot_turn(self, onvif_device: Start) -> None:
        with pytest.raises(OnvifError, match="no ptz service"):
            Ptz(connected(onvif_device(lacks={"PTZ"})))

    @pytest.mark.parametrize("value", [-1.1, 1.5, float("nan")])
    def test_speeds_beyond_the_range(self, value: float) -> None:
        with pytest.raises(ValueError, match="between -1 and 1"):
            Motion(zoom=value)

    def test_a_third_party_device(self, virtual_camera: DemoCamera) -> None:
        client = OnvifClient(virtual_camera.address, virtual_camera.credentials)
        client.connect()
        ptz = Ptz(client)
        assert ptz.abilities.continuous == Axes(pan_tilt=True, zoom=True)
        assert ptz.abilities.absolute
        ptz.move(Motion(0.2, 0, 0), 1)
        ptz.stop()
        token = ptz.keep("gate")
        assert token in {one.token for one in ptz.presets()}
        ptz.turn_to(Motion(0.1, 0.1, 0.2))
        ptz.go_to(token)
        ptz.go_home()


class TestImaging:
    def test_what_can_be_set(self, onvif_device: Start) -> None:
        state = Imaging(connected(onvif_device())).state()
        assert state.knobs == (
            Knob("brightness", 50, 0, 100),
            Knob("contrast", 40, 0, 100),
        )
        assert (state.ir_cut, state.ir_cut_modes) == ("AUTO", ("ON", "AUTO"))

    def test_what_is_not_named_stays(self, onvif_device: Start) -> None:
        device = onvif_device()
        imaging = Imaging(connected(device))
        imaging.set({"contrast": 70})
        assert (device.imaging, device.ir_cut) == ({"Brightness": 50, "Contrast": 70}, "AUTO")
        imaging.set({}, ir_cut="ON")
        assert (device.imaging["Contrast"], device.ir_cut) == (70, "ON")

    @pytest.mark.parametrize(
        ("values", "ir_cut", "words"),
        [
            ({"contrast": 101}, None, "not between 0 and 100"),
            ({"sharpness": 1}, None, "offers no sharpness"),
            ({}, "OFF", "no IR-cut mode"),
        ],
    )
    def test_what_is_not_offered(
        self, onvif_device: Start, values: dict[str, float], ir_cut: str | None, words: str
    ) -> None:
        device = onvif_device()
        with pytest.raises(OnvifError, match=words):
            Imaging(connected(device)).set(values, ir_cut)
        assert "SetImagingSettings" not in device.asked


class TestClock:
    def test_set_right(self, onvif_device: Start) -> None:
        client = connected(onvif_device(clock_off=timedelta(hours=2)))
        before = read_clock(client)
        assert (before.mode, before.time_zone) == ("ntp", "CST-8")
        assert before.skew_s == pytest.approx(7200, abs=3)
        set_clock(client)
        assert read_clock(client).skew_s == pytest.approx(0, abs=3)
        assert client.device_information().model == "Dome 3"


class TestSurvey:
    def test_everything_works(self, onvif_device: Start) -> None:
        table = as_table(survey(connected(onvif_device())))
        assert {name: row["outcome"] for name, row in table.items()} == dict.fromkeys(
            FEATURES, "ok"
        )

    def test_what_is_not_there_is_absent(self, onvif_device: Start) -> None:
        found = survey(connected(onvif_device(lacks={"PTZ", "Imaging", "Events"})))
        absent = {one.name for one in found if one.outcome is Outcome.ABSENT}
        assert absent == {"ptz", "presets", "imaging", "events"}

    @pytest.mark.parametrize("broken", BROKEN, ids=str)
    @pytest.mark.parametrize(
        ("operation", "features"),
        [
            ("GetDeviceInformation", {"information"}),
            ("GetPresets", {"presets"}),
            ("GetOptions", {"imaging"}),
            ("GetNode", {"ptz", "presets"}),
            ("GetVideoEncoderConfiguration", {"encoder"}),
            ("GetSnapshotUri", {"snapshot"}),
        ],
    )
    def test_a_malformed_answer_costs_its_feature_only(
        self, onvif_device: Start, broken: tuple[int, str], operation: str, features: set[str]
    ) -> None:
        found = survey(connected(onvif_device(instead={operation: broken}, lacks={"media2"})))
        failed = {one.name for one in found if one.outcome is Outcome.FAILED}
        assert failed == features
        assert all(operation in one.why for one in found if one.name in failed)
