"""Where a value stands in a JSON document: `data.stations[0].rain`, strictly or not at all."""

import re
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_PART: Final = re.compile(r"(?:^|(?<=.)\.)(?P<key>[^.\[\]]+)|\[(?P<index>\d{1,6})\]")
_NAMED: Final = 8
"""So many of the keys that are there are named where the one that is looked for is not."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A way into a document: keys and places in lists, counted from 0. Empty: all of it."""

    text: str
    parts: tuple[str | int, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the path of a text; raises ValueError for one that is none."""
        parts: list[str | int] = []
        end = 0
        for found in _PART.finditer(text):
            if found.start() != end:
                break
            end = found.end()
            parts.append(found["key"] if found["index"] is None else int(found["index"]))
        if end != len(text):
            raise ValueError(f"{text!r} is no path such as data.stations[0].rain")
        return cls(text, tuple(parts))

    def find(self, document: Json) -> Json:
        """Return what stands there; raises LookupError that says how far the way leads."""
        at, gone = document, ""
        for part in self.parts:
            if isinstance(part, int):
                if not isinstance(at, list) or part >= len(at):
                    raise LookupError(f"{self.text}: {_about(at, gone)} has no entry {part}")
                at, gone = at[part], f"{gone}[{part}]"
            else:
                if not isinstance(at, dict) or part not in at:
                    raise LookupError(f"{self.text}: {_about(at, gone)} has no {part!r}")
                at, gone = at[part], f"{gone}.{part}".lstrip(".")
        return at


def _about(value: Json, place: str) -> str:
    """Describe a value for somebody who looks for something in it."""
    where = place or "the answer"
    if isinstance(value, dict):
        return f"{where} (with {', '.join(list(value)[:_NAMED]) or 'nothing'})"
    if isinstance(value, list):
        return f"{where} (a list of {len(value)})"
    return f"{where} (no object)"
