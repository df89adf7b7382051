"""What the benchmarks' own camera can show: pictures for ever, some of which begin a visit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice

import cv2
import numpy as np

from benchmarks.footage import pictures
from vision.types import Image

WIDTH, HEIGHT, FPS = 640, 360, 25

FILM_FPS = 10
"""Pictures a second of vtest.avi."""
VISIT_FRAMES, EMPTY_FRAMES = 60, 87
"""A visit and the pause after it, in pictures: 2.4 s is longer than the default confirm_s with the
tracker's own, 3.5 s is longer than a track lives on unseen. Their sum shares no factor with the
2 s between key frames nor with the detector's 5 pictures a second, so visits meet every phase."""
VISITS_FROM = (0, 150, 300, 450, 600)
"""Pictures of the film at which visits begin; each time people are in full view."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture, to be drawn on. begins_visit: people stand in it and not in the one before."""

    picture: Image
    begins_visit: bool = False


def drift() -> Iterator[Shot]:
    """Yield a window sliding over soft blobs."""
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT // 20, WIDTH // 10, 3), np.uint8)
    blobs = cv2.resize(noise, (WIDTH * 2, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for number in count():
        left = number * 2 % WIDTH
        yield Shot(np.asarray(blobs[:, left : left + WIDTH].copy(), np.uint8))


def visits() -> Iterator[Shot]:
    """Yield an empty square, then people on it for a while, over and over.

    The people are those of vtest.avi at their own pace; the empty square is the median of its
    pictures, in which nobody stays.
    """
    film = [_wide(picture) for picture in islice(pictures("vtest"), 0, None, 24)]
    empty = np.median(np.stack(film), axis=0).astype(np.uint8)
    crowds = _crowds()
    for number in count():
        for _ in range(EMPTY_FRAMES):
            yield Shot(empty.copy())
        crowd = crowds[number % len(crowds)]
        for frame in range(VISIT_FRAMES):
            picture = crowd[frame * FILM_FPS // FPS]
            yield Shot(picture.copy(), begins_visit=frame == 0)


def _crowds() -> list[list[Image]]:
    """Return the pictures of each visit."""
    length = VISIT_FRAMES * FILM_FPS // FPS
    wanted = {start + step for start in VISITS_FROM for step in range(length)}
    film = {n: _wide(one) for n, one in enumerate(pictures("vtest")) if n in wanted}
    return [[film[start + step] for step in range(length)] for start in VISITS_FROM]


def _wide(picture: Image) -> Image:
    """Return the lower part of a 768x576 picture, where people walk, at the camera's size."""
    tall = picture.shape[1] * HEIGHT // WIDTH
    return np.asarray(cv2.resize(picture[-tall:], (WIDTH, HEIGHT)), np.uint8)


SCENES: Mapping[str, Callable[[], Iterator[Shot]]] = {"drift": drift, "visits": visits}
"""By the name the camera is started with."""
