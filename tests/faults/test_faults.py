"""What befalls village cameras, all at once and one camera each: shown rightly, healed by itself.

All faults begin together, last `FAULT_S`, and are mended together. Two cameras have none, and must
not notice.
"""

import random
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.store.camera_states import CameraState
from gateway.store.inventory import Camera

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ONLINE_S = 60.0
FAULT_S = 28.0
FRESH_S = 4.0
"""A healthy camera's newest picture, as the store tells of it every two seconds, is no older."""
RELAY_PORT = 8555
DAMAGED = "garbage/*/*/*"
"""Clips of what no decoder can read; they are whole as files all the same."""
POOLED_THREADS = 8
"""Pools start their threads when first needed, and keep them."""
DIALLING_FILES = 4
"""Two cameras may just be connected anew, with a socket before and a socket after."""
SERVERS = Path(__file__).parents[1] / "servers"
PASSWORD, OTHER_PASSWORD = "first-password", "second-password"


@dataclass
class Ward:
    """One camera of the town: its cable, its server, the clips it can play."""

    cable: object
    server: object
    clips: dict[str, Path]
    url: str = ""
    relay: object = None

    def __post_init__(self):
        self.url = self.server.url

    def stop(self) -> None:
        self.server.stop()
        if self.relay is not None:
            self.relay.kill()
            self.relay.communicate()

    def serve_behind_relay(self, seconds: float) -> None:
        """Let every connection to the camera end after some seconds."""
        self.serve("h264", "--transport", "tcp")
        host = self.cable.host
        script = str(SERVERS / "hang_up.py")
        ends = (f"{host}:{RELAY_PORT}", f"{host}:{self.server.port}")
        self.relay = self.cable.start(sys.executable, script, *ends, str(seconds))
        self.url = f"rtsp://{host}:{RELAY_PORT}/camera"

    def serve(self, clip: str, *options: str) -> None:
        self.server.stop()
        self.server.start(self.clips[clip], *options)


@dataclass(frozen=True)
class Fault:
    """One row. shown: states of which at least one must be seen while it lasts, and no other than
    these or "online" or "connecting". within_s: online again so soon after it is mended; no pause
    between two attempts is over 30 s. comes_and_goes: it is never mended, and must be online for
    most of the time."""

    start: Callable[[Ward], None]
    begin: Callable[[Ward], None] = lambda ward: None
    mend: Callable[[Ward], None] = lambda ward: None
    shown: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    within_s: float = 35.0
    username: str = ""
    comes_and_goes: bool = False
    holds: Callable[[CameraState], bool] = field(default=lambda state: True)
    """What else must be true of the camera while the fault lasts, at least once."""


def plain(*options: str) -> Callable[[Ward], None]:
    return lambda ward: ward.serve("h264", *options)


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


GONE = words("unreachable")
SILENT = words("stalled", "unreachable")
SIGNED = ("--user", "viewer", "--password")

