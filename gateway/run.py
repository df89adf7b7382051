"""`gridpatrol run`: everything on one machine, from an empty directory to a watched street."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Self

import httpx

from gateway.clock import monotonic_s
from gateway.config import ENV_PREFIX, Settings, WorkerSettings, redis_url
from gateway.data_directory import open_store
from gateway.demo import SCENES, DemoCamera, DemoCameras
from gateway.detector_setup import models_of
from gateway.directory_lock import hold
from gateway.dispatch.embedded import open_queue
from gateway.errors import GatewayError, StorageError
from gateway.onboarding import Wish, adopt, look_at
from gateway.rules_file import rules_to_json, zones_to_json
from gateway.serving import listen
from gateway.sources import with_credentials
from gateway.store import Store
from gateway.supervisor import ProcessSpec, Supervisor
from vision.weights import verify

START_S = 180.0
"""How long the console may take to answer for the first time, on a slow machine that is busy."""
POLL_S = 0.1
CAMERAS_A_WORKER = 100
"""From so many cameras on, one process of Python has no core's worth of time left for pictures."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demand:
    """What the command line asked for. config: the settings file, for the processes started."""

    config: Path | None
    demo: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """What runs, for whoever tells people. admin_password: only when it was made just now."""

    console_url: str
    queue_url: str
    queue_description: str
    camera_names: tuple[str, ...]
    admin_password: str | None


class Desk:
    """How `run` speaks with the person who started it."""

    def __init__(
        self, say: Say, ask_password: Callable[[str], str], ready: Callable[[Site], None]
    ) -> None:
        self.say = say
        self.ask_password = ask_password
        self.ready = ready


def run_all(settings: Settings, demand: Demand, desk: Desk) -> None:
    """Run until SIGINT or SIGTERM, then stop everything in order; for the main thread.

    Raises PortTakenError, QueueUnreachableError, StorageError, ModelError and whatever the sources
    raise, with all that was started stopped again.
    """
    with _StopSignals() as signals, ExitStack() as running:
        for spec in models_of(settings.analysis, settings.data_dir):
            verify(spec)
        listen(settings.serve.host, settings.serve.port).close()
        running.enter_context(_held(settings.data_dir))
        queue = open_queue(settings.data_dir, redis_url(settings.queue))
        running.callback(queue.stop)
        cameras = DemoCameras(settings.data_dir) if demand.demo else None
        if cameras is not None:
            running.callback(cameras.stop)
        password, names = _prepare(settings, demand, cameras, desk)
        stopping = signals.let_finish()
        workers = worker_count(settings.worker, len(names))
        specs = _specs(workers, demand, queue.url)
        supervisor = Supervisor(specs, settings.data_dir / "logs")
        running.callback(supervisor.stop)
        supervisor.start()
        url = f"http://{_reachable(settings.serve.host)}:{settings.serve.port}"
        url += settings.serve.root_path
        chores = (queue.ensure_running, *((cameras.ensure_running,) if cameras else ()))
        _wait_until_answering(url, supervisor, stopping)
        if not stopping.is_set():
            desk.ready(Site(url, queue.url, queue.description, names, password))
        supervisor.watch(stopping, chores)
        desk.say("Stopping…")


@contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    """Keep every other `run` out of a data directory."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = hold(data_dir, data_dir)
    except OSError as error:
        raise StorageError(f"{data_dir} cannot be used: {error.strerror}") from error
    with lock:
        yield


def _prepare(
    settings: Settings, demand: Demand, cameras: DemoCameras | None, desk: Desk
) -> tuple[str | None, tuple[str, ...]]:
    """Fill the inventory; return a new administrator's password and the names of the cameras."""
    with open_store(settings) as store:
        password = store.users.bootstrap_admin()
        _set_demo_enabled(store, demand.demo)
        if cameras is not None:
            for camera in cameras.start(desk.say):
                _adopt_demo(store, camera, desk)
        _adopt_sources(store, demand.sources, desk)
        names = tuple(c.name for c in store.inventory.cameras() if c.enabled)
        return password, names


def _adopt_sources(store: Store, sources: tuple[str, ...], desk: Desk) -> None:
    """Onboard what the command line names; one that fails is told, if others are there to watch.

    Raises what the first of them raised when there is no camera at all.
    """
    failures = []
    for source in sources:
        try:
            for found in look_at(source, desk.ask_password):
                adopt(store, found)
        except GatewayError as error:
            failures.append(error)
    if failures and not any(camera.enabled for camera in store.inventory.cameras()):
        raise failures[0]
    for failure in failures:
        desk.say(f"Left out: {failure}")


def _set_demo_enabled(store: Store, enabled: bool) -> None:
    """Switch the demonstration cameras with the demonstration: they are there only then."""
    slugs = {scene.slug for scene in SCENES}
    for camera in store.inventory.cameras():
        if camera.id in slugs and camera.enabled != enabled:
            store.inventory.replace(replace(camera, enabled=enabled))


def _adopt_demo(store: Store, camera: DemoCamera, desk: Desk) -> None:
    """Onboard a demonstration camera as a user would: by address, user and password."""
    scene = camera.scene
    source = with_credentials(f"onvif://{camera.address}", camera.credentials)
    desk.say(f"Onboarding {scene.name} at {camera.address} over ONVIF")
    (found,) = look_at(source, desk.ask_password)
    wish = Wish(camera_id=scene.slug, name=scene.name, unit="示范村", grid=scene.grid)
    for stored in store.inventory.cameras():
        if stored.id == scene.slug:  # its port may have been taken since the last run
            store.inventory.replace(replace(stored, address=found.address))
    known = adopt(store, found, wish)
    store.inventory.replace(
        replace(
            known,
            zones=zones_to_json(scene.rules),
            rules=rules_to_json(scene.rules),
        )
    )


def worker_count(settings: WorkerSettings, cameras: int) -> int:
    """Return how many workers a site of so many cameras gets."""
    return settings.count or min(len(os.sched_getaffinity(0)), 1 + cameras // CAMERAS_A_WORKER)


def _specs(count: int, demand: Demand, queue_url: str) -> tuple[ProcessSpec, ...]:
    """Return the processes, in the order they are started and stopped: workers before `serve`."""
    command = (sys.executable, "-m", "gateway.cli")
    config = ("--config", str(demand.config)) if demand.config else ()
    workers = (
        ProcessSpec(f"worker-{n}", (*command, "worker", *config, "--shard", f"{n}/{count}"))
        for n in range(count)
    )
    queue = {f"{ENV_PREFIX}QUEUE__URL": queue_url}
    return (*workers, ProcessSpec("serve", (*command, "serve", *config), queue))


def _reachable(host: str) -> str:
    """Return the host to name in a link: a wildcard address is no place to go."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104


def _wait_until_answering(url: str, supervisor: Supervisor, stopping: threading.Event) -> None:
    deadline_s = monotonic_s() + START_S
    while not stopping.wait(POLL_S):
        try:
            if httpx.get(f"{url}/healthz", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        if monotonic_s() > deadline_s:
            raise GatewayError(
                f"the console does not answer at {url}; see {supervisor.log_dir}/serve.log"
            )


class _StopSignals:
    """What SIGINT and SIGTERM do: interrupt the preparations, later let what runs finish."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._may_interrupt = True

    def __enter__(self) -> Self:
        self._before = {
            name: signal.signal(name, self._take) for name in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def let_finish(self) -> threading.Event:
        """Interrupt nothing from now on; return the event that the signals set instead."""
        self._may_interrupt = False
        return self._stopping

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
        if self._may_interrupt:
            self._may_interrupt = False
            raise KeyboardInterrupt
