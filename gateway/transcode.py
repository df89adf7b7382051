"""Streams that players cannot play, made into ones they can: decoded, made smaller, H.264 again.

One encoder serves all viewers of a stream, and one worker runs only a few: each costs a good part
of a core. Sound is passed on as it is.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf

import av
import av.error
import structlog
from av.stream import Stream
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from gateway import telemetry
from gateway.clock import monotonic_s
from gateway.config import LiveSettings
from gateway.decode import PictureDecoder
from gateway.errors import NotVideoError, TranscodesFullError
from gateway.hub import Hub, HubClosedError
from gateway.packets import TICKS_PER_S, StreamInfo, VideoPacket
from vision.types import FrameSize

READER_PACKETS = 50
"""Packets that may wait for the decoder: two seconds at 25 fps, more is no longer live."""
GOP_S = 2.0
"""A key frame so often: what a viewer who lost a packet waits for at most."""
EARLY = 0.6
"""How much sooner than its turn a picture may come, of the time between two: cameras are uneven."""
WAIT_S = 1.0
JOIN_S = 5.0
TIME_BASE = Fraction(1, TICKS_PER_S)

log = structlog.get_logger()


def fitted(size: FrameSize, limit: FrameSize) -> FrameSize:
    """Return a size in proportion and even, as 4:2:0 wants it, within `limit`, never larger."""
    shrink = min(1.0, limit.width / size.width, limit.height / size.height)
    return FrameSize(
        max(2, int(size.width * shrink) // 2 * 2), max(2, int(size.height * shrink) // 2 * 2)
    )


class LiveEncoder:
    """H.264 for players: constrained baseline, no picture held back, one thread."""

    def __init__(self, size: FrameSize, settings: LiveSettings) -> None:
        self.size = size
        fps, bits = settings.transcode_fps, settings.transcode_kbps * 1000
        context = av.VideoCodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = size.width, size.height, "yuv420p"
        context.time_base = TIME_BASE
        context.framerate = Fraction(fps).limit_denominator(1000)
        context.bit_rate = bits
        context.thread_count = 1
        keys = max(1, round(GOP_S * fps))
        context.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "maxrate": str(bits),
            "bufsize": str(bits // 2),
            "x264-params": f"keyint={keys}:min-keyint={keys}:scenecut=0",
        }
        self._context = context
        self._scaler = VideoReformatter()

    def encode(self, picture: av.VideoFrame, pts: int) -> "list[av.Packet[Stream]]":
        """Return the packets of one picture of any size and format, mostly one.

        pts: 90 kHz ticks, rising. Raises av.error.FFmpegError.
        """
        frame = self._scaler.reformat(
            picture, self.size.width, self.size.height, "yuv420p", threads=1
        )
        frame.pts, frame.time_base = pts, TIME_BASE
        frame.pict_type = PictureType.NONE
        return self._context.encode(frame)


class _Remaking:
    """One session of a stream on its way into another hub; belongs to the transcoder's thread."""

    def __init__(self, info: StreamInfo, hub: Hub, settings: LiveSettings) -> None:
        """Open the decoder; raises NotVideoError when this machine has none for the codec."""
        self._info = info
        self._hub = hub
        self._settings = settings
        self._decoder = PictureDecoder(info)
        self._encoder: LiveEncoder | None = None
        self._source_size: FrameSize | None = None
        self._interval = TICKS_PER_S / settings.transcode_fps
        self._due = -inf

    def take(self, packet: VideoPacket) -> None:
        """Pass a packet on as players take it; raises av.error.FFmpegError."""
        for picture in self._decoder.decode(packet):
            pts = picture.frame.pts
            if pts is None or pts < self._due - EARLY * self._interval:
                continue
            self._due = max(self._due + self._interval, pts)
            for coded in self._encoder_of(picture.size).encode(picture.frame, pts):
                self._hub.publish(
                    replace(
                        packet,
                        data=bytes(coded),
                        pts=pts,
                        dts=pts,
                        is_key=coded.is_keyframe,
                        captured_at=picture.captured_at,
                        received_s=monotonic_s(),
                    )
                )

    def _encoder_of(self, size: FrameSize) -> LiveEncoder:
        """Return the encoder of a picture's size; a new one starts the hub anew."""
        if self._encoder is None or size != self._source_size:
            limit = FrameSize(self._settings.transcode_width, self._settings.transcode_height)
            self._source_size = size
            self._encoder = LiveEncoder(fitted(size, limit), self._settings)
            self._hub.start(
                StreamInfo(
                    codec="h264",
                    width=self._encoder.size.width,
                    height=self._encoder.size.height,
                    fps=self._settings.transcode_fps,
                    extradata=b"",
                    profile="Constrained Baseline",
                    audio=self._info.audio,
                )
            )
        return self._encoder


