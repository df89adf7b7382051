"""H.264 and H.265 byte streams (Annex B): parameter sets found, kept, and put before key pictures.

A decoder, a browser or a clip can start only at a key picture that carries its parameter sets (SPS
and PPS, for H.265 also VPS). Many cameras send them once, in the session description.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

START_CODE = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class NalSyntax:
    """How one codec spells the units of its stream.

    parameter_sets: unit types in the order a decoder wants them. first_picture, last_picture: the
    range of unit types that hold picture data. configuration: FFmpeg's filter to Annex B.
    """

    parameter_sets: tuple[int, ...]
    first_picture: int
    last_picture: int
    shift: int
    mask: int
    to_annex_b: str

    def type_of(self, first_byte: int) -> int:
        """Return the type in the first byte of a unit's header."""
        return (first_byte >> self.shift) & self.mask


SYNTAX = {
    # ITU-T H.264 table 7-1: 7 SPS, 8 PPS, 1-5 slices
    "h264": NalSyntax((7, 8), 1, 5, 0, 0x1F, "h264_mp4toannexb"),
    # ITU-T H.265 table 7-1: 32 VPS, 33 SPS, 34 PPS, 0-31 slices
    "hevc": NalSyntax((32, 33, 34), 0, 31, 1, 0x3F, "hevc_mp4toannexb"),
}


def units_before_picture(data: bytes, syntax: NalSyntax) -> Iterator[tuple[int, bytes]]:
    """Yield (type, unit without start code) of one access unit up to its first slice."""
    start = data.find(b"\x00\x00\x01")
    while start >= 0 and start + 3 < len(data):
        kind = syntax.type_of(data[start + 3])
        if syntax.first_picture <= kind <= syntax.last_picture:
            return
        end = data.find(b"\x00\x00\x01", start + 3)
        yield kind, data[start + 3 : end if end >= 0 else None].rstrip(b"\x00")
        start = end


def parameter_sets(data: bytes, syntax: NalSyntax) -> bytes:
    """Return the parameter sets of one access unit as Annex B; empty unless every type is there."""
    found = [
        (kind, unit)
        for kind, unit in units_before_picture(data, syntax)
        if kind in syntax.parameter_sets
    ]
    if {kind for kind, _ in found} != set(syntax.parameter_sets):
        return b""
    found.sort(key=lambda pair: syntax.parameter_sets.index(pair[0]))
    return b"".join(START_CODE + unit for _, unit in found)


def is_configuration_record(extradata: bytes) -> bool:
    """Tell the set-up bytes of MP4, FLV and Matroska (version 1 first) from Annex B."""
    return len(extradata) > 6 and extradata[0] == 1


def extradata_to_annex_b(codec: str, extradata: bytes) -> bytes:
    """Return set-up bytes as Annex B; those of other codecs, and Annex B itself, unchanged.

    Raises ValueError when a configuration record is cut short.
    """
    if codec not in SYNTAX or not is_configuration_record(extradata):
        return extradata
    read = _avc_units if codec == "h264" else _hevc_units
    try:
        return b"".join(START_CODE + unit for unit in read(extradata))
    except (IndexError, struct.error) as error:
        raise ValueError(
            f"a {codec} configuration record of {len(extradata)} bytes is cut short"
        ) from error


def _avc_units(record: bytes) -> Iterator[bytes]:
    """ISO/IEC 14496-15 §5.3.3.1: sets of SPS, then of PPS, each unit after a 16-bit length."""
    at = 5
    for count_mask in (0x1F, 0xFF):
        count = record[at] & count_mask
        at += 1
        for _ in range(count):
            unit, at = _unit(record, at)
            yield unit


def _hevc_units(record: bytes) -> Iterator[bytes]:
    """ISO/IEC 14496-15 §8.3.3.1: arrays by type, each with a 16-bit count of units."""
    at = 23
    for _ in range(record[22]):
        (count,) = struct.unpack_from(">H", record, at + 1)
        at += 3
        for _ in range(count):
            unit, at = _unit(record, at)
            yield unit


def _unit(record: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", record, at)
    end = at + 2 + length
    if end > len(record):
        raise IndexError(end)
    return record[at + 2 : end], end


class KeyPictureHeaders:
    """Puts the newest known parameter sets before key pictures that come without them."""

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._syntax = SYNTAX.get(codec)
        self._sets = parameter_sets(extradata, self._syntax) if self._syntax else b""

    def complete(self, data: bytes, *, is_key: bool) -> bytes:
        """Return one access unit, a key picture always with parameter sets where any are known."""
        if self._syntax is None or not is_key:
            return data
        sets = parameter_sets(data, self._syntax)
        if sets:
            self._sets = sets
            return data
        return self._sets + data
