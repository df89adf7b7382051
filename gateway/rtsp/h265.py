"""H.265 over RTP (RFC 7798).

Units are taken in the order they are sent and decoding order numbers read over: no camera
interleaves.
"""

from gateway.rtsp.pictures import PictureBuilder

AGGREGATE, FRAGMENT = 48, 49
HEADER_BYTES = 2


class H265Depacketizer:
    """Feeds a `PictureBuilder` with the units in RTP payloads.

    has_don: packets carry decoding order numbers (sprop-max-don-diff above 0). unread: payloads of
    kinds that no live camera should send (PACI, reserved), and broken ones.
    """

    FRAGMENT_BYTES = 3
    """What stands before the data of a fragment: two headers, the second of one byte (§4.4.3)."""

    def __init__(self, pictures: PictureBuilder, *, has_don: bool = False) -> None:
        self.unread = 0
        self._pictures = pictures
        self._don_bytes = 2 if has_don else 0

    def feed(self, data: bytes, at: int, end: int) -> bool:
        """Take the payload data[at:end], at least one byte.

        Returns whether it was a fragment that others follow.
        """
        if end - at <= HEADER_BYTES:
            self.unread += 1
            return False
        kind = (data[at] >> 1) & 0x3F
        if kind == FRAGMENT:
            return self._fragment(data, at, end)
        if kind == AGGREGATE:
            self._aggregate(data, at + HEADER_BYTES, end)
        elif kind > FRAGMENT or not data[at + 1]:
            if not self._pictures.byte_stream(data[at:end]):
                self.unread += 1
        elif self._don_bytes:
            body = at + HEADER_BYTES
            self._pictures.unit(data[at:body] + data[body + self._don_bytes : end])
        else:
            self._pictures.unit(data[at:end])
        return False

    def _fragment(self, data: bytes, at: int, end: int) -> bool:
        """Take a fragmentation unit (RFC 7798 §4.4.3); return whether others follow."""
        fragment = data[at + 2]
        if fragment & 0x80:
            header = bytes((data[at] & 0x81 | (fragment & 0x3F) << 1, data[at + 1]))
            self._pictures.begin(header, data[at + 3 + self._don_bytes : end])
            if fragment & 0x40:
                self._pictures.go_on((), is_last=True)
        else:
            self._pictures.go_on((data[at + 3 : end],), is_last=fragment & 0x40 != 0)
        return not fragment & 0x40

    def _aggregate(self, data: bytes, at: int, end: int) -> None:
        """Take the units of an aggregation packet (§4.4.2).

        With order numbers two bytes stand before the first length, one before each further.
        """
        at += self._don_bytes
        while at + 2 <= end:
            size = data[at] << 8 | data[at + 1]
            at += 2
            if at + size > end:
                self.unread += 1
                return
            self._pictures.unit(data[at : at + size])
            at += size + (1 if self._don_bytes else 0)
