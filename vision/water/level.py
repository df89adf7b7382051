"""Centimetres, from marks of known height: how far up water hides them, and how sure that is.

A mark is compared with how it looked while the place was clear, in the picture's full size; what is
learnt of it is kept here, by daylight and by infrared light. Nothing is read without calibration,
from a mark nobody recognises, or from one that vehicles hide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np

from vision.types import FrameSize, Image, Points
from vision.water.ground import pixels
from vision.water.strip import Waterline, strip_of, waterline
from vision.water.types import Evidence, Level, Mark, Mask, Sample


@dataclass(frozen=True, slots=True)
class MarkKind:
    """How marks of one kind are read.

    half_width: of what is read of it, as a share of its length. errors: length in pixels and
    standard deviation of a reading, as a share of that length; shorter ones are not read.
    """

    half_width: float
    errors: tuple[tuple[float, float], ...]


PLAIN_ERRORS = ((80.0, 0.04), (150.0, 0.03))
KINDS: Mapping[str, MarkKind] = MappingProxyType(
    {
        "gauge": MarkKind(0.05, ((16.0, 0.12), (20.0, 0.09), (40.0, 0.05), (80.0, 0.03))),
        "post": MarkKind(0.05, PLAIN_ERRORS),
        "kerb": MarkKind(0.5, PLAIN_ERRORS),
    }
)
"""By kind; any other is read as a post. Boards and bollards are a tenth as wide as high, a kerb is
an edge along the ground. Errors were measured on gauges with bars and with E marks, banded and
plain posts over a real square: exposure halved to a third more, shadow over the lower half, mirror
images of 10 to 75 %, ripples, JPEG. Below 80 pixels a plain post is misread one time in six; what a
kerb gives was not measured."""
WATER = 0.025
"""By how much each hidden row must be better explained by water, in squared logarithms of
brightness. Measured on the same: dry marks, in shadow or not, 0.017 and less."""
LIKENESS = 0.5
"""Correlation from which the part of a mark that sticks out is recognised. Measured: 0.8 and more;
a mark of one colour, which correlates with nothing, is recognised by its surroundings."""
FOUND = 0.5
"""Correlation from which the surroundings of a mark are found again."""
SLACK = 1.0
"""How far a mark may lie from where registration says, in pixels of a sample."""
MARGIN = 0.6
"""Surroundings of a mark that are kept with it, as a share of its length."""
REFRESH_S = 3600.0
"""A mark's looks are learnt anew so often while all is clear: the sun moves, boards get dirty."""
HIDDEN = 0.2
"""Share of a mark's surroundings that vehicles may cover."""
AROUND = 0.3
"""Water counts as standing at a mark within this part of its length from its foot."""


@dataclass(frozen=True, slots=True, eq=False)
class MarkLook:
    """What a mark looked like.

    image: it and its surroundings; foot, top: in its pixels. scale: its pixels to one of a sample.
    """

    at: datetime
    image: Image
    foot: Points
    top: Points
    scale: float


MarkLooks: TypeAlias = Mapping[tuple[str, bool], MarkLook]
"""By the mark's id, and whether by infrared light."""


class MarkBook:
    """The marks of one camera and what they look like dry; one owner, no lock.

    looks: what is known of them from before.
    """

    def __init__(self, marks: tuple[Mark, ...], looks: MarkLooks | None = None) -> None:
        self.marks = marks
        self.revision = 0
        """Counts every look worth keeping across a restart."""
        self._looks = dict(looks or {})

    @property
    def looks(self) -> MarkLooks:
        """What the marks look like dry."""
        return self._looks

    def learn(self, sample: Sample) -> None:
        """Take in what the marks look like; call it only while the place is clear.

        sample: laid over its reference, with its full picture.
        """
        for mark in self.marks:
            known = self._looks.get((mark.id, sample.infrared))
            if known and abs((sample.at - known.at).total_seconds()) < REFRESH_S:
                continue
            look = _cut(sample, mark)
            if look is not None:
                self._looks[mark.id, sample.infrared] = look
                self.revision += 1

    def read(self, sample: Sample, evidence: Evidence) -> Level | None:
        """Return the level that the surest mark shows, None when none can be read.

        sample: laid over its reference, with its full picture.
        """
        levels = [
            level
            for mark in self.marks
            if (then := self._looks.get((mark.id, sample.infrared)))
            and (now := _cut(sample, mark))
            and (level := read_level(now, then, mark, _is_wet(evidence, mark)))
        ]
        return min(levels, key=lambda level: level.error_cm, default=None)


