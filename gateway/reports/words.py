"""The words of reports, in the language of who reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from gateway.locales import Catalogues

LOCALE_DIR: Final = Path(__file__).parents[1] / "locale"
DOMAIN: Final = "reports"


@dataclass(frozen=True, slots=True)
class ReportWords:
    """Texts in one language."""

    translations: Mapping[str, str]

    @classmethod
    def load(cls, language: str) -> Self:
        """Read the catalogue of a language ("zh-CN"); without one the texts are English."""
        return cls(Catalogues.load(LOCALE_DIR, DOMAIN).words.get(language, {}))

    def say(self, text: str) -> str:
        """Return an English text in this language; one it does not know as it is."""
        return self.translations.get(text, text)

    def code(self, code: str) -> str:
        """Return what a code, such as a kind of incident, is called; else its own name."""
        return self.translations.get(code) or code.replace("_", " ").capitalize()
