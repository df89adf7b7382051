"""Real pictures for the benchmarks, decoded once and kept in memory."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from gateway.footage import Film, obtain
from vision.types import Image

CACHE = Path(__file__).resolve().parent.parent / "var" / "demo"
"""Shared with the demonstration, so that nothing is fetched twice."""


def film_path(film: Film) -> Path:
    """Return where a film is; raises FootageUnavailableError when it cannot be had."""
    return obtain(film, CACHE, Console(stderr=True).print)


def pictures(path: Path) -> Iterator[Image]:
    """Yield the pictures of a film in order."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def first_pictures(film: Film, count: int) -> list[Image]:
    """Return the first pictures of a film."""
    return list(islice(pictures(film_path(film)), count))
