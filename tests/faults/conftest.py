"""A town on a network of its own: each camera behind a cable that can be cut, a site watching all.

Every camera and the site have a network namespace; what is done to one cable touches no other, and
nothing of it is seen outside. The site runs the real `gridpatrol run`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest
from av.video.frame import PictureType

from gateway.config import Settings
from gateway.data_directory import open_box, open_store, worker_token
from gateway.store import Store
from gateway.store.camera_states import CameraState
from gateway.store.incident_list import IncidentFilter
from gateway.store.inventory import Camera
from vision.health import KINDS_OF_LOSS
from vision.types import Incident

SYSTEM_PYTHON = "/usr/bin/python3"
SERVERS = Path(__file__).parents[1] / "servers"
PORT = 8554
READY_S, START_S, STOP_S = 60.0, 90.0, 60.0
LOOK_S = 0.2
URGENT = ("nice", "-n", "-5")
"""Cameras and site run before other tests: what is judged here is no lack of processor time."""
PICTURES = 100
FILMS = ("/evidence/", "/recordings/")
ASK = """
import sys, urllib.request
asked = urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]})
print(urllib.request.urlopen(asked, timeout=60).read().decode())
"""
NEEDS = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables"}


def tool(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"


@dataclass
class Cable:
    """The namespace of one camera and its link to the site's; faults are applied in it."""

    site: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.site}n{self.number}"

    @property
    def host(self) -> str:
        return f"10.99.{self.number}.2"

    def lay(self) -> None:
        there, here = f"c{self.number}", f"s{self.number}"
        tool("ip", "netns", "add", self.name)
        link = ("type", "veth", "peer", "name", here, "netns", self.site)
        tool("ip", "-n", self.name, "link", "add", there, *link)
        for space, device, address in (
            (self.name, there, self.host),
            (self.site, here, f"10.99.{self.number}.1"),
        ):
            tool("ip", "-n", space, "address", "add", f"{address}/30", "dev", device)
            tool("ip", "-n", space, "link", "set", device, "up")
            tool("ip", "-n", space, "link", "set", "lo", "up")

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a server at the camera's end and wait until it is ready."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *URGENT, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(READY_S, process.kill)
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        if line.strip() != "ready":
            pytest.fail(f"the server did not start: {process.communicate()[1]}")
        return process

    def lose(self, percent: int) -> None:
        """Drop packets at random, both ways."""
        self._drop(f"numgen random mod 100 < {percent} drop")

    def cut(self) -> None:
        """Swallow everything, both ways, without a word."""
        self._drop("drop")

    def slow(self, kbit: int) -> None:
        rate = ("rate", f"{kbit}kbit", "burst", "16kb", "latency", "400ms")
        tool("ip", "netns", "exec", self.name, "tc", "qdisc", "add", "dev", f"c{self.number}",
             "root", "tbf", *rate)  # fmt: skip

    def mend(self) -> None:
        for argv in (
            ("nft", "delete", "table", "inet", "faults"),
            ("tc", "qdisc", "del", "dev", f"c{self.number}", "root"),
        ):
            subprocess.run(
                ["ip", "netns", "exec", self.name, *argv], capture_output=True, check=False
            )

    def _drop(self, rule: str) -> None:
        hooks = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0; {rule}; }}; "
            for hook in ("input", "output")
        )
        table = f"table inet faults {{ {hooks} }}"
        tool("ip", "netns", "exec", self.name, "nft", table)


@dataclass
class Server:
    """A GStreamer camera at the far end of a cable; restarted with other options, it changes."""

    cable: Cable
    port: int = PORT
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://{self.cable.host}:{self.port}/camera"

    def start(self, clip: Path, *options: str) -> None:
        where = ("--host", self.cable.host, "--port", str(self.port))
        script = str(SERVERS / "gst_rtsp.py")
        self.process = self.cable.start(SYSTEM_PYTHON, script, str(clip), *where, *options)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.thaw()
            self.process.kill()
            self.process.communicate()


@dataclass(frozen=True)
class Upkeep:
    """What the site's worker holds at one moment. files: sockets, pipes and what is no clip being
    written, by kind or path."""

    threads: int
    files: Counter[str]
    memory_kib: int
    children: int


