"""Notes what a sink took while more is on its way: what comes next waits for no disk."""

import asyncio
from collections.abc import Mapping

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.store import Store


class Settling:
    """What one sink took and the store does not know yet, in the order it was taken.

    One transaction at a time, with all that was taken since the one before began. Used by one
    asyncio loop. Where the store fails all of it is forgotten: it still waits there, is sent again
    in its order, and readers drop what they have seen.
    """

    def __init__(self, store: Store, sink: str) -> None:
        self._store = store
        self._sink = sink
        self._unsettled: dict[int, str] = {}
        self._failure: StorageError | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def unsettled(self) -> tuple[int, ...]:
        """The messages, by `seq`, that the store still calls waiting."""
        return tuple(self._unsettled)

    def begin(self, taken: Mapping[int, str]) -> None:
        """Have it noted soon that a sink took messages, by `seq` with its own numbers for them."""
        self._unsettled.update(taken)
        if self._task is not None and self._task.done():
            self._task.result()
            self._task = None
        if self._task is None and self._unsettled:
            self._task = asyncio.create_task(self._settle())

    def check(self) -> None:
        """Raise StorageError, once, where something could not be noted since the last time."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def finish(self) -> None:
        """Wait until all is noted; raises StorageError when it could not be."""
        if self._task is not None:
            await asyncio.wait([self._task])
            self._task.result()
        self.check()

    async def _settle(self) -> None:
        settle = self._store.deliveries.settle
        try:
            while self._unsettled:
                taken = dict(self._unsettled)
                await asyncio.to_thread(settle, self._sink, taken, (), utc_now())
                for seq in taken:
                    del self._unsettled[seq]
        except StorageError as error:
            self._failure = error
            self._unsettled.clear()
