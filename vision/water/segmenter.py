"""Any segmentation network of Ultralytics as one more vote on where water is.

Such networks look at one picture and call smooth road water, again and again at the same place
(measured on street floods: a third of their water overlaps the true). So what counts is what the
picture shows and the reference does not.
"""

from collections.abc import Callable, Mapping
from typing import Final, Self, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.errors import ModelError
from vision.letterbox import Letterbox
from vision.runtime import Runtime, RuntimeChoice, open_runtime
from vision.runtime.contract import Outputs
from vision.types import FrameSize, Image
from vision.water.types import Map
from vision.weights import ModelSpec, verify

WATER_LABELS: Final = frozenset(
    {
        "water",
        "flood",
        "floodwater",
        "puddle",
        "river",
        "stream",
        "lake",
        "pond",
        "sea",
        "canal",
        "水",
    }
)
"""Labels, in small letters, whose pixels count as water; ADE20K has four of them."""

PROTOTYPE_STRIDE: Final = 4
"""Pixels of an instance network's input in one of its prototypes'."""

LEAST_SCORE: Final = 0.25
"""Score from which an object of an instance network is drawn: Ultralytics' own default."""

Classes: TypeAlias = tuple[int, ...]
Reader: TypeAlias = Callable[[Outputs, Classes], Map]
"""Returns how probable water is, at the network's own resolution, over its whole input."""


def read_scores(outputs: Outputs, classes: Classes) -> Map:
    """Read a semantic network: (classes, h, w), logits of each pixel."""
    logits = outputs[0] - outputs[0].max(axis=0)
    likely = np.exp(logits)
    return np.asarray(likely[list(classes)].sum(axis=0) / likely.sum(axis=0), dtype=np.float32)


def read_class_map(outputs: Outputs, classes: Classes) -> Map:
    """Read a semantic network that has chosen already: (h, w), a class index for each pixel."""
    return np.isin(outputs[0].round().astype(np.int64), classes).astype(np.float32)


def read_instances(outputs: Outputs, classes: Classes) -> Map:
    """Read an instance network: its objects, and prototypes (masks, h, w).

    Objects are (4 + classes + masks, N) with centres and sizes of boxes, or (N, 6 + masks) with two
    corners, a score and a class each, from a head that suppresses by itself. Boxes are in pixels of
    the network's input, which the prototypes cover at a quarter.
    """
    answer, prototypes = outputs
    masks, height, width = prototypes.shape
    boxes, scores = _objects(answer, masks, classes)
    water = np.zeros((height, width), np.float32)
    for one in np.flatnonzero(scores >= LEAST_SCORE):
        left, top, right, bottom = (max(0, round(side)) for side in boxes[one] / PROTOTYPE_STRIDE)
        rows, columns = slice(top, bottom), slice(left, right)
        coefficients = answer[one, 6:] if _suppresses(answer, masks) else answer[-masks:, one]
        part = np.tensordot(coefficients, prototypes[:, rows, columns], axes=1)
        shape = scores[one] / (1.0 + np.exp(-np.clip(part, -30.0, 30.0)))
        water[rows, columns] = np.maximum(water[rows, columns], shape)
    return water


def _suppresses(answer: Map, masks: int) -> bool:
    return bool(answer.shape[1] == 6 + masks)


def _objects(answer: Map, masks: int, classes: Classes) -> tuple[Map, Map]:
    """Return two corners (N, 4) of each object, and how surely it is water (N,)."""
    if _suppresses(answer, masks):
        wanted = np.isin(answer[:, 5].round().astype(np.int64), classes)
        return answer[:, :4], np.where(wanted, answer[:, 4], np.float32(0.0))
    centre, half = answer[:2], answer[2:4] / 2
    corners = np.concatenate([centre - half, centre + half]).T
    return corners, answer[4:-masks][list(classes)].max(axis=0)


READERS: Final[Mapping[tuple[int, ...], Reader]] = {
    (3,): read_scores,
    (2,): read_class_map,
    (2, 3): read_instances,
}
"""By the number of dimensions of each output, without the batch."""


