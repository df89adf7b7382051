"""Tables for Excel: CSV in UTF-8 with a byte order mark, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the system's own code page."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What Excel takes for the beginning of a formula."""


def sheet(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table, headings first; a cell is text, a number, or None for nothing."""
    text = io.StringIO(BYTE_ORDER_MARK, newline="")
    text.seek(len(BYTE_ORDER_MARK))
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """Return a cell that no program takes for a formula: names may be somebody else's."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
