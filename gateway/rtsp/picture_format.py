"""What a sequence parameter set says of the pictures: size, profile, rate, order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.rtsp.bits import BitReader, payload_of

MAX_FPS = 240.0
"""A rate above this is a time base, not a rate."""

MAX_SIDE = 16_384
"""Pixels; the levels of both codecs end below."""

MAX_GUESSED_REORDER = 4
"""Pictures held back for order where a stream with B-frames does not say how many."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """The part of a sequence parameter set that matters here.

    set_id: the number pictures call it by. fps: nominal, None when not said. reorder: how many
    pictures may be sent before one that is shown earlier; None when not said. dpb: pictures a
    decoder keeps, which bounds `reorder`.
    """

    set_id: int
    width: int
    height: int
    profile: str | None
    fps: float | None
    reorder: int | None
    dpb: int


H264_PROFILES: Mapping[int, str] = {
    # ITU-T H.264 annex A, as FFmpeg names them
    44: "CAVLC 4:4:4",
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4 Predictive",
}
H265_PROFILES: Mapping[int, str] = {
    # ITU-T H.265 annex A, as FFmpeg names them
    1: "Main",
    2: "Main 10",
    3: "Main Still Picture",
    4: "Rext",
    9: "Scc",
}

_WITH_CHROMA = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_CROP_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


def read_format(codec: str, sps: bytes) -> PictureFormat | None:
    """Return what an SPS with its header says, None where it is broken."""
    try:
        found = _READERS[codec](sps)
    except ValueError:
        return None
    if not (0 < found.width <= MAX_SIDE and 0 < found.height <= MAX_SIDE):
        return None
    return found


def _h264(sps: bytes) -> PictureFormat:
    """ITU-T H.264 §7.3.2.1.1."""
    bits = BitReader(payload_of(sps, 1))
    profile, constraints, _level, set_id = bits.u(8), bits.u(8), bits.u(8), bits.ue()
    chroma = _h264_chroma(bits) if profile in _WITH_CHROMA else 1
    bits.ue()  # log2_max_frame_num
    poc_type = _h264_picture_order(bits)
    references = bits.ue()
    bits.u(1)  # gaps_in_frame_num
    width, height = (bits.ue() + 1) * 16, (bits.ue() + 1) * 16
    fields = 0 if bits.flag() else 1
    bits.u(1 + fields)  # mb_adaptive_frame_field, direct_8x8
    unit_x, unit_y = _CROP_UNITS.get(chroma, (1, 1))
    left, right, top, bottom = _window(bits)
    fps, reorder = _vui(bits, _h264_vui)
    if reorder is None and (poc_type == 2 or profile == 66):
        reorder = 0
    return PictureFormat(
        set_id=set_id,
        width=width - (left + right) * unit_x,
        height=(height - (top + bottom) * unit_y) * (1 + fields),
        profile=_h264_profile(profile, constraints),
        fps=fps,
        reorder=reorder,
        dpb=references,
    )


def _h264_profile(profile: int, constraints: int) -> str | None:
    if profile == 66 and constraints & 0x40:
        return "Constrained Baseline"
    return H264_PROFILES.get(profile)


def _h264_chroma(bits: BitReader) -> int:
    """Read from chroma_format_idc to the scaling lists; 0 where planes are coded apart."""
    chroma = bits.ue()
    apart = chroma == 3 and bits.flag()
    bits.ue(), bits.ue(), bits.u(1)  # bit depths, qpprime_y_zero_transform_bypass
    if bits.flag():
        for index in range(12 if chroma == 3 else 8):
            if bits.flag():
                _h264_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if apart else chroma


def _h264_scaling_list(bits: BitReader, size: int) -> None:
    """ITU-T H.264 §7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _h264_picture_order(bits: BitReader) -> int:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.u(1), bits.se(), bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    return kind


def _window(bits: BitReader) -> tuple[int, int, int, int]:
    """Read a cropping or conformance window: left, right, top, bottom."""
    if not bits.flag():
        return 0, 0, 0, 0
    return bits.ue(), bits.ue(), bits.ue(), bits.ue()


Usability = tuple[float | None, int | None]
"""Rate and reorder depth, by the usability information (annex E of both)."""


def _vui(bits: BitReader, read: Callable[[BitReader], Usability]) -> Usability:
    """Read the usability information; cameras that cut it short said nothing by it."""
    try:
        return read(bits) if bits.flag() else (None, None)
    except ValueError:
        return None, None


def _look(bits: BitReader) -> None:
    """Read past what both begin with: aspect ratio, overscan, colours, chroma location."""
    if bits.flag() and bits.u(8) == 255:
        bits.u(32)
    if bits.flag():
        bits.u(1)
    if bits.flag():
        bits.u(4)
        if bits.flag():
            bits.u(24)
    if bits.flag():
        bits.ue(), bits.ue()


