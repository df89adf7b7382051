"""Live streams through FFmpeg (PyAV): RTSP, RTMP, HTTP-FLV, HLS, and what else it speaks."""

import errno
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlsplit

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from gateway.clock import monotonic_s, utc_s
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnreachableError,
)
from gateway.packets import AudioPacket, StreamInfo, Transport, VideoPacket
from gateway.sources.address import shown, with_credentials
from gateway.sources.failures import explain
from gateway.sources.greeting import Wait, greet
from gateway.sources.interrupt import FALLBACK_S, Interrupt
from gateway.sources.shaping import (
    ByteStream,
    PictureJoiner,
    RawPacket,
    camera_time_s,
    describe,
    is_picture,
    lead_ticks,
    ticks,
    video_of,
)
from gateway.sources.sound import SoundLine
from gateway.sources.source import Credentials
from gateway.timing import PictureClock, TickLine

ANALYSIS_US = 1_000_000
"""Stream time FFmpeg may look at to find the picture size when the description lacks it."""


SETTLE_S = 1.0
"""Pause after a refused session: GStreamer's server answers 503 while it still clears one away."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What FFmpeg needs to know for one kind of URL.

    port: the default, 0 where asking first makes no sense. transports: tried in this order.
    """

    port: int
    transports: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)


_RTSP_OPTIONS = {"allowed_media_types": "video"}