def read_level(now: MarkLook, then: MarkLook, mark: Mark, is_wet: bool) -> Level | None:
    """Return the level that one mark shows.

    is_wet: whether water was found at its foot by other evidence. A mark that seems dry there, a
    plain post that seems wet where there is none, or one that says only that the water is below its
    foot, is not read.
    """
    moved = _moved(now, then)
    if moved is None:
        return None
    kind = _kind(mark)
    half = kind.half_width
    found = waterline(
        strip_of(now.image, then.foot + moved, then.top + moved, half),
        strip_of(then.image, then.foot, then.top, half),
    )
    part = found.part if found.better >= WATER else 0.0
    if not _is_credible(found, part, mark, is_wet):
        return None
    lengths, errors = zip(*kind.errors, strict=True)
    length = float(np.hypot(*(then.top - then.foot)))
    error_cm = mark.height_cm * float(np.interp(length, lengths, errors))
    return Level(mark.zero_cm + part * mark.height_cm, error_cm, "mark")


def _kind(mark: Mark) -> MarkKind:
    return KINDS.get(mark.kind, KINDS["post"])


def _is_credible(found: Waterline, part: float, mark: Mark, is_wet: bool) -> bool:
    """Return whether a reading agrees with what else is known."""
    if mark.kind == "gauge" and found.likeness < LIKENESS:
        return False
    if part == 0.0:
        return mark.zero_cm == 0.0 and not is_wet
    return is_wet or mark.kind == "gauge"


def _cut(sample: Sample, mark: Mark) -> MarkLook | None:
    """Return a mark and its surroundings; None where it is too small, or hidden."""
    if sample.full is None:
        return None
    size = FrameSize(sample.full.shape[1], sample.full.shape[0])
    foot, top = pixels(mark.foot, size), pixels(mark.top, size)
    length = float(np.hypot(*(top - foot)))
    if length < _kind(mark).errors[0][0]:
        return None
    margin = MARGIN * length
    limit = np.array((size.width, size.height))
    low = np.clip(np.floor(np.minimum(foot, top) - margin), 0, limit).astype(int)
    high = np.clip(np.ceil(np.maximum(foot, top) + margin), 0, limit).astype(int)
    if _is_hidden(sample.blocked, low / limit, high / limit):
        return None
    image = sample.full[low[1] : high[1], low[0] : high[0]].copy()
    corner = low.astype(np.float32)
    scale = size.width / sample.shape[1]
    return MarkLook(sample.at, image, foot - corner, top - corner, scale)


def _is_hidden(blocked: Mask, low: Points, high: Points) -> bool:
    """Return whether too much of a part of the picture, normalised, is behind something."""
    height, width = blocked.shape
    rows = slice(int(low[1] * height), int(np.ceil(high[1] * height)))
    columns = slice(int(low[0] * width), int(np.ceil(high[0] * width)))
    return float(blocked[rows, columns].mean()) > HIDDEN


def _moved(now: MarkLook, then: MarkLook) -> Points | None:
    """Return by how many pixels a mark lies elsewhere than registration says, None when not found.

    Told by its upper half and what stands around that: the lower may be under water.
    """
    middle = (then.foot + then.top) / 2
    reach = max(1, round(SLACK * then.scale))
    half = then.image[: max(8, round(float(middle[1])))]
    inner = half[reach:-reach, reach:-reach]
    if min(inner.shape[:2]) < 6 or now.image.shape != then.image.shape:
        return None
    scores = cv2.matchTemplate(now.image[: len(half)], inner, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    return np.array((x - reach, y - reach), np.float32) if best >= FOUND else None


def _is_wet(evidence: Evidence, mark: Mark) -> bool:
    """Return whether water was found at the foot of a mark."""
    height, width = evidence.water.shape
    size = FrameSize(width, height)
    foot, top = pixels(mark.foot, size), pixels(mark.top, size)
    radius = max(4, round(AROUND * float(np.hypot(*(top - foot)))))
    near = np.zeros((height, width), np.uint8)
    cv2.circle(near, (round(float(foot[0])), round(float(foot[1]))), radius, 1, cv2.FILLED)
    return bool((evidence.water & near.view(np.bool_)).any())
