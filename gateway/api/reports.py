"""Reports: what the cases of some time add up to, as JSON for programs and as files for people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import AwareDatetime, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import BadRequestError, ErrorBody
from gateway.reports.calendar import day_of, midnight, week_of
from gateway.reports.case_report import CaseLine, CaseReport, case_report
from gateway.reports.false_alarms import FalseAlarmLine, false_alarms
from gateway.reports.group_by import GroupBy
from gateway.reports.spread import Spread
from gateway.reports.tables import FileType, Table, case_table, false_alarm_table, file_name
from gateway.reports.words import ReportWords
from gateway.store.case_facts import FactsFilter
from gateway.workflow.case import FalseAlarm

USUAL_DAYS: Final = 30
USUAL_WEEKS: Final = 2
MEDIA: Mapping[FileType, str] = MappingProxyType(
    {
        FileType.CSV: "text/csv; charset=utf-8",
        FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
FILES: dict[int | str, dict[str, object]] = {
    422: {"model": ErrorBody},
    200: {
        "content": {one.partition(";")[0]: {} for one in MEDIA.values()},
        "description": "A file",
    },
}

router = APIRouter(prefix="/api/reports", tags=["reports"], dependencies=[Depends(signed_in)])


class SpreadBody(Answer):
    """How times spread, seconds: the middle one, and the one that nine of ten stay below."""

    count: int
    median_s: float | None
    p90_s: float | None


class CaseLineBody(Answer):
    """The cases of one group.

    key: the unit, kind or camera's id, or the first day of a day, week or month; "" for all, and
    for those without a unit. true, false: as people judged them. response: from the record to the
    first deed of a person or the platform; closing: to the end of those that were resolved.
    on_time_ratio: of those whose steps have times, the share that was never late.
    """

    key: str
    name: str
    cases: int
    open: int
    true: int
    false: int
    merged: int
    false_ratio: float | None
    response: SpreadBody
    closing: SpreadBody
    timed: int
    late: int
    on_time_ratio: float | None


class CaseReportBody(Answer):
    """Cases whose incidents began in [start, end), by group and all together."""

    by: GroupBy
    start: UtcTime
    end: UtcTime
    lines: tuple[CaseLineBody, ...]
    total: CaseLineBody


class FalseAlarmLineBody(Answer):
    """What one rule of a camera raised in a week, which begins on that Monday."""

    week: date
    camera: str
    camera_name: str
    rule: str
    kind: str
    raised: int
    judged: int
    false: int
    false_ratio: float | None
    reasons: dict[FalseAlarm, int]


class FalseAlarmsBody(Answer):
    """False alarms by week, camera and rule: the newest week and the worst line first."""

    start: UtcTime
    end: UtcTime
    lines: tuple[FalseAlarmLineBody, ...]


class PeriodQuery(Question):
    """Which cases: those whose incidents began in [from, to). to: by default the site's midnight.

    from: by default some weeks earlier.
    """

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")


class CaseReportQuery(PeriodQuery):
    """The same; by: what there is one line for."""

    by: GroupBy = GroupBy.UNIT


class FalseAlarmQuery(PeriodQuery):
    """The same, of one camera or rule."""

    camera: str | None = None
    rule: str | None = None


CaseQueryDep = Annotated[CaseReportQuery, Query()]
FalseQueryDep = Annotated[FalseAlarmQuery, Query()]
AcceptLanguage = Annotated[str, Header()]


@router.get("/cases", responses={422: {"model": ErrorBody}})
def read_case_report(
    services: ServicesDep, within: JurisdictionDep, wanted: CaseQueryDep
) -> CaseReportBody:
    """Return counts, response and closing times, on-time and false-alarm rates of cases."""
    period = replace(_case_period(wanted, services), within=within)
    report = _case_report(period, wanted.by, services)
    return CaseReportBody(
        by=wanted.by,
        start=period.since,
        end=period.until,
        lines=tuple(_line(one) for one in report.lines),
        total=_line(report.total),
    )


@router.get("/cases.{kind}", response_class=Response, responses=FILES)
def read_case_report_file(
    kind: FileType,
    services: ServicesDep,
    within: JurisdictionDep,
    runtime: RuntimeDep,
    wanted: CaseQueryDep,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Return the same as a file, headings in the reader's language."""
    period = replace(_case_period(wanted, services), within=within)
    report = _case_report(period, wanted.by, services)
    table = case_table(report, wanted.by, _words(services, runtime, accept_language))
    return _file(table, file_name("cases", *_days(period, services), kind), kind)


