"""How many connections a camera holds at once, found by opening a few more and closing them.

Some cameras allow one or two, and drop a viewer who was there before for one who comes later. So
one is opened after the other, each must give pictures, and those before must go on giving them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from gateway.errors import GatewayError
from gateway.packets import AudioPacket, StreamInfo, VideoPacket
from gateway.sources import Credentials, Link, LinkOptions, open_link

MOST = 4
"""Connections tried: analysis, recording, one live viewer, and one to spare."""
FIRST_PICTURE_S = 8.0
"""How long a connection may take to its first picture; slow key frames come within that."""
BREATHER_S = 0.3
"""Pause before each further connection."""
STILL_S = 3.0
"""Within this long, those that were open before must give another picture."""


def count_sessions(
    url: str, credentials: Credentials | None, options: LinkOptions | None = None
) -> int:
    """Return how many connections to a stream give pictures at once, `MOST` at most.

    Never raises for what the camera does: 0 when not even one does.
    """
    return asyncio.run(_count(url, credentials, options))


async def _count(url: str, credentials: Credentials | None, options: LinkOptions | None) -> int:
    held: list[_Held] = []
    try:
        while len(held) < MOST:
            one = _Held(open_link(url, credentials, options))
            held.append(one)
            if not await one.gives_picture(FIRST_PICTURE_S) or not await _still_give(held[:-1]):
                return len(held) - 1
            await asyncio.sleep(BREATHER_S)
        return len(held)
    finally:
        await asyncio.gather(*(one.close() for one in held))


async def _still_give(held: "Sequence[_Held]") -> bool:
    for one in held:
        one.picture.clear()
    return all(await asyncio.gather(*(one.gives_picture(STILL_S) for one in held)))


class _Held:
    """One open connection: the sink of its link, and the task that runs it."""

    def __init__(self, link: Link) -> None:
        self._loop = asyncio.get_running_loop()
        self.picture = asyncio.Event()
        self._task = asyncio.create_task(self._run(link))

    async def gives_picture(self, seconds: float) -> bool:
        """Return whether a picture comes in time; False at once when the connection has ended."""
        waiting = asyncio.create_task(self.picture.wait())
        tasks = {waiting, self._task}
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return self.picture.is_set() and not self._task.done()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self, link: Link) -> None:
        with suppress(GatewayError):
            await link.run(self)

    def start(self, info: StreamInfo) -> None:
        """Take the beginning of the stream."""

    def publish(self, _packet: VideoPacket) -> None:
        """Take a picture, on whichever thread the link has."""
        self._loop.call_soon_threadsafe(self.picture.set)

    def publish_audio(self, packet: AudioPacket) -> None:
        """Take sound, which says nothing here."""
