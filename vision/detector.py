"""Pictures in, `Detections` out: letterbox, inference, decoding the answer, suppression."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from vision.errors import ModelError
from vision.letterbox import Letterbox
from vision.nms import nms
from vision.runtime import Job, Runtime, RuntimeChoice, open_runtime
from vision.runtime.contract import Outputs
from vision.types import Boxes, Detections, FrameSize, Image, Kind, ObjectClass
from vision.weights import ModelSpec, class_span, classes_of, verify

MAX_CANDIDATES: Final = 1000
"""Boxes considered in one picture, the best first: bounds the work on a picture of noise."""

NANODET_STRIDES: Final = (8, 16, 32)
NANODET_BINS: Final = 11
"""NanoDet gives each side's distance as a distribution over 0-10 strides (reg_max 10; generalized
focal loss, Li et al. 2020, eq. 3)."""

NANODET_MOMENTS: Final = np.stack([np.ones(NANODET_BINS), np.arange(NANODET_BINS)], axis=1).astype(
    np.float32
)
"""Columns that a distribution is multiplied by to give its sum and its first moment."""

Rows: TypeAlias = npt.NDArray[np.intp]
Scores: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for in a network's answer, over the span of classes from the first that counts.

    first: class index of the span's first column. threshold: float32 (C,), 0-1, infinite for a
    class that does not count. group: int32 (C,), equal for classes of one kind. input_size: of the
    picture the network saw.
    """

    first: int
    threshold: Scores
    group: npt.NDArray[np.int32]
    input_size: FrameSize

    @property
    def span(self) -> slice:
        """The columns of class scores to look at; a view of them is cheaper than a selection."""
        return slice(self.first, self.first + len(self.threshold))


class Candidates(NamedTuple):
    """Boxes above their threshold, before suppression.

    xyxy: pixels of the network's picture. score: (N,). column: (N,), which column of `Wanted`.
    """

    xyxy: Boxes
    score: Scores
    column: Rows


NOTHING: Final = Candidates(
    np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.intp)
)

Head: TypeAlias = Callable[[Outputs, Wanted], Candidates]
"""Reads the answer to one picture."""


def read_yolo(outputs: Outputs, wanted: Wanted) -> Candidates:
    """Read Ultralytics' one-to-many head: (4 + classes, A); centre x, y, width, height."""
    (answer,) = outputs
    scores = answer[4:][wanted.span]
    column, anchor = np.nonzero(scores >= wanted.threshold[:, None])
    centre, half = answer[:2, anchor].T, answer[2:4, anchor].T / 2
    xyxy = np.concatenate([centre - half, centre + half], axis=1)
    return Candidates(xyxy, scores[column, anchor], column)


def read_yolo_end2end(outputs: Outputs, wanted: Wanted) -> Candidates:
    """Read Ultralytics' end-to-end head: (300, 6); x1, y1, x2, y2, score, class index."""
    (answer,) = outputs
    column = answer[:, 5].astype(np.intp) - wanted.first
    inside = np.flatnonzero((column >= 0) & (column < len(wanted.threshold)))
    row = inside[answer[inside, 4] >= wanted.threshold[column[inside]]]
    return Candidates(answer[row, :4], answer[row, 4], column[row])


def read_nanodet(outputs: Outputs, wanted: Wanted) -> Candidates:
    """Read NanoDet: (A, classes) scores at strides 8, 16, 32, then (A, 44) distances at each.

    The scores may be those of all classes or, from a runtime that cuts them, of the span wanted.
    Each side of a box is the mean of its distribution, in strides from the cell's centre.
    """
    found: list[tuple[npt.NDArray[np.generic], ...]] = []
    for level, stride in enumerate(NANODET_STRIDES):
        scores = outputs[level]
        if scores.shape[1] > len(wanted.threshold):
            scores = scores[:, wanted.span]
        cell, column, score = _above(scores, wanted.threshold)
        if len(cell):
            bins = outputs[level + 3][cell]
            centre = _cell_centres(wanted.input_size, stride)[cell]
            found.append((score, column, bins, centre, np.full(len(cell), stride)))
    if not found:
        return NOTHING
    score, column, bins, centre, stride_px = (
        np.concatenate(parts) for parts in zip(*found, strict=True)
    )
    reach = _expected_steps(bins) * stride_px[:, None]
    xyxy = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
    return Candidates(xyxy.astype(np.float32), score, column)


