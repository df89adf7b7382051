"""The whole product as a person starts it: `gridpatrol run --demo` in a process of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

START_S, STOP_S = 300.0, 60.0
OWN_PASSWORD = "chosen by themselves"
PASSWORD = re.compile(r"password\s+([a-z0-9]{4}(?:-[a-z0-9]{4}){3})")


@dataclass
class Product:
    """One `gridpatrol run` after another on one data directory and one port."""

    data_dir: Path
    port: int
    password: str = ""
    output: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("REDIS_URL",)}
        return kept | {
            "GRIDPATROL_DATA_DIR": str(self.data_dir),
            "GRIDPATROL_SERVE__PORT": str(self.port),
            "GRIDPATROL_RECORDING__POST_S": "1",
            "COLUMNS": "200",
        }

    def start(self, *options: str) -> None:
        """Start it and wait until it says where to look."""
        self.output = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "run", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        wait_for(lambda: self.url in self.text or self.process.poll() is not None, START_S)
        assert self.process.poll() is None, self.text
        wait_for(lambda: "Ctrl-C stops" in self.text, START_S)
        found = PASSWORD.search(self.text)
        self.password = found[1] if found else self.password

    @property
    def text(self) -> str:
        return "".join(self.output)

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S)

    def command(self, *words: str) -> list[dict]:
        """Run another gridpatrol command with --json and return its objects."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway.cli", *words, "--json"],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=START_S,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=20) as client:
            who = {"username": "admin", "password": self.password}
            answer = client.post("/api/session", json=who).raise_for_status()
            if answer.json()["user"]["must_change_password"]:
                change = {"old_password": self.password, "new_password": OWN_PASSWORD}
                client.post("/api/session/password", json=change).raise_for_status()
                self.password = OWN_PASSWORD
            yield client

    def processes(self, word: str = "") -> list[int]:
        """Return the ids of processes that work in the data directory or for this run."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    environ = (entry / "environ").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if f"GRIDPATROL_DATA_DIR={self.data_dir}" in environ and word in command:
                    found.append(int(entry.name))
        return found

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout:
            self.output.append(line)


def wait_for(condition: Callable[[], object], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.1)


@pytest.fixture
def patiently() -> Callable[[Callable[[], object], float], None]:
    """Return `wait_for`."""
    return wait_for


@pytest.fixture(scope="module")
def product(
    tmp_path_factory: pytest.TempPathFactory, road_film: Path, square_film: Path
) -> Iterator[Product]:
    """The product, not yet started, with the footage in its cache so that nothing is fetched."""
    data_dir = tmp_path_factory.mktemp("site")
    footage = data_dir / "demo" / "footage"
    footage.mkdir(parents=True)
    for film in (road_film, square_film):
        shutil.copy(film, footage / film.name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    product = Product(data_dir, port)
    yield product
    if product.process is not None and product.process.poll() is None:
        product.process.kill()
        product.process.wait()
    if product.process is not None:
        product.process.stdout.close()
