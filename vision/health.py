"""A camera's own well-being as conditions: its faults, its stream, and the alarms it raises itself.

Measurements come in with their times; what comes out are conditions, which an `IncidentBook` turns
into incidents by the same table as those of every rule. Pictures are judged in
`vision.picture_watch`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

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


def measured(**values: float | None) -> Readings:
    """Return what is known of the values, as incidents show it: two decimals."""
    return {name: round(value, 2) for name, value in values.items() if value is not None}


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
            Condition(kind, STREAM, kind, holds=True, score=1.0, readings=measured(**readings))
            for kind, holds, readings in found
            if holds
        ]

    def _lost_ratio(self, at: datetime, vitals: StreamVitals) -> float:
        """Return the share of the last minute's pictures that were lost; a new decoder has none.

        A clock that was set back begins a new minute.
        """
        if self._counts:
            told_at, shown, lost = self._counts[-1]
            if at < told_at or vitals.shown + vitals.lost < shown + lost:
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
            lasted = max(alarm.at - self._on[key].at, timedelta())  # a clock may be set back
            self._ends_at[key] = alarm.at + max(PULSE - lasted, timedelta())

    def conditions(self, at: datetime) -> list[Condition]:
        """Return one condition for each alarm that is on.

        One whose end is further off than a pulse is over: the clock was set back.
        """
        for key in [
            key for key, ends_at in self._ends_at.items() if not at < ends_at <= at + PULSE
        ]:
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
