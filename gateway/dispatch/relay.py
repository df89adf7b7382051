"""The relay: carries messages from the outbox to one sink, in order, at least once."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from gateway.clock import monotonic_s, utc_now
from gateway.dispatch.backoff import Backoff
from gateway.dispatch.lateness import with_lateness
from gateway.dispatch.settling import Settling
from gateway.dispatch.sink import Letter, Receipt, Sink
from gateway.errors import QueueLostError, SinkUnreachableError, StorageError
from gateway.store import Store
from gateway.store.change_watch import ChangeWatch
from gateway.store.deliveries import Refusal
from gateway.store.journal import Topic
from gateway.store.outbox import QUEUE, OutboxMessage
from gateway.telemetry import DELIVERED

WAIT_S = 0.2
"""How long one wait for news of the store lasts at most; a stop is noticed within it."""
UNSETTLED_BATCHES = 4
"""So much may be with the sink and not yet be noted; then noting goes first."""
PING_S = 2.0
"""A sink not heard of for this long is asked whether it is still there."""
OFFER_AGAIN = Backoff(first_s=10.0, longest_s=300.0)
"""How a message that was refused is held back until it is offered again."""
PARK_AFTER = 5
"""A message refused so often, which takes about two minutes, is parked."""
STORE_FAILED = Backoff(first_s=0.2, longest_s=5.0)
DRAIN_S = 3.0
"""Time for what still waits when the process stops; what remains waits for the next start."""

log = structlog.get_logger()


class QueueState(StrEnum):
    """Whether messages get through."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class RelayState:
    """How the relay fares. since: when `state` began. detail: the sentence of what is wrong, or "".

    How much waits, and since when, is in `store.deliveries.status()`.
    """

    state: QueueState
    since: datetime
    detail: str = ""