@dataclass
class Site:
    """`gridpatrol run` in its namespace, and what its store says of every camera, kept as seen."""

    namespace: str
    data_dir: Path
    store: Store
    seen: dict[str, list[tuple[float, CameraState]]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        run = (*URGENT, sys.executable, "-m", "gateway.cli", "run")
        argv = ("ip", "netns", "exec", self.namespace, *run)
        environment = {k: v for k, v in os.environ.items() if k != "REDIS_URL"} | {
            "GRIDPATROL_DATA_DIR": str(self.data_dir),
            "GRIDPATROL_ANALYSIS__FPS": "1",
            "GRIDPATROL_ANALYSIS__PRECISION": "f32",
            "GRIDPATROL_HEALTH__OFFLINE_S": "5",
            "GRIDPATROL_RECORDING__SEGMENT_S": "10",
        }
        log = (self.data_dir.parent / "run.log").open("wb")
        self.process = subprocess.Popen(argv, stdout=log, stderr=log, env=environment)

    def look(self) -> None:
        """Note the state of every camera."""
        now = time.monotonic()
        for camera, state in self.store.camera_states.by_camera().items():
            seen = self.seen.setdefault(camera, [])
            if not seen or seen[-1][1] != state:
                seen.append((now, state))

    def watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()
            time.sleep(LOOK_S)

    def watch_until(self, holds: Callable[[], bool], seconds: float) -> float | None:
        """Return after how many seconds it held; None when it did not in time."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            assert self.process.poll() is None, (self.data_dir.parent / "run.log").read_text()
            self.look()
            if holds():
                return time.monotonic() - began
            time.sleep(LOOK_S)
        return None

    def state(self, camera: str) -> CameraState | None:
        seen = self.seen.get(camera)
        return seen[-1][1] if seen else None

    def states(self, camera: str, since: float, until: float) -> set[str]:
        """Return the states a camera was shown in between two moments."""
        told = self.seen.get(camera, [])
        before = [state.state for at, state in told if at <= since][-1:]
        return {*before, *(state.state for at, state in told if since < at <= until)}

    def losses(self, camera: str) -> list[str]:
        """Return the kinds of incidents that tell of a lost camera, oldest first."""
        kinds = [incident.kind for incident in reversed(self.incidents(camera))]
        return [kind for kind in kinds if kind in KINDS_OF_LOSS.values()]

    def incidents(self, camera: str, kind: str = "") -> list[Incident]:
        """Return a camera's incidents, newest first; of one kind if told."""
        page = self.store.incident_list.page(IncidentFilter(camera=camera), limit=200)
        found = [stored.incident for stored in page.incidents]
        return [incident for incident in found if kind in ("", incident.kind)]

    def features(self, camera: str) -> dict[str, str]:
        """Have the worker try what a camera can do by ONVIF; return the outcomes by name."""
        url = f"{self.state(camera).worker_url}/cameras/{camera}/control/features"
        token = worker_token(open_box(Settings(data_dir=self.data_dir)))
        argv = ("ip", "netns", "exec", self.namespace, sys.executable, "-c", ASK, url, token)
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return {one["name"]: one["outcome"] for one in json.loads(done.stdout)["features"]}

    def clips(self) -> list[Path]:
        """Return the films that evidence refers to."""
        return sorted((self.data_dir / "evidence").rglob("clip*.mp4"))

    def worker(self) -> int:
        """Return the process id of the worker."""
        (row,) = self.store.workers.all()
        return row.pid

    def upkeep(self) -> Upkeep:
        process = Path(f"/proc/{self.worker()}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        children = (process / "task" / process.name / "children").read_text().split()
        return Upkeep(
            threads=int(status["Threads"]),
            files=Counter(filter(None, map(_file_name, (process / "fd").iterdir()))),
            memory_kib=int(status["VmRSS"].split()[0]),
            children=len(children),
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_S)
        finally:
            self.process.kill()


def _file_name(link: Path) -> str:
    """Return what a file descriptor is, "" for a film that is being written."""
    try:
        target = str(link.readlink())
    except OSError:
        return ""
    return "" if any(folder in target for folder in FILMS) else target.partition(":")[0]


@pytest.fixture(scope="module")
def network(gstreamer: None) -> Iterator[Callable[[int], Cable]]:
    """Return a layer of cables, by number; the site's namespace is the cables' `site`."""
    missing = sorted({package for name, package in NEEDS.items() if not shutil.which(name)})
    if missing or os.geteuid() != 0:
        pytest.skip(f"faults need root and apt-get install {' '.join(missing) or 'nothing more'}")
    site = f"gp{os.getpid()}"
    with ExitStack() as laid:
        laid.enter_context(namespace(site))

        def lay(number: int) -> Cable:
            cable = Cable(site, number)
            laid.callback(tool, "ip", "netns", "del", cable.name)
            cable.lay()
            return cable

        yield lay


@contextmanager
def namespace(name: str) -> Iterator[None]:
    tool("ip", "netns", "add", name)
    tool("ip", "-n", name, "link", "set", "lo", "up")
    yield
    tool("ip", "netns", "del", name)


@pytest.fixture(scope="session")
def units(road_film: Path) -> Callable[[str, int, int, int], list[bytes]]:
    """Return a coder of the road: codec, width, height, bits a second → access units at 10 fps."""

    def encode(codec: str, width: int, height: int, bit_rate: int) -> list[bytes]:
        encoder = av.CodecContext.create({"h264": "libx264", "hevc": "libx265"}[codec], "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
        encoder.bit_rate, encoder.gop_size = bit_rate, 10
        quiet = {"x265-params": "bframes=0:log-level=none"} if codec == "hevc" else {}
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency"} | quiet
        packets = []
        with av.open(str(road_film)) as film:
            for number, frame in enumerate(islice(film.decode(video=0), PICTURES)):
                picture = frame.reformat(width, height, "yuv420p")
                picture.pts, picture.time_base = number, encoder.time_base
                picture.pict_type = PictureType.NONE
                packets += encoder.encode(picture)
        packets += encoder.encode(None)
        return [bytes(packet) for packet in packets]

    return encode


@pytest.fixture(scope="module")
def new_server() -> Callable[[Cable], Server]:
    return Server


@pytest.fixture(scope="module")
def new_site(
    network: Callable[[int], Cable], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[tuple[Camera, str | None]]], Site]]:
    """Return a starter of the product with these cameras and their passwords."""
    with ExitStack() as running:

        def start(cameras: list[tuple[Camera, str | None]]) -> Site:
            data_dir = tmp_path_factory.mktemp("site") / "data"
            data_dir.mkdir()
            store = running.enter_context(open_store(Settings(data_dir=data_dir)))
            for camera, password in cameras:
                store.inventory.add(camera, password)
            site = Site(f"gp{os.getpid()}", data_dir, store)
            running.callback(site.stop)
            site.start()
            return site

        yield start
