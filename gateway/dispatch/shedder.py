"""Keeps what waits for the sinks below its limit, and says what that costs."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from gateway.errors import StorageError
from gateway.store import Store

LOOK_S = 30.0
"""How often the backlogs are measured; in between they may pass the limit."""

log = structlog.get_logger()


class Shedder:
    """Gives up what is worth least of a backlog that cannot be delivered.

    most: messages that may wait, or be parked, for each sink; only red incidents pass it.
    """

    def __init__(self, store: Store, sinks: Sequence[str], most: int) -> None:
        self._store = store
        self._sinks = sinks
        self._most = most
        self._over: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            await asyncio.to_thread(self.look)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    def look(self) -> None:
        """Bring every backlog below the limit, as far as may be; a store that fails is no end."""
        for sink in self._sinks:
            try:
                self._shed(sink)
            except StorageError as error:
                log.error("backlog cannot be measured", sink=sink, reason=str(error))

    def _shed(self, sink: str) -> None:
        shed = self._store.deliveries.shed(sink, self._most)
        if shed.total:
            log.warning(
                "messages given up: too many wait",
                sink=sink,
                most=self._most,
                count=shed.total,
                what=dict(shed.counts),
            )
        if shed.over and not self._over.get(sink):
            log.error(
                "more red incidents wait than messages may: free disk, or mend the sink",
                sink=sink,
                most=self._most,
                over=shed.over,
            )
        self._over[sink] = shed.over
