"""The words of tables, in the language of who reads them, and times of the site's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, Self

from gateway.locales import Catalogues

LOCALE_DIR: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class SheetWords:
    """Texts in one language, times in one zone."""

    zone: tzinfo
    translations: Mapping[str, str]

    @classmethod
    def load(cls, domain: str, language: str, zone: tzinfo) -> Self:
        """Read a catalogue ("counts") of a language ("zh-CN"); without one the texts are English.

        Raises ConfigError for a catalogue that cannot be read.
        """
        return cls(zone, Catalogues.load(LOCALE_DIR, domain).words.get(language, {}))

    def say(self, text: str) -> str:
        """Return an English text, or a code, in this language; one it does not know as it is."""
        return self.translations.get(text, text)

    def time(self, moment: datetime) -> str:
        """Return a time as people write it, and spreadsheets read it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"
