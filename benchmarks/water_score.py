"""What the looks of simulated hours come to: found, how late, how often wrongly, how steadily."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median

from benchmarks.water_trial import EPOCH, Look, Trial
from vision.water.state import WaterMachine
from vision.water.types import RainState, WaterReading, WaterSetup, WaterState

TRUE_RATIO = 0.05
"""From this flooded share on water ought to be told: the line of WATCH."""
TRACE_RATIO = 0.01
"""Told below this, it is a false alert."""
SEVERE_RATIO = 0.40
"""The line of RED."""
GRACE_S = 180.0
"""So long after water became severe, a look that calls it normal is a grave mistake."""
GONE_RATIO = 0.03
"""Below this the water no longer keeps WATCH on."""
HOUR_S, TEN_MINUTES_S = 3600.0, 600.0


@dataclass(frozen=True, slots=True)
class Found:
    """How one event was told. delay_s: after a true 5 %; None when it never was.

    closed_s: when it was last closed, after the water was gone; below nought when some was there
    still, None when it was open at the end or never told. false: alerts without water.
    severe: looks that called severe water normal. unseen: share of looks that saw nothing.
    """

    event: str
    place: str
    delay_s: float | None
    closed_s: float | None
    false: int
    severe: int
    unseen: float
    transitions: float


def found(trial: Trial) -> Found:
    """Return how an event was told."""
    looks = trial.looks
    true_at = next((one.at_s for one in looks if one.truth >= TRUE_RATIO), None)
    gone_at = _gone_at(looks)
    told = _told_since(looks, true_at, gone_at)
    closed = None if told is None else _closed_since(looks, told)
    return Found(
        event=trial.name,
        place=trial.place,
        delay_s=None if told is None or true_at is None else max(0.0, told - true_at),
        closed_s=None if closed is None else closed - gone_at,
        false=sum(one.opened and one.truth < TRACE_RATIO for one in looks),
        severe=_severe_called_normal(looks),
        unseen=unseen_share(looks),
        transitions=transitions(trial),
    )


def delay_of_truth_s(trial: Trial, setup: WaterSetup) -> float:
    """Return the delay were every look to see the true share: what the waits of the lines take.

    inf where not even so it would be told.
    """
    machine, true_at = WaterMachine(setup), None
    for one in trial.looks:
        at = EPOCH + timedelta(seconds=one.at_s)
        state = machine.step(WaterReading(at, None, one.truth), RainState.UNKNOWN).state
        true_at = one.at_s if true_at is None and one.truth >= TRUE_RATIO else true_at
        if state is not WaterState.NORMAL:
            return one.at_s - (one.at_s if true_at is None else true_at)
    return math.inf


def _told_since(looks: Sequence[Look], true_at: float | None, gone_at: float) -> float | None:
    """Return when an incident that was open while the water was there began to be."""
    if true_at is None:
        return None
    for one in looks:
        if true_at <= one.at_s <= gone_at and one.state is not WaterState.NORMAL:
            return one.at_s
    return None


def _closed_since(looks: Sequence[Look], told: float) -> float | None:
    """Return when what was told was last closed, None when it is open at the end."""
    if looks[-1].state is not WaterState.NORMAL:
        return None
    return next((one.at_s for one in reversed(looks) if one.closed and one.at_s > told), None)


def _gone_at(looks: Sequence[Look]) -> float:
    """Return when the water was last more than what keeps it told, the end when it never was."""
    wet = [one.at_s for one in looks if one.truth >= GONE_RATIO]
    return wet[-1] if wet else looks[-1].at_s


def _severe_called_normal(looks: Sequence[Look]) -> int:
    """Return how many looks saw the ground, and called water normal that was severe for long."""
    wrong, since = 0, None
    for one in looks:
        since = (one.at_s if since is None else since) if one.truth >= SEVERE_RATIO else None
        late = since is not None and one.at_s - since >= GRACE_S
        wrong += late and one.unseen is None and one.state is WaterState.NORMAL
    return wrong


def unseen_share(looks: Sequence[Look]) -> float:
    """Return the share of looks that saw nothing."""
    return sum(one.unseen is not None for one in looks) / len(looks)


def transitions(trial: Trial) -> float:
    """Return how often the state changed in ten minutes, on average."""
    changed = sum(a.state is not b.state for a, b in pairwise(trial.looks))
    return changed * TEN_MINUTES_S / trial.seconds


def alerts_per_hour(trials: Sequence[Trial]) -> float:
    """Return the incidents opened in hours without water, for each hour of a camera."""
    opened = sum(one.opened for trial in trials for one in trial.looks)
    return opened * HOUR_S / sum(trial.seconds for trial in trials)


def wrong_share(trials: Sequence[Trial]) -> float:
    """Return the share of looks at which dry ground was called anything but normal."""
    looks = [one for trial in trials for one in trial.looks]
    return sum(one.state is not WaterState.NORMAL for one in looks) / len(looks)


def delays(events: Sequence[Found]) -> tuple[float, float]:
    """Return the middle and the worst delay in minutes, of events that were found; 0 for none."""
    known = [one.delay_s / 60 for one in events if one.delay_s is not None]
    return (median(known), max(known)) if known else (0.0, 0.0)
