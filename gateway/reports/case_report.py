"""Counts, times and rates of cases, by unit, kind, camera, or a part of the site's calendar."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from types import MappingProxyType

from gateway.reports.calendar import day_of, month_of, week_of
from gateway.reports.group_by import GroupBy
from gateway.reports.spread import Spread
from gateway.store.case_facts import CaseFacts, Verdict
from gateway.workflow.case import Outcome


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The cases of one group.

    key: the unit, kind or camera's id, or the first day of a day, week or month. name: what the
    camera is called, else as the key. true, false: as people judged them; the others are merged, or
    nobody has looked at them. response: from the record to the first deed of a person or the
    platform. closing: to the end of those that were resolved. timed: cases whose steps have times;
    late: those of them that were late once.
    """

    key: str
    name: str
    cases: int
    open: int
    true: int
    false: int
    merged: int
    response: Spread
    closing: Spread
    timed: int
    late: int

    @property
    def false_ratio(self) -> float | None:
        """Share of false alarms in those that were judged, None where none was."""
        judged = self.true + self.false
        return self.false / judged if judged else None

    @property
    def on_time_ratio(self) -> float | None:
        """Share of those never late in those with times, None without any."""
        return 1 - self.late / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class CaseReport:
    """lines: in the order of their keys. total: of all cases together; it has no key."""

    lines: tuple[CaseLine, ...]
    total: CaseLine


_KEYS: Mapping[GroupBy, Callable[[CaseFacts, tzinfo], str]] = MappingProxyType(
    {
        GroupBy.UNIT: lambda one, _zone: one.unit,
        GroupBy.KIND: lambda one, _zone: one.kind,
        GroupBy.CAMERA: lambda one, _zone: one.camera_id,
        GroupBy.DAY: lambda one, zone: day_of(one.opened_at, zone).isoformat(),
        GroupBy.WEEK: lambda one, zone: week_of(one.opened_at, zone).isoformat(),
        GroupBy.MONTH: lambda one, zone: month_of(one.opened_at, zone).isoformat(),
    }
)


def case_report(facts: Iterable[CaseFacts], by: GroupBy, zone: tzinfo) -> CaseReport:
    """Return the report of some cases, which are gone through once."""
    key_of = _KEYS[by]
    total = _Sum("")
    sums: dict[str, _Sum] = {}
    for one in facts:
        key = key_of(one, zone)
        own = sums.setdefault(key, _Sum(key))
        if by is GroupBy.CAMERA:
            own.name = one.camera_name
        own.add(one)
        total.add(one)
    lines = tuple(own.line(key) for key, own in sorted(sums.items()))
    return CaseReport(lines, total.line(""))


@dataclass(slots=True)
class _Sum:
    """Cases being added up; of each only two numbers are kept."""

    name: str
    cases: int = 0
    open: int = 0
    timed: int = 0
    late: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    responses_s: list[float] = field(default_factory=list)
    closings_s: list[float] = field(default_factory=list)

    def add(self, one: CaseFacts) -> None:
        """Take in a case."""
        self.cases += 1
        self.open += one.closed_at is None
        self.timed += one.is_timed
        self.late += one.is_timed and one.is_late
        self.verdicts[one.verdict] += 1
        if one.answered_at is not None:
            self.responses_s.append((one.answered_at - one.begun_at).total_seconds())
        if one.closed_at is not None and one.outcome is Outcome.RESOLVED:
            self.closings_s.append((one.closed_at - one.begun_at).total_seconds())

    def line(self, key: str) -> CaseLine:
        """Return what came of it."""
        return CaseLine(
            key=key,
            name=self.name,
            cases=self.cases,
            open=self.open,
            true=self.verdicts[Verdict.TRUE],
            false=self.verdicts[Verdict.FALSE],
            merged=self.verdicts[Verdict.MERGED],
            response=Spread.of(self.responses_s),
            closing=Spread.of(self.closings_s),
            timed=self.timed,
            late=self.late,
        )
