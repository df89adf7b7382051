"""What befalls village cameras, all at once and one camera each: shown rightly, healed by itself.

All faults begin together, last `FAULT_S`, and are mended together. Two cameras have none, and must
not notice. A wrong clock is there from the start and until an incident tells of it. The camera that
hangs up does so every 5 s: four times as many losses as by hanging up every 20 s, in less time.
"""

import random
import struct
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from gateway.clock import utc_now
from gateway.record_mode import RecordMode
from gateway.store.camera_states import CameraState
from gateway.store.inventory import Camera
from vision.types import Incident

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ONLINE_S = 300.0
SETTLE_S = 15.0
"""Until every decoder is open and has its memory: faults are held against that."""
FAULT_S = 28.0
FRESH_S = 6.0
"""A healthy camera's newest picture, as the store tells of it every four seconds, is no older."""
STALE_S = 60.0
"""A picture's time is never further from now than this, whatever befalls the camera."""
RELAY_PORT, ONVIF_PORT = 8555, 8000
DAMAGED = "garbage/*/*/*"
"""Clips of what no decoder can read; they are whole as files all the same."""
POOLED_THREADS = 8
"""Pools start their threads when first needed, and keep them."""
DIALLING_FILES = 4
"""Two cameras may just be connected anew, with a socket before and a socket after."""
SERVERS = Path(__file__).parents[1] / "servers"
AHEAD_S = 7200
CLOCK_S = 60.0
"""A wrong clock is told of when it was wrong for so long, and is over when right for as long."""
PASSWORD, OTHER_PASSWORD = "first-password", "second-password"


@dataclass
class Ward:
    """One camera of the town: its cable, its server, the clips it can play."""

    cable: object
    server: object
    clips: dict[str, Path]
    url: str = ""
    onvif: str = ""
    beside: object = None
    """What runs beside the camera's server: a relay, an ONVIF device."""

    def __post_init__(self):
        self.url = self.server.url

    def stop(self) -> None:
        self.server.stop()
        if self.beside is not None:
            self.beside.kill()
            self.beside.communicate()

    def serve_with_onvif(self) -> None:
        """Have a device of its own beside the stream."""
        self.serve("h264")
        script, host = str(SERVERS / "onvif_device.py"), self.cable.host
        self.beside = self.cable.start(sys.executable, script, host, str(ONVIF_PORT))
        self.onvif = f"onvif://{host}:{ONVIF_PORT}"

    def tell_device(self, *lines: str) -> None:
        """Break operations of the device, or mend them all by an empty line."""
        self.beside.stdin.write("".join(f"{line}\n" for line in lines))
        self.beside.stdin.flush()

    def serve_behind_relay(self, seconds: float) -> None:
        """Let every connection to the camera end after some seconds."""
        self.serve("h264", "--transport", "tcp")
        host = self.cable.host
        script = str(SERVERS / "hang_up.py")
        ends = (f"{host}:{RELAY_PORT}", f"{host}:{self.server.port}")
        self.beside = self.cable.start(sys.executable, script, *ends, str(seconds))
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
    password: str = PASSWORD
    record: RecordMode = RecordMode.INCIDENTS
    until: str = ""
    """The kind of the incident that it lasts until; mended with the others where there is none."""
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

