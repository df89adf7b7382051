"""Refusals in the reader's language: sentences by their forms, fields by their names.

Sentences are written in English where they are raised, in whichever process, and translated where
they leave. A catalogue's message id is such a sentence with a place for each value: "there is no
camera {camera}". The value goes over as it is, or, being a sentence itself, translated too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from gateway.http.wrong_values import sentence_for
from gateway.locales import Catalogues
from gateway.yaml_file import Location, Mistake, dotted

SENTENCES: Final = "errors"
FIELDS: Final = "fields"
"""Domains of the catalogues."""
ENGLISH: Final = "en"
_PLACE: Final = re.compile(r"\{(\w+)\}")
_FIELD_PLACE: Final = "field"
"""The place of a form that holds a field's name."""
_LONGEST: Final = 600
"""Characters of a line that are compared with forms; no sentence of ours is longer."""
_DEPTH: Final = 3
"""Sentences within sentences."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A sentence with places, as a pattern, and what it is in a language."""

    pattern: re.Pattern[str]
    translation: str
    literal: int

    @classmethod
    def of(cls, sentence: str, translation: str) -> Self:
        """Return the form of a catalogue's entry."""
        parts = _PLACE.split(sentence)
        pattern = "".join(
            f"(?P<{part}>.+?)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        return cls(re.compile(pattern), translation, sum(map(len, parts[::2])))


@dataclass(frozen=True)
class Tongue:
    """One language. sentences, fields: translations by English sentence and by a field's name."""

    language: str
    sentences: Mapping[str, str]
    fields: Mapping[str, str]

    @cached_property
    def _forms(self) -> tuple[_Form, ...]:
        """The form that says most of itself first: "there is no unit {unit}" before "{a} {b}"."""
        forms = (_Form.of(*pair) for pair in self.sentences.items())
        return tuple(sorted(forms, key=lambda one: -one.literal))

    def say(self, text: str) -> str:
        """Return what an error says in this language, a line for each of its lines.

        What no catalogue has stays English.
        """
        return "\n".join(self._line(line, 0) or line for line in text.splitlines())

    def mistake(self, mistake: Mistake) -> str:
        """Return what is wrong with one value, without its place."""
        return self.say(sentence_for(mistake.kind, mistake.values) or mistake.text)

    def mistakes(self, found: Sequence[Mistake]) -> str:
        """Return a line for each mistake: `field: what is wrong`."""
        colon = ": " if self.language == ENGLISH else "："
        return "\n".join(f"{self.field(one.location)}{colon}{self.mistake(one)}" for one in found)

    def field(self, location: Location) -> str:
        """Return what a field is called; one of a list with its place in there, from 1."""
        if self.language == ENGLISH:
            return dotted(location)
        return " ".join(
            str(part + 1) if isinstance(part, int) else self.fields.get(part, part)
            for part in location
        )

    def _line(self, text: str, depth: int) -> str | None:
        if depth == _DEPTH or not self.sentences or len(text) > _LONGEST:
            return None
        bare = text.removesuffix(".")
        for form in self._forms:
            found = form.pattern.fullmatch(bare)
            if found is not None:
                values = {
                    name: self._value(name, value, depth)
                    for name, value in found.groupdict().items()
                }
                return form.translation.format_map(values)
        return self._of_a_field(bare, depth)

    def _of_a_field(self, text: str, depth: int) -> str | None:
        """Translate `rules.0.confirm_s: what is wrong`, None for anything else."""
        place, colon, rest = text.partition(": ")
        said = self._line(rest, depth + 1) if colon and " " not in place else None
        if said is None:
            return None
        location = tuple(int(part) if part.isdecimal() else part for part in place.split("."))
        return f"{self.field(location)}：{said}"

    def _value(self, name: str, value: str, depth: int) -> str:
        if name == _FIELD_PLACE:
            return self.fields.get(value, value)
        said = self._line(value, depth + 1)
        return value if said is None else said.removesuffix("。")


@dataclass(frozen=True, slots=True)
class Tongues:
    """All languages, by their tags."""

    catalogues: Catalogues
    by_language: Mapping[str, Tongue]

    @classmethod
    def load(cls, locale_dir: Path) -> Self:
        """Read the catalogues; raises ConfigError for one that cannot be read."""
        sentences = Catalogues.load(locale_dir, SENTENCES)
        fields = Catalogues.load(locale_dir, FIELDS).words
        translated = {
            one: Tongue(one, words, fields.get(one, {})) for one, words in sentences.words.items()
        }
        by_language = translated | {ENGLISH: PLAIN}
        return cls(Catalogues({one: {} for one in by_language}), by_language)

    def for_wishes(self, accept_language: str) -> Tongue:
        """Return the language for an `Accept-Language` header; English where it names none."""
        return self.by_language[self.catalogues.negotiate(accept_language, ENGLISH)]


PLAIN: Final = Tongue(ENGLISH, {}, {})
"""What sentences are written in."""
