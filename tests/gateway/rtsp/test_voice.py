"""What is said to a camera, packet by packet."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.rtcp import SenderClock, sender_report
from gateway.rtsp.rtp import RtpStream
from gateway.rtsp.voice import FRAME_SAMPLES, VoiceStart, VoiceStream

FRAME = bytes(range(160))
START = VoiceStart(ssrc=0x1234_5678, sequence=0xFFFE, timestamp=0xFFFF_FF00)
NOON_S = 1_777_636_800.25


def head(packet):
    flags, kind, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", packet)
    return flags, bool(kind & 0x80), kind & 0x7F, sequence, timestamp, ssrc


def test_packets_of_a_spurt_follow_each_other_and_wrap():
    stream = VoiceStream(8, START)
    packets = [stream.packet(FRAME, tick) for tick in range(3)]
    assert [head(packet) for packet in packets] == [
        (0x80, True, 8, 0xFFFE, 0xFFFF_FF00, START.ssrc),
        (0x80, False, 8, 0xFFFF, 0xFFFF_FFA0, START.ssrc),
        (0x80, False, 8, 0, 0x40, START.ssrc),
    ]
    assert all(packet[12:] == FRAME for packet in packets)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_time_goes_on_in_pauses_and_sequence_numbers_do_not(steps, timestamp):
    stream = VoiceStream(0, VoiceStart(1, 65_000, timestamp))
    receiver = RtpStream(0, 8000)
    tick, last = 0, None
    for step in steps:
        tick += step
        packet = stream.packet(FRAME, tick)
        marker, at, begin, end = receiver.read(packet)
        assert packet[begin:end] == FRAME
        assert bool(marker) == (last is None or step > 1)
        if last is not None:
            assert (at - last) % 2**32 == step * FRAME_SAMPLES
        last = at
    assert receiver.lost == 0


def test_sender_reports_tie_the_timestamps_to_the_time():
    stream = VoiceStream(0, START)
    for tick in range(5):
        stream.packet(FRAME, tick)
    report = stream.report(4, NOON_S)
    told = sender_report(report)
    assert told.timestamp == (START.timestamp + 4 * FRAME_SAMPLES) % 2**32
    assert abs(told.utc_s - NOON_S) < 1e-6
    assert struct.unpack_from(">II", report, 20) == (5, 5 * len(FRAME))
    clock = SenderClock(8000)
    clock.see(report, 1.0)
    assert abs(clock.utc_s(told.timestamp + 8000) - NOON_S - 1) < 1e-6


def kinds(compound):
    """Return the packet types of a compound packet; every length must fit."""
    found, at = [], 0
    while at < len(compound):
        _, kind, words = struct.unpack_from(">BBH", compound, at)
        found.append(kind)
        at += 4 + 4 * words
    assert at == len(compound)
    return found


def test_compound_packets_are_whole():
    stream = VoiceStream(0, START)
    assert kinds(stream.report(0, NOON_S)) == [200, 202]
    assert kinds(stream.goodbye(0, NOON_S)) == [200, 202, 203]
    assert stream.goodbye(0, NOON_S).endswith(struct.pack(">I", START.ssrc))
