"""Statuses on a real queue: heard once, acknowledged last, also after either side was lost."""

import asyncio
import importlib.util
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from gateway.clock import to_iso, utc_now
from gateway.dispatch.embedded import open_queue
from gateway.dispatch.status_consumer import CONSUMER, STATUS_STREAM, StatusConsumer
from gateway.dispatch.status_desk import StatusDesk
from gateway.errors import StorageError
from gateway.workflow.case import Step

SENDER = Path(__file__).parents[3] / "docs" / "examples" / "status_sender.py"
GROUP = "gridpatrol:site"


def status(case: str, told: str, event: str = "", **more: object) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event or f"{case}/{told}",
            "source": "/county",
            "type": "gridpatrol.case.status",
            "subject": case,
            "time": to_iso(utc_now()),
            "data": {"status": told},
        }
        | more
    )


def say(url: str, *bodies: str | bytes) -> None:
    with Redis.from_url(url) as redis:
        for body in bodies:
            redis.xadd(STATUS_STREAM, {"event": body})


def unacknowledged(url: str) -> int:
    with Redis.from_url(url, protocol=2) as redis:
        return redis.xpending(STATUS_STREAM, GROUP)["pending"]


@pytest.fixture
def hearing(store):
    """Return a context in which a consumer runs."""

    @asynccontextmanager
    async def run(url: str):
        stop = asyncio.Event()
        consumer = StatusConsumer(url, StatusDesk(store, "site"), "site")
        task = asyncio.create_task(consumer.run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)

    return run


@pytest.fixture
def step_of(store):
    return lambda case: store.cases.get(case).case.step


async def test_statuses_are_heard_in_any_order_and_acknowledged(
    queue, store, samples, hearing, until, step_of
) -> None:
    samples.fill(store, 2)
    say(queue.url, status("i-0", "handling"), status("i-0", "accepted"), status("i-1", "accepted"))
    async with hearing(queue.url):
        await until(lambda: step_of("i-1") is Step.REPORTED)
        say(queue.url, status("i-0", "resolved"), status("i-0", "resolved"))
        await until(lambda: step_of("i-0") is Step.VERIFIED)
        await until(lambda: unacknowledged(queue.url) == 0)
    assert [one.deed.action for one in store.cases.get("i-0").trail] == [
        "discover",
        "start",
        "verify",
    ]


async def test_what_nothing_can_be_made_of_is_parked_and_holds_up_nothing(
    queue, store, samples, hearing, until, step_of
) -> None:
    samples.fill(store, 1)
    say(queue.url, "nonsense", b"\xff\x00\xfe", status("i-9", "closed"))
    with Redis.from_url(queue.url) as redis:
        redis.xadd(STATUS_STREAM, {"no": "event"})
    elsewhere = status("i-0", "closed", "other", site="xishan")
    say(queue.url, elsewhere, status("i-0", "accepted", site="site"))
    async with hearing(queue.url):
        await until(lambda: step_of("i-0") is Step.REPORTED)
        await until(lambda: unacknowledged(queue.url) == 0)
    codes = [one.code for one in store.statuses.parked()]
    assert codes == ["bad_status", "bad_status", "not_found", "bad_status"]
    assert "i-9" in store.statuses.parked()[2].detail
    assert json.loads(store.statuses.parked()[3].body) == {"no": "event"}


async def test_what_the_last_run_took_and_did_not_acknowledge_is_heard(
    queue, store, samples, hearing, until, step_of
) -> None:
    samples.fill(store, 1)
    say(queue.url, status("i-0", "handling"))
    with Redis.from_url(queue.url) as redis:
        redis.xgroup_create(STATUS_STREAM, GROUP, id="0")
        redis.xreadgroup(GROUP, CONSUMER, {STATUS_STREAM: ">"})
    assert unacknowledged(queue.url) == 1
    async with hearing(queue.url):
        await until(lambda: step_of("i-0") is Step.HANDLING)
        await until(lambda: unacknowledged(queue.url) == 0)


async def test_a_store_that_refuses_is_waited_for(
    queue, store, samples, hearing, until, step_of, monkeypatch
) -> None:
    samples.fill(store, 1)
    refused = asyncio.Event()
    loop = asyncio.get_running_loop()

    def full(*_: object) -> None:
        loop.call_soon_threadsafe(refused.set)
        raise StorageError("the disk is full")

    with monkeypatch.context() as disk:
        disk.setattr(store.statuses, "take", full)
        say(queue.url, status("i-0", "handling"))
        async with hearing(queue.url):
            await refused.wait()
            assert unacknowledged(queue.url) == 1
            disk.undo()
            await until(lambda: step_of("i-0") is Step.HANDLING)
            await until(lambda: unacknowledged(queue.url) == 0)


@pytest.mark.parametrize("with_data", [True, False])
async def test_a_queue_that_comes_back_is_heard_again(
    queue, store, samples, hearing, until, step_of, tmp_path, with_data: bool
) -> None:
    samples.fill(store, 2)
    say(queue.url, status("i-0", "accepted"))
    async with hearing(queue.url):
        await until(lambda: step_of("i-0") is Step.REPORTED)
        if not with_data:
            with Redis.from_url(queue.url) as redis:
                redis.flushall()
        queue.stop()
        again = open_queue(tmp_path, None)
        try:
            say(again.url, status("i-0", "accepted"), status("i-1", "handling"))
            await until(lambda: step_of("i-1") is Step.HANDLING)
        finally:
            again.stop()
    assert len(store.cases.get("i-0").trail) == 2


async def test_the_example_sender_is_heard(queue, store, samples, hearing, until, step_of) -> None:
    spec = importlib.util.spec_from_file_location("status_sender", SENDER)
    sender = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sender)
    samples.fill(store, 1)
    event = sender.status_event("i-0", status="assigned", handler="王五")
    assert sender.send(queue.url, event)
    async with hearing(queue.url):
        await until(lambda: step_of("i-0") is Step.ASSIGNED)
    assert store.cases.get("i-0").case.handler == "王五"
