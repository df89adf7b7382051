"""A camera's own well-being as conditions: picture, stream, and the alarms it raises itself.

Measurements come in with their times; what comes out are conditions, which an `IncidentBook` turns
into incidents by the same table as those of every rule. Each fault begins and lasts by two
thresholds, so that none flickers. What cannot be judged just now (a dark picture is neither sharp
nor blurred) is left as it was.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, TypeAlias

from vision.quality import Luma, Quality, QualityMeter
from vision.rule import IncidentSpec
from vision.types import Condition, Readings, Severity

HEALTH = "health"
"""What incidents name as the type of their rule when a camera or the site itself is unwell."""
PICTURE = "picture"
STREAM = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpec(IncidentSpec):
    """When a fault of a camera or of the site becomes an incident; its id is the fault's kind."""

    type: ClassVar[str] = HEALTH


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpec(HealthSpec):
    """When a unit that dropped becomes an incident; it is told again as more cameras follow."""

    peaks: ClassVar[tuple[str, ...]] = ("lost",)


class AlarmType(StrEnum):
    """What a camera's own alarm says, as ONVIF's topics tell it."""

    MOTION = "motion"
    TAMPER = "tamper"
    LINE = "line"
    DIGITAL_INPUT = "digital_input"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AlarmState:
    """An alarm of the camera itself begins or ends. topic, source: which, as the camera says."""

    type: AlarmType
    active: bool
    at: datetime
    topic: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """What counts as a fault.

    frozen_s: pictures the same for so long. accept_view_s: a moved view is the camera's own after
    so long. clock_off_s, gop_s: more is a fault. lost_ratio: share of the pictures of the last
    minute that could not be shown. alarms: which of the camera's own count.
    """

    frozen_s: float = 60.0
    accept_view_s: float = 1800.0
    clock_off_s: float = 60.0
    gop_s: float = 12.0
    lost_ratio: float = 0.05
    alarms: frozenset[AlarmType] = frozenset(AlarmType) - {AlarmType.MOTION, AlarmType.OTHER}


CAMERA_SPECS: Mapping[str, HealthSpec] = {
    spec.id: spec
    for spec in (
        HealthSpec(id="camera_dark", confirm_s=120, clear_s=30, cool_down_s=600),
        HealthSpec(
            id="camera_covered", severity=Severity.YELLOW, confirm_s=10, clear_s=5, cool_down_s=60
        ),
        HealthSpec(id="camera_blurred", confirm_s=120, clear_s=60, cool_down_s=600),
        HealthSpec(id="camera_fouled", confirm_s=600, clear_s=120, cool_down_s=3600),
        HealthSpec(
            id="camera_moved", severity=Severity.YELLOW, confirm_s=20, clear_s=10, cool_down_s=60
        ),
        HealthSpec(
            id="camera_frozen", severity=Severity.YELLOW, confirm_s=0, clear_s=10, cool_down_s=600
        ),
        HealthSpec(id="clock_wrong", confirm_s=60, clear_s=60, cool_down_s=3600),
        HealthSpec(id="gop_absurd", confirm_s=120, clear_s=60, cool_down_s=3600),
        HealthSpec(id="decode_errors", confirm_s=60, clear_s=120, cool_down_s=600),
        HealthSpec(id="alarm_motion", confirm_s=0, clear_s=5, cool_down_s=60),
        HealthSpec(
            id="alarm_tamper", severity=Severity.YELLOW, confirm_s=0, clear_s=5, cool_down_s=60
        ),
        HealthSpec(id="alarm_line", confirm_s=0, clear_s=5, cool_down_s=10),
        HealthSpec(
            id="alarm_digital_input",
            severity=Severity.YELLOW,
            confirm_s=0,
            clear_s=5,
            cool_down_s=10,
        ),
        HealthSpec(id="alarm_other", confirm_s=0, clear_s=5, cool_down_s=60),
    )
}
"""Every fault a worker watches a camera for, by kind. Dark and blurred wait out headlights, a lorry
that parks and drivers who brake beside the lens; fouled waits out a parked lorry, and clock, GOP
and decoder wait out a stream that has only just begun."""


