"""Sees to what happens to cases by itself: trusted alarms, one happening, the answer, delay."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.cases import Compose
from gateway.workflow.unasked import Policy

PAUSE_S = 1.0
"""How long a case may wait for what happens to it by itself; the shortest deadline is 2 minutes."""

log = structlog.get_logger()


class CaseWatch:
    """Looks at the cases of a store once a second, for as long as `serve` runs."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        compose: Compose,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._policy = policy
        self._compose = compose
        self._now = now
        self._refused = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set; a store that refuses is asked again."""
        while not stop.is_set():
            await asyncio.to_thread(self.look)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE_S)

    def look(self) -> None:
        """Do once what is to be done now."""
        try:
            now = self._now()
            gone_on = (
                *self._store.related.join(self._policy.joins, now, self._compose),
                *self._store.cases.proceed(self._policy, now, self._compose),
            )
        except StorageError as error:
            if not self._refused:
                log.error("cases cannot go on by themselves; trying on", reason=str(error))
            self._refused = True
            return
        self._refused = False
        for case in gone_on:
            log.info("case", case=case.id, step=case.step.value, level=case.level.value)
