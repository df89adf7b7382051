"""Coded streams whose every picture carries its number; stores, and incidents to put there."""

import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
import stamina
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from gateway.config import AnalysisSettings
from gateway.detector_setup import open_detector
from gateway.dispatch.message import MessageWriter
from gateway.hub import Delivery, Hub
from gateway.packets import TICKS_PER_S, ClockSource, StreamInfo, VideoPacket
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.store.inventory import CameraRef
from gateway.store.stored_incident import ModelRef, Origin
from vision.detector import Detector
from vision.types import ChangeType, Incident, IncidentChange, Severity

WIDTH, HEIGHT = 160, 96
BITS, BLOCK = 16, 8
STARTED = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)

FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]

ENCODERS = {"h264": "libx264", "hevc": "libx265", "mpeg4": "mpeg4"}


@dataclass(frozen=True)
class CodedStream:
    """A stream at 25 pictures a second and its packets; received_s and captured_at run alike."""

    info: StreamInfo
    packets: tuple[VideoPacket, ...]

    def deliveries(self, epoch: int = 1, later_s: float = 0.0) -> Iterator[Delivery]:
        """Yield the packets as a hub would, `later_s` seconds after they were made."""
        for packet in self.packets:
            moved = replace(
                packet,
                captured_at=packet.captured_at + timedelta(seconds=later_s),
                received_s=packet.received_s + later_s,
            )
            yield Delivery(epoch, self.info, moved)

    def play(self, hub: Hub, later_s: float = 0.0) -> None:
        """Publish all of it as one session."""
        hub.start(self.info)
        for delivery in self.deliveries(later_s=later_s):
            hub.publish(delivery.packet)


