"""The lines of a film's result, read back."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, TypeAdapter

from gateway.store.counts import CountedInterval
from vision.types import Kind, Severity, TallyRow


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


class FoundRow(BaseModel):
    """How many of one sort were counted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    label: str
    direction: str | None
    count: int


class FoundTally(BaseModel):
    """A counted interval as its JSON line tells it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    rule: str
    place: str | None
    start: datetime
    end: datetime
    watched_s: float
    rows: tuple[FoundRow, ...]

    @property
    def interval(self) -> CountedInterval:
        """The same as counts are kept; the film stands for the camera."""
        rows = tuple(TallyRow(row.kind, row.label, row.direction, row.count) for row in self.rows)
        span = (self.start, self.end, self.watched_s)
        return CountedInterval(self.file, self.rule, self.place, *span, rows)


_INCIDENT = TypeAdapter(FoundIncident)
_TALLY = TypeAdapter(FoundTally)
_MARK, _TALLY_MARK = '{"type": "incident"', '{"type": "tally"'


def incidents_in(lines: Iterable[str]) -> Iterator[FoundIncident]:
    """Yield the incidents among the lines of a result."""
    for line in lines:
        if line.startswith(_MARK):
            yield _INCIDENT.validate_json(line)


def counts_in(lines: Iterable[str]) -> Iterator[CountedInterval]:
    """Yield what was counted, among the lines of a result."""
    for line in lines:
        if line.startswith(_TALLY_MARK):
            yield _TALLY.validate_json(line).interval
