"""One camera's connection, kept up: a thread that opens the source again whenever it is lost."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog

from gateway.clock import monotonic_s, utc_now
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
)
from gateway.gop import GopMeter
from gateway.packets import StreamInfo, VideoPacket
from gateway.sources import Source

STALL_S = 5.0
STALL_GOPS = 3.0
"""A stream is stalled after the longer of the two: so many seconds, so many key frame intervals."""

STEADY_S = 30.0
"""A session that lasted this long was a good one: the next loss is retried fast again."""

JOIN_S = 2.0
"""How long `stop` waits for the thread."""


class SessionState(StrEnum):
    """How it stands with a camera. DISABLED is for cameras that are switched off: no session."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    NOT_VIDEO = "not_video"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class SessionReport:
    """A camera's state. code, detail: the error's stable word and its sentence, "" when well.

    since: UTC, when this state began.
    """

    state: SessionState
    since: datetime
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts, in seconds: the first, doubling each time up to the limit."""

    first_s: float
    limit_s: float

    def pause_s(self, failures: int, jitter: float) -> float:
        """Return the pause after so many failures in a row, from 1.

        jitter: 0-1, evenly drawn. It takes up to half of the pause away, so that the cameras of a
        switch that comes back do not all connect at once.
        """
        full_s = min(self.limit_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return full_s * (1 - jitter / 2)


STATES: tuple[tuple[type[GatewayError], SessionState], ...] = (
    (StalledError, SessionState.STALLED),
    (StreamLostError, SessionState.CONNECTING),
    (UnauthorizedError, SessionState.UNAUTHORIZED),
    (NotVideoError, SessionState.NOT_VIDEO),
    (ConfigError, SessionState.NOT_VIDEO),
    (GatewayError, SessionState.UNREACHABLE),
)
"""What state an error leaves a camera in; the first match counts."""

FAST = Backoff(first_s=0.5, limit_s=30.0)
BACKOFFS: Mapping[SessionState, Backoff] = {
    # Cameras lock an account for half an hour after five to ten wrong passwords.
    SessionState.UNAUTHORIZED: Backoff(first_s=60.0, limit_s=900.0),
    SessionState.NOT_VIDEO: Backoff(first_s=5.0, limit_s=120.0),
}
"""How patiently each state is retried; `FAST` where none is named."""


class PacketSink(Protocol):
    """Where a session puts its packets; neither call waits."""

    def start(self, info: StreamInfo) -> None:
        """Begin another session: the packets that follow belong to this stream."""
        ...

    def publish(self, packet: VideoPacket) -> None:
        """Take the next packet."""
        ...


class CameraSession:
    """Keeps one camera connected on a thread of its own, from `start` to `stop`.

    make_source: a fresh source for each attempt. on_report: called with every change of state or
    error code, on the session's thread; must not wait or raise. stall_s: patience with silence.
    """

    def __init__(
        self,
        camera_id: str,
        make_source: Callable[[], Source],
        sink: PacketSink,
        on_report: Callable[[SessionReport], None],
        *,
        stall_s: float = STALL_S,
    ) -> None:
        self.report = SessionReport(SessionState.CONNECTING, utc_now())
        self._camera_id = camera_id
        self._make_source = make_source
        self._sink = sink
        self._on_report = on_report
        self._stall_s = stall_s
        self._gop = GopMeter()
        self._source: Source | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._failures = 0
        self._lost_s: float | None = None
        self._thread = threading.Thread(target=self.run, name=f"session-{camera_id}", daemon=True)
        self._log = structlog.get_logger().bind(camera=camera_id)

    @property
    def gop_s(self) -> float | None:
        """The key frame interval of the current or last session; None before it is known."""
        return self._gop.seconds

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours, None where the stream does not say."""
        source = self._source
        return source.clock_offset_s if source else None

    def start(self) -> None:
        """Begin, on the session's own thread."""
        self._thread.start()

    def stop(self) -> None:
        """End for good and wait for the thread, at most two seconds; harmless when repeated."""
        self._stopping.set()
        with self._lock:
            if self._source is not None:
                self._source.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)
            if self._thread.is_alive():
                self._log.warning("session still closing", waited_s=JOIN_S)

    def run(self) -> None:
        """Open, publish, wait, open again, until `stop`."""
        self._on_report(self.report)
        while not self._stopping.is_set():
            started_s = monotonic_s()
            failure = self._attempt()
            if self._stopping.is_set():
                return
            if monotonic_s() - started_s > STEADY_S:
                self._failures = 0
            self._failures += 1
            state = next(state for error, state in STATES if isinstance(failure, error))
            self._lost(state, failure)
            backoff = BACKOFFS.get(state, FAST)
            self._stopping.wait(backoff.pause_s(self._failures, random.random()))  # noqa: S311 spreads retries, guards nothing

    def run_once(self) -> None:
        """Open one source and publish its packets until it ends.

        Raises the source's errors.
        """
        source = self._make_source()
        with self._lock:
            self._source = source
            if self._stopping.is_set():
                return
        try:
            self._gop = GopMeter()
            self._sink.start(source.open())
            source.silence_limit_s = self._stall_s
            for packet in source.packets():
                self._sink.publish(packet)
                self._gop.see(packet)
                if packet.is_key:
                    self._online()
                    gop_s = self._gop.seconds or 0.0
                    source.silence_limit_s = max(self._stall_s, STALL_GOPS * gop_s)
        finally:
            source.close()

    def _attempt(self) -> GatewayError:
        try:
            self.run_once()
        except GatewayError as error:
            return error
        except Exception as error:  # noqa: BLE001 one camera's surprise must not end its thread
            self._log.exception("session failed unexpectedly")
            return GatewayError(f"The session failed unexpectedly ({type(error).__name__}).")
        return StreamLostError("The stream ended.")

    def _lost(self, state: SessionState, failure: GatewayError) -> None:
        if self._lost_s is None:
            self._lost_s = monotonic_s()
            self._log.warning("camera lost", state=state, code=failure.code, detail=str(failure))
        self._tell(state, failure.code, str(failure))

    def _online(self) -> None:
        if self.report.state is SessionState.ONLINE:
            return
        if self._lost_s is not None:
            self._log.info("camera back", after_s=round(monotonic_s() - self._lost_s, 1))
            self._lost_s = None
        self._tell(SessionState.ONLINE)

    def _tell(self, state: SessionState, code: str = "", detail: str = "") -> None:
        known = self.report
        if (known.state, known.code) == (state, code):
            return
        since = known.since if known.state is state else utc_now()
        self.report = SessionReport(state, since, code, detail)
        self._on_report(self.report)
