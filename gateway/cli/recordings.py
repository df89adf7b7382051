"""Commands about continuous recordings."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.clock import to_iso, utc_now
from gateway.config import load_settings
from gateway.errors import StorageError

Camera = Annotated[str, typer.Argument(help="The camera's id.")]

app = typer.Typer(help="Look at, export and check continuous recordings.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look at, export and check continuous recordings."""


@app.command("list")
def list_command(
    camera: Annotated[str, typer.Argument(help="One camera; without it, all.")] = "",
    days: Annotated[float, typer.Option(min=0.01, help="How far to look back.")] = 1.0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the files of the last days, oldest first; times in the site's zone, in JSON in UTC."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    now = utc_now()
    with open_store(settings) as store:
        cameras = [camera] if camera else store.segments.cameras()
        found = [
            segment
            for one in cameras
            for segment in store.segments.between(one, now - timedelta(days=days), now)
        ]
    if json:
        for segment in found:
            print_json(segment)
        return
    if not found:
        err.print("Nothing was recorded. Cameras set to continuous recording are.")
        return
    zone = settings.site.zone
    print_table(
        ("camera", "from", "to", "MB", "pictures", "file"),
        (
            (
                one.camera_id,
                f"{one.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
                f"{one.ended_at.astimezone(zone):%H:%M:%S}",
                round(one.bytes / 1e6, 1),
                one.pictures,
                one.path,
            )
            for one in found
        ),
    )


@app.command("export")
def export_command(
    camera: Camera,
    start: Annotated[str, typer.Argument(help="Such as 2026-05-01T08:00; the site's zone.")],
    end: Annotated[str, typer.Argument(help="Up to 24 hours later.")],
    file: Annotated[Path, typer.Argument(help="The film to write, such as gate.mp4.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write a span of a camera's recordings as one MP4, and tell what is missing of it."""
    from gateway.data_directory import open_store
    from gateway.recording.export import plan_export, write_export

    settings = load_settings(config)
    zone = settings.site.zone
    span = (moment(start, zone), moment(end, zone))
    if not file.absolute().parent.is_dir():
        raise StorageError(f"{file.absolute().parent} is no directory: make it, or choose another")
    with open_store(settings) as store:
        plan = plan_export(store.segments, camera, *span)
    write_export(plan, settings.data_dir, file)
    if json:
        print_json({"file": file, "bytes": file.stat().st_size, "gaps": plan.gaps})
        return
    out.print(f"{file}  {file.stat().st_size / 1e6:.1f} MB", markup=False, soft_wrap=True)
    for gap in plan.gaps:
        err.print(f"not recorded: {to_iso(gap.start)} to {to_iso(gap.end)}", markup=False)


@app.command("check")
def check_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Compare the files with the index; exit code 1 where they differ. Changes nothing."""
    from gateway.data_directory import open_store
    from gateway.recording.repair import Repair

    settings = load_settings(config)
    with open_store(settings) as store:
        findings = Repair(store, settings.data_dir).examine()
    if json:
        print_json(findings)
    else:
        rows = [("not in the index", name) for name in findings.unlisted]
        rows += [("file is gone", name) for name in findings.missing]
        rows += [("being written", name) for name in findings.growing]
        if rows:
            print_table(("what", "file"), rows)
        if findings.is_sound:
            err.print("Files and index agree.")
        else:
            err.print("They are brought together when the workers start again.")
    if not findings.is_sound:
        raise typer.Exit(1)
