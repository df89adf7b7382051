"""A real queue in `tmp_path`, and relays to it."""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import pytest
from redis import Redis

from gateway.dispatch.embedded import EmbeddedQueue, open_queue
from gateway.dispatch.redis_sink import STREAM, RedisSink
from gateway.dispatch.relay import Relay
from gateway.dispatch.sink import Letter, Sink
from gateway.store import Store
from gateway.store.outbox import QUEUE

SERVERS = Path(__file__).parents[2] / "servers"


def _server(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SERVERS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def webhooks() -> ModuleType:
    """Return servers/webhook_receiver.py, a receiver that can be told to misbehave."""
    return _server("webhook_receiver")


@pytest.fixture(scope="session")
def mosquittos() -> ModuleType:
    """Return servers/mosquitto.py, a broker that can be told to misbehave; skips without one."""
    module = _server("mosquitto")
    if not Path(module.PROGRAM).exists():
        pytest.skip("mosquitto is missing: apt-get install mosquitto")
    return module


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a self-signed certificate of "localhost" with its key, PEM."""
    path = tmp_path / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", path, "-out", tmp_path / "cert.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedQueue]:
    """Return a running server on a private socket."""
    opened = open_queue(tmp_path, None)
    assert isinstance(opened, EmbeddedQueue)
    yield opened
    opened.stop()


@pytest.fixture
def entries() -> Callable[[str], list[tuple[str, str]]]:
    """Return a reader of the whole stream: (queue id, event) in order."""

    def read(url: str) -> list[tuple[str, str]]:
        with Redis.from_url(url, protocol=2, decode_responses=True) as redis:
            return [(queue_id, fields["event"]) for queue_id, fields in redis.xrange(STREAM)]

    return read


@pytest.fixture
def relaying(store: Store) -> Callable:
    """Return a context in which a relay runs from `store` to a sink or a queue's URL."""

    @asynccontextmanager
    async def run(to: str | Sink, name: str = QUEUE) -> AsyncIterator[Relay]:
        sink = RedisSink(to) if isinstance(to, str) else to
        relay, stop = Relay(store, sink, name), asyncio.Event()
        task = asyncio.create_task(relay.run(stop))
        try:
            yield relay
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)

    return run


@pytest.fixture
def until() -> Callable:
    """Return a wait for a condition that no event announces; it fails after a minute."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def letters() -> Callable:
    """Return a maker of letters with these bodies, each of an incident of its own."""

    def make(*bodies: str, incident_id: str | None = None) -> list[Letter]:
        return [
            Letter(seq, f"{incident_id or seq}/{seq}", incident_id or f"i-{seq}", body)
            for seq, body in enumerate(bodies, 1)
        ]

    return make
