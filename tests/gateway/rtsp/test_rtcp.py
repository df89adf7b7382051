import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.rtcp import NTP_EPOCH_S, Reception, SenderClock, receiver_report, sender_report

NOON_S = int(datetime(2026, 5, 1, 12, 0, tzinfo=UTC).timestamp())
IN_2040_S = int(datetime(2040, 5, 1, 12, 0, tzinfo=UTC).timestamp())


def sent(utc_s, timestamp, *, ntp=None, before=b""):
    """Return a sender report with a description, as cameras send it."""
    seconds = int(utc_s)
    ntp = ntp or ((seconds + NTP_EPOCH_S) & 0xFFFFFFFF, int((utc_s - seconds) * 2**32))
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, *ntp, timestamp, 100, 5000)
    return before + report + struct.pack(">BBHIBB", 0x81, 202, 2, 7, 1, 0) + bytes(2)


@pytest.mark.parametrize("utc_s", [NOON_S + 0.25, IN_2040_S + 0.25, 0.5])
def test_the_cameras_clock(utc_s):
    """NTP's era of 2036 and cameras that believe it is 1970 included."""
    clock = SenderClock(90_000)
    assert clock.utc_s(5) is None
    clock.see(sent(utc_s, 1000), 50.0)
    assert clock.utc_s(1000) == pytest.approx(utc_s, abs=1e-6)
    assert clock.utc_s(1000 + 90_000) == pytest.approx(utc_s + 1)
    assert clock.utc_s((1000 - 45_000) & 0xFFFFFFFF) == pytest.approx(utc_s - 0.5)
    assert clock.utc_s(1000 + 90_000 * 3600) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", sent(NOON_S, 5)[:19], sent(NOON_S, 5)[28:], b"\x00" + sent(NOON_S, 5)[1:]],
)
def test_what_is_no_sender_report(data):
    assert sender_report(data) is None


def test_a_camera_without_a_clock_says_nothing():
    clock = SenderClock(90_000)
    clock.see(sent(0, 5, ntp=(0, 0)), 50.0)
    assert clock.utc_s(5) is None


def test_a_sender_report_may_come_second():
    first = struct.pack(">BBHI", 0x80, 201, 1, 9)
    assert sender_report(sent(NOON_S, 5, before=first)).timestamp == 5


@given(st.binary(max_size=100))
def test_no_bytes_raise(data):
    sender_report(data)
    sender_report(b"\x80\xc8\x00\x06" + data)


def test_our_report_repeats_what_the_camera_said():
    clock = SenderClock(90_000)
    assert clock.echo(50.0) == (0, 0)
    clock.see(sent(NOON_S + 0.5, 5), 50.0)
    middle, delay = clock.echo(52.5)
    assert middle == ((NOON_S + NTP_EPOCH_S) & 0xFFFF) << 16 | 0x8000
    assert delay == 163_840
    data = receiver_report(Reception(7, 12, 300, 70_000, 90), (middle, delay))
    flags, kind, words, ours, theirs, loss, highest, jitter, *echo = struct.unpack_from(
        ">BBHIIIIIII", data
    )
    assert (flags, kind, words, theirs) == (0x81, 201, 7, 7)
    assert ours != theirs
    assert (loss, highest, jitter, echo) == (12 << 24 | 300, 70_000, 90, [middle, delay])
    flags, kind, words = struct.unpack_from(">BBH", data, 32)
    assert (flags, kind, 36 + 4 * words) == (0x81, 202, len(data))
    assert b"gridpatrol\x00" in data
