"""From the store to each sink: how many a second, how late, and in how much memory.

The real store, SQLite on a disk with `synchronous=FULL`, and the real relay; the queue is our own
Valkey that flushes each batch, the broker Mosquitto, the webhook a receiver that answers at once.
How fast: a backlog is there already, and the time until the sink has all of it is taken. How late:
another process writes incidents with their messages at a pace, copies of a recorded one, in turns
of a fiftieth of a second; the message says when it was written, before its transaction, the queue's
entry id when it was taken. Memory: of the relay's process, with a backlog many times what is read
at once. Beside the figures stand those of the bare parts in the same run, as machines differ: the
queue given the same messages without a store, and SQLite given one row a transaction.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import stamina
from pydantic import SecretStr
from redis import Redis

from benchmarks.backlog import COMPOSE, ORIGIN, fill, opening, sample
from benchmarks.clock_camera import LOOPBACK, free_port
from benchmarks.live import percentile
from benchmarks.report import Figure, Outcome
from gateway.children import start_child, stop_child
from gateway.clock import utc_now
from gateway.config import Settings
from gateway.data_directory import open_store
from gateway.dial_policy import DialPolicy
from gateway.dispatch.embedded import open_queue
from gateway.dispatch.mqtt_sink import MqttSink
from gateway.dispatch.redis_sink import STREAM, RedisSink
from gateway.dispatch.relay import Relay
from gateway.dispatch.sink import Letter, Sink
from gateway.dispatch.webhook_sink import WebhookSink
from gateway.sink_settings import MqttSettings, WebhookSettings
from gateway.store import Store
from gateway.store.outbox import QUEUE
from gateway.store.stored_incident import StoredIncident
from vision.types import ChangeType

DATABASE = "gridpatrol.db"
_RECORDED = "recorded by one process, a transaction for each"
_ROW = "one row by SQLite alone, a transaction for each"
_ALONE = "the same messages to Redis alone"
PACE_PER_S = 500.0
FAST, SOON_MS, FLAT_MB = ">= 2000", "<= 50", "<= 50"
LOOK_S = 0.1
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
_SECRET = SecretStr("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
_START_S, _STOP_S = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Messages of each: sent from a backlog, recorded one by one, written at a pace, waiting."""

    sent: int
    recorded: int
    paced: int
    waiting: int


QUICK, FULL = Plan(2000, 100, 2000, 50_000), Plan(20_000, 2000, 15_000, 1_000_000)


def run(*, quick: bool) -> Outcome:
    """Measure; raises QueueUnreachableError where no queue can be started."""
    plan = QUICK if quick else FULL
    figures, notes = (
        list(_throughputs(plan.sent)),
        [
            f"{plan.sent} messages wait for each sink; then {plan.paced} are written at"
            f" {PACE_PER_S:.0f} a second, in another process",
        ],
    )
    if MOSQUITTO is None:
        notes.append("MQTT is left out: apt-get install mosquitto")
    figures += _recorded(plan.recorded)
    figures += _pace(plan.paced)
    figures.append(_memory(plan.waiting, plan.sent))
    return Outcome(tuple(figures), tuple(notes))


def _throughputs(count: int) -> Iterator[Figure]:
    """Yield how fast each sink gets a backlog."""
    name = "store to {}, from a backlog"
    with _queue() as url:
        per_s = _through(RedisSink(url), count)
    yield Figure(name.format("Redis"), per_s, "incidents/s", FAST)
    with _queue() as url:
        alone_per_s = asyncio.run(_alone(RedisSink(url), count))
    yield Figure(_ALONE, alone_per_s, "messages/s")
    yield Figure("store to Redis ÷ Redis alone", per_s / alone_per_s, "ratio")
    with _receiver() as webhook:
        per_s = _through(webhook, count)
    yield Figure(name.format("webhook"), per_s, "incidents/s")
    if MOSQUITTO is not None:
        with _broker(MOSQUITTO) as broker:
            per_s = _through(broker, count)
        yield Figure(name.format("MQTT"), per_s, "incidents/s")


def _through(sink: Sink, count: int) -> float:
    """Return how many incidents a second a sink gets out of a backlog."""
    with _backlog(count) as store:
        seconds = asyncio.run(_relayed(store, sink, lambda: store.outbox.backlog().waiting == 0))
    return count / seconds


async def _alone(sink: RedisSink, count: int) -> float:
    """Return how many messages a second a sink takes that are there already."""
    body = COMPOSE(_stored(), ChangeType.OPENED, utc_now())
    letters = [Letter(seq, f"{seq}/0", str(seq), body) for seq in range(count)]
    begun_s = time.perf_counter()
    for start in range(0, count, sink.batch):
        await sink.send(letters[start : start + sink.batch])
    seconds = time.perf_counter() - begun_s
    await sink.close()
    return count / seconds


def _stored() -> StoredIncident:
    """Return an incident as messages are made of it."""
    with _empty() as data_dir, open_store(Settings(data_dir=data_dir)) as store:
        stored = store.incidents.record(opening(str(uuid4()), utc_now()), ORIGIN, (), COMPOSE)
        assert stored is not None
        return stored


@contextmanager
def _backlog(count: int) -> Iterator[Store]:
    """Open a store in which so many incidents wait for the queue."""
    with _empty() as data_dir, open_store(Settings(data_dir=data_dir)) as store:
        sample(store)
        fill(data_dir / DATABASE, range(1, count + 1), QUEUE)
        yield store


