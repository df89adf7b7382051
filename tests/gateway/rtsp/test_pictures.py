"""Cameras that cut and mark their pictures in ways of their own."""

import struct
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.current_sets import CurrentSets
from gateway.rtsp.grammar import H264, H265, recovery_pictures
from gateway.rtsp.pictures import MAX_PICTURE_BYTES, PictureBuilder
from gateway.rtsp.receiver import VideoReceiver

SPS = bytes.fromhex("6764000aacd94284e26a020202800000030080000019478913cb")
PPS = b"\x68\xeb\xe3\xcb"
IDR, IDR_REST = b"\x65\x88\x84\xaa", b"\x65\x40\x84\xbb"
P, P_REST, DISPOSABLE = b"\x41\x9a\x02\x11", b"\x41\x5a\x02\x22", b"\x01\x9a\x02\x33"
I_SLICE = b"\x41\x88\x84\x44"
AUD, SEI, FILLER = b"\x09\xf0", b"\x06\x05\x01\x00\x80", b"\x0c\xff\x80"
EXACT_RECOVERY, SLOW_RECOVERY = b"\x06\x06\x01\xc4\x80", b"\x06\x06\x01\x2c\x80"
START_CODE = b"\x00\x00\x00\x01"
STEP = 3600


def pictures_of(receiver, packet, received_s, arrival_s):
    """Return the pictures that are whole with this packet."""
    pictures = []
    receiver.on_picture = pictures.append
    receiver.rtp([packet], received_s, arrival_s)
    return pictures


class Wire:
    """Sends single units; returns each picture as (is_key, units without parameter sets)."""

    def __init__(self, track, split_units):
        self.receiver = VideoReceiver(track, reorder=False)
        self.sequence = 0
        self._split = split_units

    def send(self, unit, number, marker=False):
        kind = 96 | (0x80 if marker else 0)
        head = struct.pack(">BBHII", 0x80, kind, self.sequence, number * STEP, 7)
        self.sequence += 1
        packets = pictures_of(self.receiver, head + unit, number / 25, 1e9 + number / 25)
        return [(p.is_key, self.units(p)) for p in packets]

    def units(self, packet):
        return tuple(u for u in self._split(packet.data) if u[0] & 0x1F not in (7, 8))

    def play(self, *sent):
        return [picture for unit in sent for picture in self.send(*unit)]


@pytest.fixture
def wire(rtp_camera, split_units):
    return Wire(rtp_camera("h264", 10).track(), split_units)


M = True
FIRST = [(IDR, 0, M), (P, 1, M)]
"""A key picture and another, by which markers prove honest."""


