"""What a person says into a browser, made ready for a camera: G.711, 20 ms at a time, in step."""

from collections import deque
from collections.abc import Iterator
from typing import Literal

import av
from av.audio.codeccontext import AudioCodecContext

from gateway.rtsp.back_channel import G711_HZ
from gateway.rtsp.voice import FRAME_SAMPLES

GATHER_FRAMES = 3
"""Frames gathered before a spurt goes out, 60 ms: they cover the unevenness of a good network."""

MOST_FRAMES = 15
"""Frames that may wait, 300 ms; with more the oldest go, for late speech helps nobody."""


class SpeechCoder:
    """Turns decoded sound of any rate and layout into coded frames of 20 ms.

    codec: a word of `gateway.rtsp.back_channel.G711`. What came as the same G.711 leaves as it
    came, but for the second zero of µ-law.
    """

    def __init__(self, codec: str) -> None:
        name: Literal["pcm_alaw", "pcm_mulaw"] = "pcm_alaw" if codec == "pcm_alaw" else "pcm_mulaw"
        self._coder: AudioCodecContext = av.CodecContext.create(name, "w")
        self._coder.format, self._coder.layout = "s16", "mono"
        self._coder.sample_rate = G711_HZ
        self._resampler = av.AudioResampler("s16", "mono", G711_HZ, FRAME_SAMPLES)

    def code(self, sound: av.AudioFrame) -> Iterator[bytes]:
        """Yield the frames that some sound completes, `FRAME_SAMPLES` bytes each."""
        sound.pts = None
        for frame in self._resampler.resample(sound):
            for packet in self._coder.encode(frame):
                yield bytes(packet)


class SpeechQueue:
    """Frames that wait for their turn, one every 20 ms.

    dropped: frames that came when `most` were waiting; each took the oldest one's place.
    """

    def __init__(self, gather: int = GATHER_FRAMES, most: int = MOST_FRAMES) -> None:
        self.dropped = 0
        self._frames: deque[bytes] = deque(maxlen=most)
        self._gather = gather
        self._flows = False

    def put(self, frame: bytes) -> None:
        """Take the next frame."""
        self.dropped += len(self._frames) == self._frames.maxlen
        self._frames.append(frame)

    def take(self) -> bytes | None:
        """Return what is to go out now; None in a pause, which lasts until enough has gathered."""
        if not self._flows and len(self._frames) < self._gather:
            return None
        self._flows = bool(self._frames)
        return self._frames.popleft() if self._frames else None
