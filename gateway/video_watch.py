"""Is there video? Packets alone do not say: only an unbroken run from a key frame decodes."""

from collections.abc import Callable

from gateway.gop import GopMeter
from gateway.packets import AudioPacket, StreamInfo, VideoPacket
from gateway.sources import PacketSink


class VideoWatch:
    """A sink before a sink, for one session; called on the link's thread.

    Links leave out what cannot be decoded after a loss, so a run is broken by a new start alone.
    connected, has_video: whether the attempt that `dial` began was started, and gave decodable
    packets. last_video_s: monotonic seconds at the arrival of the newest one of any attempt; None
    before the first. gop_s: the key frame interval as last measured; None before it is known.
    """

    def __init__(
        self, sink: PacketSink, on_start: Callable[[], None], on_key: Callable[[], None]
    ) -> None:
        self.connected = self.has_video = False
        self.last_video_s: float | None = None
        self.gop_s: float | None = None
        self._gop = GopMeter()
        self._sink = sink
        self._on_start = on_start
        self._on_key = on_key
        self._in_run = False

    def dial(self) -> None:
        """Begin another attempt."""
        self.connected = self.has_video = self._in_run = False

    def start(self, info: StreamInfo) -> None:
        """Begin anew, with a run that awaits its key frame."""
        self._in_run = False
        self._gop = GopMeter()
        self._sink.start(info)
        self.connected = True
        self._on_start()

    def publish(self, packet: VideoPacket) -> None:
        """Pass a picture on."""
        self._sink.publish(packet)
        if packet.is_key:
            self._in_run = self.has_video = True
            self._gop.see(packet)
            self.gop_s = self._gop.seconds or self.gop_s
            self.last_video_s = packet.received_s
            self._on_key()
        elif self._in_run:
            self.last_video_s = packet.received_s

    def publish_audio(self, packet: AudioPacket) -> None:
        """Pass sound on; it is no sign of video."""
        self._sink.publish_audio(packet)
