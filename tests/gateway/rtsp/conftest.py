"""A camera's side of RTP: access units cut into packets, the ways RFC 6184 and RFC 7798 offer."""

import base64
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from gateway.rtsp.sdp import MediaTrack

START_CODE = re.compile(rb"\x00\x00\x00\x01|\x00\x00\x01")
DELIMITERS = {"h264": {9, 12}, "hevc": {35, 38}}
SETS = {"h264": (7, 8), "hevc": (32, 33, 34)}
SPROP = {"hevc": {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}}


def units_of(access_unit: bytes) -> list[bytes]:
    """Split Annex B."""
    return [unit for unit in START_CODE.split(access_unit) if unit]


def type_of(codec: str, unit: bytes) -> int:
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


@dataclass
class Packetiser:
    """Cuts one stream; sequence numbers and timestamps start just before they wrap."""

    codec: str
    mtu: int = 400
    aggregates: bool = True
    has_don: bool = False
    payload_type: int = 96
    sequence: int = 0xFFF0
    first_timestamp: int = 0xFFFF_0000
    ssrc: int = 0x1234_5678
    don: int = 0

    def packets(self, units: list[bytes], pts: int, *, marked: bool = True) -> list[bytes]:
        """Return the RTP packets of one access unit."""
        payloads = self._aggregated(units) if self.aggregates else [[unit] for unit in units]
        bodies = [body for group in payloads for body in self._bodies(group)]
        return [self.packet(body, pts, marker=marked and body is bodies[-1]) for body in bodies]

    def packet(self, body: bytes, pts: int, *, marker: bool) -> bytes:
        timestamp = (self.first_timestamp + pts) & 0xFFFFFFFF
        kind = self.payload_type | (0x80 if marker else 0)
        header = struct.pack(">BBHII", 0x80, kind, self.sequence, timestamp, self.ssrc)
        self.sequence = (self.sequence + 1) & 0xFFFF
        return header + body

    def _aggregated(self, units: list[bytes]) -> Iterator[list[bytes]]:
        group: list[bytes] = []
        for unit in units:
            if group and sum(map(len, group)) + 2 * len(group) + len(unit) > self.mtu:
                yield group
                group = []
            group.append(unit)
        yield group

    def _bodies(self, group: list[bytes]) -> list[bytes]:
        if len(group) > 1:
            return [self._aggregate(group)]
        if len(group[0]) > self.mtu:
            return self._fragments(group[0])
        unit = group[0]
        if self.codec == "hevc" and self.has_don:
            return [unit[:2] + self._next_don() + unit[2:]]
        return [unit]

    def _next_don(self) -> bytes:
        self.don += 1
        return struct.pack(">H", self.don & 0xFFFF)

    def _aggregate(self, group: list[bytes]) -> bytes:
        if self.codec == "h264":
            head = bytes([24 | max(unit[0] & 0x60 for unit in group)])
            return head + b"".join(struct.pack(">H", len(unit)) + unit for unit in group)
        out = b"\x60\x01" + (self._next_don() if self.has_don else b"")
        for number, unit in enumerate(group):
            if number and self.has_don:
                self.don += 1
                out += b"\x00"
            out += struct.pack(">H", len(unit)) + unit
        return out

    def _fragments(self, unit: bytes) -> list[bytes]:
        header_bytes = 1 if self.codec == "h264" else 2
        content = unit[header_bytes:]
        pieces = [content[at : at + self.mtu] for at in range(0, len(content), self.mtu)]
        out = []
        for number, piece in enumerate(pieces):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
            if self.codec == "h264":
                head = bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F])
            else:
                head = bytes([unit[0] & 0x81 | 49 << 1, unit[1], flags | unit[0] >> 1 & 0x3F])
                head += self._next_don() if self.has_don and number == 0 else b""
            out.append(head + piece)
        return out


@dataclass
class RtpCamera:
    """A coded stream as a camera would describe and send it."""

    codec: str
    stream: object
    packetiser: Packetiser
    sets: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for unit in units_of(self.stream.packets[0].data):
            if type_of(self.codec, unit) in SETS[self.codec]:
                self.sets[type_of(self.codec, unit)] = unit

    def access_units(self) -> list[list[bytes]]:
        """Return the units of each picture as a decoder should get them, delimiters left out."""
        dropped = DELIMITERS[self.codec]
        return [
            [unit for unit in units_of(packet.data) if type_of(self.codec, unit) not in dropped]
            for packet in self.stream.packets
        ]

    def track(self, *, sprop: bool = True, **changes: object) -> MediaTrack:
        fmtp = {"packetization-mode": "1"} if self.codec == "h264" else {}
        if self.packetiser.has_don:
            fmtp["sprop-max-don-diff"] = "1"
        coded = {kind: base64.b64encode(unit).decode() for kind, unit in self.sets.items()}
        if sprop and self.codec == "h264":
            fmtp["sprop-parameter-sets"] = f"{coded[7]},{coded[8]}"
        elif sprop:
            fmtp |= {SPROP["hevc"][kind]: text for kind, text in coded.items()}
        fields = {
            "kind": "video",
            "codec": self.codec,
            "payload_type": 96,
            "clock_rate": 90_000,
            "channels": 1,
            "control": "rtsp://camera/1",
            "fmtp": fmtp,
        }
        return MediaTrack(**(fields | changes))

    def packets(self, *, in_band: bool = True, marked: bool = True) -> list[list[bytes]]:
        """Return the RTP packets of each picture. in_band: parameter sets are sent too."""
        out = []
        for packet, units in zip(self.stream.packets, self.access_units(), strict=True):
            sent = units
            if not in_band:
                sent = [u for u in units if type_of(self.codec, u) not in SETS[self.codec]]
            pts = packet.pts - self.stream.packets[0].pts
            out.append(self.packetiser.packets(sent, pts, marked=marked))
        return out


@pytest.fixture(scope="session")
def rtp_camera(coded_stream) -> Callable[..., RtpCamera]:
    """Return a maker of cameras; options are those of `coded_stream` and of `Packetiser`."""

    def make(codec: str = "h264", pictures: int = 60, **options: object) -> RtpCamera:
        coding = {
            name: options.pop(name) for name in ("gop", "b_frames", "open_gop") if name in options
        }
        stream = coded_stream(codec, pictures, **coding)
        return RtpCamera(codec, stream, Packetiser(codec, **options))

    return make


@pytest.fixture(scope="session")
def split_units() -> Callable[[bytes], list[bytes]]:
    """Return the splitter of Annex B."""
    return units_of
