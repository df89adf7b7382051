"""The pictures that go with a change of a water incident, and when they are worth keeping."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from gateway.store.evidence import EvidenceType
from gateway.store.water import WaterMoment
from gateway.water.pictures import curve, overlay
from vision.types import ChangeType, Image, IncidentChange, Severity
from vision.water.lines import lines_of
from vision.water.types import WaterSetup
from vision.water.watch import WaterOutcome

Pictures = Mapping[EvidenceType, Image]


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """What was seen in one look. full: the camera's own picture, None where none was taken.

    course: the readings that the curve shows, oldest first.
    """

    setup: WaterSetup
    outcome: WaterOutcome
    full: Image | None
    course: Sequence[WaterMoment]
    time_zone: tzinfo

    def pictures(self) -> Pictures:
        """Return the picture, the place without water, where the water is, and the curve."""
        drawn: dict[EvidenceType, Image] = {}
        outcome = self.outcome
        raw = self.full if self.full is not None else outcome.after
        if raw is not None:
            drawn[EvidenceType.RAW] = raw
        if outcome.evidence is not None and outcome.after is not None:
            drawn[EvidenceType.MARKED] = overlay(outcome.after, outcome.evidence, self.setup.zones)
        if outcome.before is not None:
            drawn[EvidenceType.BEFORE] = outcome.before
        if self.course:
            lines = lines_of(self.setup)
            drawn[EvidenceType.CURVE] = curve(self.course, lines, self.time_zone)
        return drawn


class ProofPolicy:
    """Decides of which changes pictures are kept: the first, the last, each other colour between.

    A flood that rises for hours is told each minute and pictured a few times.
    """

    def __init__(self) -> None:
        self._severities: dict[str, Severity] = {}

    def wanted(self, change: IncidentChange, proof: Proof) -> Callable[[], Pictures] | None:
        """Return what makes the pictures of a change, None for one that needs none."""
        incident = change.incident
        before = self._severities.get(incident.id)
        if change.type is ChangeType.CLOSED:
            self._severities.pop(incident.id, None)
        else:
            self._severities[incident.id] = incident.severity
        is_turn = change.type is not ChangeType.UPDATED or before is not incident.severity
        return proof.pictures if is_turn else None