@pytest.mark.parametrize(
    ("sent", "pictures"),
    [
        pytest.param(
            [(IDR, 0, M), (P, 1, M), (P, 2, M)],
            [(True, (IDR,)), (False, (P,)), (False, (P,))],
            id="honest markers",
        ),
        pytest.param(
            [(IDR, 0), (P, 1), (P, 2), (P, 3)],
            [(True, (IDR,)), (False, (P,)), (False, (P,))],
            id="no markers at all",
        ),
        pytest.param(
            [(SPS, 0, M), (PPS, 0, M), (IDR, 0, M), (P, 1, M)],
            [(True, (IDR,)), (False, (P,))],
            id="markers on parameter sets",
        ),
        pytest.param(
            [(SPS, 0, M), (PPS, 1, M), (IDR, 2, M), (P, 3, M)],
            [(True, (IDR,)), (False, (P,))],
            id="parameter sets with timestamps of their own",
        ),
        pytest.param(
            [(IDR, 0, M), (IDR_REST, 0, M), (P, 1, M), (P_REST, 1, M), (P, 2)],
            [(True, (IDR, IDR_REST)), (False, (P, P_REST))],
            id="a marker on every slice",
        ),
        pytest.param(
            [(SPS, 0), (PPS, 0), (IDR, 0), (SPS, 0), (PPS, 0), (IDR_REST, 0, M), (P, 1, M)],
            [(True, (IDR, IDR_REST)), (False, (P,))],
            id="parameter sets before every slice",
        ),
        pytest.param(
            [*FIRST, (P, 2), (P_REST, 2, M), (P, 3, M)],
            [(True, (IDR,)), (False, (P,)), (False, (P, P_REST)), (False, (P,))],
            id="several slices",
        ),
        pytest.param(
            [*FIRST, (P, 2), (P, 2), (P, 2), (P, 3)],
            [(True, (IDR,)), *[(False, (P,))] * 4],
            id="timestamps that stand still",
        ),
        pytest.param(
            [*FIRST, (AUD, 2), (SEI, 2), (P, 2), (FILLER, 2, M)],
            [(True, (IDR,)), (False, (P,)), (False, (SEI, P))],
            id="delimiters and filler go, SEI stays",
        ),
        pytest.param(
            [*FIRST, (SEI, 1, M), (P, 2, M)],
            [(True, (IDR,)), (False, (P,)), (False, (SEI, P))],
            id="SEI after the marker joins the next picture",
        ),
        pytest.param(
            [(SPS + START_CODE + PPS + START_CODE + IDR, 0, M), (P, 1, M)],
            [(True, (IDR,)), (False, (P,))],
            id="several units in one",
        ),
        pytest.param(
            [(START_CODE + IDR, 0, M), (START_CODE[1:] + P, 1, M)],
            [(True, (IDR,)), (False, (P,))],
            id="start codes in the payload",
        ),
        pytest.param(
            [*FIRST, (EXACT_RECOVERY, 2), (P, 2, M)],
            [(True, (IDR,)), (False, (P,)), (True, (EXACT_RECOVERY, P))],
            id="an open GOP",
        ),
        pytest.param(
            [*FIRST, (SLOW_RECOVERY, 2), (P, 2, M)],
            [(True, (IDR,)), (False, (P,)), (False, (SLOW_RECOVERY, P))],
            id="a slow recovery point beside real key pictures",
        ),
        pytest.param(
            [(SLOW_RECOVERY, 0), (P, 0, M), (P, 1, M), (SLOW_RECOVERY, 2), (P, 2, M)],
            [(True, (SLOW_RECOVERY, P)), (False, (P,)), (True, (SLOW_RECOVERY, P))],
            id="gradual refresh alone",
        ),
        pytest.param(
            [(SPS, 0), (I_SLICE, 0, M), (P, 1, M)],
            [(True, (I_SLICE,)), (False, (P,))],
            id="I slices with parameter sets in place of IDR",
        ),
    ],
)
def test_where_pictures_end(wire, sent, pictures):
    assert wire.play(*sent) == pictures


def test_a_marker_that_lies_late_costs_a_gop(wire):
    """Slices after a marker that had been believed: from then on the timestamp tells."""
    out = wire.play(*FIRST, (P, 2, M), (P_REST, 2, M), (P, 3, M), (P_REST, 3, M))
    assert out[2:] == [(False, (P,))]
    out = wire.play((IDR, 4, M), (IDR_REST, 4, M), (P, 5, M), (P_REST, 5, M), (P, 6, M))
    assert out == [(True, (IDR, IDR_REST)), (False, (P, P_REST))]
    assert (wire.receiver.damaged, wire.receiver.skipped) == (1, 1)


def test_fragmented_pictures_under_one_timestamp(wire):
    begin, end = b"\x5c\x81", b"\x5c\x41"
    whole = b"\x41\x9a\x02\x11"
    pieces = [(begin + whole[1:3], 2), (end + whole[3:], 2)]
    out = wire.play(*FIRST, *pieces, *pieces, (P, 3, M))
    assert out[2:] == [(False, (whole,)), (False, (whole,)), (False, (P,))]
    assert wire.receiver.damaged == 0


