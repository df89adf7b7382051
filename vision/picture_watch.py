"""What is wrong with a camera's picture: the verdicts on what `vision.quality` measured.

Each fault begins and lasts by two thresholds, so that none flickers. What cannot be judged just now
(a dark picture is neither sharp nor blurred) is left as it was.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from vision.health import PICTURE, HealthLimits, measured
from vision.quality import Luma, Quality, QualityMeter
from vision.types import Condition, Readings

DARK_ENDS = 60.0
"""A dark picture is light again above this; it gets dark below `vision.quality.DARK`, 45."""
FLAT = 10.0
"""Contrast below this is no picture: less than a wall painted in one colour shows (16 measured on
bare asphalt at dusk)."""
COVERED, COVERED_ENDS = 0.2, 0.5
"""Share of the least usual structure. Measured: a cloth before the lens 0.03 to 0.05, thick fog
0.11 to 0.22, half fog 0.33 and more, every film by itself 0.87 and more."""
COVERED_WITHIN_S = 20.0
"""Fog takes minutes to come, a hand or a bag a moment."""
BLURRED, BLURRED_ENDS = 0.55, 0.7
"""Share of the usual sharpness. Measured with a Gaussian blur of 5 and 8 pixels at 640 across: 0.65
and 0.47; by headlights, rain, noise, swaying poles and infrared light 0.64 and more."""
MOVED, MOVED_ENDS = 0.35, 0.5
"""Agreement of the view with the usual one. Measured: turned away or upside down -0.12 to 0.27,
rain, headlights, infrared light and a film that is cut 0.5 and more."""
SHIFT, SHIFT_ENDS = 0.03, 0.02
"""How far the view has slid, as a share of the width; a pole sways by less than 0.01."""
SHIFT_MATCH, SHIFT_GAIN = 0.6, 0.2
"""A slide counts when the view agrees this well once moved back, and this much better. Measured:
0.69 and more against a gain of 0.1 to 0.7."""
FOULED, FOULED_ENDS = 0.2, 0.1
"""Share of the picture's parts without their detail. Measured: a quarter of the lens greased 0.14
to 0.28, half of it 0.43 to 0.56; passing vehicles up to 0.31 for some seconds."""
STILL_GOPS = 5.0
"""Frozen pictures outlast so many key frames. A live camera's noise changes each: coded with fixed
quality, fixed rate or a strong noise filter, no live picture stayed the same over one of them."""

Verdict: TypeAlias = Callable[[Quality, bool], bool | None]
"""Says whether a fault holds, given whether it held before; None when that cannot be judged."""


def _dark(quality: Quality, held: bool) -> bool:
    return quality.brightness < DARK_ENDS if held else quality.dark


def _covered(quality: Quality, held: bool) -> bool | None:
    ratio, lost_s = quality.structure_ratio, quality.structure_lost_s
    if quality.dark:
        return None
    if ratio is None:
        return quality.contrast < FLAT or (None if held else False)
    if held:
        return ratio < COVERED_ENDS
    sudden = lost_s is not None and lost_s <= COVERED_WITHIN_S
    return ratio < COVERED and (sudden or quality.contrast < FLAT)


def _blurred(quality: Quality, held: bool) -> bool | None:
    sharpness, structure = quality.sharpness_ratio, quality.structure_ratio
    if sharpness is None or structure is None or structure < COVERED:
        return None
    return sharpness < (BLURRED_ENDS if held else BLURRED)


def _fouled(quality: Quality, held: bool) -> bool | None:
    if quality.fouled_ratio is None or not _clear(quality):
        return None
    return quality.fouled_ratio >= (FOULED_ENDS if held else FOULED)


def _moved(quality: Quality, held: bool) -> bool | None:
    view = quality.view
    if view is None or not _clear(quality):
        return None
    slid = (
        math.hypot(*view.shift) >= (SHIFT_ENDS if held else SHIFT)
        and view.shifted_match >= SHIFT_MATCH
        and view.shifted_match - view.match >= SHIFT_GAIN
    )
    return slid or view.match < (MOVED_ENDS if held else MOVED)


def _clear(quality: Quality) -> bool:
    """Say whether a picture shows enough, sharply enough, to be compared part by part."""
    structure, sharpness = quality.structure_ratio, quality.sharpness_ratio
    if structure is None or sharpness is None:
        return False
    return structure >= COVERED_ENDS and sharpness >= BLURRED


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of the picture: how it is judged, and what its incident tells."""

    verdict: Verdict
    readings: Callable[[Quality], Readings]


