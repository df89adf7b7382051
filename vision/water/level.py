"""Centimetres, from marks of known height: how far up water hides them, and how sure that is.

A mark is compared with how it looked while the place was clear, in the picture's full size; what is
learnt of it is kept here, by daylight and by infrared light. Nothing is read without calibration,
from a mark nobody recognises, or from one that vehicles hide.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vision.types import FrameSize, Image, Points
from vision.water.ground import pixels
from vision.water.strip import Waterline, strip_of, waterline
from vision.water.types import Evidence, Level, Mark, Mask, Sample


@dataclass(frozen=True, slots=True)
class MarkKind:
    """How marks of one kind are read.

    All as a share of its length. half_width: of what is read of it. errors: length in pixels and
    standard deviation of a reading at its sharpest; shorter ones are not read. vague: standard
    deviation from which a reading says nothing. reaches: up to where a waterline is believed in.
    """

    half_width: float
    errors: tuple[tuple[float, float], ...]
    vague: float
    reaches: float


GAUGE_ERRORS = ((16.0, 0.08), (20.0, 0.06), (40.0, 0.035), (80.0, 0.02))
PLAIN_ERRORS = ((50.0, 0.045), (64.0, 0.04), (150.0, 0.03))
KINDS: Mapping[str, MarkKind] = MappingProxyType(
    {
        "gauge": MarkKind(0.05, GAUGE_ERRORS, vague=0.2, reaches=0.77),
        "post": MarkKind(0.05, PLAIN_ERRORS, vague=0.12, reaches=0.55),
        "kerb": MarkKind(0.5, PLAIN_ERRORS, vague=0.12, reaches=0.55),
    }
)
"""By kind; any other is read as a post. Boards and bollards are a tenth as wide as high, a kerb is
an edge along the ground. Of a post more must stick out than is hidden.

This and what follows was picked on gauges, banded and plain posts and kerbs of 16 to 110 pixels at
four places of the benchmark, by day, under clouds, in shadows, rain, haze, headlights and infrared
light, up to 0.7 pixels beside where they were learnt: of each, 149 looks with it in water, 52 on
dry and wet ground, 13 with it wholly under water; posts and kerbs again in two other waters, and
other shadows, at each place.
"""
WATER, PLAIN_WATER = 0.025, 0.01
"""By how much each hidden row must be better explained by water, in squared logarithms of
brightness. Of a mark without a pattern less is enough, as it must be tinted as well."""
TINTED = 0.02
"""By how much water must change the colours of a mark without a pattern, in logarithms: a shadow's
edge and a beam's change all alike. By infrared light there is none, and such a mark is not read.
How far colours alone put its waterline from where all rows do is part of what it may be off."""
SHOWS = 0.6
"""Contrast of a mark's own pattern below the waterline, as a share of that above, from which it is
no mirror image but the mark itself, in another light."""
ALONE = 2.5
"""Where nothing else says that there is water at its foot, a gauge is believed from so many errors
on."""
LIKENESS = 0.5
"""Correlation from which the part of a mark that sticks out is recognised. Measured: 0.8 and more;
a mark of one colour, which correlates with nothing, is recognised by its head."""
FOUND = 0.5
"""Correlation from which the surroundings of a mark are found again."""
HEAD, HEAD_ABOVE = 0.4, 0.2
"""A mark's head: so much of its length, across as well, and so much above its top."""
LEAST_HEAD_PX = 7.0
"""Half of the least side of a head."""
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


Box: TypeAlias = tuple[slice, slice]
"""Rows and columns of a picture."""
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
    moved = _moved(now, then, mark)
    if moved is None:
        return None
    kind = _kind(mark)
    half = kind.half_width
    found = waterline(
        strip_of(now.image, then.foot, then.top, half, moved),
        strip_of(then.image, then.foot, then.top, half),
    )
    is_plain = not _has_pattern(found, mark)
    least = PLAIN_WATER if is_plain else WATER
    part = found.part if found.better >= least else 0.0
    lengths, errors = zip(*kind.errors, strict=True)
    length = float(np.hypot(*(then.top - then.foot)))
    apart = found.apart if is_plain else 0.0
    error = math.hypot(found.error, float(np.interp(length, lengths, errors)), apart)
    if part > 0.0:
        borne_out = is_wet or (mark.kind == "gauge" and part >= ALONE * error)
        is_right = borne_out and _is_in_water(found, mark)
    else:
        is_right = not is_wet and _is_dry(found, mark)
    if error > kind.vague or not is_right:
        return None
    return Level(mark.zero_cm + part * mark.height_cm, error * mark.height_cm, "mark")


