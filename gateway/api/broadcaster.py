"""One reader of the journal for all event channels; a slow channel is cut off, never waited for."""

import asyncio
from collections.abc import Sequence
from enum import IntEnum

from anyio import to_thread

from gateway.api.event_messages import EventMessages, Message
from gateway.store.users import User
from gateway.units import Jurisdiction

POLL_S = 0.1
"""How often the journal is looked at; with the store's own delay, news takes about this long."""

SWEEP_S = 5.0
"""How often to look at what the journal does not tell: times of pictures, rates, silence, disk."""

QUEUE_LENGTH = 256
"""Messages a client may be behind before it is cut off; each is 0.5 to 2 kB, a snapshot more."""


class CloseCode(IntEnum):
    """Why the server closes an event channel (RFC 6455 §7.4, and 4401 of our own)."""

    TOO_SLOW = 1013
    SESSION_ENDED = 4401


class EventChannel:
    """One client's queue of messages, and why it is to be closed. Used on the event loop only.

    user: whose it is. seen: the places they see, None for all; kept up to date by whoever tells.
    """

    def __init__(self, user: User, length: int = QUEUE_LENGTH) -> None:
        self.user = user
        self.seen: Jurisdiction | None = None
        self._queue: asyncio.Queue[str] = asyncio.Queue(length)
        self._closing = asyncio.Event()
        self.close_code: CloseCode | None = None

    def offer(self, message: str) -> None:
        """Queue a message; a channel that is full is closed: its client starts anew."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.close(CloseCode.TOO_SLOW)

    def close(self, code: CloseCode) -> None:
        """Have the channel closed, for the first reason given."""
        if self.close_code is None:
            self.close_code = code
            self._closing.set()

    async def end(self) -> None:
        """Close the channel because its sign-in session ended."""
        self.close(CloseCode.SESSION_ENDED)

    async def next(self) -> str:
        """Return the next message, when there is one."""
        return await self._queue.get()

    async def closing(self) -> None:
        """Return when the channel is to be closed."""
        await self._closing.wait()


class Broadcaster:
    """Tells every channel what changed. Used on the event loop only."""

    def __init__(self, messages: EventMessages) -> None:
        self._messages = messages
        self._channels: set[EventChannel] = set()
        self._seq = 0
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._channels)

    async def join(self, channel: EventChannel) -> None:
        """Give a channel a snapshot, and from then on every change after it."""
        async with self._turn:
            await self._catch_up()
            channel.seen = await to_thread.run_sync(self._messages.jurisdiction, channel.user)
            await self._begin(channel)
            self._channels.add(channel)

    def leave(self, channel: EventChannel) -> None:
        """Forget a channel."""
        self._channels.discard(channel)

    async def poll(self) -> None:
        """Tell what the journal has new. Costs nothing while nobody listens."""
        if self._channels:
            async with self._turn:
                await self._catch_up()

    async def sweep(self) -> None:
        """Tell what changed without the journal. Costs nothing while nobody listens."""
        if self._channels:
            async with self._turn:
                await self._look_at_jurisdictions()
                await self._tell(await to_thread.run_sync(self._messages.moved_on, self._seq))

    async def _begin(self, channel: EventChannel) -> None:
        """Give a channel a snapshot of what its user sees."""
        snapshot = await to_thread.run_sync(self._messages.snapshot, self._seq, channel.seen)
        channel.offer(snapshot.model_dump_json())

    async def _look_at_jurisdictions(self) -> None:
        """Begin anew with everybody who sees other places than before: the tree was changed."""
        for channel in [one for one in self._channels if one.user.unit is not None]:
            seen = await to_thread.run_sync(self._messages.jurisdiction, channel.user)
            if seen != channel.seen:
                channel.seen = seen
                await self._begin(channel)

    async def _catch_up(self) -> None:
        if not self._channels:
            self._seq = await to_thread.run_sync(self._messages.last)
            return
        entries = await to_thread.run_sync(self._messages.after, self._seq)
        if entries:
            await self._tell(await to_thread.run_sync(self._messages.changes, entries))
            self._seq = entries[-1].seq

    async def _tell(self, messages: Sequence[Message]) -> None:
        for seen in {channel.seen for channel in self._channels}:
            texts = await to_thread.run_sync(self._messages.texts, messages, seen)
            for channel in self._channels:
                if channel.seen == seen:
                    for text in texts:
                        channel.offer(text)
        self._channels = {channel for channel in self._channels if channel.close_code is None}
