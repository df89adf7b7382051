"""Real servers on real sockets: the API on a real store, and a worker that a test scripts."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import update

from gateway import secrets
from gateway.api.app import create_app
from gateway.api.services import Services
from gateway.clock import utc_now
from gateway.config import ServeSettings, SiteSettings
from gateway.dispatch.relay import QueueState, RelayState
from gateway.errors import NotFoundError
from gateway.jobs import ENDED
from gateway.store import Store
from gateway.store.camera_states import CameraState, LiveMode, StreamFacts
from gateway.store.inventory import Camera
from gateway.store.tables import users
from gateway.store.users import Role
from gateway.whep import IceFragment, StreamChoice
from gateway.worker_api import LiveAnswer, Snapshot, WorkerStatus, create_worker_app
from gateway.worker_client import WorkerClient
from vision.camera_hint import Agreement

TOKEN = "a worker's token"
NEW_PASSWORD = "correct horse battery"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
ANSWER = OFFER.replace("o=- 1", "o=- 2")
TAKEN_AT = datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC)
WAIT_S = 60.0


@dataclass
class ScriptedWorker:
    """A worker behind the real port: it answers as told and remembers what it was asked."""

    token: ClassVar[str] = TOKEN
    offer: ClassVar[str] = OFFER
    answer: ClassVar[str] = ANSWER
    taken_at: ClassVar[datetime] = TAKEN_AT
    picture: ClassVar[bytes] = b"\xff\xd8 a picture"

    cameras: set[str] = field(default_factory=lambda: {"gate"})
    refusal: Exception | None = None
    live: set[str] = field(default_factory=set)
    shown: LiveAnswer = field(default_factory=lambda: LiveAnswer("", ANSWER))
    streams: list[StreamChoice] = field(default_factory=list)
    fragments: list[IceFragment] = field(default_factory=list)
    widths: list[int | None] = field(default_factory=list)
    reloads: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    async def whep_offer(self, camera: str, offer: str, stream: StreamChoice) -> LiveAnswer:
        self._check(camera)
        assert offer == OFFER
        session = f"live-{len(self.live)}"
        self.live.add(session)
        self.streams.append(stream)
        return replace(self.shown, session=session)

    async def live_candidates(self, session: str, fragment: IceFragment) -> None:
        if self.refusal is not None:
            raise self.refusal
        if session not in self.live:
            raise NotFoundError(f"there is no live session {session}")
        self.fragments.append(fragment)

    async def live_delete(self, session: str) -> None:
        self.live.discard(session)
        self.ended.set()

    async def snapshot(self, camera: str, width: int | None) -> Snapshot:
        self._check(camera)
        self.widths.append(width)
        return Snapshot(self.picture, TAKEN_AT)

    async def status(self) -> WorkerStatus:
        return WorkerStatus("0/1", tuple(sorted(self.cameras)), tuple(sorted(self.live)))

    async def reload(self) -> None:
        self.reloads += 1

    def _check(self, camera: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        if camera not in self.cameras:
            raise NotFoundError(f"there is no camera {camera} here")


async def nothing() -> None:
    """Do nothing when a server stops."""


class ReadyServer(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


@contextmanager
def run_server(app: FastAPI, at_end: Callable[[], Awaitable[None]] = nothing) -> Iterator[str]:
    """Serve an application on a free port from a thread; yield its address once it has started."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        ws_max_size=4096,
        timeout_graceful_shutdown=3,
    )
    server = ReadyServer(config)

    async def serve() -> None:
        await server.serve([listener])
        await at_end()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="server")
    thread.start()
    try:
        assert server.ready.wait(WAIT_S)
        assert server.started
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive()


@dataclass
class Site:
    """A served API and what is behind it."""

    url: str
    store: Store
    services: Services
    app: FastAPI
    password: str
    stop: Callable[[], None]

    def client(self, **headers: str) -> httpx.Client:
        """Return a browser that is nobody yet; it sends Origin as browsers do.

        It speaks plain HTTP, so it loads no certificates to trust.
        """
        origin = {"Origin": self.url}
        address = {"base_url": self.url, "headers": origin | headers}
        return httpx.Client(**address, verify=False, timeout=WAIT_S)

    def signed_in(self) -> httpx.Client:
        """Return a browser with a session of the administrator."""
        client = self.client()
        answer = client.post("/api/session", json=self.credentials())
        assert answer.status_code == 200, answer.text
        return client

    def credentials(self) -> dict[str, str]:
        """Return what the administrator types in."""
        return {"username": "admin", "password": self.password}

    def await_call(self, job: Callable[[], Awaitable[None]]) -> None:
        """Do a job of the server on its own event loop, and wait for it."""
        asyncio.run_coroutine_threadsafe(self._as_coroutine(job), self.app.state.loop).result(
            WAIT_S
        )

    @staticmethod
    async def _as_coroutine(job: Callable[[], Awaitable[None]]) -> None:
        await job()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as always, but with the least effort argon2 allows."""
    monkeypatch.setattr(secrets, "_hasher", PasswordHasher(time_cost=1, memory_cost=32))


@pytest.fixture
def worker() -> ScriptedWorker:
    return ScriptedWorker()


@pytest.fixture
def worker_url(worker: ScriptedWorker) -> Iterator[str]:
    with run_server(create_worker_app(worker, TOKEN)) as url:
        yield url


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path, store: Store) -> Iterator[MakeSite]:
    """Return a maker of one served API on the test's store; fields are those of `Services`."""
    made_up = store.users.bootstrap_admin()
    assert made_up is not None
    password = "chosen by themselves"
    store.users.change_password("admin", made_up, password)
    with ExitStack() as stack:
        yield partial(_make_site, stack, tmp_path, store, password)


