"""Rounds as tables for Excel and WPS, in the language of who reads them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from gateway import csv_sheet, xlsx_sheet
from gateway.patrol.round import Verdict, standing
from gateway.sheet_words import SheetWords
from gateway.store.patrol import StoredRound

DOMAIN: Final = "patrol"
"""Of the catalogue."""
TITLE: Final = "Rounds"
HEADINGS: Final = (
    "Round", "Unit", "Due", "Standing", "Began", "Ended", "By", "Stops", "Normal", "Findings",
    "Unseen", "Not visited", "Note",
)  # fmt: skip


Line = tuple[xlsx_sheet.Cell, ...]


def lines(rounds: Iterable[StoredRound], now: datetime, words: SheetWords) -> list[Line]:
    """Return a line for each round, as HEADINGS has it; times in the site's zone."""
    return [_line(one, now, words) for one in rounds]


def to_csv(rounds: Iterable[StoredRound], now: datetime, words: SheetWords) -> str:
    """Return the table as CSV."""
    plain = ([_text(cell) for cell in line] for line in lines(rounds, now, words))
    return csv_sheet.sheet([words.say(heading) for heading in HEADINGS], plain)


def to_xlsx(rounds: Iterable[StoredRound], now: datetime, words: SheetWords) -> bytes:
    """Return the table as a workbook."""
    headings = [words.say(heading) for heading in HEADINGS]
    return xlsx_sheet.sheet(words.say(TITLE), headings, lines(rounds, now, words))


def _line(one: StoredRound, now: datetime, words: SheetWords) -> Line:
    checkins = [checkin for checkin in one.checkins.values() if checkin.at is not None]
    arrivals = [checkin.arrived_at for checkin in one.checkins.values()]
    people = dict.fromkeys([checkin.by for checkin in checkins] + [one.by] * bool(one.by))
    verdicts = [checkin.verdict for checkin in checkins]
    return (
        one.round.name,
        one.round.unit,
        one.round.due_at.astimezone(words.zone),
        words.say(standing(one.round, one.outcome, now)),
        min(arrivals).astimezone(words.zone) if arrivals else None,
        one.settled_at.astimezone(words.zone) if one.settled_at and checkins else None,
        ", ".join(people),
        len(one.round.stops),
        *(verdicts.count(verdict) for verdict in Verdict),
        len(one.round.stops) - len(checkins),
        one.note,
    )


def _text(cell: xlsx_sheet.Cell) -> object:
    return f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else cell