def test_a_fragment_without_its_beginning_is_a_loss_too(wire):
    """Whatever the sequence numbers say: some cameras drop packets before they number them."""
    out = wire.play(*FIRST, (b"\x5c\x41\x02", 2, M), (P, 3, M), (IDR, 4, M))
    assert out[2:] == [(True, (IDR,))]
    assert (wire.receiver.damaged, wire.receiver.skipped) == (1, 1)


def test_new_parameter_sets_reach_the_decoder_without_a_key_picture(wire, split_units):
    wire.play(*FIRST)
    other = PPS + b"\x80"
    wire.send(other, 2)
    head = struct.pack(">BBHII", 0x80, 0xE0, wire.sequence, 2 * STEP, 7)
    (packet,) = pictures_of(wire.receiver, head + P, 1.0, 1e9)
    assert other in split_units(packet.data)
    assert not packet.is_key


@pytest.mark.parametrize(
    ("lost", "pictures", "damaged", "skipped"),
    [
        pytest.param((P, 2, M), [(True, (IDR,))], 0, 2, id="a whole picture"),
        pytest.param((P_REST, 3), [(False, (P,)), (True, (IDR,))], 1, 1, id="a middle slice"),
        pytest.param((P, 3), [(False, (P,)), (True, (IDR,))], 1, 1, id="the first slice"),
        pytest.param((P_REST, 3, M), [(False, (P,)), (True, (IDR,))], 1, 1, id="the last slice"),
        pytest.param(
            (IDR, 5, M),
            [(False, (P,)), (False, (P, P_REST, P_REST)), (False, (P,))],
            0,
            0,
            id="key",
        ),
    ],
)
def test_after_a_loss_pictures_wait_for_a_key_picture(wire, lost, pictures, damaged, skipped):
    sent = [(P, 2, M), (P, 3), (P_REST, 3), (P_REST, 3, M), (P, 4, M), (IDR, 5, M)]
    wire.play(*FIRST)
    out = []
    index = sent.index(lost)
    for number, unit in enumerate(sent):
        if number == index:
            wire.sequence += 1
        else:
            out += wire.send(*unit)
    assert out == pictures
    assert wire.receiver.lost == (0 if lost == sent[-1] else 1)
    assert (wire.receiver.damaged, wire.receiver.skipped) == (damaged, skipped)


def test_nothing_leans_on_a_disposable_picture(wire):
    wire.play(*FIRST, (DISPOSABLE, 2))
    wire.sequence += 1
    rest = b"\x01\x5a\x02\x33"
    assert wire.play((rest, 2, M), (P, 3, M)) == [(False, (P,))]
    assert (wire.receiver.damaged, wire.receiver.skipped) == (1, 0)


def test_without_key_pictures_a_smeared_picture_beats_none(wire):
    wire.play(*FIRST)
    wire.sequence += 1
    out = [number for number in range(2, 120) if wire.send(P, number, M)]
    # The loss was noticed at picture 2, 0.08 s in.
    assert out == list(range(2 + 75, 120))


