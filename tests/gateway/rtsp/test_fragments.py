import struct

import pytest

from gateway.rtsp.fragments import FragmentRun

FIRST, GOES_ON, ENDS = 0x81, 0x01, 0x41


def packet(sequence, fragment, *, flags=0x80, kind=96, timestamp=5, source=7, indicator=0x7C):
    head = struct.pack(">BBHII", flags, kind, sequence & 0xFFFF, timestamp, source)
    return head + bytes((indicator, fragment)) + b"data"


def run_from(sequence, **fields):
    run = FragmentRun(2)
    run.begin(packet(sequence, FIRST, **fields))
    return run


def follow(run, *packets):
    """Return how many packets carry the unit on, and whether they end it: with a marker too."""
    return len(run.follow(packets, 0)), run.is_over, run.is_marked


def test_a_unit_is_followed_to_its_end():
    middle = [packet(n, GOES_ON) for n in (10, 11, 12)]
    marked = packet(13, ENDS, kind=96 | 0x80)
    run = run_from(9)
    assert run.follow([b"", *middle, marked, packet(14, FIRST)], 1) == [b"data"] * 4
    assert run.is_over
    assert run.is_marked
    assert not run.is_on
    assert follow(run_from(9), packet(10, ENDS), packet(11, GOES_ON)) == (1, True, False)


def test_a_unit_is_followed_from_one_call_to_the_next():
    run = run_from(9)
    assert follow(run, packet(10, GOES_ON)) == (1, False, False)
    assert run.is_on
    assert follow(run, packet(11, GOES_ON), packet(12, ENDS)) == (2, True, False)


@pytest.mark.parametrize(
    "other",
    [
        packet(12, GOES_ON),
        packet(10, GOES_ON),
        packet(11, FIRST),
        packet(11, GOES_ON, kind=97),
        packet(11, GOES_ON, kind=96 | 0x80),
        packet(11, ENDS, kind=97),
        packet(11, GOES_ON, flags=0x90),
        packet(11, ENDS, flags=0xA0),
        packet(11, GOES_ON, timestamp=6),
        packet(11, GOES_ON, source=8),
        packet(11, GOES_ON, indicator=0x61),
        packet(11, GOES_ON)[:-4],
        b"",
    ],
    ids=lambda data: data.hex(),
)
def test_whatever_differs_is_read_in_full_and_ends_the_run(other):
    run = run_from(9)
    assert follow(run, packet(10, GOES_ON), other, packet(11, GOES_ON)) == (1, False, False)
    assert not run.is_on


def test_a_fragment_from_the_middle_begins_a_run_too():
    run = FragmentRun(2)
    run.begin(packet(9, GOES_ON))
    assert follow(run, packet(10, ENDS)) == (1, True, False)


def test_headers_with_optional_parts_are_not_followed():
    assert not run_from(9, flags=0x90).is_on


def test_the_packet_where_numbers_wrap_is_read_in_full():
    run = run_from(0xFFFE)
    assert follow(run, packet(0xFFFF, GOES_ON), packet(0, GOES_ON)) == (1, False, False)
    assert not run.is_on
    assert follow(run_from(0xFFFF), packet(0, GOES_ON, kind=97)) == (0, False, False)
    assert not FragmentRun(2).is_on
