"""Real people and cars for the town's cameras: each cut out of its film as it was filmed.

A film is shown by a camera's `View` of it: a part of the picture, perhaps mirrored, perhaps slowed.
Without anybody it is the median of its pictures. Who passes is found by the product's own detector
and tracker on every picture; of a passage only the pixels that differ from the empty view are
taken, so that one camera shows this person and another the next.
"""

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TypeAlias

import av
import cv2
import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from benchmarks.footage import CACHE, film_path
from gateway.sources.clip import FILE_EPOCH
from vision.detector import Detector
from vision.tracker import Tracker, two_stage
from vision.types import FrameSize, Image, Kind
from vision.weights import find_model, load_manifest, shipped_manifest

SIZE = FrameSize(640, 360)
"""The sub stream that village cameras commonly send."""

Floats: TypeAlias = npt.NDArray[np.float32]
Box: TypeAlias = tuple[float, float, float, float]

LEAST_PASSAGE_S = 4.0
"""Shorter ones may be over before a rule with the default confirm_s is sure."""
LONGEST_PASSAGE_S = 36.0
"""A track that lasts longer hangs on to something fixed."""
LEAST_HEIGHT_RATIO = 0.15
"""Of the view's height: smaller objects are beyond the default model."""
GAP_PICTURES = 6
"""A track that misses more pictures at once is two passages."""
MARGIN_RATIO = 0.2
"""By which a box is widened, so that arms and shadows come with it."""
DIFFERENCE = 16
"""Grey levels (0-255) by which a moving thing's pixels differ from the empty view."""
LEAST_WAY_RATIO = 1.0
"""Of its own height: what goes less far is a fixed thing that the detector takes for an object."""
EMPTY_OF = 40
"""Pictures whose median shows nobody."""
FADE_S = 0.4
"""Whoever appears or goes amid the picture does it in so long."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of a film from one standpoint. first, last: pictures of the film; fps: its rate.

    kind: who passes. slowed: so many times slower than filmed.
    """

    film: str
    first: int
    last: int
    fps: float
    kind: Kind
    slowed: float = 1.0

    @property
    def shown_fps(self) -> float:
        """Pictures of the film shown in a second."""
        return self.fps / self.slowed


@dataclass(frozen=True, slots=True)
class View:
    """What one camera sees of a shot: x, y, width, height in the film's pixels, 16:9."""

    name: str
    shot: Shot
    left: int
    top: int
    width: int
    height: int
    mirrored: bool = False

    def seen(self, picture: Image) -> Image:
        """Return a picture of the film as this camera sends it, `SIZE`."""
        part = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        shown = cv2.resize(part, (SIZE.width, SIZE.height), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.flip(shown, 1) if self.mirrored else shown, np.uint8)

    def box(self, box: Box) -> Box:
        """Return a box of the film in pixels of this camera; it may reach beyond the picture."""
        across, down = SIZE.width / self.width, SIZE.height / self.height
        x1, x2 = ((x - self.left) * across for x in (box[0], box[2]))
        if self.mirrored:
            x1, x2 = SIZE.width - x2, SIZE.width - x1
        return x1, (box[1] - self.top) * down, x2, (box[3] - self.top) * down


SQUARE = Shot("vtest", 0, 794, 10.0, Kind.PERSON)
ROAD = Shot("bikes", 138, 186, 25.0, Kind.VEHICLE, slowed=4.0)
"""The one shot of the film that overlooks a street lasts two seconds: slowed, cars pass in six."""

