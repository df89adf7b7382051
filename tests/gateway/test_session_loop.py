"""The sessions' loop and its gate: who runs, who ends, and how many connect at once."""

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from gateway.session_loop import ConnectGate, GateLimits, SessionLoop

WAIT_S = 60.0


@pytest.fixture
def loop():
    loop = SessionLoop()
    loop.start()
    yield loop
    loop.stop()


def names():
    return {thread.name for thread in threading.enumerate()}


def test_what_is_spawned_runs_on_the_one_thread_until_it_is_stopped(loop):
    seen, ended = [], threading.Event()
    began = threading.Event()

    async def work():
        seen.append(threading.current_thread().name)
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = loop.spawn(work, "gate/sub")
    assert began.wait(WAIT_S)
    assert running.stop(WAIT_S)
    assert ended.is_set()
    assert seen == ["sessions"]
    assert running.stop(WAIT_S), "again, harmless"


def test_the_end_of_the_loop_ends_all_on_it_and_leaves_no_thread():
    loop = SessionLoop()
    loop.start()
    cancelled, began = threading.Event(), threading.Event()

    async def work():
        await loop.in_thread(began.set)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    running = loop.spawn(work, "gate/sub")
    assert began.wait(WAIT_S)
    loop.stop()
    loop.stop()
    assert cancelled.is_set()
    assert running.stop(0)
    assert loop.spawn(work, "late").stop(0), "nothing begins any more"
    loop.post(began.clear)
    assert "sessions" not in names()


def test_stop_says_when_something_will_not_end(loop):
    began, release = threading.Event(), threading.Event()

    async def stubborn():
        began.set()
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    running = loop.spawn(stubborn, "gate/sub")
    assert began.wait(WAIT_S)
    assert not running.stop(0.05)
    release.set()
    assert running.stop(WAIT_S)


def test_a_mistake_ends_only_itself_and_is_told(loop):
    made = threading.Event()

    async def mistaken():
        made.set()
        raise ZeroDivisionError

    with capture_logs() as lines:
        running = loop.spawn(mistaken, "gate/sub")
        assert made.wait(WAIT_S)
        assert running.stop(WAIT_S)
    assert [type(line["exc_info"]) for line in lines] == [ZeroDivisionError]
    done = threading.Event()

    async def other():
        done.set()

    loop.spawn(other, "yard/sub")
    assert done.wait(WAIT_S)


async def test_the_gate_lets_so_many_in_at_once_in_order():
    gate = ConnectGate(GateLimits(at_once=2, spacing_s=0, hold_s=WAIT_S))
    entered = []

    async def enter(number):
        slot = await gate.enter()
        entered.append(number)
        return slot

    tasks = [asyncio.create_task(enter(number)) for number in range(4)]
    first = await tasks[0]
    await tasks[1]
    await asyncio.sleep(0)
    assert entered == [0, 1]
    first.leave()
    first.leave()
    await tasks[2]
    for _ in range(5):
        await asyncio.sleep(0)
    assert entered == [0, 1, 2], "leaving twice lets one in"
    tasks[3].cancel()


async def test_the_gate_spaces_the_starts():
    gate = ConnectGate(GateLimits(at_once=100, spacing_s=0.02, hold_s=WAIT_S))
    loop = asyncio.get_running_loop()
    times = []

    async def enter():
        await gate.enter()
        times.append(loop.time())

    await asyncio.gather(*(enter() for _ in range(10)))
    assert times[-1] - times[0] >= 9 * 0.02 - 0.005


async def test_who_is_not_answered_does_not_keep_the_others_out():
    gate = ConnectGate(GateLimits(at_once=1, spacing_s=0, hold_s=0.01))
    await gate.enter()
    async with asyncio.timeout(WAIT_S):
        await gate.enter()


async def test_giving_up_in_the_line_frees_the_place():
    gate = ConnectGate(GateLimits(at_once=1, spacing_s=WAIT_S, hold_s=100.0))
    (await gate.enter()).leave()
    spaced = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    spaced.cancel()
    await asyncio.wait([spaced])
    async with asyncio.timeout(WAIT_S):
        await gate._free.acquire()
