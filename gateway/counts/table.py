"""Counts as a table for Excel, headings and kinds in the language of who reads it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, Self

from gateway.csv_sheet import sheet
from gateway.locales import Catalogues
from gateway.store.counts import CountedInterval

LOCALE_DIR = Path(__file__).parents[1] / "locale"
DOMAIN = "counts"
CAMERA, FILM = "Camera", "Film"
"""What stands in the first column."""

HEADINGS: Final = (
    "Rule", "Place", "From", "To", "Watched (s)", "Kind", "Label", "Direction", "Count",
)  # fmt: skip
DIRECTIONS: Final[Mapping[str, str]] = {"a_to_b": "A → B", "b_to_a": "B → A"}


@dataclass(frozen=True, slots=True)
class CountWords:
    """Texts in one language, times in one zone."""

    zone: tzinfo
    translations: Mapping[str, str]

    @classmethod
    def load(cls, language: str, zone: tzinfo) -> Self:
        """Read the catalogue of a language ("zh-CN"); without one the texts are English."""
        return cls(zone, Catalogues.load(LOCALE_DIR, DOMAIN).words.get(language, {}))

    def say(self, text: str) -> str:
        """Return an English text, or a kind, in this language; one it does not know as it is."""
        return self.translations.get(text, text)

    def time(self, moment: datetime) -> str:
        """Return a time as people write it, and spreadsheets read it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"


def to_csv(intervals: Iterable[CountedInterval], words: CountWords, subject: str = CAMERA) -> str:
    """Return the table: a line for each kind, label and direction of each interval.

    An interval in which nothing passed has one line that says so. subject: CAMERA or FILM.
    """
    headings = [words.say(heading) for heading in (subject, *HEADINGS)]
    return sheet(headings, (line for one in intervals for line in count_lines(one, words)))


def count_lines(interval: CountedInterval, words: CountWords) -> Iterator[tuple[object, ...]]:
    """Yield the lines of one interval, as HEADINGS has them after the camera's id."""
    place = interval.place or words.say("whole picture")
    span = (words.time(interval.start), words.time(interval.end), interval.watched_s)
    about = (interval.camera_id, interval.rule, place, *span)
    for row in interval.rows:
        direction = DIRECTIONS.get(row.direction or "", row.direction)
        yield (*about, words.say(row.kind), words.say(row.label), direction, row.count)
    if not interval.rows:
        yield (*about, None, None, None, 0)
