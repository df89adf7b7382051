"""The packets of one session on their way from its ports to who wants pictures and sound."""

from collections.abc import Sequence
from typing import Protocol

from gateway.packets import AudioPacket, StreamInfo, VideoPacket
from gateway.rtsp.client import TrackPort
from gateway.rtsp.receiver import AudioReceiver, VideoReceiver


class FeedSink(Protocol):
    """Takes what a session brings; no call waits."""

    def start(self, info: StreamInfo) -> None:
        """Begin anew: the pictures that follow belong to this stream."""
        ...

    def publish(self, packet: VideoPacket) -> None:
        """Take the next picture."""
        ...

    def publish_audio(self, packet: AudioPacket) -> None:
        """Take the next sound."""
        ...


class Feed:
    """Publishes what comes in at a video port and, once `add_sound` was called, a sound port.

    The times are monotonic seconds, None before the first: last_picture_s of a picture that was
    published, last_video_s of any packet at the video port, last_sound_s of one at the sound port.
    """

    def __init__(self, sink: FeedSink, video: VideoReceiver, port: TrackPort) -> None:
        self.last_picture_s: float | None = None
        self.last_video_s: float | None = None
        self.last_sound_s: float | None = None
        self._sink = sink
        self._video = video
        self._info: StreamInfo | None = None
        self._tracks: list[tuple[TrackPort, VideoReceiver | AudioReceiver]] = [(port, video)]
        video.on_picture = self._publish
        port.listen(self._take_video, video.rtcp)

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest RTCP report; None while it sent none."""
        return self._video.clock_offset_s

    def add_sound(self, sound: AudioReceiver, port: TrackPort) -> None:
        """Publish sound too."""
        self._tracks.append((port, sound))

        def take(packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:
            self.last_sound_s = received_s
            for packet in sound.rtp(packets, received_s, arrival_s):
                self._sink.publish_audio(packet)

        port.listen(take, sound.rtcp)

    def start(self) -> None:
        """Start the sink if the stream is known already; else its first picture will."""
        info = self._video.info
        if info is not None and info is not self._info:
            self._info = info
            self._sink.start(info)

    def report(self, now_s: float) -> None:
        """Send the server a receiver report for each track. now_s: monotonic seconds."""
        for port, receiver in self._tracks:
            report = receiver.report(now_s)
            if report:
                port.send_rtcp(report)

    def _take_video(self, packets: Sequence[bytes], received_s: float, arrival_s: float) -> None:
        self.last_video_s = received_s
        self._video.rtp(packets, received_s, arrival_s)

    def _publish(self, picture: VideoPacket) -> None:
        if self._video.info is not self._info:
            self.start()
        self._sink.publish(picture)
        self.last_picture_s = self.last_video_s
