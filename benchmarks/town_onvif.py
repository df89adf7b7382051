"""The motion detectors of a town's cameras: an ONVIF device for each, with events by PullPoint.

    python -m benchmarks.town_onvif PLAN SHOWINGS

PLAN is a JSON object of camera name to a `Detector`'s settings; SHOWINGS is what the town's server
prints, from which follows when a camera shows what. The first line printed is a JSON object of
camera name to port.

Cameras' own detectors are not good, and these are neither: of the visits some are not told of, some
of what is told is nothing, and all of it comes late (`RECALL`, `PRECISION`, `DELAY_S`, `HOLD_S`).
Services other than events, passwords and sound are left out: they are no part of the question.
"""

import asyncio
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.fleet_server import LOOPBACK, Showing
from benchmarks.town import Resident, TownServer
from benchmarks.town_clips import visits
from gateway.children import start_child, stop_child
from gateway.errors import UnreachableError

RECALL, PRECISION = 0.9, 0.7
"""Part of the visits that are told of; part of what is told that is a visit."""
DELAY_S = (0.2, 1.5)
"""From somebody's coming to the camera's saying so, at random between the two."""
HOLD_S = (2.0, 5.0)
"""For so long after they went the camera still says it."""
FALSE_S = (1.0, 6.0)
"""How long it says that something moves when nothing does."""

FOLLOW_S = 0.2
"""How often it is looked who began to watch a camera."""
STOP_S = 5.0

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "n": "http://docs.oasis-open.org/wsn/b-2",
    "tns1": "http://www.onvif.org/ver10/topics",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
OPERATION = re.compile(rb"Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")
TIMEOUT = re.compile(rb"Timeout>PT(\d+)S<")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Detector:
    """A camera's motion detector. moving: when somebody is in its clip, seconds from its start.

    length_s, fps: of the clip.
    """

    length_s: float
    fps: int
    moving: tuple[tuple[float, float], ...]

    def round(self, chance: random.Random) -> list[tuple[float, float]]:
        """Return when the camera says that something moves while its clip is shown once.

        Seconds from the clip's start, each from when to when, none before another has ended.
        """
        told = [
            (began_s + chance.uniform(*DELAY_S), ended_s + chance.uniform(*HOLD_S))
            for began_s, ended_s in self.moving
            if chance.random() < RECALL
        ]
        expected = max(1, len(self.moving)) * RECALL * (1 - PRECISION) / PRECISION
        for _ in range(int(expected) + (chance.random() < expected % 1)):
            at_s = chance.uniform(0, self.length_s - FALSE_S[1])
            told.append((at_s, at_s + chance.uniform(*FALSE_S)))
        return list(_apart(sorted(told)))


class Device:
    """One ONVIF device: it answers what is needed to hear of motion, and nothing else."""

    def __init__(self) -> None:
        self._is_moving = False
        self._untold: list[str] = []
        self._news = asyncio.Event()
        self._url = ""

    async def open(self) -> int:
        """Begin to answer; return the port."""
        server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port: int = server.sockets[0].getsockname()[1]
        self._url = f"http://{LOOPBACK}:{port}/onvif/events"
        return port

    def tell(self, *, is_moving: bool, operation: str = "Changed") -> None:
        """Let a change be known to whoever listens."""
        self._is_moving = is_moving
        self._untold.append(_notification(is_moving, operation))
        self._news.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled: the process ends, and nobody asks this task how it went.
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                length = LENGTH.search(await reader.readuntil(b"\r\n\r\n"))
                question = await reader.readexactly(int(length[1]) if length else 0)
                status, body = await self._answer(question)
                writer.write(_reply(status, body))
                await writer.drain()
        writer.close()

    async def _answer(self, question: bytes) -> tuple[str, str]:
        operation = OPERATION.search(question)
        name = operation[1].decode() if operation else "nothing"
        if name == "PullMessages":
            return "200 OK", await self._pull(question)
        told = ANSWERS.get(name)
        if told is None:
            return "400 Bad Request", _fault(f"{name} is not supported")
        if name == "CreatePullPointSubscription":
            self._untold.clear()
            self.tell(is_moving=self._is_moving, operation="Initialized")
        return "200 OK", told(self._url)

    async def _pull(self, question: bytes) -> str:
        wait = TIMEOUT.search(question)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), int(wait[1]) if wait else 10)
        told, self._untold = "".join(self._untold), []
        self._news.clear()
        return f"<tev:PullMessagesResponse>{_times()}{told}</tev:PullMessagesResponse>"


