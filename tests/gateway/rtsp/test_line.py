import struct
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.packets import TICKS_PER_S, ClockSource
from gateway.rtsp.line import DecodingOrder, VideoLine
from gateway.rtsp.rtcp import NTP_EPOCH_S

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STEP = TICKS_PER_S // 25


def report(camera_s, timestamp):
    seconds = int(camera_s)
    ntp = (seconds + NTP_EPOCH_S) & 0xFFFFFFFF, int((camera_s - seconds) * 2**32)
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, *ntp, timestamp & 0xFFFFFFFF, 1, 1)


def place(line, number, *, late_s=0.05, first=0xFFFF_F000, step=STEP):
    at_s = number / 25 + late_s
    timestamp = (first + number * step) & 0xFFFFFFFF
    return line.picture(b"", timestamp, at_s, NOON.timestamp() + at_s, is_key=False)


def test_timestamps_that_wrap_run_on():
    line = VideoLine(TICKS_PER_S)
    moments = [place(line, number) for number in range(20)]
    assert [b.pts - a.pts for a, b in pairwise(moments)] == [STEP] * 19


def test_another_clock_rate_becomes_ticks():
    line = VideoLine(1000)
    moments = [place(line, number, step=40) for number in range(20)]
    assert [b.pts - a.pts for a, b in pairwise(moments)] == [STEP] * 19


def test_timestamps_that_stand_still_are_replaced_by_arrival():
    line = VideoLine(TICKS_PER_S)
    moments = [place(line, number, step=0) for number in range(50)]
    assert moments[-1].pts - moments[0].pts == pytest.approx(49 * STEP, abs=50)


def test_pictures_are_stamped_by_the_cameras_reports():
    line = VideoLine(TICKS_PER_S)
    place(line, 0)
    line.sender.see(report(NOON.timestamp() + 0.02, 0xFFFF_F000), 0.0)
    moments = [place(line, number) for number in range(1, 40)]
    assert moments[-1].clock is ClockSource.RTCP
    taken = NOON + timedelta(seconds=0.02 + 39 / 25)
    assert abs((moments[-1].captured_at - taken).total_seconds()) < 0.001
    assert line.clock.offset_s == pytest.approx(-0.03, abs=0.001)
    beside = line.clock.moment(moments[-1].pts + TICKS_PER_S)
    assert (beside - moments[-1].captured_at).total_seconds() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("depth", "shown", "decoded"),
    [
        (1, [0, 2, 1, 4, 3], [-1, 0, 1, 2, 3]),
        (2, [0, 3, 1, 2, 6, 4, 5], [-2, -1, 0, 1, 2, 3, 4]),
        (2, [0, 1, 2, 3], [-2, -1, 0, 1]),
    ],
)
def test_decoding_order(depth, shown, decoded):
    order = DecodingOrder(depth)
    assert [order.dts(pts, 1) for pts in shown] == decoded


def test_the_order_starts_over_where_timestamps_do():
    order = DecodingOrder(1)
    far = 100 * TICKS_PER_S
    assert [order.dts(pts, 1) for pts in (far, far + 2, 0, 2, 1)] == [far - 1, far, -1, 0, 1]


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.floats(0, 20)), max_size=60),
    st.integers(0, 16),
)
def test_ticks_rise_whatever_comes(arrivals, depth):
    line, now_s, moments = VideoLine(TICKS_PER_S), 0.0, []
    line.reorder(depth)
    for timestamp, later_s in arrivals:
        now_s += later_s
        arrival_s = NOON.timestamp() + now_s
        moments.append(line.picture(b"", timestamp, now_s, arrival_s, is_key=False))
    assert all(b.dts > a.dts for a, b in pairwise(moments))
    assert all(moment.pts >= moment.dts for moment in moments)
