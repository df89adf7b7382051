from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.packets import TICKS_PER_S, ClockSource
from gateway.timing import (
    EARLIEST_OFFSET_S,
    LATEST_OFFSET_S,
    MAX_LAG_S,
    PictureClock,
    TickLine,
)

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STEP = TICKS_PER_S // 10
HOUR = 3600 * TICKS_PER_S

stamps = st.one_of(st.none(), st.integers(-(2**40), 2**40))
packets = st.lists(st.tuples(stamps, stamps, st.floats(0, 30)), min_size=1, max_size=60)


def placed(*arrivals):
    """Place (pts, dts, received_s) on a new line."""
    line = TickLine()
    return [line.place(*arrival) for arrival in arrivals]


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        # As FFmpeg hands over an RTSP session: the first picture without, the rest with.
        (
            [(None, None, 0.0), (STEP, STEP, 0.0), (2 * STEP, 2 * STEP, 0.1)],
            [(0, 0), (STEP, STEP), (2 * STEP, 2 * STEP)],
        ),
        # Missing in the middle: by arrival.
        ([(0, 0, 0.0), (None, None, 0.5), (STEP * 8, STEP * 8, 0.8)], [0, STEP * 5, STEP * 8]),
        # Twice the same, and backwards.
        ([(5, 5, 0.0), (5, 5, 0.0), (3, 3, 0.0)], [5, 6, 7]),
        # The counter starts over after an hour: goes on by arrival.
        ([(HOUR, HOUR, 0.0), (0, 0, 0.1), (STEP, STEP, 0.2)], [HOUR, HOUR + STEP, HOUR + 2 * STEP]),
        # A pause of the camera with honest timestamps stays a pause.
        ([(0, 0, 0.0), (60 * TICKS_PER_S, 60 * TICKS_PER_S, 60.0)], [0, 60 * TICKS_PER_S]),
        # B-frames: pts ahead of dts and out of order, kept.
        (
            [(0, -2, 0.0), (6, -1, 0.0), (3, 1, 0.0)],
            [(0, -2), (6, -1), (3, 1)],
        ),
        # dts missing: the pts takes its place.
        ([(7, None, 0.0), (9, None, 0.0)], [7, 9]),
    ],
)
def test_tick_line(arrivals, expected):
    pairs = [entry if isinstance(entry, tuple) else (entry, entry) for entry in expected]
    assert placed(*arrivals) == pairs


@given(packets)
def test_ticks_always_rise_whatever_arrives(arrivals):
    now_s, line, out = 0.0, TickLine(), []
    for pts, dts, later_s in arrivals:
        now_s += later_s
        out.append(line.place(pts, dts, now_s))
    assert all(b[1] > a[1] for a, b in pairwise(out))
    assert all(pts >= dts for pts, dts in out)


def run_clock(pictures):
    """Stamp (stream seconds, arrival seconds, camera seconds or None); seconds after noon out."""
    clock, out = PictureClock(), []
    for stream_s, arrival_s, camera_s in pictures:
        ticks = round(stream_s * TICKS_PER_S)
        camera = None if camera_s is None else NOON.timestamp() + camera_s
        at, source = clock.stamp(ticks, ticks, NOON.timestamp() + arrival_s, camera)
        out.append(((at - NOON).total_seconds(), source))
    return clock, out


def test_jitter_of_the_network_does_not_reach_the_pictures():
    jitter = [0.0, 0.03, 0.01, 0.08, 0.0, 0.05, 0.02, 0.0]
    _, out = run_clock([(n / 10, n / 10 + late, None) for n, late in enumerate(jitter)])
    assert [source for _, source in out] == [ClockSource.ARRIVAL] * len(jitter)
    for number, (at_s, _) in enumerate(out):
        assert at_s == pytest.approx(number / 10, abs=0.005)


def test_pictures_that_arrive_in_one_burst_are_spread_and_settle():
    burst = [(n / 10, 1.0, None) for n in range(8)]
    live = [(n / 10, n / 10 + 0.3, None) for n in range(8, 30)]
    _, out = run_clock(burst + live)
    times = [at_s for at_s, _ in out]
    assert all(b - a >= 0.049 for a, b in pairwise(times))
    assert times[-1] == pytest.approx(3.2, abs=0.01)


def test_the_cameras_time_is_used_from_its_second_report_on():
    _, out = run_clock([(n / 10, n / 10 + 0.2, n / 10 if n >= 5 else None) for n in range(30)])
    assert [source for _, source in out] == [ClockSource.ARRIVAL] * 6 + [ClockSource.RTCP] * 24
    assert out[-1][0] == pytest.approx(2.9)
    assert all(b[0] > a[0] for a, b in pairwise(out))


@pytest.mark.parametrize(
    ("offset_s", "believed"),
    [
        (0.0, True),
        (EARLIEST_OFFSET_S + 0.1, True),
        (EARLIEST_OFFSET_S - 0.1, False),
        (LATEST_OFFSET_S + 0.1, False),
        (8 * 3600.0, False),
        (-56 * 365 * 86_400.0, False),
    ],
)
def test_a_wrong_clock_is_shown_but_not_believed(offset_s, believed):
    clock, out = run_clock([(n / 10, n / 10, n / 10 + offset_s) for n in range(3)])
    assert clock.offset_s == pytest.approx(offset_s, abs=1e-3)
    assert out[-1][1] is (ClockSource.RTCP if believed else ClockSource.ARRIVAL)
    if not believed:
        assert out[-1][0] == pytest.approx(0.2, abs=0.01)


def test_a_camera_set_right_in_the_middle_never_sends_time_backwards():
    wrong = [(n / 10, n / 10, n / 10 + 7200) for n in range(20)]
    right = [(n / 10, n / 10, n / 10 - 0.4) for n in range(20, 60)]
    clock, out = run_clock(wrong + right)
    assert all(b[0] > a[0] for a, b in pairwise(out))
    assert out[-1] == (pytest.approx(5.5, abs=0.01), ClockSource.RTCP)
    assert clock.offset_s == pytest.approx(-0.4, abs=1e-3)


@pytest.mark.parametrize("rate", [0.9, 0.999, 1.0, 1.001, 1.1])
def test_a_stream_whose_timestamps_run_fast_or_slow_stays_near_arrival(rate):
    _, out = run_clock([(n / 10 * rate, n / 10, None) for n in range(1200)])
    for number, (at_s, _) in enumerate(out):
        assert -0.01 <= number / 10 - at_s <= MAX_LAG_S + 0.1


@given(
    st.lists(
        st.tuples(st.floats(0.001, 5), st.floats(0, 5), st.one_of(st.none(), st.floats(-1e9, 1e9))),
        max_size=50,
    )
)
def test_time_never_runs_backwards_whatever_clocks_say(steps):
    stream_s, arrival_s, pictures = 0.0, 0.0, []
    for step_s, later_s, camera_s in steps:
        stream_s, arrival_s = stream_s + step_s, arrival_s + later_s
        pictures.append((stream_s, arrival_s, camera_s))
    _, out = run_clock(pictures)
    assert all(b[0] >= a[0] for a, b in pairwise(out))
