import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.rtp import ADOPT_AFTER, HEADER_BYTES, RtpStream, payload_bounds
from gateway.rtsp.wrapping import Unwrapper, signed_step


def packet(sequence, timestamp=0, *, flags=0x80, kind=96, ssrc=7, body=b"body"):
    return struct.pack(">BBHII", flags, kind, sequence & 0xFFFF, timestamp, ssrc) + body


def read_all(stream, *sequences, **fields):
    """Return (sequence, after a gap) of what is taken."""
    return [
        (sequence, stream.after_gap)
        for sequence in sequences
        if stream.read(packet(sequence, **fields)) is not None
    ]


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        (packet(1), b"body"),
        (packet(1, flags=0x82, body=bytes(8) + b"body"), b"body"),
        (packet(1, flags=0x90, body=b"\xbe\xde\x00\x01" + bytes(4) + b"body"), b"body"),
        (packet(1, flags=0xA0, body=b"body\x00\x00\x03"), b"body"),
        (packet(1, flags=0x80, body=b""), b""),
        (packet(1, flags=0x40), None),
        (packet(1, flags=0x8F), None),
        (packet(1, flags=0x90, body=b"\xbe\xde\xff\xff"), None),
        (packet(1, flags=0x90, body=b"\xbe"), None),
        (packet(1, flags=0xA0, body=b"\xff"), None),
        (packet(1)[:11], None),
        (b"", None),
    ],
)
def test_payload(data, payload):
    found = RtpStream(96, 90_000).read(data)
    assert payload is None if found is None else data[found[2] : found[3]] == payload


def test_marker_and_timestamp():
    marker, timestamp, _, _ = RtpStream(96, 90_000).read(packet(1, 77, kind=96 | 0x80))
    assert (bool(marker), timestamp) == (True, 77)
    assert not RtpStream(96, 90_000).read(packet(1))[0]


@pytest.mark.parametrize(
    ("sequences", "taken", "lost"),
    [
        ([1, 2, 3], [(1, True), (2, False), (3, False)], 0),
        ([65535, 0, 1], [(65535, True), (0, False), (1, False)], 0),
        ([1, 4, 5], [(1, True), (4, True), (5, False)], 2),
        ([65534, 1], [(65534, True), (1, True)], 2),
        ([5, 4, 5, 6], [(5, True), (6, False)], 0),
        # One stray packet is not believed, two in a row are a camera that began anew.
        ([5, 30_000, 6], [(5, True), (6, False)], 0),
        ([5, 30_000, 30_001, 30_002], [(5, True), (30_001, True), (30_002, False)], 0),
    ],
)
def test_sequence(sequences, taken, lost):
    stream = RtpStream(96, 90_000)
    assert read_all(stream, *sequences) == taken
    assert stream.lost == lost


def test_another_source_begins_anew_at_once():
    stream = RtpStream(96, 90_000)
    read_all(stream, 5, 6)
    assert read_all(stream, 40_000, ssrc=8) == [(40_000, True)]
    assert (stream.jumps, stream.lost) == (1, 0)


def test_other_payload_types_are_left_out_unless_nothing_else_comes():
    stream = RtpStream(96, 90_000)
    read_all(stream, 1)
    assert read_all(stream, *range(2, 90), kind=97) == []
    assert read_all(stream, 2) == [(2, False)]
    stubborn = RtpStream(96, 90_000)
    taken = read_all(stubborn, *range(1, ADOPT_AFTER + 3), kind=97)
    assert [sequence for sequence, _ in taken] == [ADOPT_AFTER, ADOPT_AFTER + 1, ADOPT_AFTER + 2]
    assert read_all(RtpStream(96, 90_000), *range(90), kind=72) == []


def test_reception_is_counted_between_reports():
    stream = RtpStream(96, 90_000)
    assert stream.reception() is None
    read_all(stream, *range(65_500, 65_536), *range(64))
    first = stream.reception()
    assert (first.ssrc, first.lost, first.fraction_lost) == (7, 0, 0)
    assert first.highest == 65_536 + 63
    read_all(stream, *range(64, 114), *range(164, 214))
    second = stream.reception()
    assert (second.lost, second.highest) == (50, 65_536 + 213)
    assert second.fraction_lost == 256 * 50 // 150
    assert stream.reception().fraction_lost == 0


def test_jitter_is_of_the_network_only():
    def jitter(times):
        stream = RtpStream(96, 90_000)
        for number, late_s in enumerate(times):
            stream.read(packet(number))
            stream.arrived(number * 3600, number * 0.04 + late_s)
        return stream.reception().jitter

    assert jitter([0.5] * 100) == 0
    assert jitter([0.0, 0.01] * 200) == pytest.approx(900, rel=0.05)


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_timestamps_go_the_short_way_round(start, step):
    assert signed_step(start, (start + step) & 0xFFFFFFFF) == step
    unwrapper = Unwrapper()
    assert unwrapper.count(start) == start
    assert unwrapper.count((start + step) & 0xFFFFFFFF) == start + step


@given(st.binary(min_size=HEADER_BYTES, max_size=60))
def test_no_header_points_outside(data):
    bounds = payload_bounds(data)
    assert bounds is None or HEADER_BYTES <= bounds[0] <= bounds[1] <= len(data)
