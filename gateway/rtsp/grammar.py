"""What the units of H.264 and H.265 are to the picture they come with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from gateway.parameter_sets import SYNTAX, NalSyntax
from gateway.rtsp.bits import BitReader, payload_of

RECOVERY_POINT = 6
"""SEI payload type (ITU-T H.264 §D.1.8, H.265 §D.2.8)."""


class Role(IntEnum):
    """What a unit is to its picture."""

    SLICE = 0
    KEY_SLICE = 1
    PARAMETER_SET = 2
    SEI = 3
    KEPT = 4
    LEFT_OUT = 5


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one codec's units make pictures.

    roles: by the first byte of a unit's header. is_disposable: says by the same byte of a slice
    whether no other picture leans on its picture.
    """

    codec: str
    syntax: NalSyntax
    roles: tuple[Role, ...]
    is_disposable: Callable[[int], bool]


def _roles(syntax: NalSyntax, known: dict[Role, tuple[int, ...]]) -> tuple[Role, ...]:
    by_type = {kind: role for role, kinds in known.items() for kind in kinds}
    return tuple(by_type.get(syntax.type_of(first), Role.LEFT_OUT) for first in range(256))


H264 = Grammar(
    "h264",
    SYNTAX["h264"],
    # ITU-T H.264 table 7-1; 3 and 4 are the rest of data partitions, 10 and 11 ends
    _roles(
        SYNTAX["h264"],
        {
            Role.SLICE: (1, 2),
            Role.KEY_SLICE: (5,),
            Role.PARAMETER_SET: (7, 8),
            Role.SEI: (6,),
            Role.KEPT: (3, 4, 10, 11),
        },
    ),
    lambda first_byte: not first_byte & 0x60,
)
H265 = Grammar(
    "hevc",
    SYNTAX["hevc"],
    # ITU-T H.265 table 7-1; 36 and 37 are ends, 40 is a suffix SEI
    _roles(
        SYNTAX["hevc"],
        {
            Role.SLICE: tuple(range(10)),
            Role.KEY_SLICE: tuple(range(16, 24)),
            Role.PARAMETER_SET: (32, 33, 34),
            Role.SEI: (39,),
            Role.KEPT: (36, 37, 40),
        },
    ),
    # Even types below 10 are sub-layer non-reference pictures.
    lambda first_byte: (first_byte >> 1) & 0x3F < 10 and not first_byte & 2,
)

GRAMMARS: Mapping[str, Grammar] = {"h264": H264, "hevc": H265}
"""By FFmpeg's names of the codecs."""


def recovery_pictures(sei: bytes, grammar: Grammar) -> int | None:
    """Return after how many pictures decoding from here is exact, None without a recovery point.

    H.264 recovery_frame_cnt; H.265 recovery_poc_cnt, which may be negative.
    """
    content, at = payload_of(sei, grammar.syntax.header_bytes), 0
    while at + 2 < len(content):
        kind, at = _sum(content, at)
        size, at = _sum(content, at)
        if kind == RECOVERY_POINT:
            bits = BitReader(content[at : at + size])
            try:
                return bits.ue() if grammar.codec == "h264" else bits.se()
            except ValueError:
                return None
        at += size
    return None


def _sum(content: bytes, at: int) -> tuple[int, int]:
    """Read a number written as a sum of bytes, all but the last 255; return it and what follows."""
    total = 0
    while at < len(content):
        total += content[at]
        at += 1
        if content[at - 1] != 255:
            break
    return total, at


def slice_type(slice_head: bytes, grammar: Grammar) -> int | None:
    """Return a slice_type modulo 5 (0 P, 1 B, 2 I) of an H.264 slice; None where not readable.

    slice_head: the unit's first bytes, header included.
    """
    if grammar.codec != "h264":
        return None
    bits = BitReader(payload_of(slice_head, grammar.syntax.header_bytes))
    try:
        bits.ue()
        return bits.ue() % 5
    except ValueError:
        return None
