"""The short way for most of what a camera sends: fragments that carry a cut-up unit on.

A coded picture is far longer than a packet, so it is cut into fragments (FU-A, RFC 6184 §5.8; FU,
RFC 7798 §4.4.3). What comes before their data is the same in all but the first of a unit, except
for the sequence number, which counts on, and two bits of the last. A packet that begins so has this
track's source and type, comes in order and belongs to the picture under way: nothing else in its
headers needs to be read.
"""

import struct
from collections.abc import Sequence
from itertools import islice

from gateway.rtsp.rtp import HEADER_BYTES, MARKER, PLAIN

_NUMBERED_BYTES = 4
"""Of a packet, which end with its sequence number; read as one number, the next one's is one up."""

_MARKER = MARKER << 16
_SEQUENCE = 0xFFFF
"""In that number."""

_START_BIT, _END_BIT = 0x80, 0x40
"""In the last byte before the data of a fragment."""


class FragmentRun:
    """Knows the packets that carry the unit under way on by their first bytes.

    fragment_bytes: of a fragment's header. is_on: whether it knows what to look for. is_over: what
    `follow` returned last ends its unit; is_marked: with a marker.
    """

    def __init__(self, fragment_bytes: int) -> None:
        self.is_on = self.is_over = self.is_marked = False
        self._head_bytes = HEADER_BYTES + fragment_bytes
        self._read = struct.Struct(f">I{self._head_bytes - _NUMBERED_BYTES - 1}sB").unpack_from
        self._next, self._same, self._middle = 0, b"", 0

    def begin(self, data: bytes) -> None:
        """Expect what carries on the packet `data`, which holds a fragment but not the last.

        Packets whose header has optional parts are not followed.
        """
        numbered, self._same, kind = self._read(data)
        self._next, self._middle = (numbered & ~_MARKER) + 1, kind & ~(_START_BIT | _END_BIT)
        self.is_on = data[0] == PLAIN

    def follow(self, packets: Sequence[bytes], at: int) -> Sequence[bytes]:
        """Return the pieces of the unit in the packets from `at` on, as far as they carry it on.

        The run ends before a packet that does not: a late one must not be taken for another. It
        also ends where numbers wrap.
        """
        self.is_over = self.is_marked = False
        pieces: list[bytes] = []
        expected, middle, head_bytes = self._next, self._middle, self._head_bytes
        for data in islice(packets, at, None):
            if len(data) <= head_bytes or not expected & _SEQUENCE:
                break
            numbered, same, kind = self._read(data)
            if same != self._same or numbered & ~_MARKER != expected:
                break
            if numbered == expected and kind == middle:
                pieces.append(data[head_bytes:])
                expected += 1
                continue
            if kind == middle | _END_BIT:
                pieces.append(data[head_bytes:])
                self.is_over, self.is_marked = True, numbered != expected
            break
        else:
            self._next = expected
            return pieces
        self.is_on = False
        return pieces