def _picture(number: int) -> av.VideoFrame:
    luma = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    luma[32:HEIGHT] = np.add.outer(np.arange(HEIGHT - 32), np.arange(WIDTH) + number * 3) % 200
    for bit in range(BITS):
        luma[:32, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 16
    return av.VideoFrame.from_ndarray(luma, format="yuv420p")


@cache
def _encode(
    codec: str, pictures: int, gop: int, first: int, b_frames: bool, open_gop: bool
) -> CodedStream:
    settings = (
        f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop={int(open_gop)}"
        f":b-adapt=0:bframes={2 if b_frames else 0}"
    )
    encoder = av.CodecContext.create(ENCODERS[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.options = {
        "h264": {"x264-params": settings},
        "hevc": {"x265-params": f"{settings}:log-level=none"},
        "mpeg4": {"g": str(gop), "bf": "2" if b_frames else "0", "qscale": "3"},
    }[codec]
    coded = []
    for index in range(pictures):
        frame = _picture(first + index)
        frame.pts, frame.time_base = index, encoder.time_base
        coded += encoder.encode(frame)
    coded += encoder.encode(None)
    ticks = TICKS_PER_S // 25
    packets = tuple(
        VideoPacket(
            data=bytes(packet),
            pts=packet.pts * ticks + 12345,
            dts=packet.dts * ticks + 12345,
            is_key=packet.is_keyframe,
            captured_at=STARTED + timedelta(seconds=packet.pts / 25),
            clock=ClockSource.ARRIVAL,
            received_s=1000.0 + order / 25,
        )
        for order, packet in enumerate(coded)
    )
    info = StreamInfo(codec, WIDTH, HEIGHT, 25.0, b"", has_b_frames=b_frames)
    return CodedStream(info, packets)


@pytest.fixture(scope="session")
def coded_stream() -> Callable[..., CodedStream]:
    """Return a coder: pictures numbered from `first`, a key frame every `gop`."""

    def encode(
        codec: str = "h264",
        pictures: int = 100,
        *,
        gop: int = 25,
        first: int = 0,
        b_frames: bool = False,
        open_gop: bool = False,
    ) -> CodedStream:
        return _encode(codec, pictures, gop, first, b_frames, open_gop)

    return encode


@pytest.fixture(scope="session")
def picture_number() -> Callable[[av.VideoFrame], int]:
    """Return a reader of the number a decoded picture carries."""

    def read(frame: av.VideoFrame) -> int:
        # Not by reformat: a frame keeps its scaler, and two threads may look at one frame.
        plane = frame.planes[0]
        luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        middles = luma[16, BLOCK // 2 : BITS * BLOCK : BLOCK] > 128
        return int(sum(1 << bit for bit, lit in enumerate(middles) if lit))

    return read


@pytest.fixture(scope="session")
def detector() -> Detector:
    """Return the default model, ready; f32 spares the trial of precisions."""
    return open_detector(AnalysisSettings(precision="f32"))[0]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of the newest schema that holds nothing, to be copied.

    Copying takes a tenth of what making one takes.
    """
    folder = tmp_path_factory.mktemp("database")
    path = folder / "empty.db"
    with Store.open(path, SecretBox.open(folder / "secret.key")):
        return path


@pytest.fixture
def sqlite_location(tmp_path: Path, empty_database: Path) -> Path:
    """Return a new database in `tmp_path`."""
    shutil.copyfile(empty_database, tmp_path / "gridpatrol.db")
    return tmp_path / "gridpatrol.db"


@pytest.fixture
def postgresql_location(postgresql) -> Iterator[str]:
    """Return the URL of a database that holds nothing."""
    name = postgresql.lend()
    yield postgresql.url(name)
    postgresql.take_back(name)


@pytest.fixture
def store_location(sqlite_location: Path) -> Path | str:
    """Return where `store` is; a directory whose tests hold for PostgreSQL too says so itself."""
    return sqlite_location


@pytest.fixture
def store(tmp_path: Path, store_location: Path | str) -> Iterator[Store]:
    """Return a new store, opened as every process opens it, its key in `tmp_path`."""
    with Store.open(store_location, SecretBox.open(tmp_path / "secret.key")) as opened:
        yield opened


ORIGIN = Origin(
    CameraRef("gate", "村口", "33010200001320000001", "东山村", "第三网格"),
    ModelRef("nanodet-g", "d" * 64),
    "0.1.0",
)
COMPOSE = MessageWriter("dongshan")


@dataclass(frozen=True)
class IncidentSamples:
    """Makes incidents of the camera "gate", their changes and their evidence."""

    origin: Origin = ORIGIN
    compose: MessageWriter = COMPOSE

    def change(
        self,
        incident_id: str = "i-1",
        type: ChangeType = ChangeType.OPENED,  # noqa: A002
        sequence: int = 0,
        *,
        after_s: float = 0.0,
        **fields: object,
    ) -> IncidentChange:
        """Return a change `after_s` seconds after the opening; `fields` replace the incident's."""
        at = STARTED + timedelta(seconds=after_s)
        incident = Incident(
            id=incident_id,
            camera="gate",
            rule="person-at-gate",
            rule_type="presence",
            subject="zone:gate/person",
            kind="person_presence",
            severity=Severity.YELLOW,
            zone="gate",
            opened_at=STARTED,
            last_seen_at=at,
            closed_at=at if type is ChangeType.CLOSED else None,
            readings={"count": 2, "dwell_s": after_s},
        )
        return IncidentChange(type, sequence, at, replace(incident, **fields))

    def evidence(
        self,
        incident_id: str = "i-1",
        type: EvidenceType = EvidenceType.RAW,  # noqa: A002
    ) -> Evidence:
        """Return the row of one file of an incident."""
        sha256 = hashlib.sha256(f"{incident_id} {type}".encode()).hexdigest()
        return Evidence(
            id=evidence_id(incident_id, type, sha256),
            incident_id=incident_id,
            type=type,
            path=f"evidence/2026-05-01/{incident_id}/{type}",
            sha256=sha256,
            size_bytes=1234,
            created_at=STARTED,
        )

    def fill(self, store: Store, count: int, prefix: str = "i") -> list[str]:
        """Open `count` incidents in a store and return their ids, in order."""
        ids = [f"{prefix}-{number}" for number in range(count)]
        for incident_id in ids:
            store.incidents.record(self.change(incident_id), self.origin, (), self.compose)
        return ids


@pytest.fixture
def samples() -> IncidentSamples:
    """Return a maker of incidents."""
    return IncidentSamples()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium_path: str) -> AsyncIterator:
    """A headless Chromium, one for each test file."""
    async with async_playwright() as playwright:
        browser = await _open_browser(playwright, chromium_path)
        yield browser
        await browser.close()


@stamina.retry(on=PlaywrightError, attempts=3)
async def _open_browser(playwright, path: str):
    """Start Chromium and have it show a page: on a busy machine one may die at its start."""
    browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
    await (await browser.new_page()).close()
    return browser


@pytest.fixture
def write_film() -> Callable[..., Path]:
    """Return a writer of a CodedStream into the file format that a path's ending names."""

    def write(stream, path: Path) -> Path:
        first = stream.packets[0]
        info = stream.info
        with av.open(path, "w") as out:
            track = out.add_mux_stream(info.codec, width=info.width, height=info.height, rate=25)
            for packet in stream.packets:
                raw = av.Packet(packet.data)
                raw.stream, raw.is_keyframe = track, packet.is_key
                raw.pts, raw.dts = packet.pts - first.pts, packet.dts - first.pts
                raw.time_base = Fraction(1, TICKS_PER_S)
                out.mux(raw)
        return path

    return write
