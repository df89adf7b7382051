"""Sound beside FFmpeg's video: described, made bare, and placed on the line of the pictures."""

from datetime import timedelta

from av.audio.stream import AudioStream

from gateway.packets import TICKS_PER_S, AudioInfo, AudioPacket, VideoPacket
from gateway.timing import MAX_JUMP_S

_NAMES = {"adpcm_g726": "g726", "adpcm_g726le": "g726"}
"""What `AudioInfo` calls a codec, where FFmpeg's name for its decoder differs."""

_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_AAC_LC = 2
"""ISO/IEC 14496-3: sampling frequencies by index (table 1.18), the object type of plain AAC."""

_ADTS_BYTES, _ADTS_CRC_BYTES = 7, 2


def describe_sound(stream: AudioStream) -> AudioInfo:
    """Return what is known of an audio stream before its first packet."""
    context = stream.codec_context
    codec = context.codec.canonical_name
    extradata = context.extradata or b""
    if codec == "aac" and not extradata:
        extradata = _audio_specific_config(context.sample_rate, context.channels)
    return AudioInfo(_NAMES.get(codec, codec), context.sample_rate, context.channels, extradata)


def without_adts(data: bytes) -> bytes:
    """Return an AAC frame without its ADTS header (ISO/IEC 14496-3 §1.A.2), others as they are."""
    if len(data) < _ADTS_BYTES or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return data
    has_crc = not data[1] & 1
    return data[_ADTS_BYTES + (_ADTS_CRC_BYTES if has_crc else 0) :]


class SoundLine:
    """Makes the sound of one session from FFmpeg's packets, in time with its pictures."""

    def __init__(self, codec: str) -> None:
        self._is_aac = codec == "aac"
        self._picture: VideoPacket | None = None
        self._picture_raw = 0
        self._last: int | None = None

    def see(self, raw_pts: int | None, picture: VideoPacket) -> None:
        """Take note of a picture. raw_pts: its pts in 90 kHz ticks before it was placed."""
        if raw_pts is not None:
            self._picture, self._picture_raw = picture, raw_pts

    def shape(self, data: bytes, raw_pts: int | None, received_s: float) -> AudioPacket | None:
        """Return a packet's bytes as sound; None before the first picture and without a time.

        raw_pts: 90 kHz ticks on FFmpeg's line. Where that is nowhere near the pictures', the time
        of arrival decides.
        """
        picture = self._picture
        if picture is None or raw_pts is None:
            return None
        ahead = raw_pts - self._picture_raw
        if abs(ahead) > MAX_JUMP_S * TICKS_PER_S:
            ahead = round((received_s - picture.received_s) * TICKS_PER_S)
        pts = picture.pts + ahead
        if self._last is not None:
            pts = max(pts, self._last + 1)
        self._last = pts
        return AudioPacket(
            data=without_adts(data) if self._is_aac else data,
            pts=pts,
            captured_at=picture.captured_at + timedelta(seconds=(pts - picture.pts) / TICKS_PER_S),
            received_s=received_s,
        )


def _audio_specific_config(sample_rate: int, channels: int) -> bytes:
    """Return the set-up bytes of plain AAC (§1.6.2.1), b"" for a rate that has no index."""
    if sample_rate not in _AAC_RATES:
        return b""
    fields = _AAC_LC << 11 | _AAC_RATES.index(sample_rate) << 7 | channels << 3
    return fields.to_bytes(2, "big")
