"""Takes in what people see on their rounds: the picture first, then what they say of it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.errors import NotFoundError, RoundRefusedError, StorageError
from gateway.finding import Finding, FindingKind, FindingSource
from gateway.finding_desk import FindingDesk, Told
from gateway.patrol.round import Stop, Verdict
from gateway.store import Store
from gateway.store.patrol import CheckIn, Proof, StoredRound
from gateway.whole_file import write_whole
from gateway.workflow.case import Actor
from vision.types import Severity

PICTURES = "patrol"
"""Directory below the data directory; in it one a day, and in that one a round."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody says of a stop. kind, severity: of a finding; severity None: the usual."""

    verdict: Verdict
    note: str = ""
    kind: FindingKind = FindingKind.OTHER
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """What the camera showed: a JPEG, and when it was taken."""

    jpeg: bytes
    captured_at: datetime


class PatrolDesk:
    """Takes check-ins of one site."""

    def __init__(self, store: Store, data_dir: Path, findings: FindingDesk) -> None:
        self._store = store
        self._data_dir = data_dir
        self._findings = findings

    def check_in(
        self, checkin: CheckIn, round_id: str, seen: Seen, by: Actor, shot: Shot | None
    ) -> StoredRound:
        """Keep what somebody saw at a stop, with the picture; a finding becomes an incident.

        checkin: as `prepare` gave it. Raises NotFoundError, RoundRefusedError, StorageError.
        """
        if shot is None and seen.verdict is not Verdict.UNSEEN:
            raise RoundRefusedError(
                f"there is no picture of {checkin.stop} now: say that it cannot be seen"
            )
        found = self._store.patrol.get(round_id)
        proof = None if shot is None else self._keep(found, shot)
        incident = None
        if seen.verdict is Verdict.FINDING and shot is not None and checkin.at is not None:
            told = _told(stop_of(found, checkin.stop), round_id, seen, by)
            incident = self._findings.take(told, (), checkin.at, shot.jpeg).incident.incident.id
        whole = replace(
            checkin, verdict=seen.verdict, note=seen.note, proof=proof, incident_id=incident
        )
        return self._store.patrol.check_in(round_id, whole)

    def prepare(self, round_id: str, stop: str, by: Actor, at: datetime) -> CheckIn:
        """Return the check-in to be completed; before a picture is taken for it.

        Raises NotFoundError, and RoundRefusedError: ended, checked in, or not looked at for long
        enough.
        """
        found = self._store.patrol.get(round_id)
        arrived = found.checkins.get(stop)
        dwell = timedelta(seconds=stop_of(found, stop).dwell_s)
        if found.outcome is not None:
            raise RoundRefusedError(f"the round has ended ({found.outcome}): choose another")
        if arrived is None:
            raise RoundRefusedError(f"nobody has arrived at {stop}: look at it first")
        if arrived.at is not None:
            raise RoundRefusedError(f"{arrived.by} has checked {stop} in: go to the next")
        if at - arrived.arrived_at < dwell:
            left_s = (arrived.arrived_at + dwell - at).total_seconds()
            raise RoundRefusedError(f"look at {stop} for {left_s:.0f} s more, then decide")
        return CheckIn(stop, by.name, arrived.arrived_at, at)

    def _keep(self, found: StoredRound, shot: Shot) -> Proof:
        digest = hashlib.sha256(shot.jpeg).hexdigest()
        folder = self._data_dir / PICTURES / f"{found.round.due_at:%Y-%m-%d}" / found.round.id
        path = folder / f"{digest[:16]}.jpg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, shot.jpeg)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error
        name = path.relative_to(self._data_dir).as_posix()
        return Proof(name, digest, len(shot.jpeg), shot.captured_at)


def stop_of(found: StoredRound, stop: str) -> Stop:
    """Return a stop of a round; raises NotFoundError."""
    for one in found.round.stops:
        if one.id == stop:
            return one
    raise NotFoundError(f"the round has no stop {stop}")


def cameras_left(before: StoredRound, after: StoredRound) -> frozenset[str]:
    """Return which cameras a round turned to presets and needs no more since something was done."""
    return _unneeded(after) - _unneeded(before)


def cameras_turned(found: StoredRound) -> frozenset[str]:
    """Return which cameras a round has turned to presets and not sent home while it went on."""
    return _turned(found) - _unneeded(replace(found, outcome=None))


def _turned(found: StoredRound) -> frozenset[str]:
    stops, checkins = found.round.stops, found.checkins
    return frozenset(one.camera for one in stops if one.preset is not None and one.id in checkins)


def _unneeded(found: StoredRound) -> frozenset[str]:
    stops, checkins = found.round.stops, found.checkins
    turned = _turned(found)
    if found.outcome is not None:
        return turned
    visited = {name for name, one in checkins.items() if one.at is not None}
    return turned - {one.camera for one in stops if one.id not in visited}


def _told(stop: Stop, round_id: str, seen: Seen, by: Actor) -> Told:
    return Told(
        key=f"{round_id}/{stop.id}",
        kind=seen.kind,
        finding=Finding(FindingSource.ROUND, by, seen.note, stop.name, round_id=round_id),
        severity=seen.severity,
        camera=stop.camera,
    )