BROKEN_OPERATIONS = ("PullMessages", "GetImagingSettings")
"""What the worker asks for all the time, and what it asks for when somebody wants to know."""

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
    "clock 2 h off": Fault(
        plain("--clock-ahead-s", str(AHEAD_S)),
        mend=plain(),
        within_s=70,
        record=RecordMode.CONTINUOUS,
        until="clock_wrong",
        holds=lambda state: state.stream is not None and state.stream.clock == "arrival",
    ),
    "malformed ONVIF": Fault(
        Ward.serve_with_onvif,
        lambda ward: ward.tell_device(*BROKEN_OPERATIONS),
        lambda ward: ward.tell_device(""),
        username="admin",
        password="right",
        holds=lambda state: state.state == "online",
    ),
    "UDP only": Fault(plain("--transport", "udp"), holds=lambda state: state.transport == "udp"),
    "TCP only": Fault(plain("--transport", "tcp"), holds=lambda state: state.transport == "tcp"),
    "sound only": Fault(
        plain(),
        lambda ward: ward.serve("h264", "--media", "audio"),
        plain(),
        shown=words("not_video"),
        also=words("unreachable"),
        within_s=50,
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
SHORTEST = "password changed"
"""Begun last and mended first: the camera is asked again 30 s after a refusal at the soonest, and
must not have refused twice."""
FLAWLESS_VIDEO = (*HEALTHY, "malformed ONVIF")


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


CLOCK, ONVIF = slug("clock 2 h off"), slug("malformed ONVIF")


@dataclass(frozen=True)
class Record:
    """What was seen. healed_s: seconds to online after mending, by fault; None where it was not.

    features: what the camera with the malformed ONVIF can do, while it is and afterwards. told:
    the incident that a fault lasted until, as it was then.
    """

    site: object
    started_at: datetime
    began: float
    mended: float
    healed_s: dict[str, float | None]
    ended: float
    before: object
    after: object
    features: tuple[dict[str, str], dict[str, str]]
    told: dict[str, Incident]


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
    started_at = utc_now()
    site = new_site([in_inventory(name, ward) for name, ward in wards.items()])
    steady = {slug(name) for name, fault in FAULTS.items() if not fault.comes_and_goes}
    assert site.watch_until(lambda: online(site, steady) == steady, ONLINE_S), sorted(
        steady - online(site, steady)
    )
    site.watch(SETTLE_S)
    before, began = site.upkeep(), time.monotonic()
    others = [name for name in FAULTS if name != SHORTEST]
    for name in (*others, SHORTEST):
        FAULTS[name].begin(wards[name])
    with ThreadPoolExecutor() as beside:
        asked = beside.submit(site.features, ONVIF)
        site.watch(FAULT_S)
    mended, broken = time.monotonic(), asked.result()
    for name in (SHORTEST, *others):
        if not FAULTS[name].until:
            FAULTS[name].mend(wards[name])
    healed, told = heal(site, wards, mended)
    site.watch_until(lambda: all_told(site), CLOCK_S + within_s())
    features = broken, site.features(ONVIF)
    site.watch(5)
    # On a busy machine more cameras may be dialling at a moment; what leaks stays.
    site.watch_until(
        lambda: (site.upkeep().files - before.files).total() <= DIALLING_FILES, SETTLE_S
    )
    ended, after = time.monotonic(), site.upkeep()
    return Record(site, started_at, began, mended, healed, ended, before, after, features, told)


def in_inventory(name: str, ward: Ward) -> tuple[Camera, str | None]:
    """Return a fault's camera and its password."""
    fault = FAULTS[name]
    camera = Camera(
        slug(name),
        name,
        main_uri=ward.url,
        address=ward.onvif,
        username=fault.username,
        record=fault.record,
    )
    return camera, fault.password if fault.username else None


def share_online(site, camera: str, since: float, until: float) -> float:
    """Return for what part of a time a camera was shown as online."""
    told = [(at, state.state) for at, state in site.seen[camera] if since <= at <= until]
    ends = [at for at, _ in told[1:]] + [until]
    spans = [end - at for (at, state), end in zip(told, ends, strict=True) if state == "online"]
    return sum(spans) / (until - since)


def online(site, cameras: set[str]) -> set[str]:
    states = ((camera, site.state(camera)) for camera in cameras)
    return {camera for camera, state in states if state and state.state == "online"}


def within_s() -> float:
    return max(fault.within_s for fault in FAULTS.values())


def heal(
    site, wards: dict[str, Ward], mended: float
) -> tuple[dict[str, float | None], dict[str, Incident]]:
    """Watch until every camera is online for good, or its time is over; mend what lasts longer.

    Returns when each was healed, and what told of those that lasted.
    """
    cameras = {slug(name) for name, fault in FAULTS.items() if not fault.comes_and_goes}
    lasting = {name for name, fault in FAULTS.items() if fault.until}
    told: dict[str, Incident] = {}

    def is_over() -> bool:
        for name in list(lasting):
            if found := site.incidents(slug(name), FAULTS[name].until):
                told[name] = found[0]
                FAULTS[name].mend(wards[name])
                lasting.remove(name)
        return not lasting and online(site, cameras) == cameras

    site.watch(2.5)
    site.watch_until(is_over, within_s())
    site.watch(2.5)
    return {name: online_since(site, slug(name), mended) for name in FAULTS}, told


def all_told(site) -> bool:
    """Say whether the clock's incident is over, and the ONVIF camera heard again."""
    clock = site.incidents(CLOCK, "clock_wrong")
    over = bool(clock) and all(incident.closed_at for incident in clock)
    return over and bool(site.incidents(ONVIF, "alarm_tamper"))


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


@pytest.mark.parametrize("name", FLAWLESS_VIDEO)
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


def test_a_clock_two_hours_off_is_told_and_harms_no_time(record):
    site, now = record.site, utc_now()
    (incident,) = site.incidents(CLOCK, "clock_wrong")
    told = record.told["clock 2 h off"]
    assert (told.id, told.closed_at) == (incident.id, None)
    assert told.readings["offset_s"] == pytest.approx(AHEAD_S, abs=FRESH_S)
    assert incident.closed_at is not None
    for one in site.incidents(CLOCK):
        moments = (one.opened_at, one.last_seen_at, one.closed_at or now)
        assert record.started_at < min(moments) <= max(moments) <= now, one
    for _, state in site.seen[CLOCK]:
        if state.last_picture_at is not None:
            assert abs((state.updated_at - state.last_picture_at).total_seconds()) < STALE_S
    segments = site.store.segments.of(CLOCK)
    assert segments
    for segment in segments:
        assert record.started_at < segment.started_at <= segment.ended_at <= now


def test_malformed_onvif_costs_a_feature_and_not_the_camera(record):
    broken, mended = record.features
    assert {name for name, outcome in broken.items() if outcome != "ok"} == {"imaging"}
    assert set(mended.values()) == {"ok"}
    assert record.site.incidents(ONVIF, "alarm_tamper")


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
