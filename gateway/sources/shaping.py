"""What all sources do with FFmpeg's streams: describe them, and bring packets to one form."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias, TypeGuard

from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from gateway.errors import NotVideoError
from gateway.packets import TICKS_PER_S, StreamInfo, VideoPacket
from gateway.parameter_sets import (
    SYNTAX,
    KeyPictureHeaders,
    continuation,
    extradata_to_annex_b,
    is_configuration_record,
)
from gateway.sources.sound import describe_sound

RawPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"
"""What FFmpeg gives of a stream of pictures and one of sound."""

DEFAULT_FPS = 25.0
"""Spacing of pictures where a stream names no rate."""

_MAX_FPS = 240.0
"""A nominal rate above this is FFmpeg's guess from a time base, not a rate."""


def video_of(container: InputContainer, url: str) -> VideoStream:
    """Return the first video stream. url: without secrets, for the error.

    Raises NotVideoError when there is none, or nothing of it can be made out.
    """
    if not container.streams.video:
        what = "sends sound but no picture" if container.streams.audio else "holds no video"
        raise NotVideoError(f"{url} {what}; choose another stream or file.")
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None or not context.width or not context.height:
        raise NotVideoError(
            f"{url} announces video, but no picture came that this machine can read; "
            "set the camera's stream to H.264 or H.265."
        )
    return stream


def describe(container: InputContainer, stream: VideoStream) -> StreamInfo:
    """Return what is known of the stream before its first packet is read."""
    context = stream.codec_context
    codec = context.codec.canonical_name
    rate = float(stream.average_rate or 0)
    try:
        extradata = extradata_to_annex_b(codec, context.extradata or b"")
    except ValueError:
        extradata = b""
    return StreamInfo(
        codec=codec,
        width=context.width,
        height=context.height,
        fps=rate if 0 < rate <= _MAX_FPS else None,
        extradata=extradata,
        profile=context.profile,
        has_b_frames=bool(context.has_b_frames),
        audio=describe_sound(container.streams.audio[0]) if container.streams.audio else None,
    )


class ByteStream:
    """Brings the packets of one stream to Annex B, key pictures with their parameter sets.

    Packets of codecs other than H.264 and H.265 pass as they are.
    """

    def __init__(self, stream: VideoStream, info: StreamInfo) -> None:
        self._headers = KeyPictureHeaders(info.codec, info.extradata)
        self._filter: BitStreamFilterContext | None = None
        extradata = stream.codec_context.extradata or b""
        if info.codec in SYNTAX and is_configuration_record(extradata):
            self._filter = BitStreamFilterContext(SYNTAX[info.codec].to_annex_b, stream)

    def rewrite(self, packet: "Packet[VideoStream]") -> bytes:
        """Return the packet's bytes; uses the packet up, so read its other fields before."""
        is_key = packet.is_keyframe
        if self._filter is None:
            data = bytes(packet)
        else:
            data = b"".join(bytes(part) for part in self._filter.filter(packet))
        return self._headers.complete(data, is_key=is_key)


class PictureJoiner:
    """Joins key pictures that FFmpeg hands over in pieces.

    GStreamer's payloader repeats the parameter sets before every slice of a key picture, and
    FFmpeg takes each for another picture. A key picture is held back until the next packet shows
    that it was whole; once one was, no more are, until a piece comes.
    """

    def __init__(self, codec: str) -> None:
        self._syntax = SYNTAX.get(codec)
        self._holds = self._syntax is not None
        self._held: VideoPacket | None = None
        self._joined = False

    def feed(self, packet: VideoPacket) -> Iterator[VideoPacket]:
        """Yield the packets that are whole now; a piece that comes unawaited is left out."""
        rest = continuation(packet.data, self._syntax) if self._syntax and packet.is_key else None
        if rest is not None:
            self._holds = True
            if self._held is not None:
                self._held = replace(self._held, data=self._held.data + rest)
                self._joined = True
            return
        if self._held is not None:
            self._holds = self._joined
            yield self._held
            self._held = None
        if packet.is_key and self._holds:
            self._held, self._joined = packet, False
        else:
            yield packet


def camera_time_s(packet: "Packet[VideoStream]") -> float | None:
    """Return when the camera says it took the picture, in seconds since 1970, or None.

    FFmpeg computes it from the newest RTCP sender report (AVProducerReferenceTime: first field
    int64, microseconds) for every packet after that report.
    """
    if not packet.has_sidedata("prft"):
        return None
    (wallclock_us,) = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))
    return float(wallclock_us) / 1e6


def is_picture(packet: RawPacket) -> "TypeGuard[Packet[VideoStream]]":
    """Say whether the packet is of the video stream."""
    return isinstance(packet.stream, VideoStream)


def ticks(packet: RawPacket, moment: int | None) -> int | None:
    """Return a pts or dts of the packet in 90 kHz ticks, None where it has none."""
    if moment is None:
        return None
    return round(moment * packet.time_base * TICKS_PER_S)


def step_ticks(info: StreamInfo) -> int:
    """Return the nominal time between two pictures in 90 kHz ticks."""
    return max(1, round(TICKS_PER_S / (info.fps or DEFAULT_FPS)))


def lead_ticks(stream: VideoStream, info: StreamInfo) -> int:
    """Return by how many 90 kHz ticks the stream decodes pictures ahead of showing them."""
    return stream.codec_context.reorder_depth * step_ticks(info)