@contextmanager
def _empty() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gridpatrol-") as name:
        yield Path(name)


async def _relayed(store: Store, sink: Sink, is_done: Callable[[], bool]) -> float:
    """Relay until it is done; return the seconds that took."""
    relay, stop = Relay(store, sink), asyncio.Event()
    begun_s = time.perf_counter()
    running = asyncio.create_task(relay.run(stop))
    while not await asyncio.to_thread(is_done):
        await asyncio.sleep(LOOK_S)
    seconds = time.perf_counter() - begun_s
    stop.set()
    await running
    return seconds


@contextmanager
def _receiver() -> Iterator[Sink]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}/"
    argv = (sys.executable, "-m", "benchmarks.delivery_receiver", str(port))
    with _running(argv, port):
        yield WebhookSink(WebhookSettings(url=url, secret=_SECRET), DialPolicy())


@contextmanager
def _broker(program: str) -> Iterator[Sink]:
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(f"listener {port} {LOOPBACK}\nallow_anonymous true\n")
        settings.flush()
        with _running((program, "-c", settings.name), port):
            url = f"mqtt://{LOOPBACK}:{port}"
            yield MqttSink(MqttSettings(url=url), "benchmark", DialPolicy())


@contextmanager
def _running(argv: Sequence[str], port: int) -> Iterator[None]:
    """Run a server until the block ends; begins when it listens."""
    child = start_child(argv)
    try:
        for attempt in stamina.retry_context(on=OSError, timeout=_START_S, wait_max=0.2):
            with attempt, socket.create_connection((LOOPBACK, port), _START_S):
                pass
        yield
    finally:
        stop_child(child, _STOP_S)


def _recorded(count: int) -> Iterator[Figure]:
    """Yield how fast one process records, and what the disk allows."""
    with _empty() as data_dir, open_store(Settings(data_dir=data_dir)) as store:
        begun_s, cpu_s = time.perf_counter(), time.process_time()
        for _ in range(count):
            store.incidents.record(opening(str(uuid4()), utc_now()), ORIGIN, (), COMPOSE)
        per_s = count / (time.perf_counter() - begun_s)
        cpu_ms = (time.process_time() - cpu_s) / count * 1000
    yield Figure(_RECORDED, per_s, "incidents/s")
    yield Figure("processor time of recording one", cpu_ms, "ms")
    row_per_s = _rows(count)
    yield Figure(_ROW, row_per_s, "rows/s")
    yield Figure("recorded ÷ one row", per_s / row_per_s, "ratio")


def _rows(count: int) -> float:
    """Return how many rows a second SQLite writes as durably, a transaction for each."""
    with _empty() as folder, closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)")
        begun_s = time.perf_counter()
        for _ in range(count):
            connection.execute("INSERT INTO rows (body) VALUES (?)", [_SECRET.get_secret_value()])
            connection.commit()
        return count / (time.perf_counter() - begun_s)


def _pace(count: int) -> Iterator[Figure]:
    """Yield how late the queue has what another process writes at a pace."""
    with _empty() as data_dir, open_store(Settings(data_dir=data_dir)) as store, _queue() as url:
        sample(store)
        database = str(data_dir / DATABASE)
        writer = (sys.executable, "-m", "benchmarks.delivery_writer", database, str(PACE_PER_S))
        with Redis.from_url(url) as redis:
            child = start_child((*writer, str(count)))
            asyncio.run(_relayed(store, RedisSink(url), lambda: _length(redis) > count))
            stop_child(child, _STOP_S)
        late_ms, per_s = _lateness(database)
    yield Figure("written at a pace", per_s, "incidents/s")
    yield Figure("store to Redis at that pace, p50", percentile(late_ms, 50), "ms")
    yield Figure("store to Redis at that pace, p99", percentile(late_ms, 99), "ms", SOON_MS)


def _length(redis: Redis) -> int:
    return redis.xlen(STREAM)


def _lateness(database: str) -> tuple[list[float], float]:
    """Return milliseconds from each message's writing to its entry, and how many came a second."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT created_at, queue_id FROM outbox WHERE queue_id IS NOT NULL ORDER BY seq"
        ).fetchall()
    written_ms = [datetime.fromisoformat(f"{at}+00:00").timestamp() * 1000 for at, _ in rows[1:]]
    queued_ms = [float(queue_id.partition("-")[0]) for _, queue_id in rows[1:]]
    late_ms = [queued - written for written, queued in zip(written_ms, queued_ms, strict=True)]
    return late_ms, len(late_ms) / (written_ms[-1] - written_ms[0]) * 1000


def _memory(waiting: int, sent: int) -> Figure:
    """Return how much larger this process grows while it relays from a long backlog."""
    with _queue() as queue, _backlog(waiting) as store, Redis.from_url(queue) as redis:
        before, most = _resident_mb(), 0.0

        def is_done() -> bool:
            nonlocal most
            most = max(most, _resident_mb())
            return _length(redis) >= sent

        asyncio.run(_relayed(store, RedisSink(queue), is_done))
    return Figure(f"memory more with {waiting} waiting", most - before, "MB", FLAT_MB)


def _resident_mb() -> float:
    """Return the resident memory of this process (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def _queue() -> Iterator[str]:
    """Run a queue of our own; yield its URL."""
    with _empty() as folder:
        queue = open_queue(folder, None)
        try:
            yield queue.url
        finally:
            queue.stop()