def _make_site(stack: ExitStack, home: Path, store: Store, password: str, **fields: object) -> Site:
    (home / "evidence").mkdir(exist_ok=True)
    workers = WorkerClient(TOKEN)
    services = Services(
        **{
            "store": store,
            "workers": workers,
            "data_dir": home,
            "relay_state": lambda: RelayState(QueueState.CONNECTED, utc_now()),
            "site": SiteSettings(name="东山村"),
            "serve": ServeSettings(),
        }
        | fields
    )
    app = create_app(services)
    keep_loop(app)
    server = stack.enter_context(ExitStack())
    url = server.enter_context(run_server(app, workers.close))
    return Site(url, store, services, app, password, server.close)


def keep_loop(app: FastAPI) -> None:
    """Note on which event loop an application runs."""
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def noting(application: FastAPI) -> AsyncIterator[None]:
        application.state.loop = asyncio.get_running_loop()
        async with lifespan(application):
            yield

    app.router.lifespan_context = noting


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    return make_site()


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    """Return a browser signed in as administrator."""
    client = site.signed_in()
    yield client
    client.close()


@pytest.fixture
def operator(site: Site) -> Iterator[httpx.Client]:
    """Return a browser signed in as one who is no administrator."""
    with site.store._database.write() as connection:
        connection.execute(update(users).values(role=Role.OPERATOR))
    client = site.signed_in()
    yield client
    client.close()


CAMERA = Camera(
    id="gate",
    name="村口",
    channel_code="33010200001320000001",
    unit="东山村",
    grid="第三网格",
    address="192.168.1.64",
    username="viewer",
    main_uri="rtsp://192.168.1.64:554/main",
    sub_uri="rtsp://192.168.1.64:554/sub",
    zones='[{"id": "gate", "name": "村口", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]},'
    ' {"id": "dike", "name": "堤顶", "line": [[0.0, 0.6], [1.0, 0.6]]}]',
)


@dataclass(frozen=True)
class Reports:
    """Makes what a worker reports on cameras."""

    def online(self, camera: str, worker_url: str | None, **fields: object) -> CameraState:
        """Return a fresh report that a camera is well, but for `fields`."""
        return CameraState(
            **{
                "camera_id": camera,
                "state": "online",
                "since": TAKEN_AT,
                "updated_at": utc_now(),
                "last_picture_at": TAKEN_AT,
                "stream": StreamFacts("h264", 640, 360, 15.0, 2.0, "rtcp"),
                "reader": "rtsp",
                "transport": "tcp",
                "live": LiveMode.WHEP,
                "analysed_fps": 5.0,
                "seen_every_s": 0.2,
                "rung": "full",
                "interest": "stirred",
                "why": "camera",
                "alarms": Agreement(0.92, 40, None, wakes=True),
                "worker_url": worker_url,
            }
            | fields
        )


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def camera() -> Camera:
    return CAMERA


@pytest.fixture
def gate(store: Store, worker_url: str, reports: Reports) -> str:
    """Put the camera "gate" into the inventory, online at the scripted worker; return its id."""
    store.inventory.add(CAMERA, password="cam-secret")
    store.camera_states.put([reports.online("gate", worker_url)])
    return "gate"


@pytest.fixture
def running() -> Callable[..., AbstractContextManager[str]]:
    """Return the runner of servers."""
    return run_server


Refused = Callable[[httpx.Response, int, str], str]


@pytest.fixture
def refused() -> Refused:
    """Return a check that an answer is a certain refusal in our form; it gives the sentence."""

    def check(answer: httpx.Response, status: int, code: str) -> str:
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert body.keys() == {"error"}
        assert body["error"].keys() - {"mistakes"} == {"code", "message"}
        assert body["error"]["code"] == code
        assert body["error"]["message"]
        return str(body["error"]["message"])

    return check


@pytest.fixture
def done(browser) -> Callable[[object], dict]:
    """Return what waits for the job an answer tells of."""

    def wait(answer) -> dict:
        assert answer.status_code == 202, answer.text
        job = answer.json()
        deadline_s = time.monotonic() + WAIT_S
        while job["state"] not in ENDED:
            assert time.monotonic() < deadline_s, job
            time.sleep(0.05)
            job = browser.get(f"/api/onboarding/jobs/{job['id']}").json()
        return job

    return wait
