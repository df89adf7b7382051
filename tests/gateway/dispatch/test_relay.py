import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from gateway.clock import utc_now
from gateway.dispatch.embedded import EmbeddedQueue
from gateway.dispatch.redis_sink import STREAM
from gateway.dispatch.relay import QueueState
from gateway.store import Store
from gateway.store.journal import Topic
from gateway.store.outbox import QUEUE, OutboxMessage
from vision.types import ChangeType


def ids(entries: list[tuple[str, str]]) -> list[str]:
    return [json.loads(event)["id"] for _, event in entries]


def told(store: Store) -> int:
    return sum(entry.topic is Topic.SYSTEM for entry in store.journal.after(0, 10_000))


async def test_messages_arrive_in_order_and_are_marked(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    samples.fill(store, 3, "before")
    async with relaying(queue.url) as relay:
        await until(lambda: store.outbox.backlog().waiting == 0)
        for sequence, kind in enumerate((ChangeType.OPENED, ChangeType.CLOSED)):
            change = samples.change("live", kind, sequence, after_s=sequence)
            store.incidents.record(change, samples.origin, (), samples.compose)
        await until(lambda: store.outbox.backlog().waiting == 0)
        assert relay.state.state is QueueState.CONNECTED
    arrived = entries(queue.url)
    assert ids(arrived) == ["before-0/0", "before-1/0", "before-2/0", "live/0", "live/1"]
    kept = [
        message
        for incident_id in ("before-0", "before-1", "before-2", "live")
        for message in store.outbox.of_incident(incident_id)
    ]
    assert [(message.queue_id, message.body) for message in kept] == arrived
    assert store.incidents.get("live").queue_id == arrived[3][0]
    assert told(store) == 1


async def test_queue_that_is_down_at_start_gets_everything_later(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    queue._end_child()
    samples.fill(store, 3)
    async with relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.DOWN)
        down_since = relay.state.since
        assert "does not take messages" in relay.state.detail
        assert store.outbox.backlog().waiting == 3
        await until(lambda: store.deliveries.status()[0].failures > 1)
        assert relay.state.since == down_since
        assert told(store) == 1
        queue.restart()
        await until(lambda: relay.state.state is QueueState.CONNECTED)
        assert store.outbox.backlog().waiting == 0
        assert relay.state.detail == ""
    (event,) = [event for _, event in entries(queue.url) if json.loads(event)["id"] == "i-0/0"]
    (message,) = store.outbox.of_incident("i-0")
    assert json.loads(event)["time"] == "2026-05-01T08:00:00.000Z"
    assert message.delivered_at > down_since
    assert told(store) == 2


async def test_a_wait_noted_before_the_clock_was_turned_back_is_not_sat_out(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    samples.fill(store, 1)
    then = utc_now() + timedelta(hours=1)
    store.deliveries.unreachable(QUEUE, "no answer", then, then)
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
    assert len(entries(queue.url)) == 1


async def test_idle_relay_notices_that_the_queue_went_away(
    queue: EmbeddedQueue, relaying, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatch.relay.PING_S", 0.2)
    async with relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.CONNECTED)
        queue._end_child()
        await until(lambda: relay.state.state is QueueState.DOWN)
        queue.restart()
        await until(lambda: relay.state.state is QueueState.CONNECTED)


async def test_queue_that_refuses_is_shown_with_its_words(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    with Redis.from_url(queue.url) as redis:
        redis.set(STREAM, "not a stream")
    samples.fill(store, 2)
    async with relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.DOWN)
        assert "WRONGTYPE" in relay.state.detail
        with Redis.from_url(queue.url) as redis:
            redis.delete(STREAM)
        await until(lambda: store.outbox.backlog().waiting == 0)
    assert ids(entries(queue.url)) == ["i-0/0", "i-1/0"]


async def test_queue_that_is_full_takes_all_of_a_batch_or_nothing(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    samples.fill(store, 20)
    with Redis.from_url(queue.url) as redis:
        redis.config_set("maxmemory", "1mb")
        async with relaying(queue.url) as relay:
            await until(lambda: relay.state.state is QueueState.DOWN)
            assert "memory" in relay.state.detail
            assert entries(queue.url) == []
            redis.config_set("maxmemory", "0")
            await until(lambda: store.outbox.backlog().waiting == 0)
    assert len(entries(queue.url)) == 20


async def test_database_that_fails_for_a_while_does_not_end_the_relay(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    samples.fill(store, 2)
    with store._database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO away")
    async with relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.DOWN)
        assert "no such table" in relay.state.detail
        with store._database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO outbox")
        await until(lambda: store.outbox.backlog().waiting == 0)
    assert ids(entries(queue.url)) == ["i-0/0", "i-1/0"]


async def test_what_waits_when_the_relay_is_stopped_still_goes(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    async with relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.CONNECTED)
        samples.fill(store, 30)
    assert len(entries(queue.url)) == 30


async def test_relay_stops_at_once_when_the_queue_is_down(
    store: Store, samples, queue: EmbeddedQueue, relaying, until
) -> None:
    samples.fill(store, 1)
    queue._end_child()
    async with asyncio.timeout(30), relaying(queue.url) as relay:
        await until(lambda: relay.state.state is QueueState.DOWN)
    assert store.outbox.backlog().waiting == 1


async def test_crash_between_sending_and_marking_repeats_the_same_events(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries, tmp_path: Path
) -> None:
    made = samples.fill(store, 7)
    program = """
import asyncio, os, pathlib, signal, sys
from gateway.dispatch.redis_sink import RedisSink
from gateway.dispatch.relay import Relay
from gateway.secrets import SecretBox
from gateway.store import Store
folder = pathlib.Path(sys.argv[1])
store = Store.open(folder / "gridpatrol.db", SecretBox.open(folder / "secret.key"))
store.deliveries.settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(Relay(store, RedisSink(sys.argv[2])).run(asyncio.Event()))
"""
    crashed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(tmp_path), queue.url], check=False
    )
    assert crashed.returncode == -signal.SIGKILL
    assert store.outbox.backlog().waiting == 7
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
    arrived = entries(queue.url)
    expected = [f"{incident_id}/0" for incident_id in made]
    assert ids(arrived) == expected * 2
    assert set(Counter(event for _, event in arrived).values()) == {2}


async def test_queue_that_lost_its_data_gets_it_again_in_order(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries, monkeypatch
) -> None:
    """While it runs, and when it happens while nobody relays; nothing new comes in between."""
    monkeypatch.setattr("gateway.dispatch.relay.PING_S", 0.1)
    made = samples.fill(store, 5)
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
        forget(queue)
        await until(lambda: len(entries(queue.url)) == 5)
        await until(lambda: store.outbox.backlog().waiting == 0)
    kept = [message.queue_id for message in map(first_of(store), made)]
    assert kept == [queue_id for queue_id, _ in entries(queue.url)]
    forget(queue)
    made += samples.fill(store, 5, "later")
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
    assert ids(entries(queue.url)) == [f"{incident_id}/0" for incident_id in made]


async def test_queue_that_was_trimmed_has_lost_nothing(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries, monkeypatch
) -> None:
    monkeypatch.setattr("gateway.dispatch.relay.PING_S", 0.05)
    samples.fill(store, 5)
    with Redis.from_url(queue.url) as redis:
        async with relaying(queue.url) as relay:
            await until(lambda: store.outbox.backlog().waiting == 0)
            redis.xtrim(STREAM, maxlen=0)
            heard_s = relay._heard_s
            await until(lambda: relay._heard_s > heard_s)
            samples.fill(store, 1, "more")
            await until(lambda: store.outbox.backlog().waiting == 0)
    assert ids(entries(queue.url)) == ["more-0/0"]


async def test_queue_that_began_anew_and_was_used_by_others_first_is_seen_through(
    store: Store, samples, queue: EmbeddedQueue, relaying, until, entries
) -> None:
    made = samples.fill(store, 3)
    async with relaying(queue.url):
        await until(lambda: store.outbox.backlog().waiting == 0)
    forget(queue)
    with Redis.from_url(queue.url) as redis:
        redis.xadd(STREAM, {"event": '{"id": "of another site"}'})
    async with relaying(queue.url):
        await until(lambda: len(entries(queue.url)) == 4)
    expected = ["of another site", *(f"{incident_id}/0" for incident_id in made)]
    assert ids(entries(queue.url)) == expected


def forget(queue: EmbeddedQueue) -> None:
    """Restart a queue without its data."""
    queue._end_child()
    shutil.rmtree(queue._directory / "appendonlydir")
    queue.restart()


def first_of(store: Store) -> Callable[[str], OutboxMessage]:
    return lambda incident_id: store.outbox.of_incident(incident_id)[0]
