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
from gateway.reports.case_report import GroupBy
from gateway.reports.tables import FileType

if TYPE_CHECKING:
    from gateway.reports.tables import Table
    from gateway.store.case_facts import FactsFilter

USUAL_DAYS, USUAL_WEEKS = 30, 2

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
    from gateway.processes import open_store
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
    language = settings.site.language if csv or xlsx else "en"
    _tell(case_table(report, by, ReportWords.load(language)), csv=csv, xlsx=xlsx)


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

    from gateway.processes import open_store
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
    language = settings.site.language if csv or xlsx else "en"
    _tell(false_alarm_table(lines, ReportWords.load(language)), csv=csv, xlsx=xlsx)


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


def _tell(table: "Table", *, csv: bool, xlsx: Path | None) -> None:
    if xlsx is not None:
        _write(xlsx, table.file(FileType.XLSX))
        err.print(f"{len(table.rows)} lines in {xlsx}", markup=False)
    elif csv:
        sys.stdout.buffer.write(table.file(FileType.CSV))
        sys.stdout.buffer.flush()
    elif table.rows:
        print_table([one.lower() for one in table.headings], table.rows)
    else:
        err.print("There were no alarms in this time.")


def _write(path: Path, data: bytes) -> None:
    from gateway.whole_file import write_whole

    try:
        write_whole(path, data)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
