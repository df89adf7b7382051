"""Reports as tables for spreadsheets: headings and cells in the language of who reads them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from gateway import csv_sheet, xlsx_sheet
from gateway.reports.case_report import CaseLine, CaseReport
from gateway.reports.false_alarms import FalseAlarmLine
from gateway.reports.group_by import GroupBy
from gateway.reports.words import ReportWords
from gateway.workflow.case import FalseAlarm

Cell: TypeAlias = str | int | float | None

CASE_TITLE: Final = "Cases"
FALSE_TITLE: Final = "False alarms"
GROUPS: Mapping[GroupBy, str] = MappingProxyType(
    {
        GroupBy.UNIT: "Unit",
        GroupBy.KIND: "Kind",
        GroupBy.CAMERA: "Camera",
        GroupBy.DAY: "Day",
        GroupBy.WEEK: "Week from",
        GroupBy.MONTH: "Month from",
    }
)
NO_UNIT, ALL = "no unit", "All"


class FileType(StrEnum):
    """A kind of file for spreadsheets."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading for each column, and the rows."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def file(self, kind: FileType) -> bytes:
        """Return the table as a file."""
        if kind is FileType.CSV:
            return csv_sheet.sheet(self.headings, self.rows).encode()
        return xlsx_sheet.sheet(self.title, self.headings, self.rows)


_CASE_COLUMNS: Final[tuple[tuple[str, Callable[[CaseLine], Cell]], ...]] = (
    ("Cases", lambda line: line.cases),
    ("Still open", lambda line: line.open),
    ("True", lambda line: line.true),
    ("False alarms", lambda line: line.false),
    ("Merged", lambda line: line.merged),
    ("False alarms (%)", lambda line: _percent(line.false_ratio)),
    ("Response median (min)", lambda line: _minutes(line.response.median)),
    ("Response 90 % (min)", lambda line: _minutes(line.response.p90)),
    ("Closing median (min)", lambda line: _minutes(line.closing.median)),
    ("Closing 90 % (min)", lambda line: _minutes(line.closing.p90)),
    ("On time (%)", lambda line: _percent(line.on_time_ratio)),
    ("Late", lambda line: line.late),
)

_FALSE_HEADINGS: Final = (
    "Week from", "Camera", "Camera id", "Rule", "Kind", "Raised", "Judged", "False alarms",
    "False alarms (%)",
)  # fmt: skip


def case_table(report: CaseReport, by: GroupBy, words: ReportWords) -> Table:
    """Return a report of cases as a table, the total last."""
    names = ("Camera id",) if by is GroupBy.CAMERA else ()
    headings = (GROUPS[by], *names, *(heading for heading, _ in _CASE_COLUMNS))
    total: tuple[Cell, ...] = (words.say(ALL), *(None for _ in names))
    named = [(_names(line, by, words), line) for line in report.lines]
    rows = tuple(
        (*first, *(cell(line) for _, cell in _CASE_COLUMNS))
        for first, line in (*named, (total, report.total))
    )
    return Table(words.say(CASE_TITLE), tuple(words.say(one) for one in headings), rows)


def false_alarm_table(lines: Iterable[FalseAlarmLine], words: ReportWords) -> Table:
    """Return the false alarms as a table, a column for each reason."""
    headings = [words.say(heading) for heading in _FALSE_HEADINGS]
    headings += [words.code(reason) for reason in FalseAlarm]
    return Table(words.say(FALSE_TITLE), tuple(headings), tuple(_false_rows(lines, words)))


def file_name(report: str, since: date, last: date, kind: FileType) -> str:
    """Return what a file is called: the report and its days, both included."""
    days = f"{since:%Y%m%d}" if since == last else f"{since:%Y%m%d}-{last:%Y%m%d}"
    return f"{report}-{days}.{kind}"


def _names(line: CaseLine, by: GroupBy, words: ReportWords) -> tuple[Cell, ...]:
    """Return what stands before the numbers of a line."""
    if by is GroupBy.CAMERA:
        return line.name, line.key
    if by is GroupBy.KIND:
        return (words.code(line.key),)
    return (line.key or words.say(NO_UNIT),)


def _false_rows(lines: Iterable[FalseAlarmLine], words: ReportWords) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        reasons = dict(line.reasons)
        yield (
            line.week.isoformat(),
            line.camera_name,
            line.camera_id,
            line.rule,
            words.code(line.kind),
            line.raised,
            line.judged,
            line.false,
            _percent(line.false_ratio),
            *(reasons.get(reason, 0) for reason in FalseAlarm),
        )


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(100 * ratio, 1)


def _minutes(time: timedelta | None) -> float | None:
    return None if time is None else round(time / timedelta(minutes=1), 1)
