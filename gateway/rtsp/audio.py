"""Sound over RTP: G.711 (RFC 3551), AAC (RFC 3640), Opus (RFC 7587).

G.726 and LATM are left out: no file of ours can hold the one, no camera seen needs the other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gateway.packets import AudioInfo
from gateway.rtsp.bits import BitReader
from gateway.rtsp.sdp import MediaTrack

AAC_FRAME_SAMPLES = 1024
"""ISO/IEC 14496-3: samples of one AAC-LC frame."""

AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
"""ISO/IEC 14496-3 table 1.18, samplingFrequencyIndex; a 13th is 7350."""

AAC_LOW_COMPLEXITY = 2
MAX_AAC_BYTES = 1 << 13
"""AAC-hbr's 13-bit size (RFC 3640 §3.3.6)."""

MAX_HEADER_BITS = 32

Frame = tuple[int, bytes]
"""A coded frame, and how many samples after its packet's timestamp it begins."""


def audio_info(track: MediaTrack) -> AudioInfo | None:
    """Return what is known of a track's sound; None where it is of a kind not taken here."""
    if track.kind != "audio" or track.codec not in _DEPACKETISERS or track.clock_rate <= 0:
        return None
    if track.codec != "aac":
        return AudioInfo(track.codec, track.clock_rate, max(1, track.channels))
    if _aac_layout(track) is None:
        return None
    channels = max(1, track.channels)
    return AudioInfo("aac", track.clock_rate, channels, _aac_config(track, channels))


def frames_of(track: MediaTrack) -> "Depacketiser":
    """Return what reads the payloads of a track that `audio_info` accepts."""
    return _DEPACKETISERS[track.codec](track)


Depacketiser = Callable[[bytes, int, bool], Iterator[Frame]]
"""Called with a payload, its timestamp, and whether packets are missing before it."""


def _bare(_track: MediaTrack) -> Depacketiser:
    """One packet is one frame, or samples as they are."""

    def frames(payload: bytes, _timestamp: int, _after_gap: bool) -> Iterator[Frame]:
        yield 0, payload

    return frames


@dataclass(frozen=True, slots=True)
class AacLayout:
    """Bits of the fields before each frame (RFC 3640 §3.2.1)."""

    size: int
    index: int
    index_delta: int


class AacFrames:
    """Frames of an mpeg4-generic track; frames cut over several packets are put together."""

    def __init__(self, layout: AacLayout) -> None:
        self._layout = layout
        self._wanted = 0
        self._timestamp = 0
        self._pieces = b""

    def __call__(self, payload: bytes, timestamp: int, after_gap: bool) -> Iterator[Frame]:
        """Yield the frames that are whole now; what does not fit together is left out."""
        sizes, at = self._sizes(payload)
        if len(sizes) == 1 and sizes[0] > len(payload) - at:
            yield from self._piece(payload[at:], sizes[0], timestamp, after_gap)
            return
        self._pieces = b""
        for number, size in enumerate(sizes):
            if not size or at + size > len(payload):
                return
            yield number * AAC_FRAME_SAMPLES, payload[at : at + size]
            at += size

    def _piece(self, piece: bytes, size: int, timestamp: int, after_gap: bool) -> Iterator[Frame]:
        goes_on = self._pieces and not after_gap and (size, timestamp) == self._key()
        self._pieces = self._pieces + piece if goes_on else piece
        self._wanted, self._timestamp = size, timestamp
        if len(self._pieces) >= size:
            whole, self._pieces = self._pieces[:size], b""
            yield 0, whole

    def _key(self) -> tuple[int, int]:
        return self._wanted, self._timestamp

    def _sizes(self, payload: bytes) -> tuple[list[int], int]:
        """Read the AU header section; return the sizes and where the data begins."""
        bits_left = int.from_bytes(payload[:2])
        at = 2 + (bits_left + 7) // 8
        bits = BitReader(payload[2:at])
        sizes: list[int] = []
        index = self._layout.index
        try:
            while bits_left >= self._layout.size + index:
                sizes.append(bits.u(self._layout.size))
                bits.u(index)
                bits_left -= self._layout.size + index
                index = self._layout.index_delta
        except ValueError:
            return [], at
        return sizes, at


def _aac(track: MediaTrack) -> Depacketiser:
    layout = _aac_layout(track)
    if layout is None:
        raise ValueError(f"{track.control} sends AAC in a form that is not taken")
    return AacFrames(layout)


def _aac_layout(track: MediaTrack) -> AacLayout | None:
    fields = ("sizelength", "indexlength", "indexdeltalength")
    # AAC-hbr's where the camera names none (RFC 3640 §3.3.6).
    default = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
    try:
        size, index, delta = (int(track.fmtp.get(name, default[name])) for name in fields)
    except ValueError:
        return None
    if not 0 < size <= MAX_HEADER_BITS or not (0 <= index <= MAX_HEADER_BITS >= delta >= 0):
        return None
    return AacLayout(size, index, delta)


def _aac_config(track: MediaTrack, channels: int) -> bytes:
    """Return the AudioSpecificConfig as announced, or AAC-LC's for the rate and channels."""
    try:
        announced = bytes.fromhex(track.fmtp.get("config", ""))
    except ValueError:
        announced = b""
    if len(announced) >= 2 or track.clock_rate not in AAC_RATES:
        return announced
    index = AAC_RATES.index(track.clock_rate)
    return (AAC_LOW_COMPLEXITY << 11 | index << 7 | channels << 3).to_bytes(2)


_DEPACKETISERS: Mapping[str, Callable[[MediaTrack], Depacketiser]] = {
    "pcm_alaw": _bare,
    "pcm_mulaw": _bare,
    "opus": _bare,
    "aac": _aac,
}
