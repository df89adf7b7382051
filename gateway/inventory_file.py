"""Cameras in a file: CSV as Excel in China writes it, or YAML; every mistake told.

A cell that is empty changes nothing; a dash empties what was known. Zones, rules and where water is
watched are in YAML only. Nothing here knows which cameras there are: `gateway.inventory_plan`
compares.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from gateway.errors import ConfigError
from gateway.inventory_columns import (
    ADVICE,
    CLEARABLE,
    COLUMNS,
    MAX_TEXT,
    BadValueError,
    Column,
    Value,
    column_of,
)
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.rules_file import rules_from_json
from gateway.sources import Credentials, shown, split_credentials
from gateway.store.inventory import Camera
from gateway.water_file import water_from_json, water_to_json
from gateway.yaml_file import line_of, parse_yaml

MAX_BYTES = 8 * 1024 * 1024
MAX_ROWS = 20_000
CLEAR = "-"
"""A cell that holds only this empties what was known."""

_FORMULA = ("=", "+", "-", "@", "'")
"""Beginnings that a spreadsheet takes for a formula; an apostrophe before them says it is text."""


ENCODINGS = ("utf-8-sig", "gb18030")
"""What Excel in China writes, the stricter first: GB18030 text is hardly ever valid UTF-8."""

YAML_SUFFIXES = (".yaml", ".yml")


class FileFormat(StrEnum):
    """How cameras are written down."""

    CSV = "csv"
    YAML = "yaml"

    @classmethod
    def of(cls, path: Path) -> "FileFormat":
        """Return the format of a file by its name."""
        return cls.YAML if path.suffix.lower() in YAML_SUFFIXES else cls.CSV


@dataclass(frozen=True, slots=True)
class BadCell:
    """One thing wrong. row: line of the file, from 1. column: its name in English, "" for the row.

    value: as it stands there, secrets hidden. code: a key of `ADVICE`, for programs and catalogues.
    """

    row: int
    column: str
    value: str
    code: str

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.code]


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """One camera as a file has it; None: not said there, so what is known stays. row: its line."""

    row: int
    id: str = ""
    name: str | None = None
    channel_code: str | None = None
    unit: str | None = None
    grid: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    main_uri: str | None = None
    sub_uri: str | None = None
    record: RecordMode | None = None
    transport: Transport | None = None
    enabled: bool | None = None
    zones: str | None = None
    rules: str | None = None
    water: str | None = None


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """What a file says, and what is wrong in it; a row with a mistake is not among the entries."""

    entries: tuple[CameraEntry, ...]
    bad: tuple[BadCell, ...]


_SCENE = ("zones", "rules")
_YAML_ONLY = (*_SCENE, "water")


def read_inventory(content: bytes, format: FileFormat) -> InventoryFile:  # noqa: A002
    """Return the cameras of a file and everything wrong with it.

    Raises ConfigError when it cannot be read as a table of cameras at all: no text, no headings,
    not YAML, too big.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError(f"the file is larger than {MAX_BYTES // 2**20} MiB; import it in parts")
    text = _decoded(content)
    rows = _csv_rows(text) if format is FileFormat.CSV else _yaml_rows(text)
    entries: list[CameraEntry] = []
    bad: list[BadCell] = []
    for row in rows:
        if len(entries) + len(bad) > MAX_ROWS:
            raise ConfigError(f"the file has more than {MAX_ROWS} rows; import it in parts")
        entry = _entry(row, bad)
        if entry is not None:
            entries.append(entry)
    return InventoryFile(tuple(entries), tuple(bad))


