"""The relay: carries messages from the outbox to the dispatch queue, in order, at least once."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from gateway.clock import monotonic_s, utc_now
from gateway.dispatch.redis_sink import RedisSink
from gateway.errors import QueueUnreachableError, StorageError
from gateway.store import Store
from gateway.store.change_watch import ChangeWatch
from gateway.store.journal import Topic

POLL_S = 0.05
"""How often new messages are asked after; half of it is the mean delay this adds to an incident."""
BATCH = 200
PING_S = 2.0
"""A queue not heard of for this long is asked whether it is still there."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""Bounds of the wait after a failure: it doubles, and is drawn at random from half to whole."""
DRAIN_S = 3.0
"""Time for what still waits when the process stops; what remains waits for the next start."""
JOURNAL_KEY = "queue"

log = structlog.get_logger()


class QueueState(StrEnum):
    """Whether messages get through."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class RelayState:
    """How the relay fares. since: when `state` began. detail: the sentence of what is wrong, or "".

    How much waits, and since when, is `store.outbox.backlog()`.
    """

    state: QueueState
    since: datetime
    detail: str = ""


class Relay:
    """Sends what waits in a store's outbox to a sink. One relay at a time keeps the order.

    A crash between sending and noting it repeats messages, with the same event ids, in order.
    """

    def __init__(self, store: Store, sink: RedisSink) -> None:
        self._store = store
        self._sink = sink
        self._wait_s = FIRST_WAIT_S
        self._heard_s = float("-inf")
        self.state = RelayState(QueueState.CONNECTING, utc_now())

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set, then send what still waits, for a moment."""
        try:
            with self._store.watch() as watch:
                while not stop.is_set():
                    pause_s = await self._round(watch)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), pause_s)
            with suppress(TimeoutError, QueueUnreachableError, StorageError):
                await asyncio.wait_for(self._send_all(), DRAIN_S)
        finally:
            await self._sink.close()

    async def _round(self, watch: ChangeWatch) -> float:
        """Send what waits, if anything may; return the seconds to wait before the next look."""
        try:
            silent = monotonic_s() - self._heard_s >= PING_S
            if watch.changed() or silent:
                await self._send_all()
                await self._make_sure_of_queue()
                await self._enter(QueueState.CONNECTED)
        except (QueueUnreachableError, StorageError) as error:
            return await self._failed(str(error))
        self._wait_s = FIRST_WAIT_S
        return POLL_S

    async def _send_all(self) -> None:
        while await self._send_batch() == BATCH:
            pass

    async def _make_sure_of_queue(self) -> None:
        if monotonic_s() - self._heard_s >= PING_S:
            await self._sink.ping()
            self._heard_s = monotonic_s()

    async def _send_batch(self) -> int:
        messages = await asyncio.to_thread(self._store.outbox.waiting, BATCH)
        if not messages:
            return 0
        try:
            queue_ids = await self._sink.send([message.body for message in messages])
        except QueueUnreachableError:
            await asyncio.to_thread(self._store.outbox.mark_failed, [m.seq for m in messages])
            raise
        self._heard_s = monotonic_s()
        delivered = {m.seq: queue_id for m, queue_id in zip(messages, queue_ids, strict=True)}
        await asyncio.to_thread(self._store.outbox.mark_delivered, delivered, utc_now())
        return len(messages)

    async def _failed(self, detail: str) -> float:
        """Note that nothing gets through; return a wait that spreads those who come back."""
        self._heard_s = float("-inf")
        await self._enter(QueueState.DOWN, detail)
        wait_s = self._wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        return wait_s

    async def _enter(self, state: QueueState, detail: str = "") -> None:
        """Bring `self.state` up to date; log it and tell the journal when it changes."""
        if state is self.state.state:
            self.state = replace(self.state, detail=detail)
            return
        self.state = RelayState(state, utc_now(), detail)
        say = log.info if state is QueueState.CONNECTED else log.warning
        say("dispatch queue", state=state, where=self._sink.where, detail=detail)
        with suppress(StorageError):
            await asyncio.to_thread(self._store.journal.add, Topic.SYSTEM, JOURNAL_KEY)
