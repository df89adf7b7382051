"""The lines of a film's result, read back."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, TypeAdapter

from vision.types import Severity


class FoundIncident(BaseModel):
    """An incident as its JSON line tells it; docs/commands.md explains the keys."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    file: str
    kind: str
    severity: Severity
    rule: str
    zone: str | None
    start_s: float
    end_s: float
    duration_s: float
    lasts: bool
    opened_at: datetime
    closed_at: datetime
    readings: Mapping[str, float | int | str]


_INCIDENT = TypeAdapter(FoundIncident)
_MARK = '{"type": "incident"'


def incidents_in(lines: Iterable[str]) -> Iterator[FoundIncident]:
    """Yield the incidents among the lines of a result."""
    for line in lines:
        if line.startswith(_MARK):
            yield _INCIDENT.validate_json(line)
