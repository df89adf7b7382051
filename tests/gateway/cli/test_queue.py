"""`queue tail` on a real Valkey, and where there is none."""

import asyncio
import json

import pytest

from gateway.config import Settings
from gateway.data_directory import open_store
from gateway.dispatch.embedded import open_queue
from gateway.dispatch.redis_sink import RedisSink
from gateway.dispatch.sink import Letter
from gateway.store.deliveries import Refusal
from gateway.store.outbox import QUEUE


@pytest.fixture
def queue(data_dir):
    queue = open_queue(data_dir, None)
    yield queue
    queue.stop()


def post(url, *bodies):
    async def send():
        sink = RedisSink(url)
        letters = [Letter(seq, f"i-{seq}/0", f"i-{seq}", body) for seq, body in enumerate(bodies)]
        await sink.send(letters)
        await sink.close()

    asyncio.run(send())


def event(store, samples, number):
    """Return a message as the relay sends it."""
    store.incidents.record(samples.change(f"i-{number}"), samples.origin, (), samples.compose)
    return store.outbox.of_incident(f"i-{number}")[0].body


def test_events_are_printed_as_they_are(gridpatrol, queue, store, samples):
    bodies = [event(store, samples, number) for number in range(2)]
    post(queue.url, *bodies)
    outcome = gridpatrol("queue", "tail", "--from-start", "-n", 2, "--json")
    assert outcome.exit_code == 0
    assert outcome.out.splitlines() == bodies
    assert [one["subject"] for one in outcome.objects] == ["i-0", "i-1"]


def test_events_for_people(gridpatrol, queue, store, samples):
    post(queue.url, event(store, samples, 0), "not an event", json.dumps({"specversion": "1.0"}))
    outcome = gridpatrol("queue", "tail", "--from-start", "-n", 3)
    first, *others = outcome.out.splitlines()
    assert "opened" in first
    assert "村口" in first
    assert all("not an incident event" in line for line in others)


def test_no_queue_at_all(refused, data_dir):
    assert str(data_dir) in refused(9, "queue", "tail", "--json")


def test_queue_that_does_not_answer(refused, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://user:hunter2@127.0.0.1:9/0")
    said = refused(9, "queue", "tail", "--json")
    assert "127.0.0.1:9" in said
    assert "hunter2" not in said


def test_url_that_is_none(refused, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "http://127.0.0.1/")
    assert refused(3, "queue", "tail", "--json")


def test_sinks_and_what_they_refused_are_shown(gridpatrol, data_dir, samples):
    now = samples.change().at
    with open_store(Settings(data_dir=data_dir)) as store:
        samples.fill(store, 2)
        first = store.deliveries.due(QUEUE, 1, now)[0].seq
        store.deliveries.settle(QUEUE, {}, [Refusal(first, "too large", None)], now)
        store.deliveries.unreachable(QUEUE, "no answer", now, now)
    (sink,) = gridpatrol("queue", "sinks", "--json").objects
    assert (sink["name"], sink["waiting"], sink["parked"], sink["failures"]) == ("queue", 1, 1, 1)
    shown = gridpatrol("queue", "sinks").out
    assert "1 waiting" in shown
    assert "down since 2026-05-01T08:00:00.000Z" in shown
    assert "no answer" in shown
    (parked,) = gridpatrol("queue", "parked", "queue", "--json").objects
    assert (parked["event_id"], parked["detail"]) == ("i-0/0", "too large")
    assert "too large" in gridpatrol("queue", "parked").out
    assert gridpatrol("queue", "offer", "queue", "i-0/0").exit_code == 0
    assert gridpatrol("queue", "parked").out == ""
    assert gridpatrol("queue", "offer", "queue", "i-0/0", "--drop").exit_code == 13
