"""How far up persons water reaches at least: a word, from several of them, never centimetres.

While the ground is clear a camera learns how tall persons' boxes are where they end. In water a box
ends at the waterline: nearer to its head, and farther up the picture. A mirror image in the water
makes boxes longer again, so water may seem shallower than it is, never deeper. Only where boxes
ended and how tall they were is kept: no picture, no time, nobody's number.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.errors import WaterError
from vision.types import KNOWN_KINDS, Detections, FrameSize, Kind
from vision.water.sealed import DAMAGE, seal, unseal
from vision.water.types import Evidence, Feet, Mask, Wading

Shares: TypeAlias = npt.NDArray[np.float64]
"""float64 (N,): hidden shares of bodies; 0 of a usual one that is all seen, less of a taller one.

Measured (`benchmarks water`): of persons 45 to 100 pixels tall on dry ground nine in ten within
0.12, and in water within as much of the truth, or below it where they are mirrored."""

LINES = ((Wading.THIGHS, 0.33), (Wading.KNEES, 0.2))
"""From which hidden share of half of those seen a word is told, deepest first. Knees are at 0.28 of
a body, half the thigh at 0.39: boxes take in a little of the water."""
SURE = 0.4
"""Score from which a box is a person's: those of less are as often half of one."""
LEAST_PX = 40.0
"""Shorter boxes are too coarse."""
FRAME_PX = 3.0
"""A box nearer to the picture's edge than this is cut by it."""
AROUND = 0.1
"""Who stands so near to the zones is learnt of as well, in picture heights."""
ENOUGH, MOST = 60, 1000
"""Boxes from which something is told, and that are kept."""
AGAIN = timedelta(minutes=5)
"""Once so many are kept, new ones are taken in so often: they are to be those of a day and more,
with its children."""
KEPT_EACH = 20
"""So many new ones are worth writing down."""
WINDOW = timedelta(minutes=10)
SEEN, LOOKS = 6, 4
"""A word is told of so many boxes within the window, from so many looks at least."""
STILL, STILL_LOOKS = 0.12, 3
"""A box that ends within this part of its height of where one of so many looks before did is the
same person, who stands there."""
USUAL = 95.0
"""Percentile of the dry boxes beyond which three quarters of those in water must be hidden."""
FITS, WILD, LEAST_OFF = 8, 3.0, 0.05
"""Rounds of a fit, and what it leaves out: this many middle deviations off, and this much."""
LEAST_TALL = 0.02
"""A usual body is at least so tall, in picture heights."""

KIND, VERSION = "water feet", 1


def feet_of(detections: Detections, size: FrameSize) -> Feet:
    """Return the persons that are wholly seen; size: of the picture.

    None that the picture cuts, nor that is before, behind or on another person or a vehicle.
    """
    boxes = detections.xyxy
    kinds = [detections.kind(row) for row in range(len(boxes))]
    solid = np.array([kind in KNOWN_KINDS for kind in kinds], np.bool_)
    tall = boxes[:, 3] - boxes[:, 1]
    far = np.array((size.width, size.height), np.float32) - FRAME_PX
    inside = (boxes[:, :2] > FRAME_PX).all(axis=1) & (boxes[:, 2:] < far).all(axis=1)
    person = np.array([kind == Kind.PERSON for kind in kinds], np.bool_)
    wanted = person & inside & (tall >= LEAST_PX) & (detections.score >= SURE)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    touching = (low < high).all(axis=2) & solid[None, :]
    alone = wanted & (touching.sum(axis=1) == 1)
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    return np.asarray(np.column_stack((middle, boxes[:, 3], tall))[alone] / size.height, np.float32)


@dataclass(frozen=True)
class Stature:
    """How tall boxes are where they end, in picture heights: a plane, after perspective.

    dry: feet, (N, 3), of clear ground.
    """

    dry: Feet

    @cached_property
    def plane(self) -> Shares:
        """What a height is made of, (3,): along times x, down times y, and the rest.

        Least squares, without those that lie far off what most have.
        """
        terms, tall = _terms(self.dry), self.dry[:, 2].astype(np.float64)
        kept = np.ones(len(tall), np.bool_)
        plane: Shares = np.zeros(3)
        for _ in range(FITS):
            fitted = np.linalg.lstsq(terms[kept], tall[kept], rcond=None)[0]
            plane = np.asarray(fitted, np.float64)
            off = np.abs(tall / np.maximum(terms @ plane, LEAST_TALL) - 1.0)
            kept = off <= max(WILD * float(np.median(off)), LEAST_OFF)
        return plane

    @cached_property
    def usual(self) -> float:
        """Hidden share that few on clear ground seem to have."""
        return float(np.percentile(self.hidden(self.dry), USUAL))

    def hidden(self, feet: Feet) -> Shares:
        """Return the hidden shares of bodies.

        A box that ends higher up the picture seems to stand farther away, where bodies are smaller.
        """
        plane = self.plane
        seen = feet[:, 2] / np.maximum(_terms(feet) @ plane, LEAST_TALL)
        return np.asarray((1.0 - seen) / np.maximum(1.0 - plane[1] * seen, 0.2), np.float64)

    def told_by(self, feet: Feet) -> Wading | None:
        """Return how far up those in water it reaches at least, None where that cannot be told."""
        hidden = self.hidden(feet)
        if np.percentile(hidden, 25.0) <= self.usual:
            return None
        middle = float(np.median(hidden))
        return next((word for word, line in LINES if middle >= line), None)


