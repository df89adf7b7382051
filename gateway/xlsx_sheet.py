"""Tables for Excel and WPS: an XLSX workbook of one sheet, in which no cell is a formula or a link.

The twin of `gateway.csv_sheet`, for those who print or pass on: a bold heading row that stays in
sight, a filter on every column, columns as wide as what they hold.
"""

import io
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

import xlsxwriter

Cell: TypeAlias = str | int | float | bool | date | datetime | timedelta | None
"""A cell: None is an empty one; a time must be aware and is shown as its own zone's wall time."""

TITLE_LENGTH = 31
"""UTF-16 units a sheet's name may have in Excel."""
_TITLE_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
CELL_LENGTH = 32_767
"""Characters a cell may have in Excel."""
_NARROWEST, _WIDEST = 6, 60
"""Widths of a column, in characters."""
_DATE, _TIME, _SPAN = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss"
_SHOWN = {date: 10, datetime: 19, timedelta: 9}
"""How many characters the formats above take."""


def sheet(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return the workbook's bytes: `columns` as headings, then a row for each of `rows`.

    Rows are kept in memory once. Raises ValueError for a time without a zone.
    """
    table = [[_plain(cell) for cell in row] for row in rows]
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet(sheet_name(title))
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {
        date: book.add_format({"num_format": _DATE}),
        datetime: book.add_format({"num_format": _TIME}),
        timedelta: book.add_format({"num_format": _SPAN}),
    }
    for column, heading in enumerate(columns):
        page.write_string(0, column, heading, bold)
        page.set_column(column, column, _width(heading, [row[column] for row in table]))
    for number, row in enumerate(table, start=1):
        for column, cell in enumerate(row):
            _write(page, (number, column), cell, formats)
    page.freeze_panes(1, 0)
    if columns:
        page.autofilter(0, 0, len(table), len(columns) - 1)
    book.close()
    return file.getvalue()


def sheet_name(title: str) -> str:
    """Return a title as Excel takes it for a sheet's name."""
    printable = "".join(one for one in title if one.isprintable())
    units = printable.translate(_TITLE_FORBIDDEN).strip(" '").encode("utf-16-le", "replace")
    name = units[: 2 * TITLE_LENGTH].decode("utf-16-le", "ignore")
    return name.rstrip(" '") or "Sheet1"


def _plain(cell: Cell) -> Cell:
    """Return a cell as Excel can hold it: it knows no time zones and no very long texts."""
    if isinstance(cell, datetime):
        if cell.tzinfo is None:
            raise ValueError(f"{cell} has no time zone; a sheet shows the wall time of a zone")
        return cell.replace(tzinfo=None)
    if isinstance(cell, str):
        return str(cell)[:CELL_LENGTH]
    return cell


def _write(
    page: xlsxwriter.worksheet.Worksheet,
    at: tuple[int, int],
    cell: Cell,
    formats: dict[type, xlsxwriter.format.Format],
) -> None:
    """Write a cell by its type: `Worksheet.write` would take text with "=" for a formula."""
    match cell:
        case None:
            return
        case str():
            page.write_string(*at, cell)
        case bool():
            page.write_boolean(*at, cell)
        case datetime() | date() | timedelta():
            page.write_datetime(*at, cell, formats[type(cell)])
        case _:
            page.write_number(*at, cell)


def _width(heading: str, cells: Sequence[Cell]) -> int:
    """Return a column's width in characters, with room for the filter's arrow."""
    longest = max((_length(cell) for cell in cells), default=0)
    return min(max(longest + 1, _length(heading) + 3, _NARROWEST), _WIDEST)


def _length(cell: Cell) -> int:
    """Return how many characters wide a cell is; a Chinese one takes two."""
    if cell is None:
        return 0
    if (shown := _SHOWN.get(type(cell))) is not None:
        return shown
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in str(cell))