def _rate(bits: BitReader, ticks_per_picture: int) -> float | None:
    ticks, scale = bits.u(32), bits.u(32)
    fps = scale / (ticks * ticks_per_picture) if ticks else 0.0
    return fps if 0 < fps <= MAX_FPS else None


def _h264_vui(bits: BitReader) -> Usability:
    """ITU-T H.264 §E.1.1."""
    _look(bits)
    fps = None
    if bits.flag():
        fps = _rate(bits, 2)
        bits.u(1)  # fixed_frame_rate
    try:
        return fps, _h264_reorder(bits)
    except ValueError:
        return fps, None


def _h264_reorder(bits: BitReader) -> int | None:
    buffers = 0
    for _ in range(2):
        if bits.flag():
            buffers += 1
            count = min(bits.ue() + 1, 32)
            bits.u(8)
            for _ in range(count):
                bits.ue(), bits.ue(), bits.u(1)
            bits.u(20)
    bits.u(2 if buffers else 1)  # low_delay_hrd, pic_struct_present
    if not bits.flag():
        return None
    bits.u(1)
    for _ in range(4):
        bits.ue()
    return min(bits.ue(), 16)


def _h265(sps: bytes) -> PictureFormat:
    """ITU-T H.265 §7.3.2.2.1."""
    bits = BitReader(payload_of(sps, 2))
    bits.u(4)  # sps_video_parameter_set_id
    layers = bits.u(3)
    bits.u(1)
    profile = _h265_profile(bits, layers)
    set_id, chroma = bits.ue(), bits.ue()
    if chroma == 3 and bits.flag():
        chroma = 0
    width, height = bits.ue(), bits.ue()
    unit_x, unit_y = _CROP_UNITS.get(chroma, (1, 1))
    left, right, top, bottom = _window(bits)
    bits.ue(), bits.ue()  # bit depths
    poc_bits = bits.ue() + 4
    dpb = reorder = 0
    for _ in range(layers + 1 if bits.flag() else 1):
        dpb, reorder, _latency = bits.ue(), bits.ue(), bits.ue()
    return PictureFormat(
        set_id=set_id,
        width=width - (left + right) * unit_x,
        height=height - (top + bottom) * unit_y,
        profile=H265_PROFILES.get(profile),
        fps=_h265_fps(bits, poc_bits),
        reorder=min(reorder, 16),
        dpb=dpb,
    )


def _h265_profile(bits: BitReader, layers: int) -> int:
    """Read profile_tier_level (§7.3.3); return the general profile."""
    bits.u(3)
    profile = bits.u(5)
    bits.u(88)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.u(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.u(88 * has_profile + 8 * has_level)
    return profile


def _h265_fps(bits: BitReader, poc_bits: int) -> float | None:
    """Read on from the coding block sizes to the timing in the usability information."""
    try:
        _h265_tools(bits)
        _h265_reference_sets(bits)
        if bits.flag():
            for _ in range(min(bits.ue(), 33)):
                bits.u(poc_bits + 1)
        bits.u(2)  # temporal_mvp, strong_intra_smoothing
    except ValueError:
        return None
    return _vui(bits, _h265_vui)[0]


def _h265_tools(bits: BitReader) -> None:
    for _ in range(6):
        bits.ue()
    if bits.flag() and bits.flag():
        _h265_scaling_lists(bits)
    bits.u(2)  # amp, sample_adaptive_offset
    if bits.flag():
        bits.u(8), bits.ue(), bits.ue(), bits.u(1)


def _h265_scaling_lists(bits: BitReader) -> None:
    """ITU-T H.265 §7.3.4."""
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _h265_reference_sets(bits: BitReader) -> None:
    """ITU-T H.265 §7.3.7, all short-term sets of an SPS."""
    sizes: list[int] = []
    for index in range(min(bits.ue(), 64)):
        if index and bits.flag():
            bits.u(1), bits.ue()
            used = 0
            for _ in range(sizes[-1] + 1):
                used += bits.flag() or bits.flag()
            sizes.append(used)
            continue
        count = bits.ue() + bits.ue()
        if count > 16:
            raise ValueError(f"{count} pictures in a reference set")
        for _ in range(count):
            bits.ue(), bits.u(1)
        sizes.append(count)


def _h265_vui(bits: BitReader) -> Usability:
    """ITU-T H.265 §E.2.1."""
    _look(bits)
    bits.u(3)  # neutral_chroma, field_seq, frame_field_info
    _window(bits)
    return (_rate(bits, 1) if bits.flag() else None), None


_READERS: Mapping[str, Callable[[bytes], PictureFormat]] = {"h264": _h264, "hevc": _h265}
