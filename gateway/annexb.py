"""Streams with start codes (H.264 and H.265 Annex B, MPEG-4 Visual), made to begin on their own.

A decoder can begin at a key frame only if it has the parameter sets. Many cameras send them beside
every key frame, others once, when the session is set up; readers who join later need them too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.packets import StreamInfo, VideoPacket

START_CODE = b"\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class _Syntax:
    """How the byte after a start code is read: shifted right and masked, it is a unit type.

    sets: types that say how to decode. pictures: types that carry a picture.
    """

    shift: int
    mask: int
    sets: frozenset[int]
    pictures: frozenset[int]

    def unit_type(self, header: int) -> int:
        return (header >> self.shift) & self.mask


_SYNTAX = {
    # H.264 table 7-1: 7 is the sequence parameter set, 1-5 are slices.
    "h264": _Syntax(0, 0x1F, frozenset({7}), frozenset(range(1, 6))),
    # H.265 table 7-1: 33 is the sequence parameter set, 0-31 are slices.
    "hevc": _Syntax(1, 0x3F, frozenset({33}), frozenset(range(32))),
    # ISO/IEC 14496-2 table 6-3: 20-2F are video object layers, B6 is a picture.
    "mpeg4": _Syntax(0, 0xFF, frozenset(range(0x20, 0x30)), frozenset({0xB6})),
}


def self_contained(info: StreamInfo, packet: VideoPacket) -> bytes:
    """Return the packet's bytes, for a key frame with the stream's parameter sets before it.

    They are taken from `info.extradata` when the key frame does not bring its own. Codecs without
    start codes and set-up bytes of another form (avcC) are left as they are.
    """
    syntax = _SYNTAX.get(info.codec)
    has_start_code = info.extradata.startswith((START_CODE, b"\x00" + START_CODE))
    if syntax is None or not packet.is_key or not has_start_code:
        return packet.data
    for unit_type in _unit_types(syntax, packet.data):
        if unit_type in syntax.sets:
            return packet.data
        if unit_type in syntax.pictures:
            break
    return info.extradata + packet.data


def _unit_types(syntax: _Syntax, data: bytes) -> Iterator[int]:
    at = data.find(START_CODE)
    while 0 <= at < len(data) - len(START_CODE):
        yield syntax.unit_type(data[at + len(START_CODE)])
        at = data.find(START_CODE, at + len(START_CODE))
