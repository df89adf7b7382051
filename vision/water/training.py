"""A site trains its own eye: on its own pictures, flooded on paper, by NumPy, in a minute or two.

What moves between cameras is texture, light and what lies about; what the shipped network knows of
water stays. So only a small correction is learnt (`vision.water.head`), from the site's references:
flooded and disturbed (`vision.water.rehearsal`), and as they are, each beside the others, which
teaches what this place looks like wet, at noon and by night without being flooded. Whether that
made anything better is measured on pictures and water that were kept out of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vision.errors import WaterError
from vision.types import Image
from vision.water.eye_trial import EyeFigures, Lesson, measure
from vision.water.flooding import TRAINING, TRIAL, WaterRanges
from vision.water.ground import Ground
from vision.water.head import Head, score_of
from vision.water.head_fit import fit
from vision.water.network import CELL_PX, CoarseLook, WaterNetwork
from vision.water.reference import Reference
from vision.water.rehearsal import Pair, rehearse
from vision.water.types import Map, Mask, WaterSetup

PAIRS: Final = 240
"""Pairs learnt from: about half a minute; twice as many gained nothing worth it."""
TRIAL_PART: Final = 0.4
"""Pairs tried on, as a share of those learnt from."""
ALONE: Final = 0.4
"""Share of pairs that are one picture beside itself: the nearest reference is often that near."""
HELD_BACK: Final = 4
"""From so many pictures on, one in so many is only tried on."""
CELLS: Final = 240
"""Cells taken from one pair."""
MOST_REAL: Final = 40
"""Pairs of two real pictures that are learnt from, or tried on."""
SURE: Final = 0.8
"""Share of a cell that must be water, or dry, for it to be learnt from."""


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A site's eye and how it compares. before: the eye in its place until now, after: this one."""

    data: bytes
    before: EyeFigures
    after: EyeFigures

    @property
    def is_better(self) -> bool:
        """Whether it should replace the eye before it: better in sum, and worse in nothing."""
        return self.after.is_better_than(self.before)


def train(
    network: WaterNetwork,
    references: Sequence[Reference],
    setup: WaterSetup,
    rng: np.random.Generator,
    pairs: int = PAIRS,
    advance: Callable[[float], None] = lambda _share: None,
) -> TrainedHead:
    """Return an eye for the site, and figures that say whether to use it.

    network: as the site is judged by now, with its own eye where it has one: that is what the new
    eye is held against, though it may have learnt from pictures that both are tried on. pairs: how
    many synthetic pairs to learn from; each takes about a tenth of a second of processor time.
    advance: told how far it is, 0-1. Raises WaterError without references, or when no zone lies in
    the picture.
    """
    if not references:
        raise WaterError("there is no reference to train on yet; the camera learns them while dry")
    shape = (references[0].image.shape[0], references[0].image.shape[1])
    ground = Ground.of(setup, shape)
    zones = ground.zones & ~ground.permanent
    if not zones.any():
        raise WaterError("no water zone lies in the picture; draw one before training")
    trials = max(1, round(pairs * TRIAL_PART))
    school = _School(network, zones, rng, lambda done: advance(done / (pairs + trials)))
    taught, tried = _divided(references)
    lessons = school.synthetic(taught, references, TRAINING, pairs)
    lessons += school.real(taught, references)
    trial = school.synthetic(tried, references, TRIAL, trials)
    trial += school.real(tried, references)
    head = _fitted(network.spec.sha256, lessons, rng)
    return TrainedHead(head.to_bytes(), measure(trial, network.head), measure(trial, head))


def _divided(references: Sequence[Reference]) -> tuple[list[Reference], list[Reference]]:
    """Return pictures to learn from and pictures to try on; with few, they are the same."""
    if len(references) < HELD_BACK:
        return list(references), list(references)
    tried = list(references[HELD_BACK - 1 :: HELD_BACK])
    return [one for one in references if one not in tried], tried


class _School:
    """Makes lessons of one camera. made: told how many of drawn pairs there are so far."""

    def __init__(
        self,
        network: WaterNetwork,
        zones: Mask,
        rng: np.random.Generator,
        made: Callable[[int], None],
    ) -> None:
        self._network = network
        self._zones = zones
        self._rng = rng
        self._made = made
        self._count = 0

    def synthetic(
        self,
        pictures: Sequence[Reference],
        references: Sequence[Reference],
        ranges: WaterRanges,
        count: int,
    ) -> list[Lesson]:
        """Return lessons of pictures flooded or disturbed, beside references of the same light."""
        lessons = []
        for _ in range(count):
            picture = pictures[int(self._rng.integers(len(pictures)))]
            beside = self._beside(picture, references)
            pair = rehearse((picture.image, beside), self._zones, ranges, self._rng)
            lessons.append(self._lesson(pair, real=False))
            self._count += 1
            self._made(self._count)
        return lessons

    def real(self, pictures: Sequence[Reference], references: Sequence[Reference]) -> list[Lesson]:
        """Return lessons of two pictures as they are, both without water, of the same light."""
        couples = [
            (one, other)
            for one in pictures
            for other in references
            if one is not other and one.infrared == other.infrared
        ]
        self._rng.shuffle(couples)
        dry = np.zeros_like(self._zones)
        return [
            self._lesson(Pair(one.image, other.image, dry), real=True)
            for one, other in couples[:MOST_REAL]
        ]

    def _beside(self, picture: Reference, references: Sequence[Reference]) -> Image:
        """Return the picture to hold another against: itself, or one of the same light."""
        others = [one for one in references if one.infrared == picture.infrared]
        if self._rng.uniform() < ALONE:
            return picture.image
        return others[int(self._rng.integers(len(others)))].image

    def _lesson(self, pair: Pair, *, real: bool) -> Lesson:
        look = self._network.look(pair.current, pair.reference)
        inside = _cells(self._zones, look) >= 0.5
        return Lesson(
            cells=np.ascontiguousarray(look.features[:, inside].T),
            score=score_of(look.water[inside]),
            water=_cells(pair.water, look)[inside],
            real=real,
        )


def _cells(mask: Mask, look: CoarseLook) -> Map:
    """Return the share of each cell that a mask covers, float32 of the look's shape."""
    rows, columns = look.water.shape
    padded = np.zeros((rows * CELL_PX, columns * CELL_PX), np.float32)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(
        cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32
    )


def _fitted(model: str, lessons: Sequence[Lesson], rng: np.random.Generator) -> Head:
    """Return the head that corrects the network best on some cells of each lesson."""
    chosen = [_chosen(lesson, rng) for lesson in lessons]
    return fit(
        model,
        np.concatenate([one.cells for one in chosen]),
        np.concatenate([one.score for one in chosen]),
        np.concatenate([one.water for one in chosen]) >= SURE,
        rng,
    )


def _chosen(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    """Return a few cells of a lesson of which it is sure what they are."""
    sure = np.flatnonzero(np.maximum(lesson.water, 1 - lesson.water) >= SURE)
    some = rng.permutation(sure)[:CELLS]
    return Lesson(lesson.cells[some], lesson.score[some], lesson.water[some], lesson.real)