SCHEMES: Mapping[str, Scheme] = {
    "rtsp": Scheme(554, ("tcp", "udp"), options=_RTSP_OPTIONS),
    "rtsps": Scheme(322, ("tcp",), options=_RTSP_OPTIONS),
    "rtmp": Scheme(1935, ("tcp",)),
    "rtmps": Scheme(443, ("tcp",)),
    "http": Scheme(80, ("tcp",)),
    "https": Scheme(443, ("tcp",)),
    "srt": Scheme(0, ("udp",)),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for each step of connecting, and of silence before a stream counts as stalled."""

    open_s: float = 5.0
    silence_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Session:
    """An open stream and what its packets go through."""

    container: InputContainer
    stream: VideoStream
    byte_stream: ByteStream
    joiner: PictureJoiner
    transport: str
    sound: SoundLine | None

    def streams(self) -> tuple[VideoStream | AudioStream, ...]:
        """Return what is to be read: the video, and the first audio stream where asked for."""
        return (self.stream, *(self.container.streams.audio[:1] if self.sound else ()))


class AvSource:
    """A `Source` for one live stream.

    url: without credentials. Packets are yielded from the first on, key frame or not. transport:
    for RTSP, TCP first where there is a choice. with_audio: ask for sound too.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        limits: Limits | None = None,
        transport: Transport = Transport.AUTO,
        with_audio: bool = False,
    ) -> None:
        scheme = SCHEMES.get(urlsplit(url).scheme)
        if scheme is None:
            raise ConfigError(f"{shown(url)} is none of {', '.join(SCHEMES)}.")
        self._url, self._shown, self._credentials = url, shown(url), credentials
        self._scheme = scheme
        self._transports = scheme.transports
        if len(scheme.transports) > 1 and transport is not Transport.AUTO:
            self._transports = (transport.value,)
        self._limits = limits or Limits()
        self._with_audio = with_audio
        self.silence_limit_s = self._limits.silence_s
        self._interrupt = Interrupt()
        self._owner = threading.Lock()
        self._session: _Session | None = None
        self._line, self._clock = TickLine(), PictureClock()

    @property
    def transport(self) -> str | None:
        """How packets come: "tcp" or "udp"; None before `open`."""
        return self._session.transport if self._session else None

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest RTCP report; None while it sent none."""
        return self._clock.offset_s

    def open(self) -> StreamInfo:
        """Connect, over TCP first where there is a choice, and describe the stream.

        Raises UnreachableError, UnauthorizedError, NotVideoError, ConfigError (FFmpeg cannot speak
        this protocol), StreamLostError (closed meanwhile).
        """
        if self._scheme.port:
            wait = Wait(self._limits.open_s, self._interrupt.closing)
            is_rtsp = urlsplit(self._url).scheme == "rtsp"
            greet(self._url, self._scheme.port, wait, expect_rtsp=is_rtsp)
        container, transport = self._connect()
        try:
            stream = video_of(container, self._shown)
            info = describe(container, stream)
            if not self._with_audio:
                info = replace(info, audio=None)
            self._line = TickLine(lead_ticks(stream, info))
            self._session = _Session(
                container,
                stream,
                ByteStream(stream, info),
                PictureJoiner(info.codec),
                transport,
                SoundLine(info.audio.codec) if self._with_audio and info.audio else None,
            )
        except GatewayError:
            container.close()
            raise
        return info

    def packets(self) -> Iterator[VideoPacket | AudioPacket]:
        """Yield packets until `close`; call once, after `open`.

        Raises StreamLostError when the camera ends the stream, StalledError when it is silent for
        `silence_limit_s`.
        """
        session = self._session
        if session is None:
            raise RuntimeError("packets() needs open() first")
        with self._owner:
            try:
                for raw in self._read(session):
                    yield from self._shape(raw, session)
            finally:
                session.container.close()

    def close(self) -> None:
        """End `open` or `packets`, from any thread, within a fraction of a second."""
        self._interrupt.closing.set()
        if self._session is not None and self._owner.acquire(blocking=False):
            try:
                self._session.container.close()
            finally:
                self._owner.release()

    def _connect(self) -> tuple[InputContainer, str]:
        failure: GatewayError | None = None
        for transport in self._transports:
            try:
                return self._open(transport, self._scheme.options), transport
            except av.error.FFmpegError as error:
                failure = self._why_not_open(error)
                refused = error.errno == errno.EPROTONOSUPPORT
            if isinstance(failure, NotVideoError):
                failure = self._only_sound(transport) or failure
            if not refused:
                break
            self._interrupt.closing.wait(SETTLE_S)
        # Raised here and not in the handler: FFmpeg's error names the URL with the password.
        raise failure or ConfigError(f"{self._shown} has no transport to try.")

    def _open(self, transport: str, extra: Mapping[str, str]) -> InputContainer:
        options = {"analyzeduration": str(ANALYSIS_US), "fpsprobesize": "0"}
        if len(self._scheme.transports) > 1:
            options["rtsp_transport"] = transport
        if not self._with_audio:
            options |= extra
        self._interrupt.deadline_s = monotonic_s() + self._limits.open_s
        with self._interrupt.watching():
            return av.open(
                with_credentials(self._url, self._credentials),
                mode="r",
                options=options,
                timeout=FALLBACK_S,
            )

    def _why_not_open(self, error: av.error.FFmpegError) -> GatewayError:
        if self._interrupt.closing.is_set():
            return StreamLostError(f"{self._shown} was closed while it was being opened.")
        if self._interrupt.has_fired:
            return UnreachableError(
                f"{self._shown} stopped answering while it was being opened; "
                "check the network, or restart the camera."
            )
        return explain(error, self._shown)

    def _only_sound(self, transport: str) -> NotVideoError | None:
        """Look whether a camera that refused to send video would send sound."""
        if not self._scheme.options:
            return None
        self._interrupt.closing.wait(SETTLE_S)
        try:
            with self._open(transport, {}) as container:
                video_of(container, self._shown)
        except NotVideoError as error:
            return error
        except av.error.FFmpegError:
            return None
        return None

    def _read(self, session: _Session) -> Iterator[RawPacket]:
        if self._interrupt.closing.is_set():
            return
        packets = cast("Iterator[RawPacket]", session.container.demux(session.streams()))
        while True:
            failure: GatewayError = StreamLostError(f"{self._shown} ended the stream.")
            packet: RawPacket | None = None
            self._interrupt.deadline_s = monotonic_s() + self.silence_limit_s
            try:
                with self._interrupt.watching():
                    packet = next(packets, None)
            except av.error.FFmpegError as error:
                failure = self._why_lost(error)
            if self._interrupt.closing.is_set():
                return
            # A packet without data is how PyAV marks the end.
            if packet is None or not packet.size:
                raise failure
            yield packet

    def _why_lost(self, error: av.error.FFmpegError) -> GatewayError:
        if self._interrupt.has_fired:
            return StalledError(
                f"{self._shown} is connected but has sent nothing for {self.silence_limit_s:g} s."
            )
        reason = (error.strerror or "no reason given").lower()
        return StreamLostError(f"{self._shown} broke off ({reason}).")

    def _shape(self, raw: RawPacket, session: _Session) -> Iterator[VideoPacket | AudioPacket]:
        """Yield what is whole now in our form: pictures come by the joiner, sound as it is."""
        if is_picture(raw):
            raw_pts = ticks(raw, raw.pts)
            picture = self._picture(raw, session.byte_stream)
            if session.sound is not None:
                session.sound.see(raw_pts, picture)
            yield from session.joiner.feed(picture)
        elif session.sound is not None:
            sound = session.sound.shape(bytes(raw), ticks(raw, raw.pts), monotonic_s())
            if sound is not None:
                yield sound

    def _picture(self, raw: "Packet[VideoStream]", byte_stream: ByteStream) -> VideoPacket:
        received_s, arrival_s = monotonic_s(), utc_s()
        pts, dts = self._line.place(ticks(raw, raw.pts), ticks(raw, raw.dts), received_s)
        captured_at, clock = self._clock.stamp(pts, dts, arrival_s, camera_time_s(raw))
        is_key = raw.is_keyframe
        return VideoPacket(
            data=byte_stream.rewrite(raw),
            pts=pts,
            dts=dts,
            is_key=is_key,
            captured_at=captured_at,
            clock=clock,
            received_s=received_s,
        )
