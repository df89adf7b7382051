"""Blocking sources as links: FFmpeg and files read on a thread of their own."""

import asyncio
import threading

import structlog

from gateway.errors import GatewayError
from gateway.packets import AudioPacket
from gateway.sources.link import PacketSink
from gateway.sources.source import Source

JOIN_S = 2.0
"""How long a cancelled link waits for its thread. One that looks up a name cannot be interrupted:
it is left to end by itself, holds nothing, and publishes nothing more."""

log = structlog.get_logger()


class ThreadLink:
    """Runs a `Source` on a named thread and publishes from there.

    reader: as in `Link`. name: of the thread; must not hold a password.
    """

    def __init__(self, source: Source, reader: str, name: str) -> None:
        self._source = source
        self._reader = reader
        self._name = name
        self._closing = threading.Event()

    @property
    def silence_limit_s(self) -> float:
        """Seconds without a packet after which `run` raises StalledError."""
        return self._source.silence_limit_s

    @silence_limit_s.setter
    def silence_limit_s(self, limit_s: float) -> None:
        self._source.silence_limit_s = limit_s

    @property
    def transport(self) -> str | None:
        """How packets come: "tcp", "udp" or "file"; None before that is settled."""
        return self._source.transport

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours; None while it is not known."""
        return self._source.clock_offset_s

    @property
    def reader(self) -> str:
        """What reads the stream."""
        return self._reader

    async def run(self, sink: PacketSink) -> None:
        """Open the source and publish its packets until it ends or the task is cancelled.

        Raises the source's errors.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def read() -> None:
            failure: Exception | None = None
            try:
                self._read(sink)
            except Exception as error:  # noqa: BLE001 carried over to the task, which raises it
                failure = error
            _tell(loop, ended, failure)

        thread = threading.Thread(target=read, name=self._name, daemon=True)
        thread.start()
        try:
            await asyncio.shield(ended)
        finally:
            await self._end(thread, ended)

    def _read(self, sink: PacketSink) -> None:
        try:
            info = self._source.open()
            if self._closing.is_set():
                return
            sink.start(info)
            for packet in self._source.packets():
                if self._closing.is_set():
                    return
                if isinstance(packet, AudioPacket):
                    sink.publish_audio(packet)
                else:
                    sink.publish(packet)
        finally:
            self._source.close()

    async def _end(self, thread: threading.Thread, ended: "asyncio.Future[None]") -> None:
        """Close the source and wait for its thread, also when it was not the thread that ended."""
        self._closing.set()
        self._source.close()
        await asyncio.wait([ended], timeout=JOIN_S)
        if not ended.done():
            log.warning("a source does not end", thread=self._name)
            return
        ended.exception()  # seen, also where the task was cancelled meanwhile
        thread.join(JOIN_S)  # its last step was to say that it ended


def _tell(
    loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[None]", failure: Exception | None
) -> None:
    """Resolve a future from a thread; the one who waits may be gone, and the loop with it."""

    def resolve() -> None:
        if failure is None:
            ended.set_result(None)
        else:
            ended.set_exception(failure)

    try:
        loop.call_soon_threadsafe(resolve)
    except RuntimeError:
        log.debug("a source ended after its loop", failure=isinstance(failure, GatewayError))
