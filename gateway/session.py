"""One stream's connection, kept up: a task that dials again whenever the stream is lost."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog

from gateway.clock import monotonic_s, utc_now
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.session_loop import SessionLoop, Slot
from gateway.sources import Link, LinkOptions, PacketSink
from gateway.video_watch import VideoWatch

STALL_GOPS = 3.0
MAX_STALL_S = 60.0
"""Patience with silence: so many key frame intervals, but no less than `LinkOptions.silence_s` and
no more than this many seconds."""

FIRST_VIDEO_S = 30.0
"""Patience with the first key frame of a connection: smart codecs send one in ten to twenty s."""

OPENING_S = 60.0
"""Patience with a link that neither connects nor fails, though each of its steps has a limit."""

GRACE_S = 1.0
"""How much longer than the link a session waits before it calls a stream stalled: the link sees
silence itself and says more about it; the session sees packets that are no video."""

LOOK_S = 1.0
"""How often a session looks whether video is overdue: patience shrinks once the first has come."""

FORGET_AFTER = 5
"""Failures in a row after which UDP is not insisted on any more: cameras are replaced."""

STEADY_S = 3.0
"""A connection that lasted this long was a good one: the next loss is retried fast again, as some
cameras hang up every few seconds and are seen most of the time all the same."""


class SessionState(StrEnum):
    """How it stands with a camera.

    DISABLED is for cameras that are switched off, QUARANTINED for those whose video brought the
    process down: neither has a session.
    """

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    NOT_VIDEO = "not_video"
    QUARANTINED = "quarantined"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class SessionReport:
    """A camera's state. code, detail: the error's stable word and its sentence, "" when well.

    since: UTC, when this state began. reader, transport: of the newest connection that gave video,
    "" before one did: "rtsp", "ffmpeg" or "file"; "tcp", "udp" or "file". note: why it is not the
    usual way, "" when it is.
    """

    state: SessionState
    since: datetime
    code: str = ""
    detail: str = ""
    reader: str = ""
    transport: str = ""
    note: str = ""


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
    (UnsupportedServerError, SessionState.NOT_VIDEO),
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


@dataclass(frozen=True, slots=True)
class Pull:
    """One stream to be pulled: whose, which, and how it is dialled.

    stream: "sub" or "main". open_link: a fresh link for each attempt; called beside the loop, so it
    may ask a database for the password. options: as the camera's owner wants it; a session tries
    what they leave open.
    """

    camera: str
    stream: str
    open_link: Callable[[LinkOptions], Link]
    options: LinkOptions = field(default_factory=LinkOptions)


@dataclass(slots=True)
class _Way:
    """How to dial the next time, as learnt from the times before. notes: why."""

    transport: Transport
    through_ffmpeg: bool = False
    reader_note: str = ""
    transport_note: str = ""

    @property
    def note(self) -> str:
        return " ".join(filter(None, (self.reader_note, self.transport_note)))


class CameraSession:
    """Keeps one stream connected while `run` runs.

    sink: takes the packets. on_report: called on the loop's thread with every change of the report;
    must not wait or raise.
    """

    def __init__(
        self,
        loop: SessionLoop,
        pull: Pull,
        sink: PacketSink,
        on_report: Callable[[SessionReport], None],
    ) -> None:
        self.report = SessionReport(SessionState.CONNECTING, utc_now())
        self._loop = loop
        self._pull = pull
        self._on_report = on_report
        self._watch = VideoWatch(sink, self._connected, self._key_came)
        self._way = _Way(pull.options.transport)
        self._link: Link | None = None
        self._slot: Slot | None = None
        self._failures, self._backoff = 0, FAST
        self._lost_s: float | None = None
        self._log = structlog.get_logger().bind(camera=pull.camera, stream=pull.stream)

    @property
    def gop_s(self) -> float | None:
        """The key frame interval as last measured; None before it is known."""
        return self._watch.gop_s

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours, None where the stream does not say."""
        link = self._link
        return link.clock_offset_s if link else None

    @property
    def last_video_s(self) -> float | None:
        """When the newest decodable packet came, monotonic seconds; None before the first.

        Its age is a camera's health.
        """
        return self._watch.last_video_s

    async def run(self) -> None:
        """Keep the stream up until the task is cancelled; may be run again afterwards."""
        self._failures, self._lost_s = 0, None
        self.report = SessionReport(SessionState.CONNECTING, utc_now(), note=self._way.note)
        self._on_report(self.report)
        while True:
            began_s = monotonic_s()
            failure = await self._attempt()
            if isinstance(failure, UnsupportedServerError) and not self._way.through_ffmpeg:
                self._way.through_ffmpeg, self._way.reader_note = True, str(failure)
                self._log.warning("FFmpeg reads this camera instead", reason=str(failure))
                continue
            state = next(state for error, state in STATES if isinstance(failure, error))
            backoff = BACKOFFS.get(state, FAST)
            if monotonic_s() - began_s > STEADY_S or backoff is not self._backoff:
                self._failures = 0
            self._failures, self._backoff = self._failures + 1, backoff
            self._lost(state, failure)
            await asyncio.sleep(backoff.pause_s(self._failures, random.random()))  # noqa: S311 spreads retries, guards nothing

    async def run_once(self) -> None:
        """Dial once and publish until the stream ends; raises the link's errors."""
        self._watch.dial()
        self._slot = await self._loop.gate.enter()
        try:
            link = await self._loop.in_thread(lambda: self._pull.open_link(self._options()))
            link.silence_limit_s = self._stall_s()
            self._link = link
            await self._watched(link)
        except GatewayError as error:
            self._learn(error)
            raise
        finally:
            self._slot.leave()
            self._link = None

    async def _attempt(self) -> GatewayError:
        try:
            await self.run_once()
        except GatewayError as error:
            return error
        except Exception as error:  # noqa: BLE001 one camera's surprise must not end its session
            self._log.exception("session failed unexpectedly")
            return GatewayError(f"The session failed unexpectedly ({type(error).__name__}).")
        return StreamLostError("The stream ended.")

    async def _watched(self, link: Link) -> None:
        """Run a link for as long as it gives video.

        Raises the link's errors, and StalledError when it neither gives any nor says why not.
        """
        patience = asyncio.timeout(None)
        try:
            async with patience:
                guard = _Guard(patience, self._late_s)
                try:
                    await link.run(self._watch)
                finally:
                    guard.cancel()
        except TimeoutError:
            if not patience.expired():
                raise
            what = "is connected, but has sent" if self._watch.connected else "answers, but gives"
            raise StalledError(
                f"The stream {what} no picture for {self._patience_s():.0f} s; "
                "restart the camera if this goes on."
            ) from None

    def _late_s(self, began_s: float) -> float:
        """Return by how much video is overdue, seconds; below zero while it is not.

        began_s: when the attempt began, monotonic seconds.
        """
        last_s = self._watch.last_video_s if self._watch.has_video else began_s
        return monotonic_s() - (last_s or began_s) - self._patience_s()

    def _patience_s(self) -> float:
        """Return how old the newest video may become, seconds."""
        if not self._watch.connected:
            return OPENING_S
        if not self._watch.has_video:
            return max(FIRST_VIDEO_S, self._stall_s())
        return self._stall_s() + GRACE_S

    def _stall_s(self) -> float:
        """Return how long a stream may be silent, by its measured key frame interval."""
        scaled_s = min(MAX_STALL_S, STALL_GOPS * (self.gop_s or 0.0))
        return max(self._pull.options.silence_s, scaled_s)

    def _options(self) -> LinkOptions:
        return replace(
            self._pull.options,
            transport=self._way.transport,
            through_ffmpeg=self._way.through_ffmpeg,
        )

    def _learn(self, failure: GatewayError) -> None:
        """Choose how to dial the next time, where the camera's owner leaves it open.

        A stream that is silent over TCP is asked for by UDP. A way that gave no video is not
        insisted on, unless the camera could not be asked at all, for a while.
        """
        if self._pull.options.transport is not Transport.AUTO or self._watch.has_video:
            return
        was_deaf = isinstance(failure, (UnreachableError, UnauthorizedError))
        if was_deaf and self._failures < FORGET_AFTER:
            return
        way, link = self._way, self._link
        was_silent = isinstance(failure, StreamLostError) and way.transport is Transport.AUTO
        if was_silent and link is not None and link.transport == Transport.TCP:
            way.transport = Transport.UDP
            way.transport_note = "No picture came over TCP; the stream is asked for by UDP."
        else:
            way.transport, way.transport_note = Transport.AUTO, ""

    def _connected(self) -> None:
        """Let the next camera connect; on the link's thread."""
        if self._slot is not None:
            self._loop.post(self._slot.leave)

    def _key_came(self) -> None:
        """Take note of a key frame; on the link's thread."""
        link = self._link
        if link is None:
            return
        link.silence_limit_s = self._stall_s()
        if self.report.state is not SessionState.ONLINE:
            self._loop.post(lambda: self._online(link))

    def _online(self, link: Link) -> None:
        if self._link is not link or self.report.state is SessionState.ONLINE:
            return
        if self._lost_s is not None:
            self._log.info("camera back", after_s=round(monotonic_s() - self._lost_s, 1))
            self._lost_s = None
        way, by_udp = self._way, link.transport == Transport.UDP
        if self._pull.options.transport is Transport.AUTO and by_udp:
            way.transport = Transport.UDP
            way.transport_note = way.transport_note or "The camera refuses TCP."
        self.report = replace(self.report, reader=link.reader, transport=link.transport or "")
        self._tell(SessionState.ONLINE)

    def _lost(self, state: SessionState, failure: GatewayError) -> None:
        if self._lost_s is None:
            self._lost_s = monotonic_s()
            self._log.warning("camera lost", state=state, code=failure.code, detail=str(failure))
        self._tell(state, failure.code, str(failure))

    def _tell(self, state: SessionState, code: str = "", detail: str = "") -> None:
        known, note = self.report, self._way.note
        if (known.state, known.code, known.note) == (state, code, note):
            return
        since = known.since if known.state is state else utc_now()
        self.report = replace(known, state=state, since=since, code=code, detail=detail, note=note)
        self._on_report(self.report)


class _Guard:
    """Ends what runs under a timeout as soon as video is overdue. late_s: as `_late_s`."""

    def __init__(self, patience: asyncio.Timeout, late_s: Callable[[float], float]) -> None:
        self._patience = patience
        self._late_s = late_s
        self._began_s = monotonic_s()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._look()

    def cancel(self) -> None:
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        late_s = self._late_s(self._began_s)
        if late_s >= 0:
            self._patience.reschedule(self._loop.time())
        else:
            self._timer = self._loop.call_later(min(-late_s, LOOK_S), self._look)
