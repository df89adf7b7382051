"""How far up persons water is said to reach, by how far it does, and what dry ground is said to be.

The people of vtest.avi, as the detector boxes them: one half of the film is what the camera learns
from, the other is looked at, and the other way round. Water of the benchmark's own covers the whole
ground and a share of each body, with a mirror image in it that is none, dim or bright. The dry half
is looked at as if there were water: nothing said of it is true. So are people of 0.72 their height,
as children are, where the camera has seen grown ones alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import cv2
import numpy as np

from benchmarks.footage import pictures
from benchmarks.report import Figure
from benchmarks.water_places import FILM_STEP, Colour
from benchmarks.water_trial import EPOCH
from vision.detector import Detector
from vision.types import FrameSize, Image, Kind
from vision.water.sampler import sample_shape
from vision.water.types import Evidence, Feet
from vision.water.wading import WadingWatch, feet_of

STEP_S = 1.5
LOOKS = 6
"""Looks in a row at which a word is asked for: some nine seconds, from each picture on."""
SHARES = {"ankles": 0.05, "calves": 0.15, "knees": 0.28, "thighs": 0.39, "hips": 0.5}
"""What of a body is hidden, by where the water reaches."""
MIRRORS = {"": 0.0, ", dim mirror": 0.2, ", mirrored": 0.35}
CHILD = 0.72
SOLID = 30
"""Grey levels (0-255) by which a body differs from the empty square."""
TINT = (80.0, 105.0, 118.0)
"""Brown water, BGR."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How the people of a picture are shown. hidden: share of each body. size: of theirs."""

    hidden: float = 0.0
    mirror: float = 0.0
    size: float = 1.0
    wet: bool = True


class Square:
    """The film's people, and the square without them."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.film = [one for number, one in enumerate(pictures("vtest")) if number % FILM_STEP == 0]
        height, width = self.film[0].shape[:2]
        self.size = FrameSize(width, height)
        self._empty = np.median(np.stack(self.film), axis=0).astype(np.float32)
        self._noise = np.random.default_rng(81)

    def feet(self, picture: Image, stage: Stage | None) -> Feet:
        """Return who is seen wholly in a picture; stage: None as it came."""
        shown = picture if stage is None else self.staged(picture, stage)
        (found,) = self._detector.detect([shown])
        return feet_of(found, self.size)

    def staged(self, picture: Image, stage: Stage) -> Image:
        """Return the picture with its people in water, or on the dry square."""
        (found,) = self._detector.detect([picture])
        boxes = [b for n, b in enumerate(found.xyxy) if found.kind(n) == Kind.PERSON]
        shown = self._water() if stage.wet else self._empty.copy()
        difference = np.abs(picture - self._empty).max(axis=2)
        body = (cv2.GaussianBlur(difference, (5, 5), 0) > SOLID).astype(np.uint8)
        body = np.asarray(cv2.morphologyEx(body, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
        people = np.dstack((picture, body * np.uint8(255)))
        for box in sorted(boxes, key=lambda one: float(one[3])):
            _put(shown, people, box, stage)
        return np.asarray(np.clip(shown, 0, 255), np.uint8)

    def _water(self) -> Colour:
        height, width = self._empty.shape[:2]
        grain = self._noise.normal(0.0, 7.0, (height // 2, width // 6)).astype(np.float32)
        ripples = cv2.resize(grain, (width, height))[..., None]
        return np.asarray(0.25 * self._empty + 0.75 * np.array(TINT) + ripples, np.float32)


def _put(shown: Colour, people: Image, box: Feet, stage: Stage) -> None:
    """Draw one person: what sticks out of the water, and its mirror image below."""
    x1, y1, x2, y2 = (float(value) for value in box)
    rim = 0.08 * (y2 - y1)
    left, top = max(0, int(x1 - rim)), max(0, int(y1 - rim))
    cut = people[top : int(y2) + 1, left : int(x2 + rim) + 1]
    size = (max(2, round(cut.shape[1] * stage.size)), max(2, round(cut.shape[0] * stage.size)))
    cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    line = cut.shape[0] - round(stage.hidden * stage.size * (y2 - y1))
    top, left = int(y2) + 1 - cut.shape[0], round((x1 + x2 - size[0]) / 2)
    _lay(shown, cut[:line], (top, left), 1.0)
    if stage.mirror:
        mirrored = np.asarray(cv2.blur(cut[:line][::-1], (3, 5)), np.uint8)
        _lay(shown, mirrored, (top + line, left), stage.mirror)


def _lay(shown: Colour, cut: Image, corner: tuple[int, int], opacity: float) -> None:
    top, left = corner
    cut = cut[max(0, -top) :, max(0, -left) :]
    part = shown[max(0, top) :, max(0, left) :][: cut.shape[0], : cut.shape[1]]
    cut = cut[: part.shape[0], : part.shape[1]]
    cover = cut[..., 3:].astype(np.float32) / 255 * opacity
    part[:] = part * (1 - cover) + cut[..., :3] * cover


def figures(detector: Detector) -> Iterator[Figure]:
    """Yield what is said of each depth, and of none."""
    square = Square(detector)
    for title, stage in _stages():
        told = Counter(_words(square, stage))
        count = f"of {told.total()}"
        for word in ("knees", "thighs"):
            yield Figure(f"level: persons {title}, told {word} at least", told[word], count)


def _stages() -> Iterator[tuple[str, Stage | None]]:
    yield "dry", None
    yield "of 0.72 their height, dry", Stage(size=CHILD, wet=False)
    for where, hidden in SHARES.items():
        for how, mirror in MIRRORS.items():
            yield f"in water to their {where}{how}", Stage(hidden, mirror)


def _words(square: Square, stage: Stage | None) -> Iterator[str]:
    """Yield the last word of each row of looks, "" for none."""
    middle = len(square.film) // 2
    halves = (square.film[:middle], square.film[middle:])
    for learnt, looked in (halves, halves[::-1]):
        dry = [square.feet(one, None) for one in learnt]
        seen = [square.feet(one, stage) for one in looked]
        for first in range(len(seen) - LOOKS + 1):
            yield _word(square, dry, seen[first : first + LOOKS])


def _word(square: Square, dry: list[Feet], seen: list[Feet]) -> str:
    everywhere = np.ones(sample_shape(square.size), np.bool_)
    watch = WadingWatch(everywhere)
    for number, feet in enumerate(dry):
        watch.learn(feet, EPOCH + timedelta(seconds=STEP_S * number))
    evidence = Evidence(everywhere, everywhere, 1.0, 1.0, {}, "")
    word = None
    for number, feet in enumerate(seen):
        at = EPOCH + timedelta(hours=1, seconds=STEP_S * number)
        word = watch.look(feet, at, evidence)
    return word or ""
