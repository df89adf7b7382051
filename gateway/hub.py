"""One pull, many readers: each packet of a camera goes to every reader, and none is waited for.

A session calls `start` once for each connection and `publish` for each packet. Each reader has a
queue with a fixed size; what a slow reader cannot hold is dropped from its own queue only, in whole
runs, so that what it does get can always be decoded: every run begins with a key frame and has no
hole before the next one. Packets are never copied: readers and the kept GOP share them.

A reader either waits for each packet (`get`, `get_async`) or comes by now and then and takes all
there is (`drain`); publishing to one that does not wait costs a lock and an append.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Self

from gateway.errors import GatewayError
from gateway.kept_gop import GopLimits, KeptGop
from gateway.packets import AudioInfo, AudioPacket, StreamInfo, VideoPacket

SOUNDS = 1500
"""Sounds that may wait for one reader: half a minute of the usual 20 ms."""


class HubClosedError(GatewayError):
    """The camera was removed or the reader was closed: nothing more will come."""

    code = "hub_closed"


@dataclass(slots=True, unsafe_hash=True)
class Delivery:
    """A packet with the stream it belongs to; never changed, as `VideoPacket`.

    epoch: counts the sessions of the hub from 1. When it changes the camera was connected anew:
    `info` may differ and pts start over, so decoders are reset.
    """

    epoch: Final[int]
    info: Final[StreamInfo]
    packet: Final[VideoPacket]


@dataclass(frozen=True, slots=True)
class AudioDelivery:
    """Some sound with the session it belongs to; epoch as in `Delivery`."""

    epoch: int
    info: AudioInfo
    packet: AudioPacket


class HubReader:
    """One consumer's bounded queue, made by `Hub.reader` and read from one thread or one task.

    with_audio: whether it takes sound too. on_push: told of each packet queued, on the publisher's
    thread under the hub's lock; must not wait. dropped: packets this reader lost because it was too
    slow, key frames among them; dropped_audio: the same of sounds.
    """

    def __init__(
        self,
        hub: "Hub",
        name: str,
        capacity: int,
        backlog: list[Delivery],
        *,
        with_audio: bool,
        on_push: Callable[[Delivery], None] | None,
    ) -> None:
        self.name = name
        self.with_audio = with_audio
        self.dropped = self.dropped_audio = 0
        self._hub = hub
        self._on_push = on_push
        self._capacity = capacity + len(backlog)
        self._queue = deque(backlog)
        self._in_gop = bool(backlog)
        self._overflowed = False
        self._closed = False
        self._sounds = deque[AudioDelivery]()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._in_get = False
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """How many packets lie ready."""
        return len(self._queue)

    def get(self, timeout_s: float) -> Delivery | None:
        """Wait in a thread for the next packet; None when none came within `timeout_s`.

        Raises HubClosedError once the hub is closed and the queue is empty, or at once when the
        reader itself was closed.
        """
        with self._lock:
            self._in_get = True
            self._changed.wait_for(lambda: self._queue or self._closed, timeout_s)
            self._in_get = False
            return self._take()

    async def get_async(self) -> Delivery:
        """Wait in the running loop for the next packet; raises HubClosedError as `get` does."""
        while True:
            with self._lock:
                delivery = self._take()
                if delivery is not None:
                    return delivery
                loop = asyncio.get_running_loop()
                arrival = loop.create_future()
                self._waiter = (loop, arrival)
            await arrival

    def drain(self) -> list[Delivery]:
        """Take all packets that lie ready, oldest first, without waiting; none is an empty list.

        Raises HubClosedError as `get` does.
        """
        with self._lock:
            if not self._queue and self._closed:
                raise self._closed_error()
            taken = list(self._queue)
            self._queue.clear()
            return taken

    def drain_audio(self) -> list[AudioDelivery]:
        """Take all sounds that lie ready, oldest first, without waiting. Never raises."""
        with self._lock:
            taken = list(self._sounds)
            self._sounds.clear()
            return taken

    def close(self) -> None:
        """Leave the hub: what is queued is let go and a waiting `get` ends. May be called again."""
        self._hub.remove(self)
        with self._lock:
            self._queue.clear()
            self._sounds.clear()
        self.end()

    def push(self, delivery: Delivery) -> None:
        """Queue one packet; for the hub. Never waits."""
        if self._queue_up(delivery) and self._on_push is not None:
            self._on_push(delivery)

    def _queue_up(self, delivery: Delivery) -> bool:
        """Queue one packet if it continues a run; say whether it does."""
        with self._lock:
            if self._closed:
                return False
            if delivery.packet.is_key:
                self._in_gop, self._overflowed = True, False
            if self._in_gop and len(self._queue) >= self._capacity:
                self._make_room(delivery)
            if self._in_gop:
                self._queue.append(delivery)
                self._wake()
            elif self._overflowed:
                self._drop(1)
            return self._in_gop

    def push_audio(self, delivery: AudioDelivery) -> None:
        """Queue some sound; for the hub. Never waits; wakes nobody, as pictures come all the time.

        The oldest sound goes when there is no room: each stands by itself.
        """
        with self._lock:
            if self._closed:
                return
            if len(self._sounds) >= SOUNDS:
                self._sounds.popleft()
                self.dropped_audio += 1
            self._sounds.append(delivery)

    def break_run(self) -> None:
        """Take nothing more before a key frame; for the hub, when a session starts over."""
        with self._lock:
            self._in_gop = self._overflowed = False

    def end(self) -> None:
        """Take nothing more, but let what is queued be read; `close` is still due afterwards."""
        with self._lock:
            self._closed = True
            self._wake()

    def _take(self) -> Delivery | None:
        if self._queue:
            return self._queue.popleft()
        if self._closed:
            raise self._closed_error()
        return None

    def _closed_error(self) -> HubClosedError:
        return HubClosedError(f"nothing more comes from camera {self._hub.camera_id}")

    def _make_room(self, arriving: Delivery) -> None:
        """Drop everything before the newest key frame there is; if there is none, the whole run.

        The oldest go, as whoever falls behind wants what is happening now. A queue that is one
        unbroken run from its head up to now has no later place to go on from, so the rest of that
        run is lost too.
        """
        kept = 0
        if not arriving.packet.is_key:
            tail = takewhile(lambda queued: not queued.packet.is_key, reversed(self._queue))
            kept = sum(1 for _ in tail) + 1
            if kept >= len(self._queue):
                kept = 0
                self._in_gop, self._overflowed = False, True
        surplus = len(self._queue) - kept
        for _ in range(surplus):
            self._queue.popleft()
        self._drop(surplus)

    def _drop(self, count: int) -> None:
        self.dropped += count
        self._hub.on_drop(self.name, count)

    def _wake(self) -> None:
        if self._in_get:
            self._changed.notify_all()
        if self._waiter is not None:
            loop, arrival = self._waiter
            self._waiter = None
            with suppress(RuntimeError):  # the loop has ended, and the one who waited with it
                loop.call_soon_threadsafe(_resolve, arrival)


def _resolve(arrival: asyncio.Future[None]) -> None:
    if not arrival.done():
        arrival.set_result(None)


class Hub:
    """The packets of one camera's stream, for any number of readers; for use from any thread.

    published: pictures passed on so far. on_drop: told the name of a reader that was too slow, and
    how many packets it lost; on the publisher's thread, must not wait.
    """

    def __init__(
        self,
        camera_id: str,
        limits: GopLimits | None = None,
        on_drop: Callable[[str, int], None] = lambda _name, _count: None,
    ) -> None:
        self.camera_id = camera_id
        self.published = 0
        self.on_drop = on_drop
        self._gop = KeptGop(limits or GopLimits())
        self._lock = threading.Lock()
        self._readers: tuple[HubReader, ...] = ()
        self._info: StreamInfo | None = None
        self._epoch = 0
        self._closed = False

    @property
    def info(self) -> StreamInfo | None:
        """The stream of the latest session, also after it was lost; None before the first."""
        return self._info

    @property
    def epoch(self) -> int:
        """How many sessions there were; 0 before the first."""
        return self._epoch

    @property
    def readers(self) -> tuple[HubReader, ...]:
        """Who is reading now."""
        return self._readers

    def start(self, info: StreamInfo) -> None:
        """Say that a session (re)started; readers go on from its first key frame."""
        with self._lock:
            self._info = info
            self._epoch += 1
            self._gop.forget()
            for reader in self._readers:
                reader.break_run()

    def publish(self, packet: VideoPacket) -> None:
        """Hand one packet to every reader; for the session's thread. Never waits for a reader.

        Raises RuntimeError before the first `start`. After `close` packets are ignored.
        """
        with self._lock:
            if self._info is None:
                raise RuntimeError(f"camera {self.camera_id}: a packet came before its session")
            if self._closed:
                return
            self.published += 1
            self._gop.add(packet)
            if self._readers:
                delivery = Delivery(self._epoch, self._info, packet)
                for reader in self._readers:
                    reader.push(delivery)

    def publish_audio(self, packet: AudioPacket) -> None:
        """Hand some sound to every reader that takes it; for the session's thread. Never waits.

        Sound of a stream that has not started, or was announced without any, is passed over.
        """
        with self._lock:
            if self._info is None or self._info.audio is None or self._closed:
                return
            delivery: AudioDelivery | None = None
            for reader in self._readers:
                if reader.with_audio:
                    delivery = delivery or AudioDelivery(self._epoch, self._info.audio, packet)
                    reader.push_audio(delivery)

    def reader(
        self,
        name: str,
        capacity_packets: int,
        *,
        from_last_key: bool = True,
        with_audio: bool = False,
        on_push: Callable[[Delivery], None] | None = None,
    ) -> HubReader:
        """Let someone read from now on; `close` the reader when done with it.

        capacity_packets: above zero; the packets that may wait beyond those replayed.
        from_last_key: replay the running GOP, so that there is a picture at once; else begin with
        the next key frame. with_audio: take sound too, from now on. on_push: see `HubReader`.
        Raises HubClosedError after `close`.
        """
        if capacity_packets < 1:
            raise ValueError(f"reader {name}: a queue of {capacity_packets} packets holds nothing")
        with self._lock:
            if self._closed:
                raise HubClosedError(f"camera {self.camera_id} is closed to {name}")
            backlog = self._kept() if from_last_key else []
            reader = HubReader(
                self, name, capacity_packets, backlog, with_audio=with_audio, on_push=on_push
            )
            self._readers = (*self._readers, reader)
            return reader

    def last_gop(self) -> tuple[Delivery, ...]:
        """Return the running GOP so far, key frame first; empty when there is none."""
        with self._lock:
            return tuple(self._kept())

    def last_key(self) -> VideoPacket | None:
        """Return the key frame of the running GOP, None while there is none."""
        with self._lock:
            return next(iter(self._gop.packets), None)

    def remove(self, reader: HubReader) -> None:
        """Forget a reader; for `HubReader.close`."""
        with self._lock:
            self._readers = tuple(other for other in self._readers if other is not reader)

    def pause(self) -> None:
        """Say that nobody pulls the stream any more: what was kept for new readers is outdated."""
        with self._lock:
            self._gop.forget()
            for reader in self._readers:
                reader.break_run()

    def close(self) -> None:
        """End every reader after what it has queued. May be called again."""
        with self._lock:
            self._closed = True
            self._gop.forget()
            for reader in self._readers:
                reader.end()

    def _kept(self) -> list[Delivery]:
        """Return what is kept for new readers; it is all of the session under way."""
        if self._info is None:
            return []
        return [Delivery(self._epoch, self._info, packet) for packet in self._gop.packets]
