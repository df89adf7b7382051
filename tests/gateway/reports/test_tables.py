"""Reports in spreadsheets, in both languages."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from gateway.reports import tables
from gateway.reports.case_report import case_report
from gateway.reports.false_alarms import false_alarms
from gateway.reports.group_by import GroupBy
from gateway.reports.tables import FileType, case_table, false_alarm_table, file_name
from gateway.reports.words import DOMAIN, LOCALE_DIR, ReportWords
from gateway.store.case_facts import CaseFacts, Verdict
from gateway.workflow.case import FalseAlarm, Outcome
from vision.health import FAULT_KINDS
from vision.water.conditions import WATERLOGGING

T0 = datetime(2026, 5, 4, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RESOLVED = CaseFacts(
    case_id="i-0",
    unit="东山村",
    kind=WATERLOGGING,
    camera_id="gate",
    camera_name="=村口",
    rule="waterlogging",
    opened_at=T0,
    begun_at=T0,
    answered_at=T0 + 3 * MINUTE,
    closed_at=T0 + 90 * MINUTE,
    outcome=Outcome.RESOLVED,
    verdict=Verdict.TRUE,
    reason=None,
    is_timed=True,
    is_late=True,
)
FALSE = replace(
    RESOLVED,
    unit="",
    outcome=Outcome.FALSE_ALARM,
    verdict=Verdict.FALSE,
    reason=FalseAlarm.LIGHT,
    is_late=False,
)
CHINESE, ENGLISH = ReportWords.load("zh-CN"), ReportWords.load("en")


def rows(table: tables.Table) -> list[list[str]]:
    text = table.file(FileType.CSV).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_cases_by_unit_with_a_total() -> None:
    report = case_report([RESOLVED, FALSE], GroupBy.UNIT, UTC)
    heading, nobody, village, total = rows(case_table(report, GroupBy.UNIT, CHINESE))
    assert heading[:2] == ["单位", "事件数"]
    assert [line[0] for line in (nobody, village, total)] == ["未归属单位", "东山村", "合计"]
    assert village[1:] == ["1", "0", "1", "0", "0", "0.0", "3.0", "3.0", "90.0", "90.0", "0.0", "1"]
    assert total[1:7] == ["2", "0", "1", "1", "0", "50.0"]


def test_cases_by_camera_and_kind_are_named_and_no_cell_is_a_formula() -> None:
    report = case_report([RESOLVED], GroupBy.CAMERA, UTC)
    _, line, total = rows(case_table(report, GroupBy.CAMERA, ENGLISH))
    assert (line[:2], total[:2]) == (["'=村口", "gate"], ["All", ""])
    kinds = case_report([RESOLVED], GroupBy.KIND, UTC)
    assert rows(case_table(kinds, GroupBy.KIND, CHINESE))[1][0] == "道路积水"
    assert rows(case_table(kinds, GroupBy.KIND, ENGLISH))[1][0] == "Waterlogging"


def test_false_alarms_have_a_column_for_each_reason() -> None:
    table = false_alarm_table(false_alarms([RESOLVED, FALSE], UTC), CHINESE)
    heading, line = rows(table)
    told = dict(zip(heading, line, strict=True))
    assert (told["周（起）"], told["误报"], told["误报率（%）"]) == ("2026-05-04", "1", "50.0")
    assert (told["灯光、反光、阴影"], told["动物"]) == ("1", "0")


def test_the_workbook_opens_as_one() -> None:
    report = case_report([RESOLVED], GroupBy.DAY, UTC)
    data = case_table(report, GroupBy.DAY, CHINESE).file(FileType.XLSX)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert "xl/worksheets/sheet1.xml" in names


def test_every_text_is_translated_and_none_is_left_over() -> None:
    path = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po"
    with Path(path).open("rb") as file:
        known = {str(message.id) for message in read_po(file) if message.id}
    headings = {heading for heading, _ in tables._CASE_COLUMNS} | set(tables._FALSE_HEADINGS)
    titles = {tables.CASE_TITLE, tables.FALSE_TITLE, tables.NO_UNIT, tables.ALL}
    texts = headings | titles | set(tables.GROUPS.values())
    codes = {*map(str, FalseAlarm), *FAULT_KINDS, WATERLOGGING}
    assert texts | codes <= known
    assert {text for text in known if not text.islower()} <= texts


@pytest.mark.parametrize(
    ("last", "name"),
    [("2026-05-04", "cases-20260504.csv"), ("2026-05-09", "cases-20260504-20260509.csv")],
)
def test_files_are_named_after_their_days(last: str, name: str) -> None:
    assert file_name("cases", date(2026, 5, 4), date.fromisoformat(last), FileType.CSV) == name
