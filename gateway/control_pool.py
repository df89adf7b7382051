"""What the controls of all cameras of a worker share: one event loop, a few threads, never more.

Long polls for events wait on the loop. Threads are for onvif-zeep, whose calls block: some for what
people ask, some for what we ask ourselves, so that hundreds of dead cameras keep nobody waiting.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import Any, TypeVar

Answer = TypeVar("Answer")

THREADS = 4
"""Of each kind; a call ends within client.TIMEOUT_S."""
STOP_S = 3.0


class Urgency(StrEnum):
    """Who waits for an answer."""

    PERSON = "onvif-person"
    BACKGROUND = "onvif-background"


class ControlPool:
    """The loop and the threads, from `start` to `stop`; stopping again does nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._executors = {
            urgency: ThreadPoolExecutor(THREADS, thread_name_prefix=urgency.value)
            for urgency in Urgency
        }

    def start(self) -> None:
        """Begin."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="onvif-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what still runs and end every thread but those a camera keeps waiting."""
        if self._thread is not None:
            self.submit(_cancel_others()).result(STOP_S)
            self._running_loop().call_soon_threadsafe(self._running_loop().stop)
            self._thread.join(STOP_S)
            self._thread = None
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)

    def submit(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        """Run a coroutine on the loop; from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop())

    async def call(self, urgency: Urgency, ask: Callable[[], Answer]) -> Answer:
        """Run what blocks in a thread; from the loop."""
        return await self._running_loop().run_in_executor(self._executors[urgency], ask)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the control pool was not started")
        return self._loop

    def _run(self) -> None:
        loop = self._running_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_cancel_others())  # what was submitted meanwhile
        finally:
            loop.close()


async def _cancel_others() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_S / 2)
