from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hub import AudioDelivery, Delivery
from gateway.packets import (
    TICKS_PER_S,
    AudioInfo,
    AudioPacket,
    ClockSource,
    StreamInfo,
    VideoPacket,
)
from gateway.timeline import Moment, Timeline

INFO = StreamInfo("h264", 64, 48, 25.0, b"")


def delivery(epoch: int, pts: int, dts: int, received_s: float) -> Delivery:
    packet = VideoPacket(
        data=b"",
        pts=pts,
        dts=dts,
        is_key=True,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        clock=ClockSource.ARRIVAL,
        received_s=received_s,
    )
    return Delivery(epoch, INFO, packet)


# Packets as (epoch, pts, dts, received_s) -> where they lie as (pts, dts).
@pytest.mark.parametrize(
    ("packets", "line"),
    [
        ([(1, 9000, 9000, 5.0)], [(0, 0)]),
        ([(1, 7200, 0, 5.0), (1, 3600, 3600, 5.04)], [(0, -7200), (-3600, -3600)]),
        ([(1, 9000, 9000, 5.0), (1, 12600, 12600, 9.0)], [(0, 0), (3600, 3600)]),
        ([(1, 9000, 9000, 5.0), (2, 50, 50, 7.0)], [(0, 0), (180_000, 180_000)]),
        ([(1, 9000, 9000, 5.0), (1, 40, 40, 5.5)], [(0, 0), (45_000, 45_000)]),
        ([(1, 0, 0, 5.0), (1, 10**9, 10**9, 5.1)], [(0, 0), (9000, 9000)]),
        ([(1, 0, 0, 5.0), (1, 0, 0, 5.0)], [(0, 0), (1, 1)]),
        ([(1, 0, 0, 5.0), (1, 100, 3600, 5.0)], [(0, 0), (3600, 3600)]),
    ],
)
def test_where_packets_lie(packets, line):
    timeline = Timeline()
    assert [timeline.place(delivery(*packet)) for packet in packets] == [Moment(*m) for m in line]


@dataclass(frozen=True)
class Step:
    new_session: bool
    pts_delay: int
    dts: int
    arrival_gap_s: float


STEPS = st.lists(
    st.builds(
        Step,
        st.booleans(),
        st.integers(-100, 20_000),
        st.integers(0, 2**33),
        st.floats(0, 100, allow_nan=False),
    ),
    min_size=1,
)


@given(STEPS)
def test_whatever_a_camera_sends_the_line_rises_and_can_be_muxed(steps):
    timeline, epoch, now_s = Timeline(), 1, 0.0
    last = None
    for step in steps:
        epoch += step.new_session
        now_s += step.arrival_gap_s
        moment = timeline.place(delivery(epoch, step.dts + step.pts_delay, step.dts, now_s))
        assert moment.pts >= moment.dts
        assert last is None or moment.dts > last
        last = moment.dts


@given(st.lists(st.integers(1, 5 * TICKS_PER_S), max_size=30))
def test_a_sound_session_keeps_its_own_intervals(gaps):
    timeline, pts = Timeline(), 777
    placed = [timeline.place(delivery(1, pts, pts, 0.0)).pts]
    for gap in gaps:
        pts += gap
        placed.append(timeline.place(delivery(1, pts, pts, 0.0)).pts)
    assert placed[-1] == pts - 777


# The sound's epoch and pts, after a picture of session 2 at pts 9000 that lies at 0 -> its place.
@pytest.mark.parametrize(
    ("epoch", "pts", "place"),
    [
        (2, 9000, 0),
        (2, 12_600, 3600),
        (2, 8999, None),
        (1, 12_600, None),
        (2, 9000 + 11 * TICKS_PER_S, None),
    ],
)
def test_sound_lies_beside_the_pictures_of_its_session(epoch, pts, place):
    timeline, moment = Timeline(), datetime(2026, 1, 1, tzinfo=UTC)
    sound = AudioDelivery(epoch, AudioInfo("aac", 8000, 1), AudioPacket(b"", pts, moment, 5.0))
    assert timeline.place_sound(sound) is None
    timeline.place(delivery(2, 9000, 9000, 5.0))
    assert timeline.place_sound(sound) == place
