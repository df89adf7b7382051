from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.bits import BitReader, payload_of
from gateway.rtsp.picture_format import read_format

ENCODERS = {"h264": ("libx264", "x264-params", 7), "hevc": ("libx265", "x265-params", 33)}


def sps_of(codec, width, height, options, pix_fmt="yuv420p", fps=25):
    """Return the SPS of a real coder, and what FFmpeg's decoder says of its stream."""
    name, key, kind = ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pix_fmt
    encoder.framerate, encoder.time_base = fps, 1 / Fraction(fps)
    encoder.options = {
        key: options + ("" if codec == "h264" else ":log-level=none"),
        "threads": "1",
    }
    frames = [av.VideoFrame(width, height, pix_fmt) for _ in range(2)]
    data = b"".join(bytes(p) for f in [*frames, None] for p in encoder.encode(f))
    decoder = av.CodecContext.create(codec, "r")
    decoder.decode(av.Packet(data))
    units = data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    shift, mask = (0, 0x1F) if codec == "h264" else (1, 0x3F)
    return next(u for u in units if u and u[0] >> shift & mask == kind), decoder


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(
    ("width", "height", "options", "pix_fmt", "fps"),
    [
        (640, 360, "bframes=0", "yuv420p", 15),
        (704, 576, "bframes=3", "yuv420p", 25),
        (322, 242, "bframes=1:ref=4", "yuv420p", Fraction(30000, 1001)),
        (704, 568, "bframes=0:ref=1", "yuv420p", 12),
        (320, 240, "bframes=2", "yuv422p", 25),
        (320, 240, "bframes=0", "yuv444p", 25),
        (320, 240, "vbv-maxrate=500:vbv-bufsize=500:hrd=1:sar=4,3", "yuv420p", 50),
        (320, 240, "bframes=0:overscan=show:range=full:colorprim=bt709", "yuvj420p", 25),
    ],
)
def test_what_real_coders_write(codec, width, height, options, pix_fmt, fps):
    if codec == "hevc":
        options = options.replace("sar=4,3", "sar=2").replace("yuvj", "yuv")
        pix_fmt = pix_fmt.replace("yuvj", "yuv")
    elif "sar" in options:
        options = options.replace("hrd=1", "nal-hrd=vbr").replace("4,3", "4/3")
    if codec == "h264":
        options = options.replace("range=full", "fullrange=on")
    sps, decoder = sps_of(codec, width, height, options, pix_fmt, fps)
    found = read_format(codec, sps)
    assert (found.width, found.height) == (width, height) == (decoder.width, decoder.height)
    assert found.profile == decoder.profile
    assert found.fps == pytest.approx(float(fps))
    assert (found.reorder > 0) == decoder.has_b_frames


def test_scaling_lists_and_interlace():
    sps, decoder = sps_of("h264", 720, 576, "cqm=jvt:interlaced=1:bframes=0")
    found = read_format("h264", sps)
    assert (found.width, found.height, found.fps) == (720, 576, 25.0)
    assert (decoder.width, decoder.height) == (720, 576)
    sps, _ = sps_of("hevc", 320, 240, "scaling-list=default:pmode=0:temporal-layers=3:bframes=3")
    assert (read_format("hevc", sps).width, read_format("hevc", sps).fps) == (320, 25.0)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_set_that_is_cut_short(codec):
    """The size survives where only the usability information is gone; else there is nothing."""
    sps, _ = sps_of(codec, 640, 360, "bframes=0")
    whole = read_format(codec, sps)
    for length in range(len(sps)):
        found = read_format(codec, sps[:length])
        assert found is None or (found.width, found.height) == (whole.width, whole.height)
    assert read_format(codec, sps[: len(sps) - 4]).width == 640


@given(st.sampled_from(["h264", "hevc"]), st.binary(max_size=200))
def test_no_bytes_raise(codec, data):
    found = read_format(codec, data)
    assert found is None or (found.width > 0 and found.height > 0)


@given(st.integers(0, 2**32 - 2))
def test_exponential_golomb(value):
    code = bin(value + 1)[2:]
    bits = "0" * (len(code) - 1) + code
    data = int(bits.ljust(72, "1"), 2).to_bytes(9)
    assert BitReader(data).ue() == value
    expected = (value + 1) // 2 if value & 1 else -(value // 2)
    assert BitReader(data).se() == expected


def test_emulation_prevention_is_taken_out():
    assert (
        payload_of(b"\x67\x00\x00\x03\x01\x00\x00\x03\x00\x00\x03", 1)
        == b"\x00\x00\x01\x00\x00\x00\x00"
    )
