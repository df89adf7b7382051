"""The sound of an MP4 file: AAC as the camera coded it, everything else made into AAC.

MP4 could carry G.711 under tags of its own, but neither browsers nor FFmpeg's MP4 take them; AAC
plays everywhere. Making it costs a fraction of a percent of a core for each file being written.
"""

import os
from fractions import Fraction
from typing import Protocol, TypeAlias, cast

import av
import structlog
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import OutputContainer

from gateway.packets import TICKS_PER_S, AudioInfo
from gateway.padded_packet import padded_packet

TICK = Fraction(1, TICKS_PER_S)
AAC_FRAME = 1024
"""Samples in one frame of AAC-LC (ISO/IEC 14496-3 §4.5.1.1)."""
BIT_RATE_PER_CHANNEL = 32_000
"""Bits a second that speech is given; G.711 itself takes 64,000."""
AAC_RATES = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
"""Samples a second that AAC can have (ISO/IEC 14496-3 table 1.18)."""
OTHER_RATE = 16_000
"""What sound of any other rate is made into."""
LAYOUTS = {1: "mono", 2: "stereo"}
SLACK_S = 0.2
"""Sound this far from where it should lie is moved there; less is the jitter of the network."""

SoundPackets: TypeAlias = "list[av.Packet[AudioStream]]"

log = structlog.get_logger()


class SoundTrack(Protocol):
    """One file's sound. `packets` and `rest` give what to write to the file."""

    info: AudioInfo

    def packets(self, data: bytes, ticks: int) -> SoundPackets:
        """Take sound that lies at `ticks`, from 0 on; ValueError, FFmpegError when it is broken."""
        ...

    def rest(self) -> SoundPackets:
        """Return what is still to be written at the end."""
        ...


def add_sound(container: OutputContainer, info: AudioInfo) -> SoundTrack | None:
    """Add a track for a camera's sound to a file; None, and a log line, where there is no way."""
    try:
        return PassedSound(container, info) if info.codec == "aac" else CodedSound(container, info)
    except (ValueError, LookupError, av.FFmpegError) as error:
        log.warning("sound is left out", codec=info.codec, reason=str(error))
        return None


class PassedSound:
    """AAC as it came."""

    def __init__(self, container: OutputContainer, info: AudioInfo) -> None:
        self.info = info
        self._stream = _aac_stream(container, info)
        self._frame_ticks = AAC_FRAME * TICKS_PER_S // info.sample_rate
        self._last = -self._frame_ticks

    def packets(self, data: bytes, ticks: int) -> SoundPackets:
        """Return the frame at its place, none where another is already."""
        if ticks < self._last + self._frame_ticks // 2:
            return []
        self._last = ticks
        packet = cast("av.Packet[AudioStream]", padded_packet(data))
        packet.pts = packet.dts = ticks
        packet.time_base, packet.duration = TICK, self._frame_ticks
        packet.is_keyframe = True
        packet.stream = self._stream
        return [packet]

    def rest(self) -> SoundPackets:
        """Return nothing: every frame was written when it came."""
        return []


class CodedSound:
    """Sound of another kind, decoded and coded as AAC."""

    def __init__(self, container: OutputContainer, info: AudioInfo) -> None:
        self.info = info
        self._rate = info.sample_rate if info.sample_rate in AAC_RATES else OTHER_RATE
        layout = LAYOUTS[info.channels]
        self._decoder = _decoder(info, layout)
        self._resampler = av.AudioResampler("fltp", layout, self._rate)
        self._stream = container.add_stream("aac", rate=self._rate, layout=layout)
        self._stream.codec_context.bit_rate = BIT_RATE_PER_CHANNEL * info.channels
        self._next = 0
        self._last_dts = -1

    def packets(self, data: bytes, ticks: int) -> SoundPackets:
        """Return the AAC frames that are full now."""
        place = round(ticks * self._rate / TICKS_PER_S)
        ahead_s = (place - self._next) / self._rate
        if ahead_s < -SLACK_S:
            return []
        if ahead_s > SLACK_S:
            self._next = place
        made: SoundPackets = []
        for decoded in self._decoder.decode(padded_packet(data)):
            for frame in self._resampler.resample(decoded):
                frame.pts, frame.time_base = self._next, Fraction(1, self._rate)
                self._next += frame.samples
                made += self._stream.encode(frame)
        return self._rising(made)

    def rest(self) -> SoundPackets:
        """Return the last frames, filled up with silence."""
        return self._rising(self._stream.encode(None)) if self._next else []

    def _rising(self, made: SoundPackets) -> SoundPackets:
        """Leave out the coder's run-in before 0 and whatever would go back in time."""
        kept = []
        for packet in made:
            if packet.dts is not None and packet.dts > self._last_dts:
                self._last_dts = packet.dts
                kept.append(packet)
        return kept


def _decoder(info: AudioInfo, layout: str) -> AudioCodecContext:
    decoder = av.CodecContext.create(info.codec, "r")
    if not isinstance(decoder, AudioCodecContext):
        raise ValueError(f"{info.codec} is no sound")
    decoder.sample_rate, decoder.layout = info.sample_rate, layout
    if info.extradata:
        decoder.extradata = info.extradata
    return decoder


def _aac_stream(container: OutputContainer, info: AudioInfo) -> AudioStream:
    """Add a track of ready AAC; only a track made like another one takes a set-up of its own."""
    with av.open(os.devnull, "w", format="mp4") as nowhere:
        model = nowhere.add_stream("aac", rate=info.sample_rate, layout=LAYOUTS[info.channels])
        stream = container.add_stream_from_template(model)
    stream.codec_context.extradata = info.extradata
    stream.time_base = TICK
    return stream
