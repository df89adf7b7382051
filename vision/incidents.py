"""From conditions to incidents: one transition table decides for every rule and subject.

A condition flickers; an incident does not. Each subject of each rule has a machine of four phases.
Time counts only while it is watched: after a blind gap the waits for confirming and clearing begin
anew, and what was open stays open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from uuid import UUID, uuid5

from vision.rule import LASTS_S, IncidentSpec
from vision.scene import sighted_s
from vision.types import ChangeType, Condition, Incident, IncidentChange, Severity

INCIDENT_NAMESPACE = UUID("6f2b8f0e-3c0d-5d0c-9d55-7a8c0c1f4e21")
"""Root of all incident ids; never change it, or replays stop collapsing on to what is stored."""


class Phase(StrEnum):
    """Where the machine of one subject stands."""

    IDLE = "idle"
    PENDING = "pending"
    """It holds, not yet for long enough."""
    OPEN = "open"
    CLEARING = "clearing"
    """It no longer holds, not yet for long enough."""


class Event(Enum):
    """What one look, or the end of looking, says about a subject."""

    HELD = auto()
    CONFIRMED = auto()
    """It holds, was seen to right now, and has for confirm_s."""
    GONE = auto()
    CLEARED = auto()
    """It does not hold, and was not seen to for clear_s."""
    BLIND = auto()
    """Nobody looked for a while; comes before the event of the first look after it."""
    ENDED = auto()
    """No further frame will come."""


class Action(Enum):
    """What a transition does to the incident."""

    NONE = auto()
    OPEN = auto()
    RENEW = auto()
    CLOSE = auto()


TRANSITIONS: Mapping[Phase, Mapping[Event, tuple[Phase, Action]]] = MappingProxyType(
    {
        Phase.IDLE: {
            Event.HELD: (Phase.PENDING, Action.NONE),
            Event.CONFIRMED: (Phase.OPEN, Action.OPEN),
            Event.GONE: (Phase.IDLE, Action.NONE),
            Event.CLEARED: (Phase.IDLE, Action.NONE),
            Event.BLIND: (Phase.IDLE, Action.NONE),
            Event.ENDED: (Phase.IDLE, Action.NONE),
        },
        Phase.PENDING: {
            Event.HELD: (Phase.PENDING, Action.NONE),
            Event.CONFIRMED: (Phase.OPEN, Action.OPEN),
            Event.GONE: (Phase.IDLE, Action.NONE),
            Event.CLEARED: (Phase.IDLE, Action.NONE),
            Event.BLIND: (Phase.IDLE, Action.NONE),
            Event.ENDED: (Phase.IDLE, Action.NONE),
        },
        Phase.OPEN: {
            Event.HELD: (Phase.OPEN, Action.RENEW),
            Event.CONFIRMED: (Phase.OPEN, Action.RENEW),
            Event.GONE: (Phase.CLEARING, Action.NONE),
            Event.CLEARED: (Phase.IDLE, Action.CLOSE),
            Event.BLIND: (Phase.OPEN, Action.NONE),
            Event.ENDED: (Phase.IDLE, Action.CLOSE),
        },
        Phase.CLEARING: {
            Event.HELD: (Phase.OPEN, Action.RENEW),
            Event.CONFIRMED: (Phase.OPEN, Action.RENEW),
            Event.GONE: (Phase.CLEARING, Action.NONE),
            Event.CLEARED: (Phase.IDLE, Action.CLOSE),
            Event.BLIND: (Phase.CLEARING, Action.NONE),
            Event.ENDED: (Phase.IDLE, Action.CLOSE),
        },
    }
)
"""Phase and event to next phase and action: the whole life of an incident."""


def incident_id(camera: str, rule: str, subject: str, opened_at: datetime) -> str:
    """Return the id of an incident: the same four facts give the same id on every machine."""
    facts = (camera, rule, subject, opened_at.astimezone(UTC).isoformat())
    return str(uuid5(INCIDENT_NAMESPACE, "\n".join(facts)))


class _Stopwatch:
    """How long a condition has held, and how long since it was seen to, in watched seconds only."""

    def __init__(self) -> None:
        self.began_at: datetime | None = None
        """When it began to hold, None while it does not."""
        self.held_s = 0.0
        self.unseen_s = 0.0

    def look(self, at: datetime, watched_s: float | None, condition: Condition) -> None:
        """Take in one look; a blind gap (None) starts both counts anew."""
        if watched_s is None:
            self.began_at, self.unseen_s, watched_s = None, 0.0, 0.0
        if not condition.holds:
            self.began_at = None
        elif self.began_at is None:
            self.began_at, self.held_s = at, 0.0
        else:
            self.held_s += watched_s
        self.unseen_s = 0.0 if _seen_now(at, condition) else self.unseen_s + watched_s


def _seen_now(at: datetime, condition: Condition) -> bool:
    """Return whether a condition holds on evidence of this very moment."""
    return condition.holds and (condition.seen_at is None or condition.seen_at >= at)


class _Case:
    """One incident as it grows, and what has been told of it."""

    def __init__(
        self, incident: Incident, spec: IncidentSpec, told: IncidentChange | None = None
    ) -> None:
        self.incident = incident
        self._spec = spec
        self._told = told
        self._looked_at: datetime | None = None
        self._set_back = timedelta(0)

    def see(self, at: datetime, condition: Condition) -> None:
        """Note the newest readings, their peaks, when the evidence was seen, and how bad it is."""
        if self._looked_at is not None and at < self._looked_at:
            self._set_back += self._looked_at - at
        self._looked_at = at
        before = self.incident.readings
        readings = dict(condition.readings)
        for name in self._spec.peaks:
            peak = f"peak_{name}"
            known = [group[at] for group, at in ((before, peak), (readings, name)) if at in group]
            if known:
                readings[peak] = max(known, key=float)
        seen_at = min(condition.seen_at or at, at)
        last_seen_at = max(self.incident.last_seen_at, seen_at)
        self.incident = replace(self.incident, readings=readings, last_seen_at=last_seen_at)
        self.incident = replace(self.incident, severity=self._severity(condition, seen_at))

    def _severity(self, condition: Condition, seen_at: datetime) -> Severity:
        """Return the severity, raised by readings or time; only the condition's own falls back.

        By how much the clock was set back since the opening is time that the incident lasted.
        """
        incident = self.incident
        lasts = max(incident.last_seen_at, seen_at + self._set_back) - incident.opened_at
        known = dict(incident.readings) | {LASTS_S: lasts.total_seconds()}
        raised = [
            one.to
            for one in self._spec.raises
            if isinstance(value := known.get(one.reading), int | float) and value >= one.at_least
        ]
        own = condition.severity or incident.severity
        return max([own, *raised], key=list(Severity).index)

    def tell(self, change: ChangeType, at: datetime) -> IncidentChange:
        """Return the incident as it is now as its next change."""
        sequence = self._told.sequence + 1 if self._told else 0
        self._told = IncidentChange(change, sequence, at, self.incident)
        return self._told

    def has_news(self, at: datetime) -> bool:
        """Return whether it got worse, or is not as bad as it was, since the last change.

        Severity is told at once, a peak or a word when the last change is long enough ago, or lies
        ahead: a clock that is set back silences nothing.
        """
        told = self._told
        if told is None:
            return False
        if self.incident.severity != told.incident.severity:
            return True
        if 0.0 <= (at - told.at).total_seconds() < self._spec.update_every_s:
            return False
        names = (*(f"peak_{name}" for name in self._spec.peaks), *self._spec.words)
        return any(self.incident.readings.get(n) != told.incident.readings.get(n) for n in names)

    def close(self, at: datetime) -> IncidentChange:
        """End the incident at the moment it was last seen to hold."""
        self.incident = replace(self.incident, closed_at=self.incident.last_seen_at)
        return self.tell(ChangeType.CLOSED, at)

    def resume(self, at: datetime, condition: Condition) -> IncidentChange:
        """Go on with a closed incident."""
        self.incident = replace(self.incident, closed_at=None)
        self.see(at, condition)
        return self.tell(ChangeType.UPDATED, at)


class _Machine:
    """The phases of one subject of one rule, and its incidents one after another."""

    def __init__(self, camera: str, spec: IncidentSpec) -> None:
        self._camera = camera
        self._spec = spec
        self._phase = Phase.IDLE
        self._stopwatch = _Stopwatch()
        self._case: _Case | None = None

    def look(
        self, at: datetime, watched_s: float | None, condition: Condition
    ) -> list[IncidentChange]:
        """Take in one look; `watched_s` since the look before, None after a blind gap."""
        if watched_s is None:
            self._take(Event.BLIND)
        self._stopwatch.look(at, watched_s, condition)
        action = self._take(self._event(at, condition))
        if action is Action.OPEN:
            return [self._open(at, condition)]
        if action is Action.RENEW and self._case:
            self._case.see(at, condition)
            if self._case.has_news(at):
                return [self._case.tell(ChangeType.UPDATED, at)]
        if action is Action.CLOSE and self._case:
            return [self._case.close(at)]
        return []

    def adopt(self, told: IncidentChange) -> None:
        """Go on with an open incident that another process left, as of its last change."""
        self._case = _Case(told.incident, self._spec, told)
        self._phase = Phase.OPEN

    def end(self, at: datetime) -> list[IncidentChange]:
        """Close what is open, because no further look will come."""
        action = self._take(Event.ENDED)
        return [self._case.close(at)] if action is Action.CLOSE and self._case else []

    @property
    def is_open(self) -> bool:
        """Whether an incident is open."""
        return self._phase in {Phase.OPEN, Phase.CLEARING}

    @property
    def undecided_s(self) -> float | None:
        """How much longer what is pending must hold, None while nothing is."""
        if self._phase is not Phase.PENDING:
            return None
        return max(0.0, self._spec.confirm_s - self._stopwatch.held_s)

    def forgettable(self, at: datetime) -> bool:
        """Return whether nothing that happened so far can matter any more."""
        return self._phase is Phase.IDLE and self._case_to_resume(at) is None

    def _take(self, event: Event) -> Action:
        self._phase, action = TRANSITIONS[self._phase][event]
        return action

    def _event(self, at: datetime, condition: Condition) -> Event:
        if not condition.holds:
            cleared = self._stopwatch.unseen_s >= self._spec.clear_s
            return Event.CLEARED if cleared else Event.GONE
        confirmed = _seen_now(at, condition) and self._stopwatch.held_s >= self._spec.confirm_s
        return Event.CONFIRMED if confirmed else Event.HELD

    def _open(self, at: datetime, condition: Condition) -> IncidentChange:
        """Go on with the last incident when it ended within cool_down_s, else begin a new one."""
        began_at = self._stopwatch.began_at or at
        last = self._case_to_resume(began_at)
        if last is not None:
            return last.resume(at, condition)
        incident = Incident(
            id=incident_id(self._camera, condition.rule, condition.subject, began_at),
            camera=self._camera,
            rule=condition.rule,
            rule_type=self._spec.type,
            subject=condition.subject,
            kind=condition.kind,
            severity=self._spec.severity,
            zone=self._spec.place,
            opened_at=began_at,
            last_seen_at=began_at,
            closed_at=None,
            readings={},
        )
        self._case = _Case(incident, self._spec)
        self._case.see(at, condition)
        return self._case.tell(ChangeType.OPENED, at)

    def _case_to_resume(self, began_at: datetime) -> _Case | None:
        """Return the last case if a condition that began then still belongs to it."""
        if self._case is None or self._case.incident.closed_at is None:
            return None
        pause = began_at - self._case.incident.closed_at
        resumes = timedelta(0) < pause <= timedelta(seconds=self._spec.cool_down_s)
        return self._case if resumes else None


class IncidentBook:
    """The incidents of one camera; looks come in the order of time.

    No incident is lost by forgetting: only subjects without an open, pending or resumable incident
    are dropped, so memory follows what is going on, not what ever went on.
    """

    def __init__(self, camera: str, specs: Iterable[IncidentSpec]) -> None:
        self._camera = camera
        self._specs = {spec.id: spec for spec in specs}
        self._machines: dict[tuple[str, str], _Machine] = {}
        self._looked_at: datetime | None = None
        self._was_blind = False

    def blind(self) -> None:
        """Count the time until the next step as unseen, however short: the camera's view moved."""
        self._was_blind = True

    def step(self, at: datetime, conditions: Iterable[Condition]) -> list[IncidentChange]:
        """Take in the judgements of one frame; a subject that none of them names does not hold.

        Raises KeyError for a condition of a rule that this book was not given.
        """
        watched_s = None if self._was_blind else sighted_s(self._looked_at, at)
        self._looked_at, self._was_blind = at, False
        judged = {(condition.rule, condition.subject): condition for condition in conditions}
        for rule, subject in judged:
            self._machines.setdefault((rule, subject), _Machine(self._camera, self._specs[rule]))
        changes: list[IncidentChange] = []
        for key, machine in self._machines.items():
            condition = judged.get(key) or Condition(*key, kind="", holds=False)
            changes += machine.look(at, watched_s, condition)
        self._machines = {
            key: machine
            for key, machine in self._machines.items()
            if key in judged or not machine.forgettable(at)
        }
        return changes

    def adopt(self, told: Iterable[IncidentChange]) -> None:
        """Go on with open incidents that another process left, each as of its last change.

        For a new book, before its first step: nobody has looked meanwhile, so whether they still
        hold is seen anew. Those of rules this book was not given are passed over.
        """
        for change in told:
            incident = change.incident
            spec = self._specs.get(incident.rule)
            if spec is not None and incident.closed_at is None:
                machine = _Machine(self._camera, spec)
                machine.adopt(change)
                self._machines[incident.rule, incident.subject] = machine

    def open_subjects(self) -> frozenset[tuple[str, str]]:
        """Return rule and subject of every incident that is open."""
        return frozenset(key for key, machine in self._machines.items() if machine.is_open)

    @property
    def decides_at(self) -> datetime | None:
        """When a picture can first confirm something that is pending, None while nothing is."""
        waits = [wait for one in self._machines.values() if (wait := one.undecided_s) is not None]
        if self._looked_at is None or not waits:
            return None
        return self._looked_at + timedelta(seconds=min(waits))

    def close_all(self, at: datetime) -> list[IncidentChange]:
        """Close what is open, because no further frame will come (a file ends, a camera goes)."""
        changes = [change for machine in self._machines.values() for change in machine.end(at)]
        self._machines.clear()
        return changes
