"""A whole gridpatrol for a benchmark: the real command, its own processes, a fresh site."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx

from benchmarks.clock_camera import LOOPBACK, free_port
from gateway.children import start_child, stop_child
from gateway.config import ENV_PREFIX, Settings
from gateway.data_directory import open_store
from gateway.dispatch.embedded import running_url
from gateway.errors import UnreachableError
from gateway.secrets import readable_password
from gateway.session import SessionState
from gateway.store import Store
from gateway.store.inventory import Camera

START_S, STOP_S, POLL_S = 180.0, 20.0, 0.2
USER = "admin"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Site:
    """What runs. store: its database, opened beside it. password: of `USER`."""

    url: str
    queue_url: str
    data_dir: Path
    store: Store
    password: str = field(repr=False)

    async def sign_in(self, client: httpx.AsyncClient) -> None:
        """Sign in with a client whose base is `url`."""
        who = {"username": USER, "password": self.password}
        (await client.post("/api/session", json=who)).raise_for_status()


@dataclass(frozen=True, slots=True)
class Home:
    """A site that is set up and does not run yet. store: its database, open beside it."""

    data_dir: Path
    port: int
    config: Path
    store: Store
    password: str = field(repr=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start `gridpatrol run` on it; who starts it stops it."""
        argv = (sys.executable, "-m", "gateway.cli", "run", "--config", self.config)
        return start_child(argv, env=_environment())


@contextmanager
def new_home(*cameras: Camera, workers: int = 1) -> Iterator[Home]:
    """Set a site up with cameras, in a directory that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="gridpatrol-benchmark-") as folder:
        data_dir, port = Path(folder) / "var", free_port()
        config = Path(folder) / "gridpatrol.yaml"
        config.write_text(json.dumps(_settings(data_dir, port, workers)), "utf-8")
        with open_store(Settings(data_dir=data_dir)) as store:
            password = readable_password()
            store.users.change_password(USER, store.users.bootstrap_admin() or "", password)
            for camera in cameras:
                store.inventory.add(camera)
            yield Home(data_dir, port, config, store, password)


@contextmanager
def running_site(*cameras: Camera, workers: int = 1) -> Iterator[Site]:
    """Run `gridpatrol run` on cameras until the block ends; begins when their pictures arrive.

    The queue is the embedded one, whatever REDIS_URL says. Raises UnreachableError when the site or
    a camera does not come up.
    """
    with new_home(*cameras, workers=workers) as home:
        child = home.start()
        try:
            for camera in cameras:
                wait_for(partial(_is_online, home.store, camera.id), f"camera {camera.id}")
            queue_url = wait_for(lambda: running_url(home.data_dir), "the queue")
            url = f"http://{LOOPBACK}:{home.port}"
            yield Site(url, queue_url, home.data_dir, home.store, home.password)
        finally:
            stop_child(child, STOP_S)


def _settings(data_dir: Path, port: int, workers: int) -> dict[str, object]:
    """Return the settings file: JSON is YAML too."""
    return {
        "data_dir": str(data_dir),
        "serve": {"host": LOOPBACK, "port": port},
        "live": {"bind_hosts": [LOOPBACK]},
        "worker": {"count": workers},
    }


def _environment() -> dict[str, str]:
    """Return our environment without what would change the settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "REDIS_URL" and not name.startswith(ENV_PREFIX)
    }


def _is_online(store: Store, camera: str) -> bool:
    state = store.camera_states.get(camera)
    return state is not None and state.state == SessionState.ONLINE.value


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Return what `look` finds, asked again and again; raises UnreachableError after START_S."""
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        found = look()
        if found:
            return found
        time.sleep(POLL_S)
    raise UnreachableError(f"{what} did not come up within {START_S:g} s")
