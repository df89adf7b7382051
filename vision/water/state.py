"""How bad the water at a place is: one transition table for every state, time as an argument.

Each state above NORMAL is a rung with a line to step on to it, a lower line to step off it, and a
wait for both; the state of the place is the highest rung that is on. Both waits are counted from
the lower line: water that rises over it has begun to stay, and is told once it has stayed for long
enough and reaches the upper line. So the wait for slow water is over when it is much, and only what
comes at once is waited for then. Rain moves the lines. A look that saw nothing is neither evidence
nor "all clear": nothing steps on or off by it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import TypeAlias

from vision.water.lines import PASSABILITY, RAIN_PRIORS, RainPrior, lines_of
from vision.water.trend import LIKELY_ERRORS, Water, WaterHistory, ahead, significant_cm
from vision.water.types import (
    Passability,
    RainState,
    Unseen,
    WaterLines,
    WaterReading,
    WaterSetup,
    WaterState,
)

GAP_S = 90.0
"""Time between two looks that saw counts up to so long: three looks thirty seconds apart."""
FORGET_S = 600.0
"""After so long without a look that saw, waits begin anew; after less they go on as they were."""
PAUSE_S = 45.0
"""Water that sinks below both lines for no longer than this pauses the wait: what is shallow is
seen at one look and missed at the next. Longer, and the wait begins anew."""
LOOK_S, LOOK_SOON_S = 30.0, 10.0
"""How soon to look again where there is no water at all, and where there is any, or no sight."""
RISING_RATIO_PER_H, RISING_CM_PER_H = 0.12, 6.0
"""A trend from which water rises: 2 % of the zones, or 1 cm, in ten minutes; less is flicker."""


class Phase(StrEnum):
    """Where a rung stands."""

    OFF = "off"
    RISING = "rising"
    """The water is over its lower line: not yet for long enough, or not yet over the upper one."""
    ON = "on"
    FALLING = "falling"
    """The water is below what keeps it, not yet for long enough."""


class Event(Enum):
    """What a look that saw says about a rung."""

    REACHED = auto()
    CONFIRMED = auto()
    """Its line is reached, the water was over the lower one for long enough, and is still seen."""
    KEPT = auto()
    """The water is between the two lines."""
    BELOW = auto()
    GONE = auto()
    """The water is below both lines, and was for long enough."""


TRANSITIONS: Mapping[Phase, Mapping[Event, Phase]] = MappingProxyType(
    {
        Phase.OFF: {
            Event.REACHED: Phase.RISING,
            Event.CONFIRMED: Phase.ON,
            Event.KEPT: Phase.RISING,
            Event.BELOW: Phase.OFF,
            Event.GONE: Phase.OFF,
        },
        Phase.RISING: {
            Event.REACHED: Phase.RISING,
            Event.CONFIRMED: Phase.ON,
            Event.KEPT: Phase.RISING,
            Event.BELOW: Phase.OFF,
            Event.GONE: Phase.OFF,
        },
        Phase.ON: {
            Event.REACHED: Phase.ON,
            Event.CONFIRMED: Phase.ON,
            Event.KEPT: Phase.ON,
            Event.BELOW: Phase.FALLING,
            Event.GONE: Phase.OFF,
        },
        Phase.FALLING: {
            Event.REACHED: Phase.ON,
            Event.CONFIRMED: Phase.ON,
            Event.KEPT: Phase.ON,
            Event.BELOW: Phase.FALLING,
            Event.GONE: Phase.OFF,
        },
    }
)
"""Phase and event to next phase: the whole life of WATCH, YELLOW and RED alike."""


class Reason(StrEnum):
    """What a state was entered for."""

    NOTHING = "nothing"
    """No line is reached."""
    AREA = "area"
    DEPTH = "depth"
    TREND = "trend"
    """The red line is not reached, and will be shortly."""
    BEFORE = "before"
    """It was so when another process stopped watching."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a rung asks for. reached: why its line is reached by this water, None when it is not.

    kept: whether the water still keeps it on. Both get the factor of the rain, kept the lowest
    since it was entered. wait_s: how long the water must have been over the lower line.
    """

    reached: Callable[[Water, float], Reason | None]
    kept: Callable[[Water, float], bool]
    wait_s: float


def _level_line(cm: float, ratio: float, wait_s: float, clear_part: float) -> Line:
    """Return the line of a state that is a matter of how much there is."""

    def reached(water: Water, factor: float) -> Reason | None:
        if water.sure_cm >= cm * factor:
            return Reason.DEPTH
        return Reason.AREA if water.ratio >= ratio * factor else None

    def kept(water: Water, factor: float) -> bool:
        part = clear_part * factor
        return water.likely_cm >= cm * part or water.ratio >= ratio * part

    return Line(reached, kept, wait_s)


def _is_rising(water: Water) -> bool:
    """Return whether it rises; what nobody can tell yet counts as rising."""
    if water.ratio_per_h is None or water.ratio_per_h >= RISING_RATIO_PER_H:
        return True
    return water.cm_per_h is not None and water.cm_per_h >= RISING_CM_PER_H


def _red_line(lines: WaterLines) -> Line:
    """Return the line of RED: deep, wide and rising, or about to be either.

    A dry day does not raise the depth at which a place is closed: it is measured, not guessed. The
    trend counts once there is water at all.
    """

    def reached(water: Water, factor: float) -> Reason | None:
        cm, ratio = lines.red_cm * min(factor, 1.0), lines.red_ratio * factor
        depth = water.sure_cm
        if depth >= cm:
            return Reason.DEPTH
        if water.ratio >= ratio:
            return Reason.AREA if _is_rising(water) else None
        soon_cm = ahead(depth, water.cm_per_h, lines.red_within_s)
        soon_ratio = ahead(water.ratio, water.ratio_per_h, lines.red_within_s)
        is_wet = depth >= lines.watch_cm * factor or water.ratio >= lines.watch_ratio * factor
        return Reason.TREND if is_wet and (soon_cm >= cm or soon_ratio >= ratio) else None

    def kept(water: Water, factor: float) -> bool:
        part = lines.clear_part
        deep = water.likely_cm >= lines.red_cm * part * min(factor, 1.0)
        return deep or water.ratio >= lines.red_ratio * part * factor

    return Line(reached, kept, lines.red_s)


class _Rung:
    """One state above NORMAL: whether the water is on it."""

    def __init__(self, line: Line, clear_s: float) -> None:
        self._line = line
        self._clear_s = clear_s
        self._phase = Phase.OFF
        self._is_over: bool | None = None
        self._waited_s = 0.0
        self._paused_s = 0.0
        self._factor = math.inf
        self.reason = Reason.NOTHING

    @property
    def is_on(self) -> bool:
        """Whether the water is on it, or not yet known to be off it."""
        return self._phase in {Phase.ON, Phase.FALLING}

    @property
    def is_wet(self) -> bool:
        """Whether the newest look that saw found water enough to keep it on."""
        return self._phase is Phase.ON

    @property
    def is_stirred(self) -> bool:
        """Whether it is on, or may soon be."""
        return self._phase is not Phase.OFF

    def put_on(self) -> None:
        """Take it as on: it was, before this process watched."""
        self._phase, self.reason, self._factor = Phase.ON, Reason.BEFORE, 1.0

    def step(
        self, now: Water, held: Water, prior: RainPrior, passed_s: float | None, *, shows: bool
    ) -> None:
        """Take in a look that saw.

        held: the water that may keep it on, see `WaterMachine`. passed_s: what counts of the time
        since the look before; None after so long that the waits begin anew. shows: this very look
        shows water; nothing begins at one that shows none, whatever those before it do.
        """
        self._factor = min(self._factor, prior.factor)
        reason = self._line.reached(now, prior.factor)
        kept = reason is not None or self._line.kept(held, self._factor)
        side = Event.REACHED if reason else Event.KEPT if kept else Event.BELOW
        if self._pauses(side, passed_s):
            return
        fresh = passed_s is None or kept is not self._is_over
        self._waited_s = 0.0 if fresh else self._waited_s + (passed_s or 0.0)
        self._is_over = kept
        was_on = self.is_on
        self._phase = TRANSITIONS[self._phase][self._event(side, prior, shows=shows)]
        if not self.is_on:
            self._factor, self.reason = math.inf, Reason.NOTHING
        elif reason and not was_on:
            self.reason = reason

    def _pauses(self, side: Event, passed_s: float | None) -> bool:
        """Return whether the wait for this rung only pauses at a look below both lines."""
        rising = self._phase is Phase.RISING and side is Event.BELOW
        if not rising or passed_s is None:
            self._paused_s = 0.0
            return False
        self._paused_s += passed_s
        return self._paused_s <= PAUSE_S

    def _event(self, side: Event, prior: RainPrior, *, shows: bool) -> Event:
        waited = self._waited_s >= self._line.wait_s * prior.patience
        if side is Event.REACHED and waited and shows:
            return Event.CONFIRMED
        if side is Event.BELOW and self._waited_s >= self._clear_s:
            return Event.GONE
        return side


@dataclass(frozen=True, slots=True)
class WaterJudgement:
    """What is known of the water at a place at one moment.

    state: the last that was known; while not `seen` nobody knows whether it still is. passability:
    None while it is unknown, that is when nothing was known against it and nothing is seen. since:
    when the state was entered. wet_at: when water was last seen at a place that is not NORMAL, None
    before. reason: what for. unseen: why this look saw nothing, None when it
    saw. blind_since: the last look that saw (or the first one, when none did), None when this one
    did. water: of the newest look that saw, None before any. frozen: nothing seen now may be
    learnt as usual: there is water, a sign of it, or no sight. stirred: so it is, or this look
    shows any water at all.
    """

    at: datetime
    state: WaterState
    passability: Passability | None
    since: datetime
    wet_at: datetime | None
    reason: Reason
    rain: RainState
    unseen: Unseen | None
    blind_since: datetime | None
    water: Water | None
    frozen: bool
    stirred: bool

    @property
    def seen(self) -> bool:
        """Whether this look saw the ground."""
        return self.unseen is None

    @property
    def is_clear(self) -> bool:
        """Whether the place is seen, and seen to be clear of water."""
        return self.seen and not self.frozen

    @property
    def blind_s(self) -> float:
        """For how long nothing was seen, 0 while something is."""
        blind = (self.at - self.blind_since).total_seconds() if self.blind_since else 0.0
        return max(blind, 0.0)

    @property
    def look_again_s(self) -> float:
        """How soon the place wants to be looked at again, in seconds."""
        return LOOK_SOON_S if self.stirred else LOOK_S


_Rungs: TypeAlias = Mapping[WaterState, _Rung]


def _rungs(lines: WaterLines) -> _Rungs:
    """Return the rungs of a place, the lowest first."""
    part, clear_s = lines.clear_part, lines.clear_s
    watch = _level_line(lines.watch_cm, lines.watch_ratio, lines.watch_s, part)
    yellow = _level_line(lines.yellow_cm, lines.yellow_ratio, lines.yellow_s, part)
    return {
        WaterState.WATCH: _Rung(watch, clear_s),
        WaterState.YELLOW: _Rung(yellow, clear_s),
        WaterState.RED: _Rung(_red_line(lines), clear_s),
    }


class WaterMachine:
    """Judges one place, look by look, in the order of time.

    A depth that was read keeps a state on while the mark cannot be read and there still is water
    by area: what is not read is not gone.
    """

    def __init__(self, setup: WaterSetup) -> None:
        self._lines = lines_of(setup)
        self._passability = PASSABILITY[setup.place]
        self._history = WaterHistory()
        self._rungs = _rungs(self._lines)
        self._state = WaterState.NORMAL
        self._since: datetime | None = None
        self._wet_at: datetime | None = None
        self._began_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._water: Water | None = None
        self._held_cm = 0.0

    def adopt(self, state: WaterState, since: datetime) -> None:
        """Go on from the state another process left; for a new machine, before its first look."""
        for rung_state, rung in self._rungs.items():
            if list(WaterState).index(rung_state) <= list(WaterState).index(state):
                rung.put_on()
        self._state, self._since, self._wet_at = state, since, since

    @property
    def state(self) -> WaterState:
        """The state that is known."""
        return self._state

    def step(self, reading: WaterReading, rain: RainState) -> WaterJudgement:
        """Take in one look, and return what is known now."""
        self._began_at = self._began_at or reading.at
        if reading.unseen is None:
            self._see(reading, rain)
        return self._judgement(reading, rain)

    def _see(self, reading: WaterReading, rain: RainState) -> None:
        prior, shows = RAIN_PRIORS[rain], self._has_sign(reading, rain)
        passed_s = self._passed_s(reading.at)
        self._seen_at = reading.at
        self._water = now = self._history.add(reading)
        held = self._held(now, prior)
        for rung in self._rungs.values():
            rung.step(now, held, prior, passed_s, shows=shows)
        if any(rung.is_wet for rung in self._rungs.values()):
            self._wet_at = reading.at
        on = [state for state, rung in self._rungs.items() if rung.is_on]
        state = on[-1] if on else WaterState.NORMAL
        if state is not self._state:
            self._state, self._since = state, reading.at

    def _passed_s(self, at: datetime) -> float | None:
        """Return how much of the time since the last look that saw was watched."""
        if self._seen_at is None:
            return 0.0
        gap_s = (at - self._seen_at).total_seconds()
        if not 0.0 <= gap_s <= FORGET_S:
            return None
        return gap_s if gap_s <= GAP_S else 0.0

    def _held(self, now: Water, prior: RainPrior) -> Water:
        """Return the water with the depth last read, where there is water and none is read now."""
        if now.depth_cm is not None:
            self._held_cm = now.likely_cm
        elif now.ratio < self._lines.clear_part * self._lines.watch_ratio * prior.factor:
            self._held_cm = 0.0
        return Water(now.ratio, likely_cm=self._held_cm)

    def _judgement(self, reading: WaterReading, rain: RainState) -> WaterJudgement:
        seen, state = reading.unseen is None, self._state
        known = seen or self._passability[state] is not Passability.OPEN
        stirred = any(rung.is_stirred for rung in self._rungs.values())
        frozen = not seen or stirred or self._has_sign(reading, rain)
        rung = self._rungs.get(state)
        return WaterJudgement(
            at=reading.at,
            state=state,
            passability=self._passability[state] if known else None,
            since=self._since or self._began_at or reading.at,
            wet_at=self._wet_at,
            reason=rung.reason if rung else Reason.NOTHING,
            rain=rain,
            unseen=reading.unseen,
            blind_since=None if seen else self._seen_at or self._began_at,
            water=self._water,
            frozen=frozen,
            stirred=frozen or reading.area_ratio > 0.0,
        )

    def _has_sign(self, reading: WaterReading, rain: RainState) -> bool:
        """Return whether this very look shows as much as would keep WATCH on."""
        part = self._lines.clear_part * min(RAIN_PRIORS[rain].factor, 1.0)
        depth_cm = significant_cm(reading.level, LIKELY_ERRORS) if reading.level else 0.0
        wet = reading.area_ratio >= part * self._lines.watch_ratio
        return wet or depth_cm >= part * self._lines.watch_cm
