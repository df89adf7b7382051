"""The console as people have it: Chromium, the real API, a worker port with real live pictures."""

import asyncio
import hashlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gateway import secrets
from gateway.api.app import create_app
from gateway.api.services import CONSOLE_DIR, Services
from gateway.camera_commands import Command, ControlState
from gateway.camera_control import CameraControl
from gateway.clock import utc_now
from gateway.config import LiveSettings, ServeSettings, SiteSettings
from gateway.dispatch.relay import QueueState, RelayState
from gateway.errors import NotFoundError
from gateway.hub import Hub
from gateway.live import LiveViewers, SteadySource
from gateway.packets import AudioInfo, AudioPacket
from gateway.recording.films import finish_clip
from gateway.recording.growing import FilmLabel, GrowingFilm
from gateway.store import Store
from gateway.store.camera_states import CameraState, LiveMode, StreamFacts
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.store.inventory import Camera
from gateway.water.camera_water import CameraWater, facts_of
from gateway.whep import IceFragment, StreamChoice
from gateway.worker_api import LiveAnswer, Snapshot, WorkerStatus, create_worker_app
from gateway.worker_client import WorkerClient
from gateway.worker_water_api import LookFacts, ReferenceFacts, Teaching, TrainingRun
from vision.types import ChangeType

TOKEN = "a worker's token"
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
TONE = bytes([0x2A] * 4 + [0xAA] * 4) * 40
"""Forty milliseconds of a loud square wave of 1 kHz, A-law."""
PATIENCE_MS = 60_000
WAIT_S = 60.0
ZONES = '[{"id": "gate", "name": "路口", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]}]'
UNNAMED = """() => {
  const found = [];
  const walk = (root) => root.querySelectorAll("*").forEach((one) => {
    if (one.shadowRoot) walk(one.shadowRoot);
    const name = one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent.trim();
    if (one.matches("a, button, select, input, video") && !name) found.push(one.outerHTML);
  });
  walk(document);
  return found;
}"""
EXPECTED_NOISE = (
    *("401 (Unauthorized)", "404 (Not Found)", "409 (Conflict)", "503 (Service"),
    *("422 (Unprocessable", "502 (Bad Gateway)"),
    *("net::ERR_CONNECTION_REFUSED", "WebSocket connection to"),
)
"""What Chromium logs by itself of refusals and breaks that the console is made for."""


@dataclass
class Server:
    """An application on a port of its own that can be stopped and started again.

    build: returns a new application, and what to do on its event loop when it has stopped.
    """

    build: Callable[[], tuple[FastAPI, Callable[[], Awaitable[None]]]]
    port: int = 0
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        app, at_end = self.build()
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(listener, at_end),))
        self._thread.start()

    async def _serve(self, listener: socket.socket, at_end: Callable[[], Awaitable[None]]) -> None:
        await self._server.serve([listener])
        await at_end()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


