"""Real streams over networks that lose, repeat and turn around; and streams that are nonsense."""

from itertools import groupby, pairwise
from operator import itemgetter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.rtsp.audio import audio_info
from gateway.rtsp.receiver import AudioReceiver, VideoReceiver
from gateway.rtsp.reorder import HOLD_PACKETS, HOLD_S, ReorderBuffer
from gateway.rtsp.sdp import MediaTrack

CODECS = pytest.mark.parametrize("codec", ["h264", "hevc"])

faults = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["lose", "repeat", "late", "far"])),
    max_size=12,
)


@pytest.fixture(scope="module")
def recorded(rtp_camera):
    """One recording of each codec: its camera and the packets with the picture they belong to."""
    out = {}
    for codec in ("h264", "hevc"):
        camera = rtp_camera(codec, 60, gop=10, mtu=120, aggregates=False)
        packets = [(n, p) for n, picture in enumerate(camera.packets()) for p in picture]
        out[codec] = camera, packets
    return out


def distorted(packets, script):
    """Return the packets as a network hands them over."""
    out = list(packets)
    for where, fault in script:
        at = where % len(out)
        if fault == "lose":
            del out[at]
        elif fault == "repeat":
            out.insert(at, out[at])
        else:
            packet = out.pop(at)
            out.insert(at + (4 if fault == "late" else 30), packet)
    return out


def slices(codec, units):
    """Return the units that hold picture data: SEI may be lost unharmed."""
    if codec == "h264":
        return tuple(unit for unit in units if unit[0] & 0x1F in (1, 5))
    return tuple(unit for unit in units if unit[0] >> 1 < 32)


def receive(receiver, packets):
    """Return the pictures in (number of its picture, packet); those of one number come at once."""
    pictures = []
    receiver.on_picture = pictures.append
    for number, together in groupby(packets, key=itemgetter(0)):
        at_s = number / 25
        receiver.rtp([packet for _, packet in together], at_s, 1e9 + at_s)
    return pictures


@CODECS
@given(script=faults)
@settings(max_examples=60, deadline=None)
def test_what_comes_out_is_whole_in_order_and_without_holes(recorded, split_units, codec, script):
    camera, packets = recorded[codec]
    receiver = VideoReceiver(camera.track(), reorder=True)
    arrived = distorted(packets, script)
    known = {slices(codec, units): number for number, units in enumerate(camera.access_units())}
    out = receive(receiver, arrived)
    numbers = [known[slices(codec, split_units(packet.data))] for packet in out]
    assert all(b > a for a, b in pairwise(numbers))
    for packet, (before, number) in zip(out[1:], pairwise(numbers), strict=True):
        assert packet.is_key or number == before + 1
    assert all(b.dts > a.dts for a, b in pairwise(out))
    if all(fault == "repeat" for _, fault in script):
        assert numbers == list(range(60))


@CODECS
def test_packets_turned_around_within_a_picture_are_put_right(recorded, split_units, codec):
    camera, packets = recorded[codec]
    turned = [packets[0]]
    for at in range(1, len(packets) - 1, 2):
        turned += [packets[at + 1], packets[at]]
    receiver = VideoReceiver(camera.track(), reorder=True)
    out = receive(receiver, turned)
    assert [split_units(p.data) for p in out] == camera.access_units()[: len(out)]
    assert len(out) >= 59
    assert receiver.lost == 0


@CODECS
def test_one_lost_packet_costs_the_rest_of_its_gop(recorded, codec):
    camera, packets = recorded[codec]
    victims = {at for at, (number, _) in enumerate(packets) if number == 13}
    for victim in victims:
        receiver = VideoReceiver(camera.track(), reorder=False)
        out = receive(receiver, [p for at, p in enumerate(packets) if at != victim])
        assert len(out) == 60 - 7
        assert receiver.lost == 1
        assert receiver.damaged + receiver.skipped in (6, 7)


def packet(sequence):
    return b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2) + bytes(9)


def pushed(buffer, *sequences, at_s=0.0):
    out = [a for sequence in sequences for a in buffer.push(packet(sequence), at_s, 0.0)]
    return [data[2] << 8 | data[3] for data, _, _ in out]