class LiveTranscoder:
    """One stream transcoded, from `start` to `stop`: `hub` has what viewers get.

    A source that cannot be decoded, or is gone, closes the hub.
    """

    def __init__(self, source: Hub, settings: LiveSettings) -> None:
        """Join the source; raises HubClosedError when it is gone."""
        self.hub = Hub(source.camera_id)
        self._reader = source.reader("transcoder", READER_PACKETS, with_audio=True)
        self._settings = settings
        self._thread = threading.Thread(
            target=self._run, name=f"transcode-{source.camera_id}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._reader.close()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        try:
            self._remake_all()
        except HubClosedError:
            log.info("transcoding ended", camera=self.hub.camera_id)
        except (NotVideoError, av.error.FFmpegError) as error:
            log.error("cannot transcode", camera=self.hub.camera_id, reason=str(error))
        finally:
            self._reader.close()
            self.hub.close()

    def _remake_all(self) -> None:
        session, remaking = 0, None
        while True:
            delivery = self._reader.get(WAIT_S)
            if delivery is None:
                continue
            if remaking is None or delivery.epoch != session:
                session = delivery.epoch
                remaking = _Remaking(delivery.info, self.hub, self._settings)
            remaking.take(delivery.packet)
            for sound in self._reader.drain_audio():
                self.hub.publish_audio(sound.packet)


@dataclass(slots=True)
class _Shared:
    transcoder: LiveTranscoder
    users: int = 0


class Transcoders:
    """The transcoded streams of one worker, each as long as somebody uses it; for any thread."""

    def __init__(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._running: dict[Hub, _Shared] = {}

    def __len__(self) -> int:
        return len(self._running)

    @contextmanager
    def use(self, source: Hub) -> Iterator[Hub]:
        """Give what a source is transcoded to, shared with all who ask.

        Raises TranscodesFullError beyond `live.max_transcodes`, HubClosedError when the source is
        gone. The end waits for the encoder where nobody else uses it.
        """
        hub = self._join(source)
        try:
            yield hub
        finally:
            self._leave(source)

    def _join(self, source: Hub) -> Hub:
        with self._lock:
            shared = self._running.get(source)
            if shared is None:
                shared = _Shared(self._begin(source))
                self._running[source] = shared
            shared.users += 1
            telemetry.LIVE_TRANSCODES.set(len(self._running))
            return shared.transcoder.hub

    def _begin(self, source: Hub) -> LiveTranscoder:
        most = self._settings.max_transcodes
        if len(self._running) >= most:
            raise TranscodesFullError(
                f"camera {source.camera_id} needs transcoding, and this worker transcodes {most} "
                "at once at most (live.max_transcodes); single pictures are shown instead"
            )
        transcoder = LiveTranscoder(source, self._settings)
        transcoder.start()
        return transcoder

    def _leave(self, source: Hub) -> None:
        with self._lock:
            shared = self._running[source]
            shared.users -= 1
            if shared.users:
                return
            del self._running[source]
            telemetry.LIVE_TRANSCODES.set(len(self._running))
        shared.transcoder.stop()
