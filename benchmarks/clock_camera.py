"""A camera whose picture is the time: an ipycam RTSP camera that draws each frame's birth into it.

Run as a process of its own (`python -m benchmarks.clock_camera PORT FFMPEG_DIR SCENE`), as a camera
is; prints "ready" when it may be watched, "visit MILLISECONDS" when somebody comes into view, and
serves `rtsp://127.0.0.1:PORT/clock` until it is ended. The encoder and the RTSP server are ipycam's
(x264 ultrafast, zero latency, a key frame each 2 s).
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.scenes import FPS, HEIGHT, SCENES, WIDTH
from gateway.children import start_child, stop_child
from gateway.errors import MissingExtraError, StreamLostError, UnreachableError
from vision.types import Image

LOOPBACK = "127.0.0.1"
BIT_RATE = "1M"
STOP_S = 3.0

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


def age_ms(at_ms: float, stamp: int) -> float:
    """Return how long before a time (milliseconds since 1970) a stamp was drawn; under 4.6 h."""
    return (at_ms - stamp) % STAMP_MODULUS


@dataclass(frozen=True, slots=True)
class ClockCamera:
    """The camera as its owner sees it, running in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]

    def next_visit_ms(self) -> int:
        """Wait for the next visit; return when its first picture was made, ms since 1970.

        Raises StreamLostError when the camera has ended.
        """
        while self.process.stdout and (line := self.process.stdout.readline()):
            word, _, moment = line.decode(errors="replace").partition(" ")
            if word == "visit":
                return int(moment)
        raise StreamLostError("the clock camera ended; run it alone to see why")


@contextmanager
def clock_camera(scene: str) -> Iterator[ClockCamera]:
    """Run the camera with one of `SCENES`; raises MissingExtraError without ipycam."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as error:
        raise MissingExtraError(
            "the camera of this benchmark is ipycam: pip install 'gridpatrol[demo]'"
        ) from error
    port = free_port()
    with tempfile.TemporaryDirectory() as tools:
        (Path(tools) / "ffmpeg").symlink_to(get_ffmpeg_exe())
        argv = (sys.executable, "-m", "benchmarks.clock_camera", str(port), tools, scene)
        process = start_child(argv, output=subprocess.PIPE)
        try:
            words = process.stdout.readline() if process.stdout else b""
            if words != b"ready\n":
                raise UnreachableError(f"the clock camera did not start: {words.decode().strip()}")
            yield ClockCamera(f"rtsp://{LOOPBACK}:{port}/clock", process)
        finally:
            stop_child(process, STOP_S)
            if process.stdout:
                process.stdout.close()


def free_port() -> int:
    """Return a TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def serve(port: int, scene: str) -> None:
    """Be the camera, for ever."""
    from gateway.virtual_camera import PatientServer

    camera = PatientServer(port=port, host=LOOPBACK)
    camera.add_stream("clock", WIDTH, HEIGHT, FPS, BIT_RATE)
    shots = SCENES[scene]()
    first = next(shots)
    if not camera.start():
        sys.exit(f"nothing can listen on port {port}")
    print("ready", flush=True)
    camera.stream_frame("clock", first.picture)
    due_s = time.monotonic()
    for shot in shots:
        due_s += 1 / FPS
        time.sleep(max(0.0, due_s - time.monotonic()))
        made_ms = time.time_ns() // 1_000_000
        draw_stamp(shot.picture, made_ms % STAMP_MODULUS)
        camera.stream_frame("clock", shot.picture)
        if shot.begins_visit:
            print("visit", made_ms, flush=True)


if __name__ == "__main__":
    os.environ["PATH"] = f"{sys.argv[2]}{os.pathsep}{os.environ['PATH']}"
    serve(int(sys.argv[1]), sys.argv[3])