@pytest.mark.parametrize(
    ("arrived", "given_out"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 3, 2, 4], [1, 2, 3, 4]),
        ([1, 4, 3, 2, 5], [1, 2, 3, 4, 5]),
        ([1, 2, 2, 3, 1], [1, 2, 3]),
        ([1, 3, 3, 2], [1, 2, 3]),
        ([65534, 0, 65535, 1], [65534, 65535, 0, 1]),
        ([1, 3, 4], [1]),
        ([1, 3, 4, 30_000, 30_001], [1, 3, 4, 30_000, 30_001]),
        ([1, *range(3, 4 + HOLD_PACKETS)], [1, *range(3, 4 + HOLD_PACKETS)]),
    ],
)
def test_the_order_of_datagrams(arrived, given_out):
    assert pushed(ReorderBuffer(), *arrived) == given_out


def test_a_lost_datagram_is_awaited_for_a_moment_only():
    buffer = ReorderBuffer()
    assert pushed(buffer, 1, 3, 4) == [1]
    assert pushed(buffer, 5, at_s=HOLD_S * 0.9) == []
    assert pushed(buffer, 7, at_s=HOLD_S * 1.1) == [3, 4, 5]
    assert pushed(buffer, 2, at_s=HOLD_S * 1.2) == []
    assert buffer.late == 1
    assert pushed(buffer, 6, at_s=HOLD_S * 1.2) == [6, 7]


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 0.1)), max_size=300))
def test_the_buffer_never_holds_more_than_it_may(arrivals):
    buffer, now_s, left = ReorderBuffer(), 0.0, 0
    for came, (sequence, later_s) in enumerate(arrivals, start=1):
        now_s += later_s
        left += len(buffer.push(packet(sequence), now_s, 0.0))
        assert came - left - buffer.late <= HOLD_PACKETS


SOUND = MediaTrack("audio", "aac", 97, 16_000, 1, "rtsp://camera/2")


@CODECS
@given(
    noise=st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.builds(
                lambda kind, sequence, body: bytes([0x80, kind, 0, sequence]) + bytes(8) + body,
                st.sampled_from([96, 96 | 0x80, 97]),
                st.integers(0, 255),
                st.binary(max_size=60),
            ),
        ),
        max_size=60,
    ),
    reorder=st.booleans(),
)
@settings(deadline=None)
def test_no_bytes_raise(recorded, codec, noise, reorder):
    camera, _ = recorded[codec]
    receiver = VideoReceiver(camera.track(), reorder=reorder, audio=audio_info(SOUND))
    sound = AudioReceiver(SOUND, receiver, reorder=reorder)
    for number, data in enumerate(noise):
        receiver.rtp([data], number / 25, 1e9)
        list(sound.rtp([data], number / 25, 1e9))
        receiver.rtcp([data], number / 25, 1e9)
        sound.rtcp([data], number / 25, 1e9)
    receiver.report(100.0)
    sound.report(100.0)


@CODECS
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 200), st.integers(0, 255)), max_size=40
    ),
    cuts=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 130)), max_size=10),
    reorder=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_no_change_to_a_real_stream_raises(recorded, codec, changes, cuts, reorder):
    camera, packets = recorded[codec]
    mutated = [bytearray(data) for _, data in packets]
    for which, at, value in changes:
        data = mutated[which % len(mutated)]
        data[at % len(data)] = value
    for which, length in cuts:
        del mutated[which % len(mutated)][max(1, length) :]
    receiver = VideoReceiver(camera.track(sprop=False), reorder=reorder)
    pictures = receive(receiver, [(number / 4, bytes(data)) for number, data in enumerate(mutated)])
    assert all(b.dts > a.dts for a, b in pairwise(pictures))
    assert all(picture.pts >= picture.dts for picture in pictures)


@CODECS
@given(
    script=faults,
    changes=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 16), st.integers(0, 255)), max_size=10
    ),
    reorder=st.booleans(),
)
@example(script=[(0, "repeat"), (2906, "late")], changes=[], reorder=False)
@settings(max_examples=60, deadline=None)
def test_the_short_way_gives_what_the_long_one_does(recorded, codec, script, changes, reorder):
    camera, packets = recorded[codec]
    arrived = [(number, bytearray(data)) for number, data in distorted(packets, script)]
    for which, at, value in changes:
        data = arrived[which % len(arrived)][1]
        data[at % len(data)] = value

    def outcome(receiver):
        pictures = receive(receiver, [(number, bytes(data)) for number, data in arrived])
        state = receiver.damaged, receiver.skipped, receiver.lost, receiver.unread
        return pictures, state, receiver.report(100.0)

    short = VideoReceiver(camera.track(), reorder=reorder)
    long = VideoReceiver(camera.track(), reorder=reorder)
    long._run.follow = lambda _packets, _at: ()
    assert outcome(short) == outcome(long)