@contextmanager
def motion_devices(town: Sequence[Resident], server: TownServer) -> Iterator[Mapping[str, int]]:
    """Run the cameras' detectors beside us; yields the port of each camera's device.

    Raises UnreachableError when they do not start.
    """
    with tempfile.TemporaryDirectory(prefix="gridpatrol-onvif-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({one.camera: asdict(_detector(one)) for one in town}), "utf-8")
        argv = (sys.executable, "-m", "benchmarks.town_onvif", plan, server.log)
        child = start_child(argv, output=subprocess.PIPE)
        try:
            assert child.stdout is not None
            told = child.stdout.readline()
            if not told.startswith(b"{"):
                raise UnreachableError(f"the cameras' motion detectors did not start: {told!r}")
            yield json.loads(told)
        finally:
            stop_child(child, STOP_S)


def _detector(resident: Resident) -> Detector:
    clip = resident.clip
    moving = tuple((visit.from_s, visit.until_s(clip.view)) for visit in visits(clip))
    return Detector(clip.length_s, clip.encoding.fps, moving)


def _apart(told: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield times in order, those that overlap as one."""
    began_s, ended_s = float("nan"), float("-inf")
    for start_s, end_s in told:
        if start_s > ended_s:
            if ended_s > float("-inf"):
                yield began_s, ended_s
            began_s, ended_s = start_s, end_s
        ended_s = max(ended_s, end_s)
    if told:
        yield began_s, ended_s


async def _play(device: Device, detector: Detector, showing: Showing) -> None:
    """Have a device tell of what its camera shows, for ever."""
    chance = random.Random(showing.path)
    round_s = showing.began_s - showing.picture / detector.fps
    while True:
        for times in detector.round(chance):
            for at_s, is_moving in zip(times, (True, False), strict=True):
                pause_s = round_s + at_s - time.time()
                if pause_s > 0:
                    await asyncio.sleep(pause_s)
                    device.tell(is_moving=is_moving)
        round_s += detector.length_s
        await asyncio.sleep(max(0.0, round_s - time.time()))


async def _follow(devices: Mapping[str, Device], plan: Mapping[str, Detector], log: Path) -> None:
    """Begin to tell of each camera when somebody begins to watch it."""
    playing: dict[str, asyncio.Task[None]] = {}
    read = 0
    while True:
        lines = log.read_text("utf-8").splitlines()
        for line in lines[read:]:
            showing = Showing(**json.loads(line)) if line.startswith('{"path"') else None
            if showing is not None and showing.ended_s is None and showing.path in devices:
                if showing.path in playing:
                    playing[showing.path].cancel()
                work = _play(devices[showing.path], plan[showing.path], showing)
                playing[showing.path] = asyncio.create_task(work)
        read = len(lines)
        await asyncio.sleep(FOLLOW_S)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _times() -> str:
    now = datetime.now(UTC)
    return (
        f"<n:CurrentTime>{_time(now)}</n:CurrentTime>"
        f"<n:TerminationTime>{_time(now + LIFETIME)}</n:TerminationTime>"
    )


def _clock(_url: str) -> str:
    now = datetime.now(UTC)
    told = (
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
        f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
    )
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:UTCDateTime>{told}</tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _capabilities(url: str) -> str:
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Events>"
        f"<tt:XAddr>{url}</tt:XAddr></tt:Events></tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def _services(url: str) -> str:
    return (
        f"<tds:GetServicesResponse><tds:Service><tds:Namespace>{NAMES['tev']}</tds:Namespace>"
        f"<tds:XAddr>{url}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor>"
        "</tds:Version></tds:Service></tds:GetServicesResponse>"
    )


def _subscription(url: str) -> str:
    return (
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<a:Address>{url}</a:Address></tev:SubscriptionReference>{_times()}"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


def _unsubscribed(_url: str) -> str:
    return "<n:UnsubscribeResponse/>"


ANSWERS: Mapping[str, Callable[[str], str]] = {
    "GetSystemDateAndTime": _clock,
    "GetCapabilities": _capabilities,
    "GetServices": _services,
    "CreatePullPointSubscription": _subscription,
    "Unsubscribe": _unsubscribed,
}


def _notification(is_moving: bool, operation: str) -> str:
    state = "true" if is_moving else "false"
    return (
        '<n:NotificationMessage><n:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/'
        'ConcreteSet">tns1:RuleEngine/CellMotionDetector/Motion</n:Topic><n:Message>'
        f'<tt:Message UtcTime="{_time(datetime.now(UTC))}" PropertyOperation="{operation}">'
        '<tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" Value="lens"/></tt:Source>'
        f'<tt:Data><tt:SimpleItem Name="IsMotion" Value="{state}"/></tt:Data></tt:Message>'
        "</n:Message></n:NotificationMessage>"
    )


def _fault(reason: str) -> str:
    return (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
        f'<s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )


def _reply(status: str, body: str) -> bytes:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    text = f"<s:Envelope {names}><s:Body>{body}</s:Body></s:Envelope>".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def _run(plan_path: Path, log: Path) -> None:
    plan = {name: Detector(**told) for name, told in json.loads(plan_path.read_text()).items()}
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    devices = {name: Device() for name in plan}
    ports = {name: await device.open() for name, device in devices.items()}
    print(json.dumps(ports), flush=True)
    following = asyncio.create_task(_follow(devices, plan, log))
    await stop.wait()
    following.cancel()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2])))
