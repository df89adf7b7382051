"""Coded bytes handed to FFmpeg, with room behind them."""

from av.packet import Packet
from av.stream import Stream


def padded_packet(data: bytes) -> "Packet[Stream]":
    """Return a packet that holds a copy of the bytes, with zeros behind them.

    FFmpeg's decoders and parsers read up to AV_INPUT_BUFFER_PADDING_SIZE (64) bytes past the end,
    and count on zeros there. A packet that PyAV makes of bytes only refers to them: what lies
    behind is whatever else is in memory, which MPEG-4 now and then takes for damage. One that it
    makes of a size is FFmpeg's own, and padded.
    """
    packet: Packet[Stream] = Packet(len(data))
    packet.update(data)
    return packet
