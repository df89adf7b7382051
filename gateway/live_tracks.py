"""A camera's packets as WebRTC tracks: its pictures, and its sound where players can take it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.stream import Stream

from gateway import telemetry
from gateway.hub import AudioDelivery, Delivery, Hub, HubClosedError, HubReader
from gateway.packets import TICKS_PER_S, AudioInfo, StreamInfo
from gateway.timeline import Timeline

READER_PACKETS = 50
"""Packets that may wait for a viewer: two seconds at 25 fps, more is no longer live."""
SOUNDS = 100
"""Sounds that may wait for a viewer: two seconds of the usual 20 ms."""
TIME_BASE = Fraction(1, TICKS_PER_S)

SOUND_CODECS: Mapping[str, str] = {
    "pcm_alaw": "audio/PCMA",
    "pcm_mulaw": "audio/PCMU",
    "opus": "audio/opus",
}
"""What every player decodes (RFC 7874 §3), by FFmpeg's name and WebRTC's."""
G711 = frozenset({"pcm_alaw", "pcm_mulaw"})
G711_HZ = 8000
"""The only rate of G.711 (RFC 3551 §4.5.14); a byte is a sample."""
FRAME_BYTES, FRAME_TICKS = 160, 1800
"""Twenty milliseconds of it, what players expect in a packet (RFC 3551 §4.5)."""
MAX_STEP_TICKS = TICKS_PER_S
"""A longer pause between two sounds is a jump of the camera's clock, or a lost connection."""


def sound_codec(info: AudioInfo | None) -> str:
    """Return WebRTC's name for a stream's sound; "" for none, and for what players cannot take."""
    if info is None or (info.codec in G711 and (info.sample_rate, info.channels) != (G711_HZ, 1)):
        return ""
    return SOUND_CODECS.get(info.codec, "")


class SoundTrack(MediaStreamTrack):
    """The sound beside a `PictureTrack`, which feeds it."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._queued: deque[av.Packet[Stream]] = deque(maxlen=SOUNDS)
        self._arrived = asyncio.Event()
        self._line = _SoundLine()

    def put(self, deliveries: Iterable[AudioDelivery]) -> None:
        """Queue sound; the oldest goes when it is not fetched."""
        for delivery in deliveries:
            self._queued.extend(self._line.place(delivery))
        if self._queued:
            self._arrived.set()

    async def recv(self) -> "av.Packet[Stream]":
        """Return the next packet; raises MediaStreamError when the track has ended."""
        while not self._queued:
            if self.readyState != "live":
                raise MediaStreamError
            self._arrived.clear()
            await self._arrived.wait()
        return self._queued.popleft()

    def stop(self) -> None:
        """End the track."""
        super().stop()
        self._queued.clear()
        self._arrived.set()


class PictureTrack(MediaStreamTrack):
    """A camera's pictures: from the last key frame on, then as they come.

    It ends when the hub does, and when the stream turns into one that `plays` refuses. It reads the
    hub from the first `recv` on, which is when the viewer is connected.
    """

    kind = "video"

    def __init__(
        self, hub: Hub, plays: Callable[[StreamInfo], bool], sound: SoundTrack | None = None
    ) -> None:
        super().__init__()
        self.sent_bytes = 0
        self._sent = telemetry.LIVE_SENT.labels(hub.camera_id)
        self._hub = hub
        self._plays = plays
        self._sound = sound
        self._reader: HubReader | None = None
        self._info: StreamInfo | None = None
        self._timeline = Timeline()
        self._last_pts = -1

    @property
    def dropped(self) -> int:
        """Packets that the viewer lost because it was too slow."""
        return self._reader.dropped if self._reader else 0

    async def recv(self) -> "av.Packet[Stream]":
        """Return the next packet; raises MediaStreamError when the track has ended."""
        if self.readyState != "live":
            raise MediaStreamError
        try:
            delivery = await self._next()
        except HubClosedError as error:
            self.stop()
            raise MediaStreamError from error
        pts = self._timeline.place(delivery).pts
        if pts <= self._last_pts or not self._goes_on(delivery):
            self.stop()
            raise MediaStreamError
        self._last_pts = pts
        data = delivery.packet.data
        self.sent_bytes += len(data)
        self._sent.inc(len(data))
        return _packet(data, pts)

    def stop(self) -> None:
        """End the track, the sound with it, and leave the hub."""
        super().stop()
        if self._sound is not None:
            self._sound.stop()
        if self._reader is not None:
            self._reader.close()

    async def _next(self) -> Delivery:
        if self._reader is None:
            with_audio = self._sound is not None
            self._reader = self._hub.reader("live", READER_PACKETS, with_audio=with_audio)
        delivery = await self._reader.get_async()
        if self._sound is not None:
            self._sound.put(self._reader.drain_audio())
        return delivery

    def _goes_on(self, delivery: Delivery) -> bool:
        if delivery.info is not self._info:
            self._info = delivery.info
            return self._plays(delivery.info)
        return True


class _SoundLine:
    """Cuts sound as players want it, and times it across reconnects by its own steps."""

    def __init__(self) -> None:
        self._last: AudioDelivery | None = None
        self._at = 0
        self._rest = b""

    def place(self, delivery: AudioDelivery) -> "Iterator[av.Packet[Stream]]":
        """Yield the packets that some sound completes."""
        if delivery.info.codec not in G711:
            self._at += self._step(delivery)
            yield _packet(delivery.packet.data, self._at)
            return
        data = self._rest + delivery.packet.data
        for begin in range(0, len(data) - FRAME_BYTES + 1, FRAME_BYTES):
            yield _packet(data[begin : begin + FRAME_BYTES], self._at)
            self._at += FRAME_TICKS
        self._rest = data[len(data) - len(data) % FRAME_BYTES :]

    def _step(self, delivery: AudioDelivery) -> int:
        """Return the ticks since the sound before, by arrival where the camera's are of no use."""
        last, self._last = self._last, delivery
        if last is None:
            return 0
        step = delivery.packet.pts - last.packet.pts
        if delivery.epoch == last.epoch and 0 < step <= MAX_STEP_TICKS:
            return step
        passed_s = delivery.packet.received_s - last.packet.received_s
        return max(1, min(MAX_STEP_TICKS, round(passed_s * TICKS_PER_S)))


def _packet(data: bytes, pts: int) -> "av.Packet[Stream]":
    packet = av.Packet(data)
    packet.pts = packet.dts = pts
    packet.time_base = TIME_BASE
    return packet
