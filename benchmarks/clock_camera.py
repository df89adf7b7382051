"""A camera whose picture is the time: an ipycam RTSP camera that draws each frame's birth into it.

Run as a process of its own (`python -m benchmarks.clock_camera PORT FFMPEG_DIR`), as a camera is;
prints "ready" when it may be watched and serves `rtsp://127.0.0.1:PORT/clock` until it is ended.
The encoder and the RTSP server are ipycam's (x264 ultrafast, zero latency, a key frame each 2 s).
"""

import os
import sys
import time

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import Image

WIDTH, HEIGHT, FPS = 640, 360, 25
BIT_RATE = "1M"

STAMP_BITS, CHECK_BITS, BLOCK_PX, STRIP_PX = 24, 4, 20, 40
"""The strip at the top: milliseconds modulo 2^24 (4.6 h) and the sum of their nibbles, as blocks
of black and white, lowest bit first; big enough to come through a low bit rate unharmed."""
STAMP_MODULUS = 1 << STAMP_BITS


def check_of(stamp: int) -> int:
    """Return the check bits of a stamp: the sum of its nibbles, modulo 16."""
    return sum(stamp >> shift & 0xF for shift in range(0, STAMP_BITS, 4)) % (1 << CHECK_BITS)


def draw_stamp(picture: Image, stamp: int) -> None:
    """Draw a stamp (0 to 2^24 - 1) into the picture's top strip."""
    code = stamp | check_of(stamp) << STAMP_BITS
    picture[:STRIP_PX] = 0
    for bit in range(STAMP_BITS + CHECK_BITS):
        if code >> bit & 1:
            picture[:STRIP_PX, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = 255


def read_stamp(luma: npt.NDArray[np.uint8]) -> int | None:
    """Return the stamp of a decoded picture (height, width), None where its check fails."""
    bits = luma[STRIP_PX // 2, BLOCK_PX // 2 :: BLOCK_PX][: STAMP_BITS + CHECK_BITS] > 128
    code = sum(1 << bit for bit, lit in enumerate(bits) if lit)
    stamp = code % STAMP_MODULUS
    return stamp if check_of(stamp) == code >> STAMP_BITS else None


def _scenery() -> Image:
    """Return soft blobs, twice as wide as the picture; a window slides over them."""
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT // 20, WIDTH // 10, 3), np.uint8)
    blobs = cv2.resize(noise, (WIDTH * 2, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(blobs, np.uint8)


def serve(port: int) -> None:
    """Serve the clock for ever."""
    from ipycam.rtsp import NativeRTSPServer

    camera = NativeRTSPServer(port=port, host="127.0.0.1")
    camera.add_stream("clock", WIDTH, HEIGHT, FPS, BIT_RATE)
    if not camera.start():
        sys.exit(f"nothing can listen on port {port}")
    print("ready", flush=True)
    scenery, due_s, number = _scenery(), time.monotonic(), 0
    while True:
        left = number * 2 % WIDTH
        picture = scenery[:, left : left + WIDTH].copy()
        draw_stamp(picture, time.time_ns() // 1_000_000 % STAMP_MODULUS)
        camera.stream_frame("clock", picture)
        number += 1
        due_s += 1 / FPS
        time.sleep(max(0.0, due_s - time.monotonic()))


if __name__ == "__main__":
    os.environ["PATH"] = f"{sys.argv[2]}{os.pathsep}{os.environ['PATH']}"
    serve(int(sys.argv[1]))
