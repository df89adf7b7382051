"""The words of a replay's table and contact sheet, in the language of who reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

from gateway.counts import table
from gateway.locales import Catalogues
from gateway.sheet_words import SheetWords
from gateway.sources.clip import FILE_EPOCH

LOCALE_DIR = Path(__file__).parents[1] / "locale"
DOMAIN = "replay"


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in one language, times in one zone. language: a tag such as "zh-CN"."""

    language: str
    zone: tzinfo
    translations: Mapping[str, str]

    @property
    def kind_words(self) -> Mapping[str, str]:
        """What kinds of objects are called."""
        return self.counts.translations

    @property
    def counts(self) -> SheetWords:
        """The words of counts, in the same language."""
        return SheetWords.load(table.DOMAIN, self.language, self.zone)

    @classmethod
    def load(cls, language: str, zone: tzinfo) -> Self:
        """Read the catalogue of a language; without one the texts are English."""
        words = Catalogues.load(LOCALE_DIR, DOMAIN).words
        return cls(language, zone, words.get(language, {}))

    def say(self, text: str, **values: object) -> str:
        """Return an English text in this language, its places filled in."""
        return self.translations.get(text, text).format(**values)

    def kind(self, kind: str) -> str:
        """Return what an incident of a kind is called; an unknown kind by its own name."""
        return self.translations.get(kind) or kind.replace("_", " ").capitalize()

    def time(self, moment: datetime) -> str:
        """Return a time of day as people write it, nothing of a film that does not know it."""
        if moment.year <= FILE_EPOCH.year:
            return ""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"


def clock(seconds: float) -> str:
    """Return seconds as a player shows them: 3683.4 is 1:01:23.4, 83.4 is 1:23.4."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
