"""The console's words in each language, from gettext catalogues; the msgid is the English text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Self

from babel.messages.pofile import PoFileError, read_po

from gateway.errors import ConfigError

DOMAIN = "gridpatrol"
KEPT_CATALOGUES: Final = 32
"""Contents of catalogues that are parsed only once: each sheet and report asks for its words."""


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All catalogues, by language tag ("zh-CN"); each maps English text to the translation.

    A text that is not translated, or only by guess (fuzzy), is left out: English stands in for it.
    """

    words: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, locale_dir: Path, domain: str = DOMAIN) -> Self:
        """Read `<language>/LC_MESSAGES/<domain>.po` below a directory.

        Raises ConfigError for a catalogue that cannot be read.
        """
        files = sorted(locale_dir.glob(f"*/LC_MESSAGES/{domain}.po"))
        return cls({_tag(path.parents[1].name): _read(path) for path in files})

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags, in alphabetical order."""
        return tuple(self.words)

    def negotiate(self, accept_language: str, default: str) -> str:
        """Return the language to use for an `Accept-Language` header (RFC 9110 §12.5.4).

        The first wish that we speak wins, in its region or another; `default` when there is none.
        """
        tags = {tag.lower(): tag for tag in self.languages}
        spoken = {tag.partition("-")[0]: tag for tag in self.languages}
        for wish in _preferences(accept_language.lower()):
            found = tags.get(wish) or spoken.get(wish.partition("-")[0])
            if found is not None:
                return found
        return default


def _tag(folder: str) -> str:
    return folder.replace("_", "-")


def _read(path: Path) -> Mapping[str, str]:
    try:
        return _words(path.read_bytes())
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise ConfigError(f"Catalogue {path} cannot be read: {error}.") from error


@lru_cache(KEPT_CATALOGUES)
def _words(catalogue: bytes) -> Mapping[str, str]:
    return {
        message.id: message.string
        for message in read_po(BytesIO(catalogue), domain=DOMAIN, abort_invalid=True)
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.id
        and message.string
        and not message.fuzzy
    }


def _preferences(accept_language: str) -> list[str]:
    """Return the tags of a header, the most wanted first; nonsense is passed over."""
    weighed = [part for text in accept_language.split(",") if (part := _preference(text))]
    return [tag for tag, weight in sorted(weighed, key=lambda part: -part[1]) if weight > 0]


def _preference(text: str) -> tuple[str, float] | None:
    tag, _, weight = text.strip().partition(";")
    name, _, value = weight.strip().partition("=")
    try:
        return (tag.strip(), float(value) if name.strip() == "q" else 1.0) if tag.strip() else None
    except ValueError:
        return None
