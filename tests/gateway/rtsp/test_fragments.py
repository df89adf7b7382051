import struct

import pytest

from gateway.rtsp.fragments import LAST, MARKED_LAST, MIDDLE, NOT_NEXT, FragmentRun

FIRST, GOES_ON, ENDS = 0x81, 0x01, 0x41


def packet(sequence, fragment, *, flags=0x80, kind=96, timestamp=5, source=7, indicator=0x7C):
    head = struct.pack(">BBHII", flags, kind, sequence & 0xFFFF, timestamp, source)
    return head + bytes((indicator, fragment)) + b"data"


def run_from(sequence, **fields):
    run = FragmentRun(2)
    run.begin(packet(sequence, FIRST, **fields))
    return run


def test_a_unit_is_followed_to_its_end():
    run = run_from(9)
    assert [run.see(packet(n, GOES_ON)) for n in (10, 11, 12)] == [MIDDLE] * 3
    assert run.see(packet(13, ENDS, kind=96 | 0x80)) == MARKED_LAST
    assert run.taken == 4
    assert run_from(9).see(packet(10, ENDS)) == LAST


@pytest.mark.parametrize(
    "other",
    [
        packet(11, GOES_ON),
        packet(9, GOES_ON),
        packet(10, FIRST),
        packet(10, GOES_ON, kind=97),
        packet(10, GOES_ON, kind=96 | 0x80),
        packet(10, ENDS, kind=97),
        packet(10, GOES_ON, flags=0x90),
        packet(10, ENDS, flags=0xA0),
        packet(10, GOES_ON, timestamp=6),
        packet(10, GOES_ON, source=8),
        packet(10, GOES_ON, indicator=0x61),
        packet(10, GOES_ON)[:-4],
        b"",
    ],
    ids=lambda data: data.hex(),
)
def test_whatever_differs_is_read_in_full_and_ends_the_run(other):
    run = run_from(9)
    assert run.see(other) == NOT_NEXT
    assert run.see(packet(10, GOES_ON)) == NOT_NEXT
    assert run.taken == 0


def test_a_fragment_from_the_middle_begins_a_run_too():
    run = FragmentRun(2)
    run.begin(packet(9, GOES_ON))
    assert run.see(packet(10, ENDS)) == LAST


def test_headers_with_optional_parts_are_not_followed():
    assert run_from(9, flags=0x90).see(packet(10, GOES_ON, flags=0x90)) == NOT_NEXT


def test_the_packet_where_numbers_wrap_is_read_in_full():
    run = run_from(0xFFFE)
    assert run.see(packet(0xFFFF, GOES_ON)) == MIDDLE
    assert run.see(packet(0, GOES_ON)) == NOT_NEXT
    assert FragmentRun(2).see(packet(0, GOES_ON)) == NOT_NEXT
