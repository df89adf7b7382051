"""Cameras found by multicast, on loopback and across a cable, and by asking addresses."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import DemoCamera
from gateway.errors import NotFoundError, OnvifError
from gateway.onvif import discovery
from gateway.onvif.discovery import Discovered, ask, discover

PROJECT = Path(discovery.__file__).parents[2]
MESSAGE_ID = re.compile(r"MessageID[^>]*>([^<]+)<")
MATCHES = """<?xml version="1.0" encoding="utf-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
  xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
  xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
  xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:p="http://printers.example/">
 <e:Header>
  <w:MessageID>urn:uuid:{id}</w:MessageID><w:RelatesTo>{asked}</w:RelatesTo>
  <w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To>
  <w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action>
 </e:Header>
 <e:Body><d:ProbeMatches><d:ProbeMatch>
  <w:EndpointReference><w:Address>urn:uuid:{id}</w:Address></w:EndpointReference>
  <d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>
  <d:MetadataVersion>1</d:MetadataVersion>
 </d:ProbeMatch></d:ProbeMatches></e:Body>
</e:Envelope>"""
SCOPES = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/East%20gate"
    " onvif://www.onvif.org/hardware/DS-2CD"
)


class Responder:
    """A device that answers each probe with the datagrams given, as the standard has it."""

    def __init__(self, listener: socket.socket, *replies: str) -> None:
        self._socket, self._replies = listener, replies
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            data, asker = self._socket.recvfrom(65536)
            if data == b"stop":
                return
            asked = MESSAGE_ID.search(data.decode(errors="replace"))
            if b"/Probe<" in data and asked:
                for reply in self._replies:
                    self._socket.sendto(reply.replace("{asked}", asked[1]).encode(), asker)

    def stop(self) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as mouth:
            here = socket.inet_aton("127.0.0.1")
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            mouth.sendto(b"stop", ("239.255.255.250", 3702))
        self._thread.join(60)
        self._socket.close()


def reply(number: int, types: str, addresses: str, scopes: str = SCOPES) -> str:
    return MATCHES.format(
        id=f"0000-{number}", types=types, addresses=addresses, scopes=scopes, asked="{asked}"
    )


@pytest.fixture
def responder(multicast: None, multicast_ear: Callable[[], socket.socket]) -> Iterator[Any]:
    started: list[Responder] = []

    def start(*replies: str) -> None:
        started.append(Responder(multicast_ear(), *replies))

    yield start
    for one in started:
        one.stop()


def test_third_party_cameras_are_found(
    multicast: None, virtual_cameras: dict[str, DemoCamera]
) -> None:
    found = {one.address: one.name for one in discover(2.0)}
    for camera in virtual_cameras.values():
        assert found[camera.address] == camera.scene.name


def test_what_a_camera_says_is_read(responder: Any) -> None:
    responder(
        reply(1, "dn:NetworkVideoTransmitter", "http://10.0.0.8:8899/onvif/device_service"),
        reply(
            2,
            "dn:NetworkVideoTransmitter",
            "http://[fe80::8]/onvif/device_service http://10.0.0.9/onvif/device_service",
            scopes="onvif://www.onvif.org/Profile/Streaming",
        ),
        reply(3, "p:Printer", "http://10.0.0.10/print", scopes="ldap:///ou=office"),
        reply(4, "dn:NetworkVideoTransmitter", ""),
        reply(5, "dn:NetworkVideoTransmitter", "no-address"),
        "this is no XML",
    )
    found = [one for one in discover(1.5) if one.address.startswith("10.0.0.")]
    assert found == [
        Discovered("10.0.0.8:8899", "East gate", "DS-2CD"),
        Discovered("10.0.0.9", "", ""),
    ]


def test_an_interface_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match=r"'eth99'; there are: .*lo"):
        discover(1.0, ["eth99"])


def test_a_machine_that_does_not_let_us_listen_says_so() -> None:
    script = (
        "import os, resource; from gateway.onvif.discovery import discover\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "try:\n while True: os.dup(0)\n"
        "except OSError: discover(1.0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("gateway.errors.UnreachableError: cameras cannot be searched for"), last


def test_addresses_are_asked_one_by_one(virtual_camera: DemoCamera) -> None:
    addresses = ["127.0.0.1:1", virtual_camera.address, "no-such-camera.invalid"]
    assert ask(addresses) == (Discovered(virtual_camera.address, "", ""),)


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(OnvifError, match="give host or host:port"):
        ask(["camera:port"])


class Cable:
    """Two network namespaces, `camera` and `gateway`, joined by a virtual cable."""

    CAMERA_IP, GATEWAY_IP = "10.77.0.2", "10.77.0.1"

    def __init__(self) -> None:
        self.camera, self.gateway = (f"gp-{end}-{os.getpid()}" for end in ("cam", "gw"))

    def __enter__(self) -> "Cable":
        for namespace in (self.camera, self.gateway):
            ip("netns", "add", namespace)
        veth = ("type", "veth", "peer", "name", "port0", "netns", self.gateway)
        ip("link", "add", "port0", "netns", self.camera, *veth)
        for namespace, own in ((self.camera, self.CAMERA_IP), (self.gateway, self.GATEWAY_IP)):
            ip("-n", namespace, "addr", "add", f"{own}/24", "dev", "port0")
            for device in ("lo", "port0"):
                ip("-n", namespace, "link", "set", device, "up")
        return self

    def __exit__(self, *_: object) -> None:
        for namespace in (self.camera, self.gateway):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def cable() -> Iterator[Cable]:
    """A cable, or a skip that says why there can be none."""
    if shutil.which("ip") is None:
        pytest.skip("no program `ip`; apt-get install iproute2")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with ExitStack() as stack:
        try:
            made = stack.enter_context(Cable())
        except subprocess.CalledProcessError as error:
            Cable().__exit__()
            pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
        yield made


@pytest.fixture(scope="module")
def distant_camera(
    cable: Cable, road_film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of an ipycam, as shipped, at the far end of the cable."""
    folder = tmp_path_factory.mktemp("distant")
    settings = {"name": "NorthGate", "local_ip": Cable.CAMERA_IP, "onvif_port": 8081}
    (folder / "camera.json").write_text(json.dumps(settings))
    command = (sys.executable, "-m", "ipycam", "--config", folder / "camera.json")
    with subprocess.Popen(
        ["ip", "netns", "exec", cable.camera, *command, "--source", road_film, "--hw", "cpu"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as camera:  # fmt: skip
        address = f"{Cable.CAMERA_IP}:8081"
        script = (
            "import sys, time; from gateway.onvif.discovery import ask\n"
            "while not ask(sys.argv[1:]): time.sleep(0.1)\n"
        )
        at_gateway(cable, script, address)
        yield address
        camera.terminate()


def at_gateway(cable: Cable, script: str, *arguments: str) -> str:
    """Run a script at the near end of the cable; return what it prints, errors too."""
    done = subprocess.run(
        ["ip", "netns", "exec", cable.gateway, sys.executable, "-c", script, *arguments],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


SEARCH = (
    "import sys; from gateway.onvif.discovery import discover\n"
    "for one in discover(1.5, sys.argv[1:]): print(one.address, one.name)\n"
)


@pytest.mark.parametrize(
    ("interface", "is_found"), [((), True), (("port0",), True), (("lo",), False)]
)
def test_a_camera_across_a_cable_is_found_by_those_who_ask_there(
    cable: Cable, distant_camera: str, interface: tuple[str, ...], is_found: bool
) -> None:
    expected = f"{distant_camera} NorthGate\n" if is_found else ""
    assert at_gateway(cable, SEARCH, *interface) == expected


def test_an_interface_without_network_is_told(cable: Cable, distant_camera: str) -> None:
    ip("-n", cable.gateway, "link", "set", "port0", "down")
    try:
        told = at_gateway(cable, SEARCH, "port0").strip().splitlines()[-1]
        assert at_gateway(cable, SEARCH) == ""
    finally:
        ip("-n", cable.gateway, "link", "set", "port0", "up")
    assert told.startswith("gateway.errors.UnreachableError: cameras cannot be searched for")
