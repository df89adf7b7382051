"""The latest seconds in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.hub import AudioDelivery, Delivery
from gateway.packets import AudioInfo, AudioPacket, ClockSource, StreamInfo, VideoPacket
from gateway.recording.pre_roll import PreRoll

INFO = StreamInfo("h264", 64, 48, None, b"")
PACKETS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 9), st.floats(0.01, 3, allow_nan=False)), max_size=60
)


@given(PACKETS, st.floats(0, 10), st.integers(1, 40), st.floats(0, 30))
def test_the_pre_roll_is_whole_bounded_and_long_enough(packets, seconds, max_bytes, ago_s):
    ring, now_s, given_packets = PreRoll(seconds, max_bytes), 0.0, []
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for is_key, size, gap_s in packets:
        now_s += gap_s
        moment = start + timedelta(seconds=now_s)
        packet = VideoPacket(bytes(size), 0, 0, is_key, moment, ClockSource.ARRIVAL, now_s)
        given_packets.append(Delivery(1, INFO, packet))
        ring.add(given_packets[-1])
    kept = list(ring.since(start - timedelta(days=1)))
    assert kept == given_packets[len(given_packets) - len(kept) :]
    assert sum(len(each.packet.data) for each in kept) == ring.bytes <= max_bytes
    assert not kept or kept[0].packet.is_key
    keys = [each for each in kept if each.packet.is_key]
    if len(keys) > 1:
        assert keys[1].packet.received_s > now_s - seconds
    wanted = start + timedelta(seconds=now_s - ago_s)
    chosen = list(ring.since(wanted))
    assert chosen == kept[len(kept) - len(chosen) :]
    early = [key for key in keys if key.packet.captured_at <= wanted]
    assert chosen[:1] == (early[-1:] or kept[:1])


def test_the_pre_roll_forgets_a_stream_of_another_kind():
    ring = PreRoll(60)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    packet = VideoPacket(
        b"1", 0, 0, is_key=True, captured_at=moment, clock=ClockSource.ARRIVAL, received_s=0.0
    )
    ring.add(Delivery(1, INFO, packet))
    ring.add(Delivery(2, replace(INFO, width=128), packet))
    (kept,) = ring.since(moment)
    assert kept.epoch == 2


def test_sound_is_kept_with_the_pictures_it_came_with():
    ring, moment = PreRoll(1), datetime(2026, 1, 1, tzinfo=UTC)
    sound = AudioDelivery(1, AudioInfo("pcm_alaw", 8000, 1), AudioPacket(b"123", 0, moment, 0.0))
    ring.add(sound)
    assert (list(ring.since(moment)), ring.bytes) == ([], 0)
    packet = VideoPacket(
        b"1", 0, 0, is_key=True, captured_at=moment, clock=ClockSource.ARRIVAL, received_s=0.0
    )
    first, second = Delivery(1, INFO, packet), Delivery(1, INFO, replace(packet, received_s=2.0))
    for item in (first, sound):
        ring.add(item)
    assert (list(ring.since(moment)), ring.bytes) == ([first, sound], 4)
    for item in (second, replace(second, packet=replace(packet, received_s=4.0))):
        ring.add(item)
    kept = list(ring.since(moment - timedelta(days=1)))
    assert kept[0] == second
    assert (len(kept), ring.bytes) == (2, 2)