FAULTS = {
    "killed": Fault(plain(), lambda ward: ward.server.stop(), plain(), shown=GONE),
    "frozen": Fault(
        plain(), lambda ward: ward.server.freeze(), lambda ward: ward.server.thaw(), shown=SILENT
    ),
    "black hole": Fault(
        plain(), lambda ward: ward.cable.cut(), lambda ward: ward.cable.mend(), shown=SILENT
    ),
    "5 % loss over TCP": Fault(
        plain("--transport", "tcp"),
        lambda ward: ward.cable.lose(5),
        lambda ward: ward.cable.mend(),
        also=words("stalled"),
        holds=lambda state: state.state == "online",
    ),
    "5 % loss over UDP": Fault(
        plain("--transport", "udp"),
        lambda ward: ward.cable.lose(5),
        lambda ward: ward.cable.mend(),
        also=words("stalled"),
        holds=lambda state: state.state == "online",
    ),
    "300 kbit/s": Fault(
        lambda ward: ward.serve("fat"),
        lambda ward: ward.cable.slow(300),
        lambda ward: ward.cable.mend(),
        also=words("stalled", "unreachable"),
    ),
    "garbage": Fault(
        plain(),
        lambda ward: ward.serve("garbage"),
        plain(),
        shown=words("not_video", "stalled"),
        also=words("unreachable"),
    ),
    "password changed": Fault(
        plain(*SIGNED, PASSWORD),
        lambda ward: ward.serve("h264", *SIGNED, OTHER_PASSWORD),
        lambda ward: ward.serve("h264", *SIGNED, PASSWORD),
        shown=words("unauthorized"),
        also=words("unreachable"),
        within_s=70,
        username="viewer",
    ),
    "size changes in mid-stream": Fault(
        lambda ward: ward.serve("two sizes"), holds=lambda state: state.state == "online"
    ),
    "turns to H.265": Fault(
        plain(),
        lambda ward: ward.serve("h265", "--codec", "h265"),
        also=GONE,
        holds=lambda state: state.stream is not None and state.stream.codec == "hevc",
    ),
    "clock of another age": Fault(
        plain("--clock", "wrong"),
        holds=lambda state: state.stream is not None and state.stream.clock == "arrival",
    ),
    "UDP only": Fault(plain("--transport", "udp"), holds=lambda state: state.transport == "udp"),
    "TCP only": Fault(plain("--transport", "tcp"), holds=lambda state: state.transport == "tcp"),
    "sound only": Fault(
        plain(),
        lambda ward: ward.serve("h264", "--media", "audio"),
        plain(),
        shown=words("not_video"),
        also=words("unreachable"),
        within_s=35,
    ),
    "hangs up every 5 s": Fault(
        lambda ward: ward.serve_behind_relay(5),
        also=GONE,
        holds=lambda state: state.state == "online",
        comes_and_goes=True,
    ),
    "no fault": Fault(plain()),
    "no fault either": Fault(plain()),
}
HEALTHY = ("no fault", "no fault either")


@dataclass(frozen=True)
class Record:
    """What was seen. healed_s: seconds to online after mending, by fault; None where it was not."""

    site: object
    began: float
    mended: float
    healed_s: dict[str, float | None]
    ended: float
    before: object
    after: object


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def write_clip(path: Path, units: list[bytes]) -> Path:
    path.write_bytes(b"".join(struct.pack(">I", len(unit)) + unit for unit in units))
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory, units) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    plain_units = units("h264", 320, 180, 300_000)
    chance = random.Random(1)
    garbage = [
        unit[:60] + chance.randbytes(max(0, len(unit) - 60)) if len(unit) > 60 else unit
        for unit in plain_units
    ]
    made = {
        "h264": plain_units,
        "h265": units("hevc", 320, 180, 300_000),
        "fat": units("h264", 640, 360, 900_000),
        "two sizes": plain_units + units("h264", 640, 360, 300_000),
        "garbage": garbage,
    }
    return {name: write_clip(folder / slug(name), each) for name, each in made.items()}


@pytest.fixture(scope="module")
def wards(network, clips, new_server) -> Iterator[dict[str, Ward]]:
    """One camera for each fault, each sending."""
    made: dict[str, Ward] = {}
    for number, (name, fault) in enumerate(FAULTS.items(), 1):
        cable = network(number)
        made[name] = Ward(cable, new_server(cable), clips)
        fault.start(made[name])
    yield made
    for ward in made.values():
        ward.stop()


@pytest.fixture(scope="module")
def record(wards, new_site) -> Record:
    """Begin every fault, mend every fault, and keep what the site showed of it."""
    site = new_site(
        [
            (Camera(slug(name), name, main_uri=ward.url, username=FAULTS[name].username),
             PASSWORD if FAULTS[name].username else None)
            for name, ward in wards.items()
        ]
    )  # fmt: skip
    steady = {slug(name) for name, fault in FAULTS.items() if not fault.comes_and_goes}
    assert site.watch_until(lambda: online(site, steady) == steady, ONLINE_S), sorted(
        steady - online(site, steady)
    )
    before, began = site.upkeep(), time.monotonic()
    for name, ward in wards.items():
        FAULTS[name].begin(ward)
    site.watch(FAULT_S)
    mended = time.monotonic()
    for name, ward in wards.items():
        FAULTS[name].mend(ward)
    healed = heal(site, mended)
    site.watch(5)
    return Record(site, began, mended, healed, time.monotonic(), before, site.upkeep())


