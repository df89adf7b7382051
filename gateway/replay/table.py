"""Incidents as a table for Excel, headings in words."""

import json
from collections.abc import Callable, Iterable
from typing import Final

from gateway.csv_sheet import sheet
from gateway.replay.results import FoundIncident
from gateway.replay.words import Words, clock

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
    headings = [words.say(heading) for heading, _ in COLUMNS]
    return sheet(headings, ([value(one, words) for _, value in COLUMNS] for one in incidents))
