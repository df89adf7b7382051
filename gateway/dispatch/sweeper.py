"""Clears the store of messages that everybody has had for long."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.store import Store

LOOK_S = 3600.0
"""How often it is looked for what is old enough."""
PAUSE_S = 0.1
"""Between two transactions, for whoever waits to write."""

log = structlog.get_logger()


class Sweeper:
    """Forgets what the dispatch queue took more than `kept` ago; see `store.forgetting`."""

    def __init__(self, store: Store, kept: timedelta) -> None:
        self._store = store
        self._kept = kept

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            await self.look(stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def look(self, stop: asyncio.Event) -> None:
        """Forget what is old enough, a little at a time; a store that fails is no end."""
        count = 0
        forgetting = self._store.deliveries.forget(utc_now() - self._kept)
        try:
            while not stop.is_set():
                some = await asyncio.to_thread(next, forgetting, None)
                if some is None:
                    break
                count += some
                await asyncio.sleep(PAUSE_S)
        except StorageError as error:
            log.error("old messages cannot be forgotten", reason=str(error))
        if count:
            log.info("messages forgotten: everybody has had them for long", count=count)
