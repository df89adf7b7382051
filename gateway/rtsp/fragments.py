"""The short way for most of what a camera sends: fragments that carry a cut-up unit on.

A coded picture is far longer than a packet, so it is cut into fragments (FU-A, RFC 6184 §5.8; FU,
RFC 7798 §4.4.3). What comes before their data is the same in all but the first of a unit, except
for the sequence number, which counts on, and two bits of the last. A packet that begins so has this
track's source and type, comes in order and belongs to the picture under way: nothing else in its
headers needs to be read.
"""

import struct

from gateway.rtsp.rtp import HEADER_BYTES, MARKER, PLAIN

NOT_NEXT, MIDDLE, LAST, MARKED_LAST = range(4)
"""What a packet is: none that goes on, a fragment from the middle, the last one without and with a
marker. Whole numbers, as this is asked of every packet."""

_SEQUENCE_END = 4
_START_BIT, _END_BIT = 0x80, 0x40
"""In the last byte before the data of a fragment."""


class FragmentRun:
    """Knows the next packet by its first bytes if it carries the unit under way on.

    taken: how many it knew since this was last set to 0. head_bytes: of the header of RTP and that
    of a fragment.
    """

    def __init__(self, fragment_bytes: int) -> None:
        self.taken = 0
        self.head_bytes = HEADER_BYTES + fragment_bytes
        self._read = struct.Struct(f">2sH{self.head_bytes - _SEQUENCE_END}s").unpack_from
        self._next = -1
        self._plain = self._marked = b""
        self._middle = self._last = b""

    def begin(self, data: bytes) -> None:
        """Expect what carries on the packet `data`, which holds a fragment but not the last.

        Packets whose header has optional parts are not followed.
        """
        before, sequence, after = self._read(data)
        if before != self._plain:
            kind = before[1] & ~MARKER
            self._plain, self._marked = bytes((PLAIN, kind)), bytes((PLAIN, kind | MARKER))
        same, kept = after[:-1], after[-1] & ~(_START_BIT | _END_BIT)
        self._middle, self._last = same + bytes((kept,)), same + bytes((kept | _END_BIT,))
        self._next = sequence + 1 if before[0] == PLAIN else -1

    def see(self, data: bytes) -> int:
        """Say what a packet is, and count it; the run ends with one that is `NOT_NEXT`."""
        piece = NOT_NEXT
        if len(data) > self.head_bytes:
            before, sequence, after = self._read(data)
            if sequence != self._next:
                pass
            elif after == self._middle and before == self._plain:
                piece = MIDDLE
            elif after == self._last and before == self._plain:
                piece = LAST
            elif after == self._last and before == self._marked:
                piece = MARKED_LAST
        if not piece:
            # A late packet must not be taken for the next one after that.
            self._next = -1
            return NOT_NEXT
        # Where numbers wrap this is one that no packet has: that packet is read in full.
        self._next = sequence + 1
        self.taken += 1
        return piece
