"""H.264 and H.265 byte streams (Annex B): parameter sets found, kept, and put before key pictures.

A decoder, a browser or a clip can start only at a key picture that carries its parameter sets (SPS
and PPS, for H.265 also VPS). Many cameras send them once, in the session description.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

START_CODE = b"\x00\x00\x00\x01"
_SHORT_CODE = b"\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class NalSyntax:
    """How one codec spells the units of its stream.

    parameter_sets: unit types in the order a decoder wants them. slices: unit types that hold
    picture data. shift, mask: where the type stands in a header of header_bytes. to_annex_b:
    FFmpeg's filter.
    """

    parameter_sets: tuple[int, ...]
    slices: range
    shift: int
    mask: int
    header_bytes: int
    to_annex_b: str

    def type_of(self, first_byte: int) -> int:
        """Return the type in the first byte of a unit's header."""
        return (first_byte >> self.shift) & self.mask

    def is_slice(self, kind: int) -> bool:
        """Say whether units of a type hold picture data."""
        return kind in self.slices


SYNTAX = {
    # ITU-T H.264 table 7-1: 7 SPS, 8 PPS, 1-5 slices
    "h264": NalSyntax((7, 8), range(1, 6), 0, 0x1F, 1, "h264_mp4toannexb"),
    # ITU-T H.265 table 7-1: 32 VPS, 33 SPS, 34 PPS, 0-31 slices
    "hevc": NalSyntax((32, 33, 34), range(32), 1, 0x3F, 2, "hevc_mp4toannexb"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of an access unit: its type, and where its start code and its header begin."""

    kind: int
    start: int
    header: int


def units(data: bytes, syntax: NalSyntax) -> Iterator[Unit]:
    """Yield the units of an access unit up to its first slice, that one included."""
    start = data.find(_SHORT_CODE)
    while start >= 0 and start + len(_SHORT_CODE) < len(data):
        header = start + len(_SHORT_CODE)
        unit = Unit(syntax.type_of(data[header]), start, header)
        yield unit
        if syntax.is_slice(unit.kind):
            return
        start = data.find(_SHORT_CODE, header)


def continuation(data: bytes, syntax: NalSyntax) -> bytes | None:
    """Return the slices of an access unit that begins in the middle of a picture, else None."""
    for unit in units(data, syntax):
        if syntax.is_slice(unit.kind):
            # First field of a slice header: H.264 first_mb_in_slice, Exp-Golomb, 0 is one set bit;
            # H.265 first_slice_segment_in_pic_flag.
            first = data[unit.header + syntax.header_bytes : unit.header + syntax.header_bytes + 1]
            return data[unit.start :] if first and not first[0] & 0x80 else None
    return None


def parameter_sets(data: bytes, syntax: NalSyntax) -> bytes:
    """Return the parameter sets of one access unit as Annex B; empty unless every type is there."""
    found = []
    for unit in units(data, syntax):
        if unit.kind in syntax.parameter_sets:
            end = data.find(_SHORT_CODE, unit.header)
            content = data[unit.header : end if end >= 0 else None].rstrip(b"\x00")
            found.append((unit.kind, content))
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
