"""Counts as a table for Excel, headings and kinds in the language of who reads it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gateway.csv_sheet import sheet
from gateway.sheet_words import SheetWords
from gateway.store.counts import CountedInterval

DOMAIN: Final = "counts"
"""Of the catalogue."""
CAMERA, FILM = "Camera", "Film"
"""What stands in the first column."""

HEADINGS: Final = (
    "Rule", "Place", "From", "To", "Watched (s)", "Kind", "Label", "Direction", "Count",
)  # fmt: skip
DIRECTIONS: Final[Mapping[str, str]] = {"a_to_b": "A → B", "b_to_a": "B → A"}


def to_csv(intervals: Iterable[CountedInterval], words: SheetWords, subject: str = CAMERA) -> str:
    """Return the table: a line for each kind, label and direction of each interval.

    An interval in which nothing passed has one line that says so. subject: CAMERA or FILM.
    """
    headings = [words.say(heading) for heading in (subject, *HEADINGS)]
    return sheet(headings, (line for one in intervals for line in count_lines(one, words)))


def count_lines(interval: CountedInterval, words: SheetWords) -> Iterator[tuple[object, ...]]:
    """Yield the lines of one interval, as HEADINGS has them after the camera's id."""
    place = interval.place or words.say("whole picture")
    span = (words.time(interval.start), words.time(interval.end), interval.watched_s)
    about = (interval.camera_id, interval.rule, place, *span)
    for row in interval.rows:
        direction = DIRECTIONS.get(row.direction or "", row.direction)
        yield (*about, words.say(row.kind), words.say(row.label), direction, row.count)
    if not interval.rows:
        yield (*about, None, None, None, 0)