class Relay:
    """Sends what waits for one sink. One relay at a time keeps the order.

    A crash between sending and noting it repeats messages, with the same event ids, in order. How
    often in a row the sink failed, and when it may be tried again, outlasts this process.
    """

    def __init__(self, store: Store, sink: Sink, name: str = QUEUE) -> None:
        self.name = name
        self._store = store
        self._sink = sink
        self._settling = Settling(store, name)
        self._failures = 0
        self._heard_s = float("-inf")
        self.state = RelayState(QueueState.CONNECTING, utc_now())

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set, then send what still waits, for a moment."""
        try:
            with (
                self._store.watch() as watch,
                ThreadPoolExecutor(1, thread_name_prefix=f"relay-{self.name}") as thread,
            ):
                async with _ending(stop):
                    await self._resume()
                    await self._pause(stop, await self._left_wait_s())
                    while not stop.is_set():
                        await self._pause(stop, await self._round(watch, thread))
                    with suppress(SinkUnreachableError, StorageError):
                        await self._send_all()
                with suppress(StorageError):
                    await self._settling.finish()
        finally:
            await self._sink.close()

    @staticmethod
    async def _pause(stop: asyncio.Event, pause_s: float) -> None:
        if pause_s <= 0:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause_s)

    async def _left_wait_s(self) -> float:
        """Return what is left of the wait that an earlier process had to keep.

        It is no more than so many failures ask for: the clock may have been turned back meanwhile.
        """
        with suppress(StorageError):
            for sink in await asyncio.to_thread(self._store.deliveries.status):
                if sink.name == self.name and sink.retry_at is not None:
                    self._failures = sink.failures
                    left_s = (sink.retry_at - utc_now()).total_seconds()
                    most_s = self._sink.backoff.wait_s(max(sink.failures, 1), 1.0)
                    return min(max(left_s, 0.0), most_s)
        return 0.0

    async def _round(self, watch: ChangeWatch, thread: ThreadPoolExecutor) -> float:
        """Wait for news and send what waits; return the seconds to leave the sink alone."""
        try:
            silent = monotonic_s() - self._heard_s >= PING_S
            wait_s = 0.0 if silent else WAIT_S
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(thread, watch.wait, wait_s) or silent:
                await self._send_all()
                await self._make_sure_of_sink()
                if self.state.state is not QueueState.CONNECTED:
                    await self._settling.finish()
                await self._enter(QueueState.CONNECTED)
        except QueueLostError as error:
            await self._offer_again(error)
        except SinkUnreachableError as error:
            return await self._lost(error)
        except StorageError as error:
            self._heard_s = float("-inf")
            self._failures += 1
            await self._enter(QueueState.DOWN, str(error))
            return STORE_FAILED.wait_s(self._failures, _spread())
        return 0.0

    async def _resume(self) -> None:
        """Tell the sink what an earlier process had from it last."""
        if self.name == QUEUE:
            with suppress(StorageError):
                self._sink.resume(await asyncio.to_thread(self._store.acknowledged.last))

    async def _offer_again(self, error: QueueLostError) -> None:
        """Let all that the queue took and no longer has wait for it once more, in order."""
        self._heard_s = float("-inf")
        log.error("the queue lost messages; they are offered again", reason=str(error))
        with suppress(StorageError):
            await self._settling.finish()
        with suppress(StorageError):
            taken_back = self._store.acknowledged.take_back
            count = await asyncio.to_thread(taken_back, error.kept_to, utc_now())
            self._sink.resume(error.kept_to)
            log.info("messages are offered again", count=count)

    async def _send_all(self) -> None:
        while await self._send_batch():
            pass

    async def _make_sure_of_sink(self) -> None:
        if monotonic_s() - self._heard_s >= PING_S:
            await self._sink.ping()
            self._heard_s = monotonic_s()

    async def _send_batch(self) -> bool:
        """Send the most urgent of what waits; return whether more may wait."""
        self._settling.check()
        now, deliveries = utc_now(), self._store.deliveries
        but = self._settling.unsettled
        messages = await asyncio.to_thread(deliveries.due, self.name, self._sink.batch, now, but)
        if not messages:
            return False
        receipts = await self._sink.send([_letter(message, now) for message in messages])
        self._heard_s = monotonic_s()
        taken = {one.seq: one.reference for one in receipts if one.refusal is None}
        DELIVERED.labels(self.name).inc(len(taken))
        self._settling.begin(taken)
        if len(taken) < len(receipts) or len(but) >= UNSETTLED_BATCHES * self._sink.batch:
            await self._settling.finish()
        refused = await asyncio.to_thread(self._refusals, receipts)
        if refused:
            await asyncio.to_thread(deliveries.settle, self.name, {}, refused, utc_now())
        return len(messages) == self._sink.batch or len(receipts) < len(messages)

    def _refusals(self, receipts: Sequence[Receipt]) -> tuple[Refusal, ...]:
        """Return what is to become of what was refused: offered again later, or parked."""
        refused = {one.seq: one.refusal for one in receipts if one.refusal is not None}
        if not refused:
            return ()
        before, now = self._store.deliveries.refusals(self.name, refused), utc_now()
        return tuple(
            _refusal(seq, detail, before.get(seq, 0) + 1, now) for seq, detail in refused.items()
        )

    async def _lost(self, error: SinkUnreachableError) -> float:
        """Note that nothing gets through; return a wait that spreads those who come back."""
        self._heard_s = float("-inf")
        self._failures += 1
        await self._enter(QueueState.DOWN, str(error))
        wait_s = self._sink.backoff.wait_s(self._failures, _spread())
        wait_s = max(wait_s, error.retry_after_s or 0.0)
        now = utc_now()
        with suppress(StorageError):
            await asyncio.to_thread(
                self._store.deliveries.unreachable,
                self.name,
                str(error),
                now + timedelta(seconds=wait_s),
                now,
            )
        return wait_s

    async def _enter(self, state: QueueState, detail: str = "") -> None:
        """Bring `self.state` up to date; log it and tell the journal when it changes."""
        if state is self.state.state:
            self.state = replace(self.state, detail=detail)
            return
        self.state = RelayState(state, utc_now(), detail)
        say = log.info if state is QueueState.CONNECTED else log.warning
        say("sink", sink=self.name, state=state, where=self._sink.where, detail=detail)
        with suppress(StorageError):
            if state is QueueState.CONNECTED:
                self._failures = 0
                await asyncio.to_thread(self._store.deliveries.reachable, self.name)
            await asyncio.to_thread(self._store.journal.add, Topic.SYSTEM, self.name)


@asynccontextmanager
async def _ending(stop: asyncio.Event) -> AsyncIterator[None]:
    """Give what is done within DRAIN_S more once `stop` is set, then break it off."""
    loop = asyncio.get_running_loop()

    async def watch(limit: asyncio.Timeout) -> None:
        await stop.wait()
        limit.reschedule(loop.time() + DRAIN_S)

    with suppress(TimeoutError):
        async with asyncio.timeout(None) as limit:
            watching = asyncio.create_task(watch(limit))
            try:
                yield
            finally:
                watching.cancel()


def _letter(message: OutboxMessage, now: datetime) -> Letter:
    return Letter(
        seq=message.seq,
        event_id=message.event_id,
        incident_id=message.incident_id,
        body=with_lateness(message.body, message.created_at, now),
    )


def _refusal(seq: int, detail: str, times: int, now: datetime) -> Refusal:
    """Return what becomes of a message that was refused so many times."""
    if times >= PARK_AFTER:
        log.warning("message parked", seq=seq, detail=detail)
        return Refusal(seq, detail, retry_at=None)
    wait_s = OFFER_AGAIN.wait_s(times, _spread())
    return Refusal(seq, detail, retry_at=now + timedelta(seconds=wait_s))


def _spread() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing
