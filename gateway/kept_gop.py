"""The running group of pictures, kept so that whoever joins has a picture at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.packets import VideoPacket


@dataclass(frozen=True, slots=True)
class GopLimits:
    """How much of the running GOP is kept for new readers, in packets and bytes, both above zero.

    The defaults hold 24 s at 25 fps, longer than the GOPs of cameras with "smart" codecs, and a
    4K key frame with its followers. A GOP beyond them is not kept; new readers then wait for the
    next key frame.
    """

    packets: int = 600
    bytes: int = 8 << 20


class KeptGop:
    """The packets since the newest key frame, as far as the limits allow; for one thread."""

    def __init__(self, limits: GopLimits) -> None:
        self._limits = limits
        self._packets: list[VideoPacket] = []
        self._bytes = 0

    @property
    def packets(self) -> Sequence[VideoPacket]:
        """The key frame and what followed it; empty where there is nothing to begin with."""
        return self._packets

    def add(self, packet: VideoPacket) -> None:
        """Keep a packet: a key frame begins anew, others only where their key frame is kept."""
        if packet.is_key:
            self.forget()
        elif not self._packets:
            return
        self._packets.append(packet)
        self._bytes += len(packet.data)
        if len(self._packets) > self._limits.packets or self._bytes > self._limits.bytes:
            self.forget()

    def forget(self) -> None:
        """Keep nothing until the next key frame."""
        self._packets = []
        self._bytes = 0
