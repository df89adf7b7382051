"""RTP and RTCP of what is said to a camera: G.711 in packets of 20 ms (RFC 3551 §4.5, RFC 3550)."""

import struct
from dataclasses import dataclass

from gateway.rtsp.rtcp import NTP_EPOCH_S, NTP_ERA_S, SENDER_REPORT, description

FRAME_S = 0.02
"""What receivers must expect in a packet (RFC 3551 §4.2)."""

FRAME_SAMPLES = 160
GOODBYE = 203
MARKER = 0x80

_head = struct.Struct(">BBHII").pack


@dataclass(frozen=True, slots=True)
class VoiceStart:
    """Where a stream begins, each at random (RFC 3550 §5.1): 32 bits, 16 bits, 32 bits."""

    ssrc: int
    sequence: int
    timestamp: int


class VoiceStream:
    """What is said, packet by packet. Time goes by ticks of `FRAME_S` from the start on.

    Nothing is sent in pauses: timestamps go on with the time, sequence numbers with the packets,
    and the first packet after a pause has the marker (RFC 3551 §4.1).
    """

    def __init__(self, payload_type: int, start: VoiceStart) -> None:
        self._payload_type = payload_type
        self._start = start
        self._packets = self._bytes = 0
        self._last_tick: int | None = None

    def packet(self, frame: bytes, tick: int) -> bytes:
        """Return the RTP packet of one frame. tick: rises from call to call."""
        goes_on = self._last_tick is not None and tick == self._last_tick + 1
        self._last_tick = tick
        sequence = (self._start.sequence + self._packets) & 0xFFFF
        self._packets += 1
        self._bytes += len(frame)
        kind = self._payload_type | (0 if goes_on else MARKER)
        return _head(0x80, kind, sequence, self._timestamp(tick), self._start.ssrc) + frame

    def report(self, tick: int, utc_s: float) -> bytes:
        """Return a compound packet: a sender report and our name (RFC 3550 §6.4.1).

        utc_s: seconds since 1970 at that tick.
        """
        seconds = int(utc_s)
        body = struct.pack(
            ">IIIIII",
            self._start.ssrc,
            (seconds + NTP_EPOCH_S) & 0xFFFFFFFF,
            int((utc_s - seconds) * NTP_ERA_S),
            self._timestamp(tick),
            self._packets & 0xFFFFFFFF,
            self._bytes & 0xFFFFFFFF,
        )
        return struct.pack(">BBH", 0x80, SENDER_REPORT, 6) + body + description(self._start.ssrc)

    def goodbye(self, tick: int, utc_s: float) -> bytes:
        """Return the last compound packet: a report and BYE (RFC 3550 §6.6)."""
        return self.report(tick, utc_s) + struct.pack(">BBHI", 0x81, GOODBYE, 1, self._start.ssrc)

    def _timestamp(self, tick: int) -> int:
        return (self._start.timestamp + tick * FRAME_SAMPLES) & 0xFFFFFFFF