def share_online(site, camera: str, since: float, until: float) -> float:
    """Return for what part of a time a camera was shown as online."""
    told = [(at, state.state) for at, state in site.seen[camera] if since <= at <= until]
    ends = [at for at, _ in told[1:]] + [until]
    spans = [end - at for (at, state), end in zip(told, ends, strict=True) if state == "online"]
    return sum(spans) / (until - since)


def online(site, cameras: set[str]) -> set[str]:
    states = ((camera, site.state(camera)) for camera in cameras)
    return {camera for camera, state in states if state and state.state == "online"}


def heal(site, mended: float) -> dict[str, float | None]:
    """Watch until every camera is online for good, or its time is over."""
    limit_s = max(fault.within_s for fault in FAULTS.values())
    cameras = {slug(name) for name, fault in FAULTS.items() if not fault.comes_and_goes}
    site.watch(2.5)
    site.watch_until(lambda: online(site, cameras) == cameras, limit_s)
    return {name: online_since(site, slug(name), mended) for name in FAULTS}


def online_since(site, camera: str, mended: float) -> float | None:
    """Return how long after mending a camera came online to stay, None when it is not."""
    since = None
    for at, state in site.seen[camera]:
        if state.state != "online":
            since = None
        elif since is None:
            since = at
    return None if since is None else max(0.0, since - mended)


@pytest.mark.parametrize("name", FAULTS)
def test_the_right_state_is_shown(record, name):
    fault, camera = FAULTS[name], slug(name)
    shown = record.site.states(camera, record.began, record.mended)
    allowed = fault.shown | fault.also | {"online", "connecting"}
    assert shown <= allowed
    assert not fault.shown or shown & fault.shown
    during = [s for at, s in record.site.seen[camera] if record.began < at <= record.mended]
    assert any(map(fault.holds, during)), during[-3:]


@pytest.mark.parametrize("name", [n for n, fault in FAULTS.items() if not fault.comes_and_goes])
def test_it_heals_by_itself_in_time(record, name):
    healed_s = record.healed_s[name]
    assert healed_s is not None, record.site.seen[slug(name)][-3:]
    assert healed_s <= FAULTS[name].within_s


@pytest.mark.parametrize("name", [n for n, fault in FAULTS.items() if fault.comes_and_goes])
def test_it_is_there_most_of_the_time(record, name):
    assert share_online(record.site, slug(name), record.began, record.ended) > 0.6


@pytest.mark.parametrize("name", HEALTHY)
def test_no_other_camera_notices(record, name):
    camera = slug(name)
    assert record.site.states(camera, record.began, record.ended) == {"online"}
    ages = [
        (state.updated_at - state.last_picture_at).total_seconds()
        for at, state in record.site.seen[camera]
        if at > record.began
    ]
    assert len(ages) > FAULT_S / FRESH_S
    assert max(ages) < FRESH_S


@pytest.mark.parametrize("name", FAULTS)
def test_a_loss_is_one_incident(record, name):
    losses = record.site.losses(slug(name))
    assert len(losses) <= 1
    assert bool(losses) >= bool(FAULTS[name].shown)
    assert not losses or name not in HEALTHY


def test_clips_across_the_faults_are_sound(record, ffprobe):
    clips = record.site.clips()
    assert len(clips) >= len(FAULTS) / 2
    for clip in clips:
        assert ffprobe(clip, may_be_damaged=clip.match(DAMAGED)).pictures > 0


def test_nothing_is_left_behind(record):
    """As many threads and files as before, no process, and no memory that grows with faults."""
    assert record.after.children == record.before.children == 0
    assert record.after.threads <= record.before.threads + POOLED_THREADS
    opened = record.after.files - record.before.files
    assert opened.total() <= DIALLING_FILES, opened
    assert record.after.memory_kib < record.before.memory_kib * 1.3
