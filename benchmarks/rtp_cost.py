"""What turning RTP packets into pictures costs: `python -m benchmarks.rtp_cost`."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gateway.packets import TICKS_PER_S
from gateway.rtsp.receiver import VideoReceiver
from gateway.rtsp.sdp import MediaTrack

WIDTH, HEIGHT, FPS, GOP, KBITS = 640, 360, 15, 30, 600
"""A sub stream as villages have them."""

PICTURES, ROUNDS = 60, 200
ENCODERS = {"h264": ("libx264", "x264-params"), "hevc": ("libx265", "x265-params")}

Timed = tuple[float, bytes]


@dataclass(frozen=True, slots=True)
class RtpCost:
    """Microseconds of one core: for a packet on average, and for all packets of a picture.

    Each packet counts with its fastest of `ROUNDS` passes, so that other programs do not.
    """

    codec: str
    reorder: bool
    packets_per_picture: float
    packet_us: float
    picture_us: float


def measure(codec: str, *, reorder: bool) -> RtpCost:
    """Return the cost of one codec; reorder: as for datagrams."""
    packets = list(_sent(codec))
    fastest = [float("inf")] * len(packets)
    track = MediaTrack("video", codec, 96, TICKS_PER_S, 1, "rtsp://camera/1")
    for _ in range(ROUNDS):
        receiver = VideoReceiver(track, reorder=reorder)
        for index, (at_s, data) in enumerate(packets):
            began = time.perf_counter()
            receiver.rtp(data, at_s, at_s)
            fastest[index] = min(fastest[index], time.perf_counter() - began)
    total_us = sum(fastest) * 1e6
    return RtpCost(
        codec=codec,
        reorder=reorder,
        packets_per_picture=len(packets) / PICTURES,
        packet_us=total_us / len(packets),
        picture_us=total_us / PICTURES,
    )


def _sent(codec: str) -> Iterator[Timed]:
    """Yield a moving noisy scene as FFmpeg codes and packetises it, each packet with its time."""
    encoder = _encoder(codec)
    with socket.socket(type=socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0)
        url = f"rtp://127.0.0.1:{port.getsockname()[1]}?pkt_size=1400"
        with av.open(url, "w", format="rtp") as muxer:
            track = muxer.add_mux_stream(codec, width=WIDTH, height=HEIGHT, rate=FPS)
            for number, picture in enumerate(_coded(encoder)):
                picture.stream = cast("VideoStream", track)
                picture.time_base = encoder.time_base
                muxer.mux(picture)
                with suppress(BlockingIOError):
                    while True:
                        yield number / FPS, port.recv(65_536)


def _encoder(codec: str) -> VideoCodecContext:
    name, key = ENCODERS[codec]
    encoder = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.bit_rate = KBITS * 1000
    options = f"keyint={GOP}:min-keyint={GOP}:bframes=0:vbv-maxrate={KBITS}:vbv-bufsize={KBITS}"
    encoder.options = {key: options + (":log-level=none" if codec == "hevc" else "")}
    return encoder


def _coded(encoder: VideoCodecContext) -> "Iterator[Packet[VideoStream]]":
    noise: NDArray[np.uint8] = np.random.default_rng(1).integers(
        0, 255, (HEIGHT * 3 // 2, WIDTH + 4 * PICTURES), np.uint8
    )
    for number in range(PICTURES):
        luma = noise[:, number * 4 : number * 4 + WIDTH].copy()
        frame = av.VideoFrame.from_ndarray(luma, format="yuv420p")
        frame.pts, frame.time_base = number, encoder.time_base
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def main() -> None:
    """Print the cost of both codecs, in order and as datagrams."""
    for codec in ENCODERS:
        for reorder in (False, True):
            cost = measure(codec, reorder=reorder)
            sys.stdout.write(
                f"{codec} {'datagrams' if reorder else 'in order '}: "
                f"{cost.packet_us:.2f} us per packet, {cost.picture_us:.1f} us per picture "
                f"of {cost.packets_per_picture:.1f} packets\n"
            )


if __name__ == "__main__":
    main()
