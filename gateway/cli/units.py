"""Commands about the tree of units: county, town, village, grid."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.config import load_settings
from gateway.errors import ConfigError, NotFoundError
from gateway.workflow.case import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.units import Unit

UnitId = Annotated[str, typer.Argument(help="A unit's id: small letters, digits, dashes.")]
NO_PARENT = "-"

app = typer.Typer(help="The tree of units: county, town, village, grid.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """List, change, import and export the units that cameras and users belong to."""


@app.command("list")
def list_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every unit with the number of its cameras, and the cameras that name none clearly."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        tree, cameras = store.units.tree(), store.inventory.cameras()
    found = {camera.id: tree.find(camera.unit, camera.grid) for camera in cameras}
    if json:
        for unit in tree.units:
            print_json(unit)
        return
    rows = (
        (unit.level, unit.id, unit.name, unit.parent, _count(unit, found.values()))
        for unit in tree.units
    )
    print_table(("level", "id", "name", "lies in", "cameras"), rows)
    placeless = [camera for camera, unit in found.items() if unit is None]
    if placeless:
        err.print(f"of no unit: {', '.join(placeless)}", markup=False, soft_wrap=True)


@app.command("set")
def set_command(
    unit_id: UnitId,
    name: Annotated[str | None, typer.Option(help="For people; needed for a new unit.")] = None,
    level: Annotated[Level | None, typer.Option(help="Needed for a new unit.")] = None,
    parent: Annotated[str | None, typer.Option(help="What it lies in; - for nothing.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Add a unit, change it, or take it away."""
    from gateway.data_directory import open_store
    from gateway.units import Unit, tree_of

    with open_store(load_settings(config)) as store:
        tree = store.units.tree()
        known = tree.by_id.get(unit_id)
        others = [unit for unit in tree.units if unit.id != unit_id]
        if remove:
            if known is None:
                raise NotFoundError(f"there is no unit {unit_id}")
            store.units.replace(tree_of(others))
            return
        if known is None:
            if name is None or level is None:
                raise ConfigError(f"the unit {unit_id} is new: give --name and --level")
            known = Unit(unit_id, name, level)
        changed = replace(
            known,
            name=known.name if name is None else name,
            level=known.level if level is None else level,
            parent=known.parent if parent is None else None if parent == NO_PARENT else parent,
        )
        store.units.replace(tree_of([*others, changed]))


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A YAML file of units.")],
    config: ConfigOption = None,
) -> None:
    """Replace the tree by that of a file; with a mistake in it nothing is changed."""
    from gateway.data_directory import open_store
    from gateway.unit_file import read_units

    tree = read_units(_content(file), file)
    with open_store(load_settings(config)) as store:
        store.units.replace(tree)
    err.print(f"{len(tree.units)} units", markup=False)


@app.command("export")
def export_command(
    file: Annotated[Path | None, typer.Argument(help="YAML file; none: to output.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the tree to a file, to be kept, edited, imported again."""
    from gateway.data_directory import open_store
    from gateway.unit_file import write_units

    with open_store(load_settings(config)) as store:
        content = write_units(store.units.tree())
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{file} cannot be read: {error.strerror}") from error


def _count(unit: "Unit", found: "Iterable[Unit | None]") -> int:
    return sum(one is not None and one.id == unit.id for one in found)