class WaterSegmenter:
    """A segmentation network some of whose classes are water; a `vision.water.votes.WaterVoter`."""

    def __init__(self, spec: ModelSpec, runtime: Runtime) -> None:
        """Raise ModelError when none of the network's labels is water."""
        self.spec = spec
        self._runtime = runtime
        self._size = runtime.facts.input_size or spec.input_size
        self._classes = water_classes(_labels(spec, runtime))
        self._reference: tuple[Image, Map] | None = None
        if not self._classes:
            raise ModelError(
                f"model {spec.name} names no water; it needs a class called one of "
                f"{', '.join(sorted(WATER_LABELS))}"
            )

    @classmethod
    def open(cls, spec: ModelSpec, choice: RuntimeChoice | None = None) -> Self:
        """Check the model's fingerprint, load it, and run it once on a grey picture.

        Raises ModelError for a bad file, RuntimeUnavailableError for a choice impossible here.
        """
        verify(spec)
        segmenter = cls(spec, open_runtime(spec, choice))
        size = segmenter._size
        segmenter.water_in(np.full((size.height, size.width, 3), 114, dtype=np.uint8))
        return segmenter

    def for_camera(self) -> "WaterSegmenter":
        """Return the same network, on the same runtime, that remembers one camera's reference."""
        return WaterSegmenter(self.spec, self._runtime)

    def probability(self, image: Image, reference: Image) -> Map:
        """Return how probable water is where the reference shows none, float32 (h, w), 0-1.

        The same array as reference, look after look, is looked at once.
        """
        known = self._reference
        if known is None or known[0] is not reference:
            known = self._reference = (reference, self.water_in(reference))
        new = self.water_in(image) - known[1]
        return np.asarray(np.clip(new, 0.0, 1.0), dtype=np.float32)

    def water_in(self, image: Image) -> Map:
        """Return how probable water is at each pixel of one picture, float32 (h, w), 0-1."""
        source = FrameSize(image.shape[1], image.shape[0])
        letterbox = Letterbox.fit(source, self._size)
        job = self._runtime.start([letterbox.frame(image)])
        return _at_source(job.read(self._read)[0], letterbox)

    def _read(self, outputs: Outputs) -> Map:
        reader = READERS.get(tuple(output.ndim for output in outputs))
        if reader is None or not _is_map(outputs[-1], self._size):
            raise ModelError(
                f"model {self.spec.name} is no segmentation network of Ultralytics: its outputs "
                f"are {[output.shape for output in outputs]}"
            )
        return reader(outputs, self._classes)


def _is_map(output: Map, size: FrameSize) -> bool:
    """Say whether an output covers a network's input, and is no list of objects."""
    down, across = output.shape[-2:]
    return bool(down * size.width == across * size.height)


def water_classes(labels: Mapping[int, str]) -> Classes:
    """Return the indices of labels that mean water; a label may list names, parted by , or ;."""
    return tuple(
        index
        for index, label in sorted(labels.items())
        if any(name.strip().lower() in WATER_LABELS for name in label.replace(";", ",").split(","))
    )


def _labels(spec: ModelSpec, runtime: Runtime) -> Mapping[int, str]:
    """Return class labels by index: those of the manifest, else those in the file."""
    return {one.index: one.label for one in spec.classes} or runtime.facts.labels


def _at_source(water: npt.NDArray[np.float32], letterbox: Letterbox) -> Map:
    """Return a map over the network's input as one over the picture that was fitted into it."""
    target = (letterbox.target.width, letterbox.target.height)
    whole = cv2.resize(water, target, interpolation=cv2.INTER_LINEAR)
    bottom = letterbox.pad_top + letterbox.resized.height
    right = letterbox.pad_left + letterbox.resized.width
    middle = whole[letterbox.pad_top : bottom, letterbox.pad_left : right]
    source = (letterbox.source.width, letterbox.source.height)
    return np.asarray(cv2.resize(middle, source, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
