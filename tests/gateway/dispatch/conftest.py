"""A real queue in `tmp_path`, and relays to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from gateway.dispatch.embedded import EmbeddedQueue, open_queue
from gateway.dispatch.redis_sink import STREAM, RedisSink
from gateway.dispatch.relay import Relay
from gateway.store import Store


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
    """Return a context in which a relay runs from `store` to a URL, and is stopped in order."""

    @asynccontextmanager
    async def run(url: str) -> AsyncIterator[Relay]:
        relay, stop = Relay(store, RedisSink(url)), asyncio.Event()
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
