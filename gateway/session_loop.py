"""The loop that reads every camera of a worker, and the gate that paces who connects when."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from gateway.gathering_selector import GatheringSelector

Result = TypeVar("Result")

STOP_S = 5.0
"""How long `SessionLoop.stop` waits for what runs to end: sources take two seconds at most."""

SETUPS = 2
"""Threads for what must not hold the loop up, such as asking the store for a password."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How gently cameras are connected to when many of them come back at once.

    at_once: handshakes under way. spacing_s: between two starts; even spacing also spreads the key
    frames of cameras that begin a GOP when played, and with them the work of each second (aligned,
    the slowest of a hundred waited 1.2 s for the loop; spread, 0.07 s). hold_s: a handshake that
    takes longer waits for the network, not for this machine, and lets the next one in.

    The defaults connect 325 cameras in 11 s, and in 21 s when none of them answers.
    """

    at_once: int = 16
    spacing_s: float = 1 / 30
    hold_s: float = 1.0


class Slot:
    """Leave to connect; returned by `leave`, and by itself after `GateLimits.hold_s`."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free

    def leave(self) -> None:
        """Let the next one in; harmless when repeated. On the loop's thread."""
        if self._free is not None:
            self._free.release()
            self._free = None


class ConnectGate:
    """Where sessions wait for their turn to connect, first come, first served."""

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.at_once)
        self._next_s = 0.0

    async def enter(self) -> Slot:
        """Wait for leave to connect; call `leave` on what is returned once connected or failed."""
        await self._free.acquire()
        slot = Slot(self._free)
        loop = asyncio.get_running_loop()
        try:
            due_s = max(loop.time(), self._next_s)
            self._next_s = due_s + self._limits.spacing_s
            await asyncio.sleep(due_s - loop.time())
        except asyncio.CancelledError:
            slot.leave()
            raise
        loop.call_later(self._limits.hold_s, slot.leave)
        return slot


class Running:
    """Something that runs on the loop; made by `SessionLoop.spawn`."""

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self._ended = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self, task: "asyncio.Task[None]") -> None:
        """Take the task over; for the loop."""
        self._task = task
        task.add_done_callback(self._end)

    def stop(self, timeout_s: float) -> bool:
        """Cancel it and wait for its end; from any thread but the loop's. May be called again.

        Returns whether it ended in time.
        """
        self._post(self._cancel)
        return self._ended.wait(timeout_s)

    def never_began(self) -> None:
        """Say that there is nothing to wait for; for the loop."""
        self._ended.set()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._ended.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a session ended by a mistake", exc_info=task.exception())


class SessionLoop:
    """One asyncio loop on one thread, named "sessions", from `start` to `stop`.

    gate: for sessions that are about to connect.
    """

    def __init__(self, limits: GateLimits | None = None) -> None:
        self.gate = ConnectGate(limits or GateLimits())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sessions")
        self._setups = ThreadPoolExecutor(SETUPS, thread_name_prefix="session-setup")

    def start(self) -> None:
        """Begin to run what is spawned."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Cancel what still runs, end the thread and wait for it; harmless when repeated."""
        self._setups.shutdown(wait=False, cancel_futures=True)
        if self._thread.is_alive():
            self.post(self._stopping.set)
            self._thread.join(STOP_S)

    def post(self, callback: Callable[[], None]) -> None:
        """Have the loop call something soon; from any thread. After the end it is passed over."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(callback)

    def spawn(self, work: Callable[[], Coroutine[None, None, None]], name: str) -> Running:
        """Run a coroutine on the loop; from any thread, between `start` and `stop`."""
        running = Running(self.post)

        def begin() -> None:
            running.begin(asyncio.get_running_loop().create_task(work(), name=name))

        if self._thread.is_alive():
            self.post(begin)
        else:
            running.never_began()
        return running

    async def in_thread(self, function: Callable[[], Result]) -> Result:
        """Call what may wait for a disk or a database, beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._setups, partial(function))

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._stopping.wait()


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(GatheringSelector())
