"""One pull of one stream of a camera: a hub, and a session that runs while somebody wants it."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import structlog

from gateway.hub import Hub, HubClosedError
from gateway.session import CameraSession, Pull, SessionReport
from gateway.session_loop import Running, SessionLoop

LINGER_S = 20.0
"""How long a stream is pulled on after its last user has left: whoever switches between the tiles
of a wall comes back to a running stream, and a camera is spared the constant connecting."""

STOP_S = 4.0
"""How long `stop` waits for the connection to end; sources on threads take two seconds at most."""

log = structlog.get_logger()


class Lease:
    """A claim on a stream: it is pulled until this is released. From any thread."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the claim up; harmless when repeated."""
        release, self._release = self._release, None
        if release is not None:
            release()


class CameraStream:
    """One stream of a camera, pulled while it is leased and `linger_s` longer.

    hub: what is pulled, for any number of readers; it outlives each pull, and is closed by `close`.
    on_report, on_drop: as in `CameraSession` and `Hub`.
    """

    def __init__(
        self,
        loop: SessionLoop,
        pull: Pull,
        on_report: Callable[[SessionReport], None] = lambda _report: None,
        on_drop: Callable[[str, int], None] = lambda _name, _count: None,
        *,
        linger_s: float = LINGER_S,
    ) -> None:
        self.hub = Hub(pull.camera, on_drop=on_drop)
        self._session = CameraSession(loop, pull, self.hub, on_report)
        self._name = f"{pull.camera}/{pull.stream}"
        self._loop = loop
        self._linger_s = linger_s
        self._lock = threading.Lock()
        self._leases = 0
        self._stopped = False
        self._leased, self._idle = asyncio.Event(), asyncio.Event()
        self._running: Running | None = None

    @property
    def report(self) -> SessionReport:
        """How the pull is doing, or did when last there was one."""
        return self._session.report

    @property
    def gop_s(self) -> float | None:
        """The key frame interval as last measured, seconds; None before it is known."""
        return self._session.gop_s

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours, seconds; None where the stream does not say."""
        return self._session.clock_offset_s

    @property
    def last_video_s(self) -> float | None:
        """When the newest decodable packet came, monotonic seconds; None before the first."""
        return self._session.last_video_s

    @property
    def leases(self) -> int:
        """How many want the stream now."""
        return self._leases

    def lease(self) -> Lease:
        """Have the stream pulled until the lease is released; never waits.

        Raises HubClosedError after `stop`.
        """
        with self._lock:
            if self._stopped:
                raise HubClosedError(f"stream {self._name} is closed")
            self._leases += 1
            if self._running is None:
                self._running = self._loop.spawn(self._run, self._name)
        self._loop.post(self._tell_leases)
        return Lease(self._release)

    def stop(self) -> None:
        """End the pull for good, whoever leases it, and wait for that; the hub stays open.

        From any thread but the loop's; harmless when repeated.
        """
        with self._lock:
            self._stopped = True
        if self._running is not None and not self._running.stop(STOP_S):
            log.warning("a stream still closes", stream=self._name, waited_s=STOP_S)

    def close(self) -> None:
        """Stop, and end every reader after what it has queued."""
        self.stop()
        self.hub.close()

    def _release(self) -> None:
        with self._lock:
            self._leases -= 1
        self._loop.post(self._tell_leases)

    def _tell_leases(self) -> None:
        """Set the events to what is true now; on the loop."""
        wanted, unwanted = self._leased, self._idle
        if not self._leases:
            wanted, unwanted = unwanted, wanted
        unwanted.clear()
        wanted.set()

    async def _run(self) -> None:
        """Pull whenever the stream is leased, until cancelled."""
        while True:
            await self._leased.wait()
            pulling = asyncio.create_task(self._session.run(), name=self._name)
            try:
                await self._unwanted()
            finally:
                pulling.cancel()
                await asyncio.wait([pulling])
                self.hub.pause()

    async def _unwanted(self) -> None:
        """Return when nobody has leased the stream for `linger_s`."""
        while not self._idle.is_set():
            await self._idle.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._leased.wait()