def _terms(feet: Feet) -> Shares:
    return np.column_stack((feet[:, :2], np.ones(len(feet)))).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    at: datetime
    feet: Feet


class WadingWatch:
    """How tall persons are at one camera, and those now in its water; one owner, no lock.

    zones: where water counts. dry: feet from before, None for nothing known.
    """

    def __init__(self, zones: Mask, dry: Feet | None = None) -> None:
        self._height = zones.shape[0]
        side = 2 * round(AROUND * self._height) + 1
        near = cv2.dilate(zones.view(np.uint8), np.ones((side, side), np.uint8))
        self._near = np.asarray(near > 0, np.bool_)
        self._stature = Stature(_nobody() if dry is None else dry)
        self._new = 0
        self._taken_at: datetime | None = None
        self._seen: deque[_Seen] = deque()
        self._before: deque[Feet] = deque(maxlen=STILL_LOOKS)
        self.revision = 0
        """Counts what is worth keeping across a restart."""

    @property
    def dry(self) -> Feet:
        """The feet of clear ground."""
        return self._stature.dry

    def forget(self) -> None:
        """Begin anew: the camera looks elsewhere."""
        self._stature = Stature(_nobody())
        self._seen.clear()

    def recall(self, dry: Feet) -> None:
        """Go on with what was known."""
        self._stature = Stature(dry[-MOST:])

    def learn(self, feet: Feet, at: datetime) -> None:
        """Take in who is seen on clear ground; what was seen in water is over."""
        self._seen.clear()
        is_full = len(self.dry) >= MOST
        if is_full and self._taken_at and abs(at - self._taken_at) < AGAIN:
            return
        feet = self._moved(feet[[self._is_near(one) for one in feet]])
        if not len(feet):
            return
        self._taken_at = at
        self._stature = Stature(np.concatenate((self.dry, feet))[-MOST:])
        self._new += len(feet)
        if self._new >= KEPT_EACH:
            self._new, self.revision = 0, self.revision + 1

    def look(self, feet: Feet | None, at: datetime, evidence: Evidence) -> Wading | None:
        """Take in who is seen while there is water; return how far up persons it reaches at least.

        None where that cannot be told. feet: None where nobody looked for any.
        """
        feet = _nobody() if feet is None else feet
        while self._seen and not timedelta() <= at - self._seen[0].at <= WINDOW:
            self._seen.popleft()
        wet = self._moved(feet[[_is_in(one, evidence) for one in feet]])
        if len(wet):
            self._seen.append(_Seen(at, wet))
        seen = np.concatenate([_nobody(), *(one.feet for one in self._seen)])
        if len(self.dry) < ENOUGH or len(seen) < SEEN or len(self._seen) < LOOKS:
            return None
        return self._stature.told_by(seen)

    def _moved(self, feet: Feet) -> Feet:
        """Return those who did not stand where they are at the looks before."""
        before = np.concatenate([_nobody(), *self._before])
        apart = np.hypot(*(feet[:, None, :2] - before[None, :, :2]).transpose(2, 0, 1))
        self._before.append(feet)
        return np.asarray(feet[(apart > STILL * feet[:, 2:]).all(axis=1)], np.float32)

    def _is_near(self, foot: npt.NDArray[np.float32]) -> bool:
        row, column = round(float(foot[1]) * self._height), round(float(foot[0]) * self._height)
        height, width = self._near.shape
        return bool(self._near[min(row, height - 1), min(column, width - 1)])


def _nobody() -> Feet:
    return np.empty((0, 3), np.float32)


def _is_in(foot: npt.NDArray[np.float32], evidence: Evidence) -> bool:
    """Return whether most of the ground seen around a foot is water."""
    x, y, tall = (float(value) * evidence.water.shape[0] for value in foot)
    rows = slice(max(0, round(y - 0.15 * tall)), max(0, round(y + 0.3 * tall)))
    columns = slice(max(0, round(x - 0.6 * tall)), max(0, round(x + 0.6 * tall)))
    seen = int(np.count_nonzero(evidence.seen[rows, columns]))
    return 0 < seen <= 2 * int(np.count_nonzero(evidence.water[rows, columns]))


def pack_feet(dry: Feet) -> bytes:
    """Return feet as bytes; the same feet give the same bytes."""
    return seal(KIND, {"version": np.array([VERSION], np.int64), "feet": dry})


def unpack_feet(data: bytes) -> Feet:
    """Return the feet that `pack_feet` made those bytes of.

    Raises WaterError when they are damaged, or come of another version.
    """
    arrays = unseal(KIND, data)
    try:
        feet = np.asarray(arrays["feet"], np.float32)
        if int(arrays["version"][0]) != VERSION or feet.shape[1:] != (3,):
            raise WaterError(f"{KIND} are not of version {VERSION}; they are learnt anew")
        if not np.isfinite(feet).all():
            raise ValueError("numbers that are none")
    except DAMAGE as error:
        raise WaterError(f"{KIND} cannot be read: {error}; they are learnt anew") from error
    return feet
