"""Counts in Excel, in both languages."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from gateway.counts.table import CAMERA, DOMAIN, FILM, HEADINGS, to_csv
from gateway.sheet_words import LOCALE_DIR, SheetWords
from gateway.store.counts import CountedInterval
from vision.types import KNOWN_KINDS, Kind, TallyRow
from vision.weights import find_model, load_manifest, shipped_manifest

BEGAN = datetime(2026, 5, 1, 0, 0, tzinfo=UTC)
ROWS = (TallyRow(Kind.VEHICLE, "truck", "a_to_b", 7), TallyRow(Kind("barrow"), "barrow", None, 1))


def rows(*intervals: CountedInterval, language: str = "zh-CN") -> list[list[str]]:
    words = SheetWords.load(DOMAIN, language, ZoneInfo("Asia/Shanghai"))
    data = to_csv(intervals, words).encode()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def interval(*counted: TallyRow, place: str | None = "bridge") -> CountedInterval:
    end = BEGAN + timedelta(hours=1)
    return CountedInterval("gate", "=traffic", place, BEGAN, end, 3600.0, counted)


@pytest.mark.parametrize(
    ("language", "heading", "kind"),
    [("zh-CN", "摄像机", ["车辆", "卡车"]), ("en", "Camera", ["vehicle", "truck"])],
)
def test_each_sort_has_a_line(language, heading, kind) -> None:
    head, first, second = rows(interval(*ROWS), language=language)
    assert head[0] == heading
    assert first[:3] == ["gate", "'=traffic", "bridge"]
    assert first[3:6] == ["2026-05-01 08:00:00", "2026-05-01 09:00:00", "3600.0"]
    assert first[6:] == [*kind, "A → B", "7"]
    assert second[6:] == ["barrow", "barrow", "", "1"]


def test_where_nothing_passed_the_time_watched_is_told_still() -> None:
    _, line = rows(interval(place=None))
    assert line[2:] == [
        "整个画面", "2026-05-01 08:00:00", "2026-05-01 09:00:00", "3600.0", "", "", "", "0",
    ]  # fmt: skip


def test_every_text_is_translated_and_none_is_left_over() -> None:
    with (LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        known = {str(one.id) for one in read_po(file) if one.id}
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    labels = {one.label for one in spec.classes}
    assert known == {*HEADINGS, CAMERA, FILM, "whole picture", *map(str, KNOWN_KINDS), *labels}
