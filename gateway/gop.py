"""How far key frames are apart: smart codecs stretch it to many seconds, and patience with it."""

from collections import deque

from gateway.packets import TICKS_PER_S, VideoPacket

_REMEMBERED = 8
"""Intervals looked back on: long enough to hold the long one of a camera that varies them."""


class GopMeter:
    """Measures the interval between the key frames of one session."""

    def __init__(self) -> None:
        self._intervals = deque[float](maxlen=_REMEMBERED)
        self._key_dts: int | None = None
        self._open_s = 0.0

    @property
    def seconds(self) -> float | None:
        """The longest of the latest intervals; None before the second key frame."""
        if not self._intervals:
            return None
        return max(*self._intervals, self._open_s)

    def see(self, packet: VideoPacket) -> None:
        """Take note of the next packet, in decoding order; all that are no key may be left out.

        Then a GOP counts once it is over.
        """
        if self._key_dts is not None:
            self._open_s = (packet.dts - self._key_dts) / TICKS_PER_S
        if packet.is_key:
            if self._key_dts is not None:
                self._intervals.append(self._open_s)
            self._key_dts, self._open_s = packet.dts, 0.0
