"""How often each rule of each camera is wrong, and why: week by week."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, tzinfo
from operator import itemgetter

from gateway.reports.calendar import week_of
from gateway.store.case_facts import CaseFacts, Verdict
from gateway.workflow.case import FalseAlarm


@dataclass(frozen=True, slots=True)
class FalseAlarmLine:
    """What one rule of a camera raised in a week of the site's calendar.

    week: its Monday. judged: those that people called true or false. reasons: how often each was
    why; only those that occurred.
    """

    week: date
    camera_id: str
    camera_name: str
    rule: str
    kind: str
    raised: int
    judged: int
    false: int
    reasons: tuple[tuple[FalseAlarm, int], ...]

    @property
    def false_ratio(self) -> float | None:
        """Share of false alarms in those that were judged, None where none was."""
        return self.false / self.judged if self.judged else None


def false_alarms(facts: Iterable[CaseFacts], zone: tzinfo) -> tuple[FalseAlarmLine, ...]:
    """Return a line for each week, camera, rule and kind: the newest week, the worst line first."""
    sums: dict[tuple[date, str, str, str], _Sum] = {}
    for one in facts:
        key = (week_of(one.opened_at, zone), one.camera_id, one.rule, one.kind)
        sums.setdefault(key, _Sum()).add(one)
    lines = [own.line(*key) for key, own in sorted(sums.items(), key=itemgetter(0))]
    lines.sort(key=lambda line: (line.week, line.false, line.raised), reverse=True)
    return tuple(lines)


@dataclass(slots=True)
class _Sum:
    name: str = ""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    reasons: Counter[FalseAlarm] = field(default_factory=Counter)

    def add(self, one: CaseFacts) -> None:
        self.name = one.camera_name
        self.verdicts[one.verdict] += 1
        if one.verdict is Verdict.FALSE and one.reason is not None:
            self.reasons[one.reason] += 1

    def line(self, week: date, camera_id: str, rule: str, kind: str) -> FalseAlarmLine:
        wrong = self.verdicts[Verdict.FALSE]
        return FalseAlarmLine(
            week=week,
            camera_id=camera_id,
            camera_name=self.name,
            rule=rule,
            kind=kind,
            raised=self.verdicts.total(),
            judged=self.verdicts[Verdict.TRUE] + wrong,
            false=wrong,
            reasons=tuple((one, self.reasons[one]) for one in FalseAlarm if self.reasons[one]),
        )
