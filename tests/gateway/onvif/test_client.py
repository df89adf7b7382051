"""A camera asked: a third-party device that is well, and scripted ones that are not."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from gateway.demo import DemoCamera
from gateway.errors import GatewayError, OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif import client as client_module
from gateway.onvif import vendor
from gateway.onvif.client import OnvifClient
from gateway.onvif.profile import Profile
from gateway.sources import Credentials

Start = Callable[..., Any]
"""Of scripted cameras, see conftest.py."""
RIGHT = Credentials("admin", "right")


def connected(address: str, credentials: Credentials | None = RIGHT) -> OnvifClient:
    client = OnvifClient(address, credentials)
    client.connect()
    return client


class TestThirdPartyDevice:
    @pytest.fixture
    def client(self, virtual_camera: DemoCamera) -> OnvifClient:
        return connected(virtual_camera.address, virtual_camera.credentials)

    def test_tells_what_it_is(self, client: OnvifClient) -> None:
        told = client.device_information()
        assert (told.manufacturer, told.model) == ("PythonCam", "VirtualCam-1")
        assert told.serial == "demo-road"

    def test_describes_its_streams(self, client: OnvifClient) -> None:
        main, sub = client.profiles()
        assert (main.codec, main.width, main.height) == ("h264", 1280, 544)
        assert (sub.width, sub.height, sub.fps, sub.bit_rate_kbps) == (640, 272, 25.0, 800)

    def test_names_a_stream_that_plays(self, client: OnvifClient) -> None:
        url = client.stream_uri(client.profiles()[1].token)
        with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
            frame = next(container.decode(video=0))
        assert (frame.width, frame.height) == (640, 272)

    def test_names_its_snapshot(self, client: OnvifClient, virtual_camera: DemoCamera) -> None:
        url = client.snapshot_uri(client.profiles()[0].token)
        who = (virtual_camera.credentials.user, virtual_camera.credentials.password)
        answer = httpx.get(url, auth=who, trust_env=False)
        assert answer.headers["Content-Type"] == "image/jpeg"

    def test_clock_is_read_from_the_refusal_of_an_unsigned_question(
        self, client: OnvifClient
    ) -> None:
        assert client.clock_skew is not None
        assert abs(client.clock_skew) < timedelta(seconds=5)

    @pytest.mark.parametrize(
        "wrong", [Credentials("admin", "wrong"), Credentials("nobody", "right"), None]
    )
    def test_refuses_others(self, virtual_camera: DemoCamera, wrong: Credentials | None) -> None:
        with pytest.raises(UnauthorizedError, match=virtual_camera.address):
            connected(virtual_camera.address, wrong)

    def test_a_refusal_is_of_one_client_only(
        self, client: OnvifClient, virtual_camera: DemoCamera
    ) -> None:
        with pytest.raises(UnauthorizedError):
            connected(virtual_camera.address, Credentials("admin", "wrong"))
        assert client.device_information().model == "VirtualCam-1"

    def test_is_a_device_to_strangers_too(self, virtual_camera: DemoCamera) -> None:
        assert OnvifClient(virtual_camera.address, None).is_device()

    def test_descriptions_are_parsed_once_for_all_cameras(self, virtual_camera: DemoCamera) -> None:
        def ask(_: int) -> None:
            connected(virtual_camera.address, virtual_camera.credentials).profiles()

        vendor._parse.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(60)))
        parsed = vendor._parse.cache_info()
        assert parsed.misses == parsed.currsize == 2


class TestOddAnswers:
    def test_addresses_become_those_dialled(self, scripted: Start) -> None:
        camera = scripted()
        client = connected(camera.address)
        uri = client.stream_uri("sub")
        assert uri == "rtsp://127.0.0.1:5540/live?channel=1&subtype=0"
        assert [path for _, path, _ in camera.asked][-1] == "/onvif/media"

    def test_only_the_time_is_asked_unsigned(self, scripted: Start) -> None:
        camera = scripted()
        connected(camera.address).profiles()
        assert [(what, bool(signed)) for what, _, signed in camera.asked] == [
            ("GetSystemDateAndTime", False),
            ("GetCapabilities", True),
            ("GetServices", True),
            ("GetProfiles", True),
        ]

    def test_clock_skew_is_the_cameras_clock_minus_ours(self, scripted: Start) -> None:
        skew = connected(scripted().address).clock_skew
        assert skew is not None
        assert skew < timedelta(days=-365)

    def test_questions_are_signed_with_the_cameras_time(self, scripted: Start) -> None:
        camera = scripted()
        connected(camera.address)
        _, _, signed_at = camera.asked[-1]
        assert signed_at.startswith("2020-01-02T03:04:")

    def test_a_date_that_does_not_exist_gives_way_to_the_header(
        self, scripted: Start, answers: Any
    ) -> None:
        camera = scripted({"GetSystemDateAndTime": answers.clock("2020-00-02")})
        skew = connected(camera.address).clock_skew
        assert skew is not None
        assert abs(skew) < timedelta(seconds=5)

    @pytest.mark.parametrize("capabilities", ["", "<tds:Capabilities></tds:Capabilities>"])
    def test_services_are_asked_for_where_capabilities_are_not_told(
        self, scripted: Start, answers: Any, capabilities: str
    ) -> None:
        answer = f"<tds:GetCapabilitiesResponse>{capabilities}</tds:GetCapabilitiesResponse>"
        camera = scripted({"GetCapabilities": answer, "GetServices": answers.services()})
        assert [one.token for one in connected(camera.address).profiles()] == ["main", "sub"]

    def test_streams_that_are_not_described_are_left_out(
        self, scripted: Start, answers: Any
    ) -> None:
        told = answers.profiles(
            answers.profile("main", 1920, 1080),
            answers.profile("broken", "", ""),
            '<trt:Profiles token="bare"><tt:Name>no encoder</tt:Name></trt:Profiles>',
        )
        client = connected(scripted({"GetProfiles": told}).address)
        main = Profile("main", "main name", "h264", 1920, 1080, None, None, encoder="e")
        assert client.profiles() == (main,)

    @pytest.mark.parametrize("text", ["", "no address at all", "rtsp://host:port/"])
    def test_a_stream_without_address_is_nonsense(
        self, scripted: Start, answers: Any, text: str
    ) -> None:
        client = connected(scripted({"GetStreamUri": answers.uri(text)}).address)
        with pytest.raises(OnvifError, match="nonsense"):
            client.stream_uri("main")

    @pytest.mark.parametrize(
        ("operation", "answer", "error", "words"),
        [
            ("GetCapabilities", (401, ""), UnauthorizedError, "refuses the user"),
            ("GetCapabilities", (403, "<p>no</p>"), UnauthorizedError, "refuses the user"),
            ("GetProfiles", (200, "<html><br></html>"), OnvifError, "does not speak ONVIF"),
            ("GetProfiles", (404, "not found"), OnvifError, "does not speak ONVIF"),
            ("GetProfiles", (500, ""), OnvifError, "does not speak ONVIF"),
            ("GetProfiles", (200, ""), OnvifError, "does not speak ONVIF"),
        ],
    )
    def test_each_failure_is_one_of_ours(
        self, scripted: Start, operation: str, answer: object, error: type, words: str
    ) -> None:
        camera = scripted({operation: answer})
        with pytest.raises(error, match=words) as caught:
            connected(camera.address).profiles()
        assert camera.address in str(caught.value)

    @pytest.mark.parametrize(
        ("reason", "subcode", "error"),
        [
            ("Sender not Authorized", "", UnauthorizedError),
            ("no", "tds:NotAuthorized", UnauthorizedError),
            ("no", "undeclared:NotAuthorized", UnauthorizedError),
            ("lens is dirty", "tds:Action", OnvifError),
        ],
    )
    def test_faults_that_refuse_the_user(
        self, scripted: Start, answers: Any, reason: str, subcode: str, error: type[GatewayError]
    ) -> None:
        camera = scripted({"GetDeviceInformation": answers.fault(reason, subcode)})
        with pytest.raises(error):
            connected(camera.address).device_information()


class TestNoCamera:
    def test_nobody_listens(self, closed_port: int) -> None:
        with pytest.raises(UnreachableError, match=f"127.0.0.1:{closed_port}.*refused"):
            connected(f"127.0.0.1:{closed_port}")

    def test_no_such_name(self) -> None:
        with pytest.raises(UnreachableError, match="no such name"):
            connected("camera.invalid")

    def test_silence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.3)
        with (
            socket.create_server(("127.0.0.1", 0)) as mute,
            pytest.raises(UnreachableError, match="silence"),
        ):
            connected(f"127.0.0.1:{mute.getsockname()[1]}")

    def test_a_web_server_is_no_camera(self, web_server: str) -> None:
        assert not OnvifClient(web_server, None).is_device()
        with pytest.raises(OnvifError, match="does not speak ONVIF"):
            connected(web_server)

    def test_an_rtsp_port_is_not_the_onvif_port(self, virtual_camera: DemoCamera) -> None:
        client = connected(virtual_camera.address, virtual_camera.credentials)
        rtsp = client.stream_uri(client.profiles()[0].token).split("/")[2]
        with pytest.raises(OnvifError, match="does not speak ONVIF"):
            connected(rtsp)

    @pytest.fixture
    def closed_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    @pytest.fixture
    def web_server(self) -> Iterator[str]:
        with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            yield f"127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()


def test_importing_onvif_zeep_changes_nothing_outside() -> None:
    """It sets up logging and, in its camera class, removes proxies from the environment."""
    script = (
        "import logging, os; from gateway.onvif.client import OnvifClient\n"
        "assert not OnvifClient('127.0.0.1:1', None).is_device()\n"
        "print(logging.getLogger().handlers, os.environ['http_proxy'])"
    )
    environment = os.environ | {"http_proxy": "http://127.0.0.1:9"}
    project = Path(client_module.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[] http://127.0.0.1:9", done.stderr