def still_held(rule: str, subject: str, since: datetime) -> Condition:
    """Return the condition of a fault that nobody can judge now: what is open stays, none opens."""
    return Condition(rule, subject, kind=rule, holds=True, seen_at=since)


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

FRESH = timedelta(seconds=3)
"""A judgement counts as one of now for so long: looks come each second, or with key frames."""

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


def _measured(**values: float | None) -> Readings:
    return {name: round(value, 2) for name, value in values.items() if value is not None}


def _moved_readings(quality: Quality) -> Readings:
    view = quality.view
    if view is None:
        return {}
    if view.shifted_match < SHIFT_MATCH:
        return _measured(match=view.match)
    return _measured(match=view.match, shift_ratio=math.hypot(*view.shift))


PICTURE_FAULTS: Mapping[str, _Fault] = {
    "camera_dark": _Fault(_dark, lambda q: _measured(brightness=q.brightness)),
    "camera_covered": _Fault(_covered, lambda q: _measured(structure_ratio=q.structure_ratio)),
    "camera_blurred": _Fault(_blurred, lambda q: _measured(sharpness_ratio=q.sharpness_ratio)),
    "camera_fouled": _Fault(_fouled, lambda q: _measured(fouled_ratio=q.fouled_ratio)),
    "camera_moved": _Fault(_moved, _moved_readings),
}
"""The faults that one look shows, by kind; a frozen picture takes many."""


class PictureWatch:
    """Watches one camera's pictures; looks come in the order of time, one or two a second."""

    def __init__(self, limits: HealthLimits) -> None:
        self._limits = limits
        self._meter = QualityMeter()
        self._held: dict[str, Condition] = {}
        self._moved_at: datetime | None = None
        self.quality: Quality | None = None

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
            "camera_frozen", self._frozen(quality, gop_s), at, _measured(still_s=quality.still_s)
        )
        self._accept_view(at)

    def conditions(self, at: datetime) -> list[Condition]:
        """Return the faults that hold; one not judged lately as of when it last was."""
        return [
            replace(condition, seen_at=None) if _fresh(condition, at) else condition
            for condition in self._held.values()
        ]

    def _frozen(self, quality: Quality, gop_s: float | None) -> bool:
        limit_s = max(self._limits.frozen_s, STILL_GOPS * (gop_s or 0.0))
        shows = not quality.dark and quality.contrast >= FLAT
        return shows and quality.lively and quality.still_s >= limit_s

    def _set(self, kind: str, holds: bool, at: datetime, readings: Readings) -> None:
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


def _fresh(condition: Condition, at: datetime) -> bool:
    return condition.seen_at is not None and at - condition.seen_at <= FRESH


@dataclass(frozen=True, slots=True)
class StreamVitals:
    """How a camera's stream does. online: pictures come. gop_s: seconds between key frames.

    clock_offset_s: the camera's clock minus ours. shown, lost: pictures shown and not shown since
    the decoder was made, damaged ones and those that had to be passed over after them.
    """

    online: bool
    gop_s: float | None = None
    clock_offset_s: float | None = None
    shown: int = 0
    lost: int = 0


LOSS_WINDOW_S = 60.0
LEAST_PICTURES = 20
"""So few pictures in a minute say nothing about a share of them."""


class StreamWatch:
    """Watches one camera's stream; looks come in the order of time."""

    def __init__(self, limits: HealthLimits) -> None:
        self._limits = limits
        self._counts: list[tuple[datetime, int, int]] = []

    def conditions(self, at: datetime, vitals: StreamVitals) -> list[Condition]:
        """Return the faults that hold."""
        lost = self._lost_ratio(at, vitals)
        offset_s, gop_s = vitals.clock_offset_s or 0.0, vitals.gop_s or 0.0
        found = (
            ("clock_wrong", abs(offset_s) > self._limits.clock_off_s, {"offset_s": offset_s}),
            ("gop_absurd", gop_s > self._limits.gop_s, {"gop_s": gop_s}),
            ("decode_errors", lost > self._limits.lost_ratio, {"lost_ratio": lost}),
        )
        return [
            Condition(kind, STREAM, kind, holds=True, score=1.0, readings=_measured(**readings))
            for kind, holds, readings in found
            if holds
        ]

    def _lost_ratio(self, at: datetime, vitals: StreamVitals) -> float:
        """Return the share of the last minute's pictures that were lost; a new decoder has none."""
        if self._counts and vitals.shown + vitals.lost < sum(self._counts[-1][1:]):
            self._counts.clear()
        self._counts.append((at, vitals.shown, vitals.lost))
        while (at - self._counts[0][0]).total_seconds() > LOSS_WINDOW_S:
            del self._counts[0]
        _, shown, lost = self._counts[0]
        shown, lost = vitals.shown - shown, vitals.lost - lost
        return lost / (shown + lost) if shown + lost >= LEAST_PICTURES else 0.0


