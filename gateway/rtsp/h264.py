"""H.264 over RTP (RFC 6184): packetisation modes 0 and 1; the interleaved ones are counted."""

from gateway.rtsp.pictures import PictureBuilder

STAP_A, FU_A = 24, 28
MAX_PLAIN_UNIT = 23

_ONE_BYTE = tuple(bytes((value,)) for value in range(256))


class H264Depacketizer:
    """Feeds a `PictureBuilder` with the units in RTP payloads.

    unread: payloads of kinds that no live camera should send (STAP-B, MTAP, FU-B, reserved), and
    broken ones.
    """

    FRAGMENT_BYTES = 2
    """What stands before the data of a fragment: its indicator and its header (RFC 6184 §5.8)."""

    def __init__(self, pictures: PictureBuilder) -> None:
        self.unread = 0
        self._pictures = pictures

    def feed(self, data: bytes, at: int, end: int) -> bool:
        """Take the payload data[at:end], at least one byte.

        Returns whether it was a fragment that others follow.
        """
        first = data[at]
        kind = first & 0x1F
        if kind == FU_A:
            if end - at < 2:
                self.unread += 1
                return False
            fragment = data[at + 1]
            if fragment & 0x80:
                header = _ONE_BYTE[first & 0xE0 | fragment & 0x1F]
                self._pictures.begin(header, data[at + 2 : end])
                if fragment & 0x40:
                    self._pictures.go_on((), is_last=True)
            else:
                self._pictures.go_on((data[at + 2 : end],), is_last=fragment & 0x40 != 0)
            return not fragment & 0x40
        if 0 < kind <= MAX_PLAIN_UNIT:
            self._pictures.unit(data[at:end])
        elif kind == STAP_A:
            self._aggregate(data, at + 1, end)
        elif not self._pictures.byte_stream(data[at:end]):
            self.unread += 1
        return False

    def _aggregate(self, data: bytes, at: int, end: int) -> None:
        """Take the units of a STAP-A, each after a 16-bit length (RFC 6184 §5.7.1)."""
        while at + 2 <= end:
            size = data[at] << 8 | data[at + 1]
            at += 2
            if at + size > end:
                self.unread += 1
                return
            self._pictures.unit(data[at : at + size])
            at += size
