import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.xlsx_sheet import CELL_LENGTH, Cell, sheet, sheet_name

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _part(book: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        return ElementTree.fromstring(parts.read(name))


def _strings(book: bytes) -> list[str]:
    return [
        "".join(text.text or "" for text in one.iter(f"{_MAIN}t"))
        for one in _part(book, "xl/sharedStrings.xml")
    ]


def _values(book: bytes) -> dict[str, str]:
    """Cell references to the values in them, texts resolved."""
    strings = _strings(book)
    found = {}
    for cell in _part(book, "xl/worksheets/sheet1.xml").iter(f"{_MAIN}c"):
        value = cell.findtext(f"{_MAIN}v") or ""
        found[cell.attrib["r"]] = strings[int(value)] if cell.get("t") == "s" else value
    return found


def test_a_workbook_holds_headings_and_cells_by_their_type() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    row: tuple[Cell, ...] = (
        "村口",
        3,
        0.5,
        True,
        date(2026, 7, 1),
        datetime(2026, 6, 30, 16, tzinfo=UTC).astimezone(shanghai),
        timedelta(hours=36),
        None,
    )
    book = sheet("巡逻", ["地点", *"BCDEFGH"], [row])
    values = _values(book)
    assert values["A1"], values["A2"] == ("地点", "村口")
    assert [values[f"{column}2"] for column in "BCD"] == ["3", "0.5", "1"]
    day = float(values["E2"])
    assert (float(values["F2"]), float(values["G2"])) == (day, 1.5)
    assert "H2" not in values
    assert _part(book, "xl/workbook.xml").find(f"{_MAIN}sheets/{_MAIN}sheet").attrib["name"] == (
        "巡逻"
    )


@settings(max_examples=20)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    texts = [f"{start}{text}}}" for start in ("=", "+", "-", "@", "http://", "mailto:", "{=")]
    book = sheet("t", ["c"], [[one] for one in texts])
    page = _part(book, "xl/worksheets/sheet1.xml")
    assert page.find(f".//{_MAIN}f") is None
    assert page.find(f".//{_MAIN}hyperlink") is None
    assert _strings(book)[1:] == texts


def test_a_text_longer_than_excel_takes_is_cut() -> None:
    assert len(_strings(sheet("t", ["c"], [["水" * (CELL_LENGTH + 9)]]))[1]) == CELL_LENGTH


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        sheet("t", ["c"], [[datetime(2026, 7, 1)]])  # noqa: DTZ001


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_any_title_becomes_a_name_that_excel_takes(title: str) -> None:
    name = sheet_name(title)
    assert 0 < len(name) <= 31
    assert not re.search(r"[\[\]:*?/\\]", name)
    assert name.strip("'") == name
    sheet(title, ["c"], [])