@router.get("/false-alarms", responses={422: {"model": ErrorBody}})
def read_false_alarms(
    services: ServicesDep, within: JurisdictionDep, wanted: FalseQueryDep
) -> FalseAlarmsBody:
    """Return how often each rule of each camera was wrong, week by week, and why."""
    period = replace(_false_period(wanted, services), within=within)
    lines = _false_alarms(period, services)
    return FalseAlarmsBody(
        start=period.since, end=period.until, lines=tuple(_false_line(one) for one in lines)
    )


@router.get("/false-alarms.{kind}", response_class=Response, responses=FILES)
def read_false_alarms_file(
    kind: FileType,
    services: ServicesDep,
    within: JurisdictionDep,
    runtime: RuntimeDep,
    wanted: FalseQueryDep,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Return the same as a file, headings in the reader's language."""
    period = replace(_false_period(wanted, services), within=within)
    lines = _false_alarms(period, services)
    table = false_alarm_table(lines, _words(services, runtime, accept_language))
    return _file(table, file_name("false-alarms", *_days(period, services), kind), kind)


def _case_report(period: FactsFilter, by: GroupBy, services: Services) -> CaseReport:
    facts = services.store.case_facts.of(period, services.now())
    return case_report(facts, by, services.site.zone)


def _false_alarms(period: FactsFilter, services: Services) -> tuple[FalseAlarmLine, ...]:
    facts = services.store.case_facts.of(period, services.now())
    return false_alarms(facts, services.site.zone)


def _case_period(wanted: CaseReportQuery, services: Services) -> FactsFilter:
    end = wanted.end or _next_midnight(services)
    return _period(wanted.start or end - timedelta(days=USUAL_DAYS), end)


def _false_period(wanted: FalseAlarmQuery, services: Services) -> FactsFilter:
    end = wanted.end or _next_midnight(services)
    week = week_of(end - timedelta(microseconds=1), services.site.zone)
    usual = midnight(week - timedelta(weeks=USUAL_WEEKS - 1), services.site.zone)
    return _period(wanted.start or usual, end, wanted.camera, wanted.rule)


def _period(
    start: datetime, end: datetime, camera: str | None = None, rule: str | None = None
) -> FactsFilter:
    if end <= start:
        raise BadRequestError("to: must be later than from; without it, it is the next midnight")
    return FactsFilter(start, end, camera, rule)


def _next_midnight(services: Services) -> datetime:
    zone = services.site.zone
    return midnight(day_of(services.now(), zone) + timedelta(days=1), zone)


def _days(period: FactsFilter, services: Services) -> tuple[date, date]:
    zone = services.site.zone
    return day_of(period.since, zone), day_of(period.until - timedelta(microseconds=1), zone)


def _words(services: Services, runtime: Runtime, accept_language: str) -> ReportWords:
    return ReportWords.load(runtime.catalogues.negotiate(accept_language, services.site.language))


def _file(table: Table, name: str, kind: FileType) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Language",
    }
    return Response(table.file(kind), media_type=MEDIA[kind], headers=headers)


def _spread(spread: Spread) -> SpreadBody:
    median, p90 = (
        None if one is None else round(one.total_seconds(), 3)
        for one in (spread.median, spread.p90)
    )
    return SpreadBody(count=spread.count, median_s=median, p90_s=p90)


def _line(line: CaseLine) -> CaseLineBody:
    return CaseLineBody(
        key=line.key,
        name=line.name,
        cases=line.cases,
        open=line.open,
        true=line.true,
        false=line.false,
        merged=line.merged,
        false_ratio=line.false_ratio,
        response=_spread(line.response),
        closing=_spread(line.closing),
        timed=line.timed,
        late=line.late,
        on_time_ratio=line.on_time_ratio,
    )


def _false_line(line: FalseAlarmLine) -> FalseAlarmLineBody:
    return FalseAlarmLineBody(
        week=line.week,
        camera=line.camera_id,
        camera_name=line.camera_name,
        rule=line.rule,
        kind=line.kind,
        raised=line.raised,
        judged=line.judged,
        false=line.false,
        false_ratio=line.false_ratio,
        reasons=dict(line.reasons),
    )