def _kind(mark: Mark) -> MarkKind:
    return KINDS.get(mark.kind, KINDS["post"])


def _has_pattern(found: Waterline, mark: Mark) -> bool:
    return found.patterned or mark.kind == "gauge"


def _is_dry(found: Waterline, mark: Mark) -> bool:
    """Return whether a mark that seems dry tells of no water: without a pattern nobody can say."""
    return mark.zero_cm == 0.0 and _has_pattern(found, mark) and found.likeness >= LIKENESS


def _is_in_water(found: Waterline, mark: Mark) -> bool:
    """Return whether what sticks out is the mark, and what is hidden is not."""
    known = found.likeness >= LIKENESS if _has_pattern(found, mark) else found.tinted >= TINTED
    return known and found.shows <= SHOWS and found.part <= _kind(mark).reaches


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


def _moved(now: MarkLook, then: MarkLook, mark: Mark) -> Points | None:
    """Return by how many pixels a mark lies elsewhere than registration says, None when not found.

    Told by its upper half and what stands around that, as the lower may be under water; where that
    has changed too, by its head. A mark of one colour is told by its head alone: that it still
    sticks out is all that speaks for it.
    """
    if now.image.shape != then.image.shape:
        return None
    boxes = (_upper_half(then), _head(then)) if mark.kind == "gauge" else (_head(then),)
    found = (_found_again(now, then, box) for box in boxes)
    return next((moved for moved in found if moved is not None), None)


def _upper_half(look: MarkLook) -> Box:
    """Return where the upper half of a mark is, with all its surroundings."""
    middle = (look.foot + look.top) / 2
    return slice(0, max(8, round(float(middle[1])))), slice(None)


def _head(look: MarkLook) -> Box:
    """Return where the head of a mark is, and what is close around it."""
    up = look.top - look.foot
    length = float(np.hypot(*up))
    middle = look.top - (HEAD - HEAD_ABOVE) / 2 * up
    reach = np.maximum(np.array((HEAD, HEAD + HEAD_ABOVE)) / 2 * length, LEAST_HEAD_PX)
    low = np.maximum(np.rint(middle - reach), 0).astype(int)
    high = np.rint(middle + reach).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _found_again(now: MarkLook, then: MarkLook, box: Box) -> Points | None:
    """Return by how many pixels what was in a box lies elsewhere now, None when not found."""
    reach = max(1, round(SLACK * then.scale))
    inner = then.image[box][reach:-reach, reach:-reach]
    if min(inner.shape[:2]) < 6:
        return None
    scores = np.asarray(cv2.matchTemplate(now.image[box], inner, cv2.TM_CCOEFF_NORMED), np.float32)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    if best < FOUND:
        return None
    return np.array((x + _between(scores[y], x), y + _between(scores[:, x], y)), np.float32) - reach


def _between(scores: npt.NDArray[np.float32], best: int) -> float:
    """Return how far beside the best of some scores the true one lies, by a parabola."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = (float(score) for score in scores[best - 1 : best + 2])
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0


def _is_wet(evidence: Evidence, mark: Mark) -> bool:
    """Return whether water was found at the foot of a mark."""
    height, width = evidence.water.shape
    size = FrameSize(width, height)
    foot, top = pixels(mark.foot, size), pixels(mark.top, size)
    radius = max(4, round(AROUND * float(np.hypot(*(top - foot)))))
    near = np.zeros((height, width), np.uint8)
    cv2.circle(near, (round(float(foot[0])), round(float(foot[1]))), radius, 1, cv2.FILLED)
    return bool((evidence.water & near.view(np.bool_)).any())