@dataclass
class FilmWorker:
    """A worker whose cameras "road" and "yard" play coded pictures; live sessions are real.

    controls: what controls cameras, waters: what watches their water, stills: what they show where
    that is not grey, runs: how they are being taught; by id.
    """

    hubs: dict[str, Hub] = field(
        default_factory=lambda: {camera: Hub(camera) for camera in ("road", "yard")}
    )
    viewers: LiveViewers = field(default_factory=lambda: LiveViewers(LiveSettings()))
    controls: dict[str, CameraControl] = field(default_factory=dict)
    waters: dict[str, CameraWater] = field(default_factory=dict)
    stills: dict[str, bytes] = field(default_factory=dict)
    runs: dict[str, TrainingRun] = field(default_factory=dict)

    async def whep_offer(self, camera: str, offer: str, stream: StreamChoice) -> LiveAnswer:
        self._check(camera)
        return await self.viewers.offer(SteadySource(self.hubs[camera]), offer, stream)

    async def live_candidates(self, session: str, fragment: IceFragment) -> None:
        await self.viewers.add_candidates(session, fragment)

    async def live_delete(self, session: str) -> None:
        await self.viewers.delete(session)

    async def snapshot(self, camera: str, width: int | None) -> Snapshot:
        self._check(camera)
        return Snapshot(self.stills.get(camera) or jpeg(), utc_now())

    async def status(self) -> WorkerStatus:
        return WorkerStatus("0/1", tuple(self.hubs), self.viewers.sessions)

    async def control(self, camera: str, command: Command) -> None:
        await self._controlled(camera).do(command)

    async def control_state(self, camera: str, state: str) -> ControlState:
        return await self._controlled(camera).read(state)

    async def only_wet(self, camera: str) -> ReferenceFacts:
        return facts_of(self._water_of(camera).only_wet())

    async def water_references(self, camera: str) -> tuple[ReferenceFacts, ...]:
        return tuple(facts_of(one) for one in self._water_of(camera).references())

    async def water_reference_jpeg(self, camera: str, reference: str) -> bytes:
        return self._water_of(camera).reference_jpeg(reference)

    async def forget_water_reference(self, camera: str, reference: str) -> None:
        self._water_of(camera).forget_reference(reference)

    async def water_look(self, camera: str) -> LookFacts:
        return self._water_of(camera).last_look().facts()

    async def water_look_jpeg(self, camera: str) -> bytes:
        return self._water_of(camera).last_look().jpeg()

    async def water_training(self, camera: str) -> Teaching:
        return Teaching(self._water_of(camera).training(), self.runs.get(camera))

    async def teach_water(self, camera: str) -> None:
        self.runs[camera] = TrainingRun(utc_now(), 0.25, "")

    async def reload(self) -> None:
        return None

    def _controlled(self, camera: str) -> CameraControl:
        if camera not in self.controls:
            raise NotFoundError(f"camera {camera} is not one to control")
        return self.controls[camera]

    def _water_of(self, camera: str) -> CameraWater:
        if camera not in self.waters:
            raise NotFoundError(f"camera {camera} watches no water: set it up first")
        return self.waters[camera]

    def _check(self, camera: str) -> None:
        if camera not in self.hubs:
            raise NotFoundError(f"there is no camera {camera} here")


