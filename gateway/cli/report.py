"""Commands that tell what the cases of some time add up to."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.clock import utc_now
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError, StorageError
from gateway.reports.group_by import GroupBy

if TYPE_CHECKING:
    from gateway.reports.case_report import CaseLine
    from gateway.reports.false_alarms import FalseAlarmLine
    from gateway.reports.spread import Spread
    from gateway.reports.tables import Table
    from gateway.store.case_facts import FactsFilter

USUAL_DAYS, USUAL_WEEKS = 30, 2
CASE_HEADINGS = (
    "cases", "open", "true", "false", "false %", "reply min", "close min", "in time %", "late",
)  # fmt: skip
"""Short enough for a terminal; of minutes the middle one, and what nine of ten stay below."""
FALSE_HEADINGS = (
    "week", "camera", "rule", "kind", "raised", "judged", "false", "false %", "reasons",
)  # fmt: skip

Since = Annotated[str | None, typer.Option("--from", help="Such as 2026-05-01.")]
Until = Annotated[str | None, typer.Option("--to", help="By default the end of today.")]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="A table for Excel, in the site's language.")
]
XlsxOption = Annotated[
    Path | None, typer.Option("--xlsx", help="Write the same as a workbook to this file.")
]

app = typer.Typer(help="What the cases of some time add up to.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Tell what the cases of some time add up to."""


@app.command("cases")
def cases_command(
    since: Since = None,
    until: Until = None,
    by: Annotated[GroupBy, typer.Option("--by", help="One line for each.")] = GroupBy.UNIT,
    csv: CsvOption = False,
    xlsx: XlsxOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell how many cases there were, how fast they were dealt with, how many were false."""
    from gateway.data_directory import open_store
    from gateway.reports.case_report import case_report
    from gateway.reports.tables import case_table
    from gateway.reports.words import ReportWords

    settings = load_settings(config)
    now = utc_now()
    period = _period(settings, since, until, timedelta(days=USUAL_DAYS), now)
    with open_store(settings) as store:
        report = case_report(store.case_facts.of(period, now), by, settings.site.zone)
    if json:
        for line in (*report.lines, report.total):
            print_json(line)
        return
    if csv or xlsx:
        _write(case_table(report, by, ReportWords.load(settings.site.language)), xlsx)
    else:
        rows = [(line.key or "–", line) for line in report.lines] + [("all", report.total)]
        print_table((by.value, *CASE_HEADINGS), ((key, *_case_cells(line)) for key, line in rows))


@app.command("false-alarms")
def false_alarms_command(
    since: Since = None,
    until: Until = None,
    camera: Annotated[str | None, typer.Option(help="One camera; without it, all.")] = None,
    csv: CsvOption = False,
    xlsx: XlsxOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell how often each rule of each camera was wrong, week by week, and why."""
    from dataclasses import replace

    from gateway.data_directory import open_store
    from gateway.reports.false_alarms import false_alarms
    from gateway.reports.tables import false_alarm_table
    from gateway.reports.words import ReportWords

    settings = load_settings(config)
    now = utc_now()
    period = _period(settings, since, until, timedelta(weeks=USUAL_WEEKS), now)
    with open_store(settings) as store:
        facts = store.case_facts.of(replace(period, camera=camera), now)
        lines = false_alarms(facts, settings.site.zone)
    if json:
        for line in lines:
            print_json(line)
        return
    if csv or xlsx:
        _write(false_alarm_table(lines, ReportWords.load(settings.site.language)), xlsx)
    elif lines:
        print_table(FALSE_HEADINGS, map(_false_row, lines))
    else:
        err.print("There were no alarms in this time.")


def _period(
    settings: Settings, since: str | None, until: str | None, usual: timedelta, now: datetime
) -> "FactsFilter":
    """Return which cases; raises ConfigError for a time that ends before it begins."""
    from gateway.reports.calendar import day_of, midnight
    from gateway.store.case_facts import FactsFilter

    zone = settings.site.zone
    end = moment(until, zone) if until else midnight(day_of(now, zone) + timedelta(days=1), zone)
    start = moment(since, zone) if since else end - usual
    if end <= start:
        raise ConfigError(f"--to {until} is not after --from; without it, it is the end of today")
    return FactsFilter(start, end)


def _case_cells(line: "CaseLine") -> tuple[object, ...]:
    counts = (line.cases, line.open, line.true, line.false, _percent(line.false_ratio))
    times = (_minutes(line.response), _minutes(line.closing))
    return (*counts, *times, _percent(line.on_time_ratio), line.late)


def _minutes(spread: "Spread") -> str | None:
    if spread.median is None or spread.p90 is None:
        return None
    return " / ".join(f"{one.total_seconds() / 60:.0f}" for one in (spread.median, spread.p90))


def _percent(ratio: float | None) -> str | None:
    return None if ratio is None else f"{100 * ratio:.0f}"


def _false_row(line: "FalseAlarmLine") -> tuple[object, ...]:
    reasons = ", ".join(f"{reason} {count}" for reason, count in line.reasons) or None
    about = (line.week, line.camera_id, line.rule, line.kind)
    return (*about, line.raised, line.judged, line.false, _percent(line.false_ratio), reasons)


def _write(table: "Table", xlsx: Path | None) -> None:
    """Write a table to a workbook, else as CSV to standard output."""
    from gateway.reports.tables import FileType
    from gateway.whole_file import write_whole

    if xlsx is None:
        sys.stdout.buffer.write(table.file(FileType.CSV))
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(xlsx, table.file(FileType.XLSX))
    except OSError as error:
        raise StorageError(f"{xlsx} cannot be written: {error.strerror}") from error
    err.print(f"{len(table.rows)} lines in {xlsx}", markup=False)