PULSE = timedelta(seconds=10)
"""An alarm counts for at least so long: a line is crossed in a moment, a look comes each second."""


class AlarmBoard:
    """The camera's own alarms that are on. Whoever brings them brings every end as well."""

    def __init__(self, wanted: Collection[AlarmType]) -> None:
        self._wanted = wanted
        self._on: dict[tuple[str, str], AlarmState] = {}
        self._ends_at: dict[tuple[str, str], datetime] = {}

    def put(self, alarm: AlarmState) -> None:
        """Take a beginning or an end; an alarm that ends stays on for the rest of its pulse."""
        key = (alarm.topic, alarm.source)
        if alarm.type not in self._wanted:
            return
        if alarm.active:
            self._on[key] = alarm
            self._ends_at.pop(key, None)
        elif key in self._on:
            self._ends_at[key] = max(alarm.at, self._on[key].at + PULSE)

    def conditions(self, at: datetime) -> list[Condition]:
        """Return one condition for each alarm that is on."""
        for key in [key for key, ends_at in self._ends_at.items() if ends_at <= at]:
            del self._on[key], self._ends_at[key]
        return [_alarm_condition(alarm) for alarm in self._on.values()]


def _alarm_condition(alarm: AlarmState) -> Condition:
    kind = f"alarm_{alarm.type}"
    return Condition(
        kind,
        f"{alarm.topic}/{alarm.source}",
        kind,
        holds=True,
        score=1.0,
        readings={"topic": alarm.topic} | ({"source": alarm.source} if alarm.source else {}),
    )


CONNECTION = "connection"
KINDS_OF_LOSS: Mapping[str, str] = {
    "connecting": "camera_offline",
    "unreachable": "camera_offline",
    "stalled": "camera_stalled",
    "unauthorized": "camera_unauthorized",
    "not_video": "camera_no_video",
    "quarantined": "camera_no_video",
    "disabled": "camera_unwatched",
}
"""The state of a camera that gives no picture, and what its incident is called. One outage is one
incident, whatever states it goes through; it keeps the name it opened with."""
CAMERA_CONNECTION = "camera_connection"
UNIT_OFFLINE = "unit_offline"
WORKER_SILENT = "worker_silent"
DISK_LOW = "disk_low"


FAULT_KINDS = frozenset(
    {*CAMERA_SPECS, *KINDS_OF_LOSS.values(), UNIT_OFFLINE, WORKER_SILENT, DISK_LOW}
)
"""What incidents of health can be called."""


def site_specs(offline_s: float) -> tuple[HealthSpec, ...]:
    """Return when what is seen from outside the workers becomes an incident.

    offline_s: how long a camera may be without pictures. A unit waits as long: its cameras are held
    back meanwhile.
    """
    return (
        HealthSpec(
            id=CAMERA_CONNECTION,
            severity=Severity.YELLOW,
            confirm_s=offline_s,
            clear_s=10,
            cool_down_s=300,
        ),
        UnitSpec(
            id=UNIT_OFFLINE,
            severity=Severity.RED,
            confirm_s=offline_s,
            clear_s=10,
            cool_down_s=300,
        ),
        HealthSpec(id=WORKER_SILENT, severity=Severity.RED, confirm_s=30, clear_s=5),
        HealthSpec(id=DISK_LOW, severity=Severity.RED, confirm_s=30, clear_s=60, cool_down_s=3600),
    )


def wanted_specs(left_out: Iterable[str]) -> tuple[HealthSpec, ...]:
    """Return the specs of all faults of a camera but those whose kinds are left out."""
    unwanted = frozenset(left_out)
    return tuple(spec for kind, spec in CAMERA_SPECS.items() if kind not in unwanted)
