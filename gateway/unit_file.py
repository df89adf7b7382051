"""The tree of units as a YAML file: `units:`, each with id, name, level and parent."""

import io
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML

from gateway.errors import ConfigError
from gateway.units import Unit, UnitTree, tree_of
from gateway.workflow.case import Level
from gateway.yaml_file import explain, parse_yaml

MAX_BYTES = 2 * 1024 * 1024
"""Longest file; a county's thousand grids take about 100 kB."""


class UnitEntry(BaseModel):
    """A unit as it is written down."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    id: str
    name: str
    level: Level
    parent: str | None = None

    @property
    def unit(self) -> Unit:
        """The same for the tree; raises ConfigError."""
        return Unit(self.id, self.name.strip(), self.level, self.parent)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    units: tuple[UnitEntry, ...] = ()


def read_units(content: bytes, path: Path = Path("the file")) -> UnitTree:
    """Return the tree that a file holds; raises ConfigError with the line of each mistake."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES // 2**20} MiB")
    try:
        document = parse_yaml(content.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    try:
        found = _File.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(path, document, _File, error)) from error
    return tree_of(entry.unit for entry in found.units)


def write_units(tree: UnitTree) -> bytes:
    """Return a tree as a file, the highest levels first."""
    listed = [
        {"id": one.id, "name": one.name, "level": one.level.value}
        | ({"parent": one.parent} if one.parent else {})
        for one in tree.units
    ]
    out = io.BytesIO()
    YAML().dump({"units": listed}, out)
    return out.getvalue()
