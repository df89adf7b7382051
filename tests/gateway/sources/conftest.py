"""Files made of coded streams, by a real muxer."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from gateway.packets import TICKS_PER_S


@pytest.fixture
def write_film() -> Callable[..., Path]:
    """Return a writer of a CodedStream into the file format that a path's ending names."""

    def write(stream, path: Path) -> Path:
        first = stream.packets[0]
        info = stream.info
        with av.open(path, "w") as out:
            track = out.add_mux_stream(info.codec, width=info.width, height=info.height, rate=25)
            for packet in stream.packets:
                raw = av.Packet(packet.data)
                raw.stream, raw.is_keyframe = track, packet.is_key
                raw.pts, raw.dts = packet.pts - first.pts, packet.dts - first.pts
                raw.time_base = Fraction(1, TICKS_PER_S)
                out.mux(raw)
        return path

    return write
