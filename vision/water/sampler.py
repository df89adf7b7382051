"""One picture out of several seconds of them: what moves goes, what hides the ground is named.

Each pixel's middle value over the seconds leaves out passing traffic, rain streaks, snowflakes and
the sensor's noise, as long as they hide it in less than half of the pictures. What stays, a parked
car or a jam, is what the detector is for: the ground under its boxes is `blocked`, neither dry nor
flooded. Pictures are whatever the camera gives: many a second, or key frames some seconds apart.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from vision.types import KNOWN_KINDS, Detections, FrameSize, Image
from vision.water.ranks import ranked
from vision.water.ripples import stir
from vision.water.types import SAMPLE_WIDTH, Feet, Mask, Sample
from vision.water.wading import feet_of

SECONDS = 6.0
"""Over so many seconds a sample is taken: a car at 10 km/h has passed through its own length four
times, and the water has not moved."""
ENOUGH = 5
"""Pictures in a sample: what shows in two of them is still out of the median."""
MOST = 9
"""Pictures kept; more, nearer together, show the same cars again."""
FEW, PATIENCE = 3, 4.0
"""A camera that gives key frames alone, twelve seconds apart, makes a sample of so few, after so
many times the seconds."""
GAP_S = 30.0
"""Pictures further apart than this are of two samples."""
BLOCKED_SHARE = 0.3
"""Boxes over a pixel in this share of the pictures block it: two of five or three of nine. The
median shows what is there in half of them, and the detector finds three quarters of vehicles."""
GROWN = 0.08
"""Boxes are grown by this share of their sides: a box on a pixel grid of the detector is as often
too small."""
SHADOW = 0.15
"""Below, they are grown by this share of their height, for the shadow and the mirror image."""
GREY_SPREAD = 4
"""Grey pictures differ between channels by no more than this, coding included."""
COLOURED = 0.01
"""Share of pixels that may show colour in one without: what a camera writes on it is coloured."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One picture of a sample. hidden: what boxes cover; feet: persons wholly seen.

    Both are None when nobody looked for any.
    """

    at: datetime
    picture: Image
    hidden: Mask | None
    feet: Feet | None


class Sampler:
    """Collects pictures of one camera, in the order of their time, and makes samples of them.

    seconds: how long a sample takes at least. A sample done, the next begins with an empty hand.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._looks: deque[_Look] = deque()
        self._size: FrameSize | None = None

    def forget(self) -> None:
        """Drop what was collected: the camera turned, or another scene came."""
        self._looks.clear()

    def add(self, at: datetime, image: Image, detections: Detections | None) -> Sample | None:
        """Take in a picture of full size; return the sample that it completes.

        at: UTC. detections: what is on this very picture, in its pixels; None if nobody looked.
        A picture nearer to the one before than a sample of `MOST` needs is passed over, unless
        it completes one.
        """
        height, width = image.shape[:2]
        size = FrameSize(width, height)
        self._begin_anew_if_another(at, size)
        if self._is_wanted(at):
            shape = sample_shape(size)
            picture = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA)
            hidden = None if detections is None else hidden_by(detections, shape, width)
            feet = None if detections is None else feet_of(detections, size)
            self._looks.append(_Look(at, np.asarray(picture, np.uint8), hidden, feet))
        if not self._is_complete():
            return None
        looks = tuple(self._looks)
        self._looks.clear()
        return _sample(looks, size, image)

    def _begin_anew_if_another(self, at: datetime, size: FrameSize) -> None:
        """Drop what belongs to another size of picture, or to another time."""
        if size != self._size:
            self._size = size
            self._looks.clear()
        if self._looks and not 0.0 <= (at - self._looks[-1].at).total_seconds() <= GAP_S:
            self._looks.clear()

    def _is_wanted(self, at: datetime) -> bool:
        """Say whether enough time has passed since the picture before."""
        if not self._looks:
            return True
        step_s = self._seconds / (MOST - 1)
        return (at - self._looks[-1].at).total_seconds() >= step_s * 0.9

    def _is_complete(self) -> bool:
        """Say whether there are pictures enough over seconds enough."""
        span_s = (self._looks[-1].at - self._looks[0].at).total_seconds()
        count = len(self._looks)
        return (count >= ENOUGH and span_s >= self._seconds) or (
            count >= FEW and span_s >= PATIENCE * self._seconds
        )


def sample_shape(size: FrameSize) -> tuple[int, int]:
    """Return height and width of the samples of pictures of a size, in pixels; the height even."""
    return max(2, 2 * round(size.height * SAMPLE_WIDTH / size.width / 2)), SAMPLE_WIDTH


def is_infrared(picture: Image) -> bool:
    """Say whether a picture has no colour, as cameras show by infrared light."""
    blue, green, red = cv2.split(cv2.resize(picture, None, fx=0.5, fy=0.5))
    spread = cv2.max(cv2.absdiff(blue, green), cv2.absdiff(green, red))
    return bool(np.count_nonzero(spread > GREY_SPREAD) <= COLOURED * spread.size)


def _sample(looks: tuple[_Look, ...], size: FrameSize, full: Image) -> Sample:
    """Make a sample of pictures of one size; full: the newest, as it came."""
    pictures = [look.picture for look in looks]
    median = _median(pictures)
    return Sample(
        at=looks[-1].at,
        image=median,
        blocked=_blocked(looks),
        size=size,
        infrared=is_infrared(median),
        full=full,
        stir=stir(pictures),
        feet=next((look.feet for look in reversed(looks) if look.feet is not None), None),
    )


def _median(pictures: list[Image]) -> Image:
    """Return the middle value of each pixel and channel; of an even number, the lower one."""
    return np.asarray(ranked(pictures)[(len(pictures) - 1) // 2], np.uint8)


def _blocked(looks: tuple[_Look, ...]) -> Mask:
    """Return the pixels that boxes cover in `BLOCKED_SHARE` of the pictures that were asked."""
    asked = [look.hidden for look in looks if look.hidden is not None]
    if not asked:
        return np.zeros(looks[0].picture.shape[:2], np.bool_)
    covered = np.sum(asked, axis=0, dtype=np.uint8)
    return np.asarray(covered >= max(1.0, BLOCKED_SHARE * len(asked)), np.bool_)


def hidden_by(detections: Detections, shape: tuple[int, int], width_px: int) -> Mask:
    """Return the pixels of a sample that vehicles and persons hide, boxes grown a little."""
    hidden = np.zeros(shape, np.uint8)
    scale = shape[1] / width_px
    for row, (x1, y1, x2, y2) in enumerate((detections.xyxy * scale).tolist()):
        if detections.kind(row) not in KNOWN_KINDS:
            continue
        wide, high = GROWN * (x2 - x1), GROWN * (y2 - y1)
        top_left = (round(x1 - wide), round(y1 - high))
        bottom_right = (round(x2 + wide), round(y2 + max(high, SHADOW * (y2 - y1))))
        cv2.rectangle(hidden, top_left, bottom_right, 1, cv2.FILLED)
    return hidden.view(np.bool_)