def _above(scores: Scores, threshold: Scores) -> tuple[Rows, Rows, Scores]:
    """Return row, column and value of the scores (A, C) that reach their column's threshold (C,).

    Everything is first held against the lowest threshold, flat: thrice as fast as column by column.
    """
    flat = scores.reshape(-1)
    hit = np.flatnonzero(flat >= threshold.min())
    row, column = np.divmod(hit, len(threshold))
    sure = flat[hit] >= threshold[column]
    return row[sure], column[sure], flat[hit[sure]]


def _expected_steps(logits: Scores) -> Scores:
    """Return the mean of each side's distribution, (N, 4), from logits (N, 44)."""
    bins = logits.reshape(-1, NANODET_BINS)
    weight = np.exp(bins - bins.max(axis=1, keepdims=True))
    total, moment = (weight @ NANODET_MOMENTS).T
    return np.asarray((moment / total).reshape(-1, 4), dtype=np.float32)


@lru_cache(maxsize=16)
def _cell_centres(size: FrameSize, stride: int) -> npt.NDArray[np.float32]:
    """Return the centre of each cell of a grid over the picture, row by row, (A, 2) pixels."""
    across, down = size.width // stride, size.height // stride
    row, column = np.mgrid[:down, :across]
    cells = np.stack([column.ravel(), row.ravel()], axis=1)
    return ((cells + 0.5) * stride).astype(np.float32)


HEADS: Final[Mapping[str, Head]] = {
    "nanodet": read_nanodet,
    "yolo": read_yolo,
    "yolo_end2end": read_yolo_end2end,
}