def _moved_readings(quality: Quality) -> Readings:
    view = quality.view
    if view is None:
        return {}
    if view.shifted_match < SHIFT_MATCH:
        return measured(match=view.match)
    return measured(match=view.match, shift_ratio=math.hypot(*view.shift))


PICTURE_FAULTS: Mapping[str, _Fault] = {
    "camera_dark": _Fault(_dark, lambda q: measured(brightness=q.brightness)),
    "camera_covered": _Fault(_covered, lambda q: measured(structure_ratio=q.structure_ratio)),
    "camera_blurred": _Fault(_blurred, lambda q: measured(sharpness_ratio=q.sharpness_ratio)),
    "camera_fouled": _Fault(_fouled, lambda q: measured(fouled_ratio=q.fouled_ratio)),
    "camera_moved": _Fault(_moved, _moved_readings),
}
"""The faults that one look shows, by kind; a frozen picture takes many."""


UNFIT = ("camera_covered", "camera_dark", "camera_frozen")
"""Faults with which a picture shows nothing that rules could judge."""


class PictureWatch:
    """Watches one camera's pictures; looks come in the order of time, see `QualityMeter`."""

    def __init__(self, limits: HealthLimits) -> None:
        self._limits = limits
        self._meter = QualityMeter()
        self._held: dict[str, Condition] = {}
        self._news: set[str] = set()
        self._moved_at: datetime | None = None
        self.quality: Quality | None = None

    @property
    def unfit(self) -> str | None:
        """The fault for which rules cannot judge the picture of now, None when they can."""
        return next((kind for kind in UNFIT if kind in self._held), None)

    def forget_view(self) -> None:
        """Take whatever is seen next as the camera's view: it was turned on purpose."""
        self._meter.forget()
        self._moved_at = None
        self._held.pop("camera_moved", None)

    def see(self, luma: Luma, at: datetime, *, infrared: bool, gop_s: float | None) -> None:
        """Judge one picture; see `QualityMeter.see`. gop_s: seconds between key frames."""
        quality = self._meter.see(luma, at, infrared=infrared)
        self.quality = quality
        for kind, fault in PICTURE_FAULTS.items():
            verdict = fault.verdict(quality, kind in self._held)
            if verdict is not None:
                self._set(kind, verdict, at, fault.readings(quality))
        self._set(
            "camera_frozen", self._frozen(quality, gop_s), at, measured(still_s=quality.still_s)
        )
        self._accept_view(at)

    def conditions(self) -> list[Condition]:
        """Return the faults that hold; one not judged since the last call as of when it was.

        So a fault is confirmed by the look that still shows it, however far apart looks are, and
        none by the time that passes between them.
        """
        news, self._news = self._news, set()
        return [
            replace(condition, seen_at=None if kind in news else condition.seen_at)
            for kind, condition in self._held.items()
        ]

    def _frozen(self, quality: Quality, gop_s: float | None) -> bool:
        limit_s = max(self._limits.frozen_s, STILL_GOPS * (gop_s or 0.0))
        shows = not quality.dark and quality.contrast >= FLAT
        return shows and quality.lively and quality.still_s >= limit_s

    def _set(self, kind: str, holds: bool, at: datetime, readings: Readings) -> None:
        self._news.add(kind)
        if holds:
            self._held[kind] = Condition(
                kind, PICTURE, kind, holds=True, score=1.0, readings=readings, seen_at=at
            )
        else:
            self._held.pop(kind, None)

    def _accept_view(self, at: datetime) -> None:
        """Take a view that has been another for long as the camera's own."""
        if "camera_moved" not in self._held:
            self._moved_at = None
        elif self._moved_at is None:
            self._moved_at = at
        elif (at - self._moved_at).total_seconds() >= self._limits.accept_view_s:
            self.forget_view()
