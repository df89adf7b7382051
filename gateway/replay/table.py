"""Incidents as a table for Excel: CSV in UTF-8 with a byte order mark, headings in words."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from typing import Final

from gateway.replay.results import FoundIncident
from gateway.replay.words import Words, clock

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the system's own code page."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What Excel takes for the beginning of a formula."""

COLUMNS: Final[tuple[tuple[str, Callable[[FoundIncident, Words], object]], ...]] = (
    ("Film", lambda one, _: one.file),
    ("Kind", lambda one, words: words.kind(one.kind)),
    ("Severity", lambda one, words: words.say(one.severity.capitalize())),
    ("Zone", lambda one, _: one.zone or ""),
    ("Rule", lambda one, _: one.rule),
    ("Began", lambda one, words: words.time(one.opened_at)),
    ("Ended", lambda one, words: words.time(one.closed_at)),
    ("In the film from", lambda one, _: clock(one.start_s)),
    ("to", lambda one, _: clock(one.end_s)),
    ("Seconds", lambda one, _: one.duration_s),
    ("Lasts to the end", lambda one, words: words.say("yes") if one.lasts else ""),
    ("Readings", lambda one, _: json.dumps(dict(one.readings), ensure_ascii=False)),
    ("Number", lambda one, _: one.id),
)
"""Heading, and what stands below it."""


def to_csv(incidents: Iterable[FoundIncident], words: Words) -> str:
    """Return the table, a line for each incident."""
    text = io.StringIO(BYTE_ORDER_MARK, newline="")
    text.seek(len(BYTE_ORDER_MARK))
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([words.say(heading) for heading, _ in COLUMNS])
    for one in incidents:
        writer.writerow([_harmless(value(one, words)) for _, value in COLUMNS])
    return text.getvalue()


def _harmless(value: object) -> object:
    """Return a cell that no program takes for a formula: names of files are somebody else's."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
