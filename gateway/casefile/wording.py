"""The words of an exported case, Chinese and English side by side; the reader chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Self

from gateway.locales import Catalogues

LOCALE_DIR = Path(__file__).parents[1] / "locale"
DOMAIN, KINDS_DOMAIN = "casefile", "reports"
CHINESE = "zh-CN"


@dataclass(frozen=True, slots=True)
class Wording:
    """Chinese by English text, or by a code with what it is a code of: `step closed`."""

    chinese: Mapping[str, str]
    kinds: Mapping[str, str]

    @classmethod
    def load(cls) -> Self:
        """Read the catalogues. Raises ConfigError for one that cannot be read."""
        words = Catalogues.load(LOCALE_DIR, DOMAIN).words
        kinds = Catalogues.load(LOCALE_DIR, KINDS_DOMAIN).words
        return cls(words.get(CHINESE, {}), kinds.get(CHINESE, {}))

    def say(self, text: str) -> str:
        """Return an English text in both languages, as HTML."""
        return _both(self.chinese.get(text, text), text)

    def code(self, group: str, code: str) -> str:
        """Return the words for a code, such as `step` and `closed`, in both languages, as HTML."""
        english = code.replace("_", " ").capitalize()
        return _both(self.chinese.get(f"{group} {code}", english), english)

    def kind(self, kind: str) -> str:
        """Return what an incident of a kind is called, in both languages, as HTML."""
        english = kind.replace("_", " ").capitalize()
        return _both(self.kinds.get(kind, english), english)


def _both(chinese: str, english: str) -> str:
    return f'<span lang="zh-CN">{escape(chinese)}</span><span lang="en">{escape(english)}</span>'