_PARTS = (
    View("square", SQUARE, 0, 120, 768, 432),
    View("path", SQUARE, 0, 130, 560, 315),
    View("crossing", SQUARE, 208, 110, 560, 315),
    View("lamp", SQUARE, 130, 150, 528, 297),
    View("road", ROAD, 0, 0, 484, 272),
)
VIEWS = (
    *_PARTS,
    *(replace(view, name=f"{view.name}-mirrored", mirrored=True) for view in _PARTS),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One object on its way through a view. boxes: of each picture of the film, in SIZE's pixels.

    first: the film's picture of the first box.
    """

    first: int
    boxes: tuple[Box, ...]

    @property
    def last(self) -> int:
        """The film's picture of the last box."""
        return self.first + len(self.boxes) - 1


_TRACKS = TypeAdapter(tuple[Passage, ...])


@cache
def tracks(shot: Shot) -> tuple[Passage, ...]:
    """Return who passes in a shot, in the film's own pixels, in the order of their coming."""
    record = CACHE.parent / "town" / f"tracks-{shot.film}.json"
    if not record.exists():
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_bytes(_TRACKS.dump_json(_followed(shot)))
    return _TRACKS.validate_json(record.read_bytes())


def _followed(shot: Shot) -> tuple[Passage, ...]:
    """Follow whoever is in a shot, looking at every picture."""
    spec, settings = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
    detector, tracker = Detector.open(spec), Tracker(settings)
    found: dict[int, dict[int, Box]] = {}
    for number, picture in _film(shot):
        at = FILE_EPOCH + timedelta(seconds=number / shot.fps)
        (detections,) = detector.detect([picture])
        for track in tracker.update(detections, at):
            if track.confirmed and track.kind == shot.kind and track.last_seen_at == at:
                found.setdefault(track.id, {})[number] = track.xyxy
    ways = (one for boxes in found.values() for one in _unbroken(boxes) if _moves(one))
    return tuple(sorted(ways, key=lambda one: one.first))


@cache
def passages(view: View) -> tuple[Passage, ...]:
    """Return who passes in a view, long and large enough to be told of."""
    seen = (_within(track, view) for track in tracks(view.shot))
    least, most = (s * view.shot.shown_fps for s in (LEAST_PASSAGE_S, LONGEST_PASSAGE_S))
    return tuple(one for one in seen if one is not None and least <= len(one.boxes) <= most)


@cache
def empty(view: View) -> Image:
    """Return the view with nobody in it."""
    first, last = view.shot.first, view.shot.last
    numbers = range(first, last + 1, max(1, (last - first) // EMPTY_OF))
    some = [view.seen(picture) for _, picture in _film(view.shot, numbers)]
    return np.asarray(np.median(np.stack(some), axis=0), np.uint8)


def film_of(view: View, numbers: Iterable[int]) -> Mapping[int, Image]:
    """Return those pictures of the view's film, as the camera sees them."""
    return {n: view.seen(picture) for n, picture in _film(view.shot, frozenset(numbers))}


def opacity(view: View, picture: Image, number: int, shown: Iterable[Passage]) -> Floats | None:
    """Return where a film's picture covers the empty view, 0-1, float32 (height, width).

    shown: the passages that are to be seen; None when none of them is in this picture.
    """
    here = [one for one in shown if one.first <= number <= one.last]
    if not here:
        return None
    blue, green, red = cv2.split(cv2.absdiff(picture, empty(view)))
    difference = cv2.GaussianBlur(cv2.max(cv2.max(blue, green), red), (5, 5), 0)
    moving = cv2.dilate((difference > DIFFERENCE).astype(np.float32), np.ones((5, 5), np.uint8))
    allowed = np.zeros(moving.shape, np.float32)
    for one in here:
        _allow(allowed, one.boxes[number - one.first], _presence(view, one, number))
    return np.asarray(cv2.GaussianBlur(moving * allowed, (7, 7), 0), np.float32)


def _film(shot: Shot, wanted: Container[int] | None = None) -> Iterator[tuple[int, Image]]:
    """Yield a shot's pictures with their numbers in the film; wanted: only these numbers."""
    with av.open(str(film_path(shot.film))) as container:
        decoded = enumerate(container.decode(video=0))
        for number, frame in itertools.islice(decoded, shot.first, shot.last + 1):
            if wanted is None or number in wanted:
                yield number, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _unbroken(boxes: Mapping[int, Box]) -> Iterator[Passage]:
    """Yield a track's stretches, boxes of missed pictures put in between."""
    numbers = sorted(boxes)
    breaks = [i for i, (a, b) in enumerate(itertools.pairwise(numbers), 1) if b - a > GAP_PICTURES]
    for start, end in itertools.pairwise((0, *breaks, len(numbers))):
        part = numbers[start:end]
        whole = np.arange(part[0], part[-1] + 1)
        sides = [np.interp(whole, part, [boxes[n][side] for n in part]) for side in range(4)]
        yield Passage(part[0], tuple(map(_as_box, np.stack(sides, axis=1))))


def _moves(passage: Passage) -> bool:
    """Say whether an object goes anywhere."""
    boxes = np.array(passage.boxes)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    way = float(np.ptp(centres, axis=0).max())
    return way >= LEAST_WAY_RATIO * float(np.median(boxes[:, 3] - boxes[:, 1]))


def _as_box(row: npt.NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = map(float, row)
    return x1, y1, x2, y2


def _within(track: Passage, view: View) -> Passage | None:
    """Return the longest stretch of a track that a view shows large enough, None without one."""
    boxes = [view.box(box) for box in track.boxes]
    best = (0, 0)
    for visible, stretch in itertools.groupby(range(len(boxes)), lambda n: _is_shown(boxes[n])):
        numbers = list(stretch)
        if visible and len(numbers) > best[1] - best[0]:
            best = (numbers[0], numbers[-1] + 1)
    start, end = best
    return Passage(track.first + start, tuple(boxes[start:end])) if end > start else None


def _is_shown(box: Box) -> bool:
    x1, y1, x2, y2 = box
    inside = x1 < SIZE.width and x2 > 0 and y1 < SIZE.height and y2 > 0
    return inside and y2 - y1 >= LEAST_HEIGHT_RATIO * SIZE.height


def _allow(allowed: Floats, box: Box, presence: float) -> None:
    x1, y1, x2, y2 = box
    across, down = MARGIN_RATIO * (x2 - x1), MARGIN_RATIO * (y2 - y1)
    rows = slice(max(0, int(y1 - down)), max(0, int(y2 + down)))
    columns = slice(max(0, int(x1 - across)), max(0, int(x2 + across)))
    allowed[rows, columns] = np.maximum(allowed[rows, columns], presence)


def _presence(view: View, passage: Passage, number: int) -> float:
    """Return 1, or less for who is just appearing or going away from the picture's edges."""
    fade = FADE_S * view.shot.shown_fps
    from_ends = ((number - passage.first, 0), (passage.last - number, -1))
    shares = (
        1.0 if _at_edge(passage.boxes[end]) else min(1.0, (pictures_away + 1) / fade)
        for pictures_away, end in from_ends
    )
    return min(shares)


def _at_edge(box: Box) -> bool:
    x1, y1, x2, y2 = box
    return x1 <= 2 or y1 <= 2 or x2 >= SIZE.width - 2 or y2 >= SIZE.height - 2
