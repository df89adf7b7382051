"""Commands about the cameras that are known: listed, shown, changed, tested, to and from files."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from gateway.audit.act import Act, AuditAction
from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.cli.tuning import print_outcomes
from gateway.clock import utc_now
from gateway.config import load_settings
from gateway.errors import ConfigError, GatewayError, NotFoundError
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from gateway.bulk_onboarding import RowOutcome
    from gateway.inventory_plan import Plan
    from gateway.store import Store
    from gateway.store.inventory import Camera
    from gateway.survey import Survey

CameraId = Annotated[str, typer.Argument(help="A camera's id.")]
OWNER_ONLY = 0o600

app = typer.Typer(help="The cameras that are known.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """List, show, change, test, import and export the cameras that are known."""


@app.command("list")
def list_cameras(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every camera."""
    with _opened(config) as store:
        cameras = store.inventory.cameras()
    if json:
        for camera in cameras:
            print_json(camera)
        return
    columns = ("id", "name", "unit", "grid", "address", "enabled")
    print_table(columns, ([getattr(one, name) for name in columns] for one in cameras))


@app.command()
def show(camera_id: CameraId, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all that is known of a camera but its password."""
    from gateway.survey import survey_from_json

    with _opened(config) as store:
        camera = store.inventory.get(camera_id)
    if json:
        print_json(camera)
        return
    rows = [(one.name, getattr(camera, one.name)) for one in fields(camera) if one.name != "survey"]
    print_table(("what", "value"), rows)
    _print_survey(survey_from_json(camera.survey))


@app.command()
def edit(
    camera_id: CameraId,
    name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    channel_code: Annotated[str | None, typer.Option(help="The grid platform's number.")] = None,
    unit: Annotated[str | None, typer.Option(help="Village or town.")] = None,
    grid: Annotated[str | None, typer.Option(help="Grid cell (网格).")] = None,
    latitude: Annotated[float | None, typer.Option(min=-90, max=90, help="WGS 84.")] = None,
    longitude: Annotated[float | None, typer.Option(min=-180, max=180, help="WGS 84.")] = None,
    record: Annotated[RecordMode | None, typer.Option(help="What is recorded.")] = None,
    transport: Annotated[Transport | None, typer.Option(help="How RTP is asked for.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Watch it.")] = None,
    config: ConfigOption = None,
) -> None:
    """Change a camera; running workers are told at once. Its streams: add-camera, import."""
    wanted = {
        "name": name, "channel_code": channel_code, "unit": unit, "grid": grid,
        "latitude": latitude, "longitude": longitude, "record": record, "transport": transport,
        "enabled": enabled,
    }  # fmt: skip
    said = {key: value for key, value in wanted.items() if value is not None}
    if not said:
        raise ConfigError("nothing is to be changed; --help lists what can be")
    with _opened(config, reload=True) as store:
        camera = store.inventory.get(camera_id)
        store.inventory.replace(replace(camera, **said))  # type: ignore[arg-type] # by name above


@app.command()
def rules(
    camera_id: CameraId,
    file: Annotated[
        Path | None, typer.Option("--set", help="Use the zones and rules of this YAML file.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show a camera's zones and rules as a file to edit, or set them; workers are told at once."""
    from gateway.rules_file import rules_to_yaml

    with _opened(config, reload=file is not None) as store:
        if file is not None:
            _set_rules(store, camera_id, file)
        camera = store.inventory.get(camera_id)
    if json:
        print_json({"zones": loads(camera.zones), "rules": loads(camera.rules)})
    elif file is None:
        out.file.write(rules_to_yaml(camera.zones, camera.rules))


@app.command()
def remove(camera_id: CameraId, config: ConfigOption = None) -> None:
    """Forget a camera; its incidents and their evidence stay."""
    with _opened(config, reload=True) as store:
        store.inventory.remove(camera_id)


@app.command("test")
def measure_again(
    camera_ids: Annotated[list[str] | None, typer.Argument(help="Ids; none: every camera.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure cameras again and keep what is found; exit 1 when one fails."""
    failed = 0
    with _opened(config) as store:
        cameras = [store.inventory.get(one) for one in camera_ids or ()]
        for camera in cameras or store.inventory.cameras():
            failed += not _tested(store, camera, as_json=json)
    if failed:
        raise typer.Exit(1)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A .csv or .yaml file of cameras.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    no_test: Annotated[
        bool, typer.Option("--no-test", help="Store cameras without trying them.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave rows with mistakes out, import the others.")
    ] = False,
    tune: Annotated[
        bool, typer.Option("--tune", help="Have new cameras encode their analysed stream cheaper.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add and change cameras as a file says; every bad row is told, and nothing done without need.

    Exit 3 with mistakes in the file, 1 when a camera could not be stored.
    """
    from gateway.bulk_onboarding import Import
    from gateway.stream_tuning import StreamTuner

    with _opened(config, reload=not dry_run) as store:
        planned = _planned(store, file)
        _print_plan(planned, as_json=json)
        if planned.bad and not (skip_bad or dry_run):
            raise ConfigError(f"{file} has {len(planned.bad)} mistakes; nothing was imported")
        if planned.bad and dry_run:
            raise typer.Exit(ConfigError.exit_code)
        if dry_run:
            return
        outcomes: list[RowOutcome] = []
        tuner = StreamTuner(store, shell_actor()) if tune else None
        Import(store, outcomes.append, test=not no_test, tuner=tuner).run(planned)
    _print_outcomes(outcomes, as_json=json)
    if tune and not json:
        print_outcomes([one.tuning for one in outcomes if one.tuning], as_json=False)
    if not all(one.is_well for one in outcomes):
        raise typer.Exit(1)


@app.command("export")
def export_file(
    file: Annotated[Path | None, typer.Argument(help=".csv or .yaml; none: CSV to output.")] = None,
    passwords: Annotated[
        bool,
        typer.Option("--passwords", help="With passwords in clear; the file is yours alone."),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write every camera to a file, to be kept, edited in a spreadsheet, imported again."""
    from gateway.inventory_file import FileFormat, write_csv, write_yaml

    if passwords and file is None:
        raise ConfigError("passwords are written into a file only; name one")
    detail = {"passwords": passwords}
    with _opened(config) as store:
        password_of = store.inventory.password if passwords else None
        write = write_yaml if file and FileFormat.of(file) is FileFormat.YAML else write_csv
        act = Act(utc_now(), shell_actor(), AuditAction.INVENTORY_EXPORTED, "inventory", detail)
        store.audit.tell(act)
        content = write(store.inventory.cameras(), password_of)
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _keep(file, content)


def _set_rules(store: "Store", camera_id: str, file: Path) -> None:
    """Check a file and keep what it says of a camera. Raises ConfigError, with line numbers."""
    from gateway.rules_file import load_rules, rules_to_json, zones_to_json
    from gateway.store.rule_changes import RuleChange

    checked = load_rules(file)
    kept = (zones_to_json(checked), rules_to_json(checked))
    change = RuleChange(camera_id, utc_now(), shell_actor(), *kept)
    if store.rule_changes.make(change):
        zones, lines = len(checked.zones), len(checked.lines)
        err.print(f"{camera_id}: {zones} zones, {lines} lines, {len(checked.rules)} rules")
    else:
        err.print(f"{camera_id}: nothing changed")


@contextmanager
def _opened(config: Path | None, *, reload: bool = False) -> Iterator["Store"]:
    """Open the store; reload: have running workers read the inventory again when all went well."""
    from gateway.data_directory import open_store
    from gateway.worker_orders import reload_workers

    settings = load_settings(config)
    with open_store(settings) as store:
        yield store
    if reload:
        reload_workers(settings)


def _keep(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whatever it was before."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(handle, "wb") as opened:
            os.fchmod(handle, OWNER_ONLY)
            opened.write(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error


def _planned(store: "Store", file: Path) -> "Plan":
    from gateway.inventory_file import FileFormat, read_inventory
    from gateway.inventory_plan import plan

    try:
        content = file.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{file} cannot be read: {error.strerror}") from error
    read = read_inventory(content, FileFormat.of(file))
    return plan(read, store.inventory.cameras(), store.inventory.password)


def _print_plan(planned: "Plan", *, as_json: bool) -> None:
    from gateway.inventory_plan import Action

    if as_json:
        for bad in planned.bad:
            cell = {f.name: getattr(bad, f.name) for f in fields(bad)}
            print_json({"type": "bad"} | cell | {"advice": bad.advice})
        for one in planned.cameras:
            print_json(
                {
                    "type": "planned",
                    "row": one.row,
                    "action": one.action,
                    "camera": one.camera.id,
                    "changed": one.changed,
                }
            )
        return
    if planned.bad:
        columns = ("row", "column", "value", "to do")
        rows = ((one.row, one.column, one.value, one.advice) for one in planned.bad)
        print_table(columns, rows)
    counted = ", ".join(f"{planned.count(action)} to {action}" for action in Action)
    err.print(f"{counted}, {len(planned.bad)} mistakes")


def _print_outcomes(outcomes: Iterable["RowOutcome"], *, as_json: bool) -> None:
    told = sorted(outcomes, key=lambda one: one.row)
    if as_json:
        for one in told:
            print_json({"type": "outcome"} | {f.name: getattr(one, f.name) for f in fields(one)})
        return
    rows = (
        (one.row, one.camera_id, one.action, Text("ok", "green") if one.is_well else one.text)
        for one in told
    )
    print_table(("row", "camera", "action", "outcome"), rows)


def _tested(store: "Store", camera: "Camera", *, as_json: bool) -> bool:
    """Measure one camera, keep and print what was found; return whether it gives pictures."""
    from gateway.bulk_onboarding import finding
    from gateway.onboarding import measure
    from gateway.survey import survey_to_json

    try:
        survey = measure(finding(camera, store.inventory.password(camera.id)))
    except GatewayError as error:
        if as_json:
            print_json({"camera": camera.id, "code": error.code, "text": str(error)})
        else:
            out.print(f"{camera.id}: {error}", style="red", markup=False)
        return False
    store.inventory.replace(replace(camera, survey=survey_to_json(survey)))
    if as_json:
        print_json({"camera": camera.id, "code": "", "survey": survey})
    else:
        out.print(f"{camera.id}  {camera.name}", style="bold", markup=False)
        _print_survey(survey)
    return True


def _print_survey(survey: "Survey | None") -> None:
    if survey is None:
        return
    streams = {"main": survey.main, "sub": survey.sub}
    known = {name: report for name, report in streams.items() if report is not None}
    if known:
        report_fields = [f.name for f in fields(next(iter(known.values())))]
        rows = (
            (name, *(getattr(report, name) for report in known.values())) for name in report_fields
        )
        print_table(("stream", *known), rows)
    names = ("device", "talk", "sessions_allowed", "clock_skew_s", "measured_at")
    print_table(("camera", ""), ((name, getattr(survey, name)) for name in names))
    for failed in survey.failed:
        out.print(f"failed: {failed}", markup=False)