def jpeg(shade: int = 120) -> bytes:
    """Return a real picture."""
    picture = np.full((272, 640, 3), shade, np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


@contextmanager
def playing(stream, hub: Hub) -> Iterator[None]:
    """Play a coded stream, with a tone, into the hub for ever, 25 packets a second."""
    stopping = threading.Event()

    def run() -> None:
        hub.start(replace(stream.info, audio=AudioInfo("pcm_alaw", 8000, 1)))
        span = len(stream.packets) * 3600
        for turn in count():
            for packet in stream.packets:
                if stopping.wait(0.04):
                    return
                shift = turn * span
                pts = packet.pts + shift
                hub.publish(replace(packet, pts=pts, dts=packet.dts + shift))
                hub.publish_audio(AudioPacket(TONE, pts, packet.captured_at, packet.received_s))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


@pytest.fixture
def worker() -> FilmWorker:
    return FilmWorker()


@pytest.fixture
def film_worker(worker, coded_stream) -> Iterator[Server]:
    server = Server(lambda: (create_worker_app(worker, TOKEN), worker.viewers.close_all))
    server.start()
    with (
        playing(coded_stream(), worker.hubs["road"]),
        playing(coded_stream("hevc", 250), worker.hubs["yard"]),
    ):
        yield server
    server.stop()
    assert worker.viewers.sessions == ()


@pytest.fixture
def server_of() -> type[Server]:
    return Server


@dataclass
class Site:
    """A served console and what is behind it."""

    server: Server
    store: Store
    data_dir: Path
    password: str
    worker_url: str
    prefix: str
    samples: object

    @property
    def url(self) -> str:
        return f"{self.server.url}{self.prefix}/"

    def add_camera(self, camera_id: str, name: str, **state: object) -> None:
        """Put a camera into the inventory; `state` replaces parts of a good report on it."""
        camera = Camera(
            id=camera_id,
            name=name,
            channel_code="",
            unit="东山村",
            grid="第三网格",
            address="",
            username="",
            main_uri="file:///none",
            sub_uri="file:///none",
            zones=ZONES,
        )
        self.store.inventory.add(camera, password="")
        self.report(camera_id, **state)

    def report(self, camera_id: str, **state: object) -> None:
        """Put a fresh report on a camera."""
        now = utc_now()
        fields = {
            "camera_id": camera_id,
            "state": "online",
            "since": now,
            "updated_at": now,
            "last_picture_at": now,
            "stream": StreamFacts("h264", 640, 272, 25.0, 1.0, "rtcp"),
            "live": LiveMode.WHEP,
            "analysed_fps": 5.0,
            "worker_url": self.worker_url,
        }
        self.store.camera_states.put([CameraState(**fields | state)])

    def change(self, incident_id: str, *evidence: Evidence, **fields: object) -> None:
        """Keep a change of an incident of the camera "road", as a worker does."""
        known = {"camera": "road"} | fields
        origin = replace(
            self.samples.origin,
            camera=replace(self.samples.origin.camera, id="road", name="东环路"),
        )
        change = self.samples.change(incident_id, **known)
        self.store.incidents.record(change, origin, evidence, self.samples.compose)

    def close(self, incident_id: str, **fields: object) -> None:
        """Keep the end of an incident."""
        self.change(incident_id, type=ChangeType.CLOSED, sequence=1, after_s=9.0, **fields)

    def keep(self, incident_id: str, kind: EvidenceType, content: bytes) -> Evidence:
        """Write a file of evidence; return its row."""
        path = f"evidence/2026-05-01/{incident_id}/{kind}"
        target = self.data_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        name = evidence_id(incident_id, kind, sha256)
        return Evidence(name, incident_id, kind, path, sha256, len(content), utc_now())


@pytest.fixture
def clip(coded_stream, tmp_path) -> bytes:
    """Return a real evidence clip of four seconds."""
    path = tmp_path / "clip.mp4"
    deliveries = list(coded_stream().deliveries())
    film = GrowingFilm(FilmLabel(("i-1",), "road", utc_now()), path, deliveries[0])
    for delivery in deliveries:
        film.write(delivery)
    film.close()
    finish_clip(path)
    return path.read_bytes()


@pytest.fixture
def make_site(tmp_path, store, samples, film_worker, monkeypatch) -> Iterator[Callable[..., Site]]:
    monkeypatch.setattr(secrets, "_hasher", PasswordHasher(time_cost=1, memory_cost=32))
    if not (CONSOLE_DIR / "vendor" / ".installed").exists():
        pytest.fail("the console's libraries are not installed; run: make setup")
    password = "chosen by themselves"
    store.users.change_password("admin", store.users.bootstrap_admin(), password)
    servers = []

    def make(prefix: str = "") -> Site:
        def build() -> tuple[FastAPI, Callable[[], Awaitable[None]]]:
            workers = WorkerClient(TOKEN)
            services = Services(
                store=store,
                workers=workers,
                data_dir=tmp_path,
                relay_state=lambda: RelayState(QueueState.CONNECTED, utc_now()),
                site=SiteSettings(name="东山村"),
                serve=ServeSettings(root_path=prefix),
            )
            return create_app(services), workers.close

        server = Server(build)
        server.start()
        servers.append(server)
        site = Site(server, store, tmp_path, password, film_worker.url, prefix, samples)
        site.add_camera("road", "东环路")
        return site

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def site(make_site) -> Site:
    return make_site()


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Return a browser for one test file: while it is open, no test may have a loop of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, make_site) -> Iterator[Page]:
    """Return an empty tab of a Chinese browser; at the end nothing may have gone wrong in it.

    It is closed before the servers that `make_site` made.
    """
    context: BrowserContext = chromium.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark",
        viewport={"width": 1280, "height": 800},
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    asked: set[str] = set()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    yield page
    context.close()
    assert [text for text in wrong if not any(noise in text for noise in EXPECTED_NOISE)] == []
    assert len({host for host in asked if host}) == 1, f"the console asked others: {asked}"


def sign_in(page: Page, site: Site, password: str | None = None, name: str = "admin") -> None:
    """Type in a name and password, the administrator's by default."""
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(password or site.password)
    page.get_by_role("button", name="登录").click()


@pytest.fixture
def console(tab, site) -> Page:
    """Return a tab that is signed in and shows the wall."""
    tab.goto(site.url)
    sign_in(tab, site)
    expect(tab.get_by_role("button", name="admin 的菜单")).to_be_visible()
    return tab


@pytest.fixture
def signing_in() -> Callable[..., None]:
    return sign_in


@pytest.fixture
def picture() -> Callable[[int], bytes]:
    return jpeg


@pytest.fixture
def unnamed() -> str:
    """Return a script that finds links and controls without a name."""
    return UNNAMED
