"""What a session runs: a link connects to one stream and hands its packets to a sink."""

from dataclasses import dataclass
from typing import Protocol

from gateway.packets import AudioPacket, StreamInfo, Transport, VideoPacket


class PacketSink(Protocol):
    """Where a link puts what it receives; all calls come from one thread, and none waits."""

    def start(self, info: StreamInfo) -> None:
        """Begin anew: the packets that follow belong to this stream."""
        ...

    def publish(self, packet: VideoPacket) -> None:
        """Take the next picture."""
        ...

    def publish_audio(self, packet: AudioPacket) -> None:
        """Take the next sound; comes only where it was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How a link is made.

    transport: how RTP is asked for; of no meaning to what is not RTSP. with_audio: ask for sound
    too. open_s: for each step of connecting. silence_s: without a packet before a stream counts as
    stalled; above zero, both. through_ffmpeg: read RTSP with FFmpeg, as our own client cannot.
    verify_tls: refuse a certificate that no authority signed; cameras mostly sign their own.
    """

    transport: Transport = Transport.AUTO
    with_audio: bool = False
    open_s: float = 5.0
    silence_s: float = 5.0
    through_ffmpeg: bool = False
    verify_tls: bool = False


class Link(Protocol):
    """One connection to one stream, run once.

    silence_limit_s: seconds without a packet after which `run` raises StalledError; may be changed
    while it runs.
    """

    silence_limit_s: float

    @property
    def transport(self) -> str | None:
        """How packets come: "tcp", "udp" or "file"; None before that is settled."""
        ...

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest RTCP report; None while it sent none."""
        ...

    @property
    def reader(self) -> str:
        """What reads the stream: "rtsp" (our client), "ffmpeg" or "file"."""
        ...

    async def run(self, sink: PacketSink) -> None:
        """Connect, start the sink, publish until the other side ends it or the task is cancelled.

        Returns at the end of a file that is played once. The sink is started again where the stream
        changes its size, profile or codec on the way. Raises UnreachableError, UnauthorizedError,
        NotVideoError, NotFoundError, ConfigError, StreamLostError, StalledError, or
        UnsupportedServerError when this reader cannot speak to the server and another should.
        """
        ...