def write_csv(cameras: Iterable[Camera], password_of: Callable[[str], str | None] | None) -> bytes:
    """Return cameras as a CSV that Excel opens: UTF-8 with BOM, headings in both languages.

    password_of: gives a camera's password; None leaves the column empty.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(f"{column.chinese} {column.name}" for column in COLUMNS)
    for camera in cameras:
        known = _known(camera, password_of)
        table.writerow(_cell(known[column.name]) for column in COLUMNS)
    return out.getvalue().encode("utf-8-sig")


def write_yaml(cameras: Iterable[Camera], password_of: Callable[[str], str | None] | None) -> bytes:
    """Return cameras as YAML, with zones, rules and water; password_of as for `write_csv`."""
    listed = []
    for camera in cameras:
        known = _known(camera, password_of)
        said: dict[str, object] = {k: v for k, v in known.items() if v not in (None, "")}
        for key in _YAML_ONLY:
            text = getattr(camera, key)
            said |= {key: kept} if text and (kept := json.loads(text)) else {}
        listed.append(said)
    out = io.BytesIO()
    YAML().dump({"cameras": listed}, out)
    return out.getvalue()


class _Row(NamedTuple):
    """One camera before its values are understood. cells: by heading as written."""

    number: int
    cells: Mapping[str, object]
    bad: tuple[BadCell, ...] = ()


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError("the file is not text in UTF-8 or GB18030; save it as CSV UTF-8")


def _csv_rows(text: str) -> Iterator[_Row]:
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    headings: list[str] | None = None
    number = 1
    while True:
        try:
            cells = next(lines, None)
        except csv.Error:  # a cell beyond the reader's limit: a quotation mark left open
            yield _Row(number, {}, (_about(number, "", "", "quotes"),))
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            if headings is None:
                headings = cells
                yield from _bad_headings(number, headings)
            else:
                yield _csv_row(number, headings, cells)
        number = lines.line_num + 1


def _bad_headings(number: int, headings: list[str]) -> Iterator[_Row]:
    """Yield what is wrong with the headings. Raises ConfigError when none is one of ours."""
    columns = [column_of(heading) for heading in headings]
    if not any(columns):
        known = ", ".join(column.name for column in COLUMNS)
        raise ConfigError(f"no column is known by its heading; the first row must name {known}")
    seen: set[str] = set()
    bad: list[BadCell] = []
    for heading, column in zip(headings, columns, strict=True):
        if column is None and heading.strip():
            bad.append(_about(number, "", heading, "heading"))
        if column is not None and column.name in seen:
            bad.append(_about(number, column.name, heading, "twice"))
        seen |= {column.name} if column else set()
    if bad:
        yield _Row(number, {}, tuple(bad))


def _csv_row(number: int, headings: list[str], cells: list[str]) -> _Row:
    extra = [cell for cell in cells[len(headings) :] if cell.strip()]
    if extra:
        return _Row(number, {}, (_about(number, "", extra[0], "cells"),))
    known: dict[str, object] = {}
    for heading, cell in zip(headings, cells, strict=False):
        column = column_of(heading)
        if column is not None:
            known.setdefault(column.name, _unescaped(cell.strip()))
    return _Row(number, known)


def _yaml_rows(text: str) -> Iterator[_Row]:
    document = parse_yaml(text, Path("the file"))
    cameras = document.get("cameras")
    if not isinstance(cameras, CommentedSeq):
        raise ConfigError("the file has no list `cameras:`; write each camera as `- id: …`")
    for index, camera in enumerate(cameras):
        number = line_of(document, ("cameras", index))
        if isinstance(camera, CommentedMap):
            yield _Row(number, {str(key): value for key, value in camera.items()})
        else:
            yield _Row(number, {}, (_about(number, "", str(camera), "shape"),))


def _entry(row: _Row, bad: list[BadCell]) -> CameraEntry | None:
    """Return the camera of a row; None, and what is wrong added to `bad`, when it has mistakes."""
    values: dict[str, Value] = {}
    found = list(row.bad)
    for heading, cell in row.cells.items():
        column = column_of(heading)
        if column is not None:
            _take(row.number, column, cell, values, found)
        elif heading not in _YAML_ONLY:
            found.append(_about(row.number, "", heading, "heading"))
    found += [*_scene(row, values), *_water(row, values)]
    if not found and row.cells:
        found += _together(row.number, values)
    bad += found
    if found or not values:
        return None
    return _assembled(row.number, values)


def _take(
    number: int, column: Column, cell: object, values: dict[str, Value], bad: list[BadCell]
) -> None:
    """Understand one cell."""
    if cell is None or cell == "":
        return
    if isinstance(cell, (CommentedMap, CommentedSeq)):
        bad.append(_about(number, column.name, "", "nested"))
        return
    text = str(cell).strip()
    try:
        is_clear = text == CLEAR and column.name in CLEARABLE
        values[column.name] = "" if is_clear else column.parse(text)
    except BadValueError as error:
        bad.append(_about(number, column.name, text, str(error)))


def _scene(row: _Row, values: dict[str, Value]) -> list[BadCell]:
    """Check zones and rules together, as they are used."""
    said = {key: row.cells[key] for key in _SCENE if row.cells.get(key)}
    if not said:
        return []
    try:
        texts = {key: json.dumps(said.get(key, []), default=str) for key in _SCENE}
        rules_from_json(texts["zones"], texts["rules"])
    except (ConfigError, ValueError, RecursionError) as error:
        return [BadCell(row.number, "zones", str(error)[: 2 * MAX_TEXT], "zones")]
    values.update({key: texts[key] for key in said})
    return []


def _water(row: _Row, values: dict[str, Value]) -> list[BadCell]:
    """Check where water is watched; a dash says nowhere."""
    said = row.cells.get("water")
    if not said:
        return []
    if said == CLEAR:
        values["water"] = ""
        return []
    try:
        text = json.dumps(said, default=str)
        values["water"] = water_to_json(water_from_json(text))
    except (ConfigError, ValueError, RecursionError) as error:
        return [BadCell(row.number, "water", str(error)[: 2 * MAX_TEXT], "water")]
    return []


def _together(number: int, values: Mapping[str, Value]) -> list[BadCell]:
    """Return what is wrong with values that are right one by one."""
    found = []
    if not values.get("id") and not values.get("name"):
        found.append(_about(number, "id", "", "no_id"))
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        found.append(_about(number, "latitude", "", "place"))
    return found


def _assembled(number: int, values: dict[str, Value]) -> CameraEntry:
    """Return the camera; a user and password inside an address move to their own columns."""
    inside: Credentials | None = None
    for name in ("address", "main_uri", "sub_uri"):
        uri = values.get(name)
        if isinstance(uri, str) and "://" in uri:
            values[name], here = split_credentials(uri)
            inside = inside or here
    if inside is not None and "username" not in values:
        values["username"] = inside.user
        if inside.password:
            values.setdefault("password", inside.password)
    known = {one.name for one in fields(CameraEntry)}
    return CameraEntry(number, **{k: v for k, v in values.items() if k in known})  # type: ignore[arg-type]


def _about(number: int, column: str, value: str, code: str) -> BadCell:
    hidden = "***" if column == "password" and value else shown_cell(value)
    return BadCell(number, column, hidden[:MAX_TEXT], code)


def shown_cell(value: str) -> str:
    """Return a cell as it may be shown: without a user and password that stand in an address."""
    if "@" not in value:
        return value
    try:
        return shown(value) if "://" in value else value.rpartition("@")[2]
    except ValueError:
        return "***"


def _known(
    camera: Camera, password_of: Callable[[str], str | None] | None
) -> dict[str, str | float | bool | None]:
    """Return a camera's values by column."""
    password = password_of(camera.id) if password_of else None
    return {
        column.name: password if column.name == "password" else _plain(getattr(camera, column.name))
        for column in COLUMNS
    }


def _plain(value: object) -> str | float | bool | None:
    if isinstance(value, StrEnum):
        return value.value
    return value if isinstance(value, (str, float, bool)) else None


def _cell(value: str | float | bool | None) -> str:
    """Return a value as a cell; text that a spreadsheet would calculate is marked as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    return f"'{value}" if value.startswith(_FORMULA) else value


def _unescaped(cell: str) -> str:
    is_marked = cell.startswith("'") and cell[1:].startswith(_FORMULA)
    return cell[1:] if is_marked else cell
