"""A camera with scripted answers, for what no good camera says; and a look at multicast here."""

import http.server
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
OPERATION = re.compile(r"Body>\s*<(?:\w+:)?(\w+)")
CREATED = re.compile(r"Created[^>]*>([^<]+)<")


Page = tuple[int, str]
"""An answer that is sent as it is: status and text."""


def operation_of(request: str) -> str:
    return OPERATION.search(request)[1]


def envelope(body: str) -> str:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return f'<?xml version="1.0"?><s:Envelope {names}><s:Body>{body}</s:Body></s:Envelope>'


class Answers:
    """What cameras say, in their own words."""

    @staticmethod
    def fault(reason: str, subcode: str = "") -> Page:
        inner = f"<s:Subcode><s:Value>{subcode}</s:Value></s:Subcode>" if subcode else ""
        code = f"<s:Code><s:Value>s:Sender</s:Value>{inner}</s:Code>"
        text = f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason>'
        return 400, envelope(f"<s:Fault>{code}{text}</s:Fault>")

    @staticmethod
    def profile(token: str, width: int | str, height: int | str, codec: str = "H264") -> str:
        return (
            f'<trt:Profiles token="{token}"><tt:Name>{token} name</tt:Name>'
            '<tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name>'
            "<tt:UseCount>1</tt:UseCount>"
            f"<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>"
            "</tt:VideoEncoderConfiguration></trt:Profiles>"
        )

    @staticmethod
    def profiles(*inner: str) -> str:
        return f"<trt:GetProfilesResponse>{''.join(inner)}</trt:GetProfilesResponse>"

    @staticmethod
    def clock(date: str = "2020-01-02", time: str = "03:04:05") -> str:
        year, month, day = date.split("-")
        hour, minute, second = time.split(":")
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
            "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:UTCDateTime><tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute>"
            f"<tt:Second>{second}</tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year>"
            f"<tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    @staticmethod
    def uri(text: str) -> str:
        rest = "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        rest += "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        inner = f"<trt:MediaUri><tt:Uri>{text}</tt:Uri>{rest}</trt:MediaUri>"
        return f"<trt:GetStreamUriResponse>{inner}</trt:GetStreamUriResponse>"

    @staticmethod
    def services() -> str:
        return (
            "<tds:GetServicesResponse><tds:Service>"
            f"<tds:Namespace>{NAMESPACES['trt']}</tds:Namespace>"
            "<tds:XAddr>http://10.9.9.9:8899/onvif/media</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version>"
            "</tds:Service></tds:GetServicesResponse>"
        )


@pytest.fixture(scope="session")
def answers() -> type[Answers]:
    """Return what to build answers with."""
    return Answers


CAPABILITIES = (
    "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
    "<tt:XAddr>http://10.9.9.9:8899/onvif/media</tt:XAddr>"
    "</tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>"
)
DEVICE = (
    "<tds:GetDeviceInformationResponse><tds:Manufacturer> Acme</tds:Manufacturer>"
    "<tds:Model>Eye 2</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion>"
    "<tds:SerialNumber>77</tds:SerialNumber><tds:HardwareId>h</tds:HardwareId>"
    "</tds:GetDeviceInformationResponse>"
)
GOOD: Mapping[str, str] = {
    "GetSystemDateAndTime": Answers.clock(),
    "GetCapabilities": CAPABILITIES,
    "GetDeviceInformation": DEVICE,
    "GetProfiles": Answers.profiles(
        Answers.profile("main", 1920, 1080), Answers.profile("sub", 640, 360)
    ),
    "GetStreamUri": Answers.uri("rtsp://admin:pw@10.9.9.9:5540/live?channel=1&amp;subtype=0"),
}


@dataclass
class ScriptedCamera:
    """A camera that answers as its table says; an operation that is not there is a fault.

    asked: what came, in order: operation, path, and the time it was signed with, "" if unsigned.
    """

    answers: dict[str, str | Page]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def answer(self, request: str, path: str) -> Page:
        operation = OPERATION.search(request)[1]
        signed_at = CREATED.search(request)
        self.asked.append((operation, path, signed_at[1] if signed_at else ""))
        found = self.answers.get(operation, Answers.fault("not implemented"))
        return found if isinstance(found, tuple) else (200, envelope(found))


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedCamera]]:
    """Return a starter of cameras: `GOOD` answers and what is given instead."""
    with ExitStack() as running:

        def start(instead: Mapping[str, str | Page] | None = None) -> ScriptedCamera:
            camera = ScriptedCamera({**GOOD, **(instead or {})})
            camera.address = _serve(running, camera.answer)
            return camera

        yield start


def _serve(running: ExitStack, answer: Callable[[str, str], Page]) -> str:
    """Start a server that answers (request, path) until `running` ends; return its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    running.callback(thread.join)
    running.callback(server.server_close)
    running.callback(server.shutdown)
    return f"127.0.0.1:{server.server_port}"


def _handler(answer: Callable[[str, str], Page]) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = answer(request, self.path)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def breaking_proxy() -> Iterator[Callable[..., str]]:
    """Return a starter of proxies before a real device: it passes all on, and breaks one answer.

    Takes the device's address, the operation (and a word its question must hold) and what is sent
    instead. Gives the proxy's address, which the device itself knows nothing of, as behind NAT.
    """
    with ExitStack() as running:

        def start(device: str, operation: str, instead: Page, word: str = "") -> str:
            def answer(request: str, path: str) -> Page:
                if operation_of(request) == operation and word in request:
                    return instead
                headers = {
                    "Content-Type": f'application/soap+xml; action="{operation_of(request)}"'
                }
                passed = httpx.post(f"http://{device}{path}", content=request, headers=headers)
                return passed.status_code, passed.text

            return _serve(running, answer)

        yield start


GROUP = "239.255.255.250"
PROBE_PORT = 3702


def multicast_listener() -> socket.socket:
    """Return a socket that hears what is asked of devices on the loopback interface."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", PROBE_PORT))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return listener


@pytest.fixture
def multicast_ear() -> Callable[[], socket.socket]:
    """Return a maker of sockets that hear what is asked of devices."""
    return multicast_listener


@pytest.fixture(scope="session")
def multicast() -> None:
    """Skip, and say why, where the loopback interface carries no multicast."""
    try:
        with multicast_listener() as ear, socket.socket(type=socket.SOCK_DGRAM) as mouth:
            ear.settimeout(2)
            here = socket.inet_aton("127.0.0.1")
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            mouth.sendto(b"anyone?", (GROUP, PROBE_PORT))
            while ear.recv(65536) != b"anyone?":
                pass
    except OSError as error:
        pytest.skip(f"the loopback interface of this machine carries no multicast: {error}")