def test_an_endless_picture_ends(wire):
    """Not even lost timestamps and markers make one picture hold all that comes."""
    wire.play(*FIRST)
    assert wire.send(b"\x7c\x85\x88" + bytes(65_000), 2) == []
    middle = b"\x7c\x05" + bytes(65_000)
    for _ in range(MAX_PICTURE_BYTES // 65_000 + 20):
        assert wire.send(middle, 2) == []
    assert wire.play((P, 3, M), (IDR, 4, M)) == [(True, (IDR,))]
    assert wire.receiver.damaged == 1


@pytest.mark.parametrize(
    ("sei", "pictures"),
    [
        (EXACT_RECOVERY, 0),
        (SLOW_RECOVERY, 9 - 5),
        (SEI, None),
        (b"\x06", None),
        (b"\x06\xff", None),
    ],
)
def test_recovery_points(sei, pictures):
    assert recovery_pictures(sei, H264) == pictures


@given(st.binary(max_size=200), st.sampled_from([H264, H265]))
def test_no_sei_and_no_set_breaks_the_search(data, grammar):
    recovery_pictures(data, grammar)
    sets = CurrentSets(grammar)
    for kind in grammar.syntax.parameter_sets:
        header = bytes([kind << grammar.syntax.shift, 1][: grammar.syntax.header_bytes])
        sets.see(header + data)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_stream_of_another_size_is_described_anew(rtp_camera, codec):
    """The parameter sets of a real coder at another size, in the middle of a session."""
    camera = rtp_camera(codec, 50)
    receiver = VideoReceiver(camera.track(), reorder=False)
    first = receiver.info
    encoder = av.CodecContext.create({"h264": "libx264", "hevc": "libx265"}[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = 322, 242, "yuv420p"
    encoder.framerate, encoder.time_base = 10, Fraction(1, 10)
    if codec == "hevc":
        encoder.options = {"x265-params": "log-level=none"}
    frame = av.VideoFrame(322, 242, "yuv420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    seen = []
    for picture in camera.packets():
        for packet in picture:
            receiver.rtp([packet], 0.0, 1e9)
        seen.append(receiver.info)
    assert all(info is first for info in seen)
    from_coder = START_CODE.join([b"", *[u for p in packets for u in _units(bytes(p))]])
    for packet in camera.packetiser.packets(_units(from_coder), 400 * STEP):
        receiver.rtp([packet], 10.0, 1e9 + 10)
    for packet in camera.packetiser.packets(_units(from_coder), 401 * STEP):
        receiver.rtp([packet], 10.0, 1e9 + 10)
    assert (receiver.info.width, receiver.info.height, receiver.info.fps) == (322, 242, 10.0)
    assert receiver.info.extradata != first.extradata


def _units(data):
    return [unit for unit in data.replace(START_CODE, START_CODE[1:]).split(START_CODE[1:]) if unit]


def test_unbounded_sei_without_pictures_is_let_go():
    finished = []
    builder = PictureBuilder(H264, CurrentSets(H264), lambda *picture: finished.append(picture))
    for _ in range(3000):
        builder.unit(SEI * 20)
        builder.turn()
    builder.unit(IDR)
    builder.close()
    assert len(finished) == 1
    assert len(finished[0][0]) < 1 << 17


def set_without_order():
    """Return an SPS of High profile, 160x96, that says nothing of rates and B slices."""
    fields = "01100100" + "00000000" + "00001010"  # profile, constraints, level
    fields += "1" + "010" + "1" + "1" + "0" + "0"  # number, chroma, depths, transform, scaling
    fields += "1" + "1" + "1" + "011" + "0"  # frame_num, order type 0, its bits, 2 references, gaps
    fields += "0001010" + "00110" + "1" + "1" + "0" + "0"  # 10x6 blocks, frames, 8x8, crop, vui
    fields += "1"
    fields += "0" * (-len(fields) % 8)
    return b"\x67" + int(fields, 2).to_bytes(len(fields) // 8)


def test_b_slices_are_noticed_where_the_parameter_sets_do_not_tell(wire):
    b_slice = b"\x01\x9f\x00\x33"
    wire.play((set_without_order(), 0), *FIRST)
    first = wire.receiver.info
    assert (first.width, first.height, first.has_b_frames) == (160, 96, False)
    assert wire.receiver.info.fps is None
    wire.play((P, 4, M), (P, 5, M))
    assert wire.receiver.info is first
    wire.play((b_slice, 3, M), (P, 8, M))
    assert wire.receiver.info.has_b_frames
    shown = [4 + 8, 10, 11, 15, 13, 14]
    out = []
    for number in shown:
        kind = P if number in (12, 15) else b_slice
        head = struct.pack(">BBHII", 0x80, 0xE0, wire.sequence, number * STEP, 7)
        wire.sequence += 1
        out += pictures_of(wire.receiver, head + kind, 1.0 + number / 25, 1e9)
    assert [p.pts - out[0].pts for p in out] == [(number - 12) * STEP for number in shown]
    assert all(packet.dts <= packet.pts for packet in out)
