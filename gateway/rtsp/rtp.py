"""RTP packets of one track (RFC 3550): headers read, sequence watched, reception counted."""

import struct

from gateway.rtsp.rtcp import Reception

HEADER_BYTES = 12
PLAIN = 0x80
"""First byte of a header with nothing optional: version 2, no padding, extension or sources."""

MARKER = 0x80
MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""How far sequence numbers may leap ahead or fall back before it is another sequence (RFC 3550
appendix A.1)."""

ADOPT_AFTER = 20
"""Packets of one unannounced type in a row after which the camera is taken at its deeds."""

_RTCP_TYPES = range(72, 77)
"""RTCP packets 200-204 seen as RTP payload types (RFC 5761 §4)."""

_read_header = struct.Struct(">BBHII").unpack_from

Packet = tuple[int, int, int, int]
"""Marker (non-zero where set), timestamp, and where the payload begins and ends."""


class RtpStream:
    """The packets of one track in the order of their sequence numbers.

    after_gap: packets are missing before the one read last. lost: packets that never came.
    jumps: how often the sequence was begun anew.
    """

    def __init__(self, payload_type: int, clock_rate: int) -> None:
        self.after_gap = True
        self.lost = 0
        self.jumps = 0
        self._payload_type = payload_type
        self._clock_rate = clock_rate
        self._strangers = (payload_type, 0)
        self._ssrc = 0
        self._next: int | None = None
        self._cycles = 0
        self._first = 0
        self._suspect: int | None = None
        self._received = 0
        self._reported = (0, 0)
        self._transit: float | None = None
        self._jitter = 0.0

    def read(self, data: bytes) -> Packet | None:
        """Return what matters of one packet; None for what is no new packet of this track."""
        if len(data) < HEADER_BYTES:
            return None
        flags, kind, sequence, timestamp, ssrc = _read_header(data)
        if kind & 0x7F != self._payload_type and not self._adopts(kind & 0x7F):
            return None
        at, end = HEADER_BYTES, len(data)
        if flags != PLAIN:
            bounds = payload_bounds(data)
            if bounds is None:
                return None
            at, end = bounds
        if sequence == self._next:
            self.after_gap = False
        elif not self._leaps(sequence, ssrc):
            return None
        self._next = following = (sequence + 1) & 0xFFFF
        if not following:
            self._cycles += 1
        self._ssrc = ssrc
        self._received += 1
        return kind & MARKER, timestamp, at, end

    def pass_over(self, count: int) -> None:
        """Take note of packets in order, none missing, that were not read here."""
        following = (self._next or 0) + count
        self._next = following & 0xFFFF
        self._cycles += following >> 16
        self._received += count

    def arrived(self, timestamp: int, received_s: float) -> None:
        """Take note of when a picture's or a sound's packet came, for the jitter.

        Once for each timestamp: cameras send all packets of a picture in one burst, which says
        nothing of the network (RFC 3550 §6.4.1, appendix A.8).
        """
        transit = received_s * self._clock_rate - timestamp
        if self._transit is not None:
            distance = abs(transit - self._transit)
            if distance < self._clock_rate * 10:
                self._jitter += (distance - self._jitter) / 16
        self._transit = transit

    def reception(self) -> Reception | None:
        """Return the state of reception since the last call; None before the first packet."""
        if self._next is None:
            return None
        highest = (self._cycles << 16) + self._next - 1
        expected = highest - self._first + 1
        span, came = expected - self._reported[0], self._received - self._reported[1]
        self._reported = (expected, self._received)
        missing = max(0, span - came)
        return Reception(
            ssrc=self._ssrc,
            fraction_lost=min(255, (missing << 8) // span) if span > 0 else 0,
            lost=max(0, expected - self._received),
            highest=highest & 0xFFFFFFFF,
            jitter=int(self._jitter),
        )

    def _leaps(self, sequence: int, ssrc: int) -> bool:
        """Take a sequence number that is not the next; False where the packet is to be left out."""
        if self._next is None:
            self._begin(sequence)
            return True
        ahead = (sequence - self._next) & 0xFFFF
        if ahead < MAX_DROPOUT:
            self.lost += ahead
            self._cycles += sequence < self._next
        elif ssrc != self._ssrc or sequence == self._suspect:
            self.jumps += 1
            self._begin(sequence)
        else:
            if ahead <= 0x10000 - MAX_MISORDER:
                self._suspect = (sequence + 1) & 0xFFFF
            return False
        self.after_gap = True
        return True

    def _begin(self, sequence: int) -> None:
        self._suspect, self._cycles, self._first = None, 0, sequence
        self._received, self._reported = 0, (0, 0)

    def _adopts(self, kind: int) -> bool:
        known, seen = self._strangers
        seen = seen + 1 if kind == known else 1
        self._strangers = (kind, seen)
        if kind in _RTCP_TYPES or seen < ADOPT_AFTER or self._received:
            return False
        self._payload_type = kind
        return True


def payload_bounds(data: bytes) -> tuple[int, int] | None:
    """Return where the payload of a packet begins and ends; None where the header is nonsense."""
    flags, at, end = data[0], HEADER_BYTES, len(data)
    if flags >> 6 != 2:
        return None
    at += 4 * (flags & 0x0F)
    if flags & 0x10:
        if at + 4 > end:
            return None
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4])
    if flags & 0x20:
        end -= data[-1]
    return (at, end) if at <= end else None
