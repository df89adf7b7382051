"""How commands speak: results on standard output, everything else on standard error."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.clock import to_iso

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Settings file (docs/settings.md); without it, defaults."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")
]


def to_json(value: object) -> str:
    """Return one line of JSON for a dataclass, mapping, sequence or plain value."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def print_json(value: object) -> None:
    """Print one JSON object on one line of standard output."""
    out.file.write(to_json(value) + "\n")
    out.file.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; a cell is a `Text` or anything else as it is, None a dash.

    What is too long for its column goes on below: half a path is none.
    """
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(cell) for cell in row))
    out.print(table)


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    return Text("–" if value is None else str(value), overflow="fold")


def _plain(value: object) -> object:
    """Return what `json` should write for a value it does not know."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: getattr(value, field.name)
            for field in dataclasses.fields(value)
            if field.repr
        }
    for kind, plain in _PLAIN.items():
        if isinstance(value, kind):
            return plain(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_PLAIN: Mapping[type, Callable[[Any], object]] = {
    datetime: to_iso,
    date: date.isoformat,
    timedelta: timedelta.total_seconds,
    Enum: lambda member: member.value,
    Path: str,
}
"""Types to how JSON writes them: times as text, spans in seconds."""