def recognise_head(shapes: Sequence[tuple[int, ...]]) -> str:
    """Return the key of `HEADS` that reads outputs of these shapes, without the batch axis.

    Raises ModelError when none does.
    """
    if len(shapes) == 6 and {shape[-1] for shape in shapes[3:]} == {4 * NANODET_BINS}:
        return "nanodet"
    if len(shapes) == 1 and len(shapes[0]) == 2:
        rows, columns = shapes[0]
        if columns == 6 < rows:
            return "yolo_end2end"
        if 4 < rows < columns:
            return "yolo"
    raise ModelError(
        f"the model's outputs {list(shapes)} are not those of a known detector: (4+classes, a), "
        "(300, 6) or NanoDet's six"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture ready for the network: uint8 (height, width, 3) BGR, and how it was fitted in."""

    pixels: Image
    letterbox: Letterbox


class PendingDetections:
    """Pictures that the runtime is working on."""

    __slots__ = ("_detector", "_job", "_letterboxes")

    def __init__(self, detector: "Detector", job: Job, letterboxes: tuple[Letterbox, ...]) -> None:
        self._detector = detector
        self._job = job
        self._letterboxes = letterboxes

    def wait(self) -> list[Detections]:
        """Block until the runtime is done and return what each picture shows. Call it once."""
        order = iter(self._letterboxes)
        return self._job.read(lambda outputs: self._detector.read(outputs, next(order)))


class Detector:
    """A model and the runtime it is loaded on. Methods may be called from several threads."""

    def __init__(self, spec: ModelSpec, runtime: Runtime) -> None:
        """Raise ModelError when the model names no class that counts, or a head nobody reads."""
        if spec.head not in (None, *HEADS):
            raise ModelError(
                f"model {spec.name} has head {spec.head}; heads are {', '.join(HEADS)}"
            )
        self.spec = spec
        self.runtime = runtime
        self.input_size = runtime.facts.input_size or spec.input_size
        classes = spec.classes or classes_of(runtime.facts.labels, spec.kinds)
        if not classes:
            raise ModelError(
                f"model {spec.name} names no class that counts; its labels are "
                f"{', '.join(runtime.facts.labels.values()) or 'not in the file'}"
            )
        self.classes: Mapping[int, ObjectClass] = {one.index: one for one in classes}
        self._wanted = _wanted(classes, spec.thresholds, self.input_size)
        self._head = HEADS[spec.head] if spec.head else None

    @classmethod
    def open(cls, spec: ModelSpec, choice: RuntimeChoice | None = None) -> "Detector":
        """Check a model's fingerprint, load it, and run it once on a grey picture.

        Raises ModelError for a bad file, RuntimeUnavailableError for a choice impossible here.
        """
        verify(spec)
        detector = cls(spec, open_runtime(spec, choice))
        size = detector.input_size
        detector.detect([np.full((size.height, size.width, 3), 114, dtype=np.uint8)])
        return detector

    def letterbox_for(self, source: FrameSize) -> Letterbox:
        """Return how pictures of this size are fitted in, so that a decoder can do the resizing."""
        return Letterbox.fit(source, self.input_size)

    def prepare(self, image: Image) -> Prepared:
        """Return a picture of any size, resized and framed with grey."""
        letterbox = self.letterbox_for(FrameSize(image.shape[1], image.shape[0]))
        return Prepared(letterbox.frame(image), letterbox)

    def start(self, pictures: Sequence[Prepared]) -> PendingDetections:
        """Begin detecting in a batch of at least one picture."""
        job = self.runtime.start([picture.pixels for picture in pictures])
        return PendingDetections(self, job, tuple(picture.letterbox for picture in pictures))

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Return what each picture shows, in order."""
        return list(self.stream(images))

    def stream(self, images: Iterable[Image]) -> Iterator[Detections]:
        """Yield what each picture shows, in order, enough in flight to keep the runtime busy."""
        pending: deque[PendingDetections] = deque()
        for image in images:
            pending.append(self.start([self.prepare(image)]))
            if len(pending) > self.runtime.in_flight:
                yield from pending.popleft().wait()
        for last in pending:
            yield from last.wait()

    def read(self, outputs: Outputs, letterbox: Letterbox) -> Detections:
        """Return the detections in the answer to one picture, in pixels of its source frame.

        Suppression is within a kind: a van must not be both car and truck, while a person in front
        of a vehicle is both. Raises ModelError when the outputs are not what the head expects.
        """
        head = self._head or HEADS[recognise_head([output.shape for output in outputs])]
        try:
            found = head(outputs, self._wanted)
        except (IndexError, ValueError) as error:
            shapes = [output.shape for output in outputs]
            raise ModelError(
                f"model {self.spec.name} is not a {self.spec.head} network with classes up to "
                f"{max(self.classes)}: its outputs are {shapes}"
            ) from error
        best = _best(found)
        rows = nms(best.xyxy, best.score, self._wanted.group[best.column], self.spec.nms_iou)
        return Detections(
            xyxy=letterbox.to_source(best.xyxy[rows]),
            score=best.score[rows].astype(np.float32),
            class_index=(self._wanted.first + best.column[rows]).astype(np.int16),
            classes=self.classes,
        )


def _best(found: Candidates) -> Candidates:
    """Return at most MAX_CANDIDATES, the highest scores."""
    if len(found.score) <= MAX_CANDIDATES:
        return found
    rows = np.argpartition(-found.score, MAX_CANDIDATES)[:MAX_CANDIDATES]
    return Candidates(found.xyxy[rows], found.score[rows], found.column[rows])


def _wanted(
    classes: Sequence[ObjectClass], thresholds: Mapping[Kind, float], size: FrameSize
) -> Wanted:
    groups = {kind: group for group, kind in enumerate(dict.fromkeys(c.kind for c in classes))}
    span = class_span(classes)
    threshold = np.full(span.stop - span.start, np.inf, dtype=np.float32)
    group = np.zeros(span.stop - span.start, dtype=np.int32)
    for one in classes:
        threshold[one.index - span.start] = thresholds[one.kind]
        group[one.index - span.start] = groups[one.kind]
    return Wanted(span.start, threshold, group, size)
