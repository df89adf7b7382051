"""Commands about what people find."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from gateway.cli.output import ConfigOption, JsonOption, out, print_json
from gateway.clock import utc_now
from gateway.config import load_settings
from gateway.errors import BadUploadError, ConfigError
from gateway.finding import Finding, FindingKind, FindingSource
from gateway.shell_actor import shell_actor
from gateway.workflow.case import Actor, Party
from vision.types import Severity

app = typer.Typer(help="Report what people find.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Report what people find."""


@app.command("add")
def add(
    kind: Annotated[FindingKind, typer.Argument(help="What it is.")],
    text: Annotated[str, typer.Option(help="In your words.")] = "",
    place: Annotated[str, typer.Option(help="Where, in words.")] = "",
    camera: Annotated[str | None, typer.Option(help="The camera that shows it.")] = None,
    picture: Annotated[
        list[Path] | None, typer.Option(help="A JPEG or PNG; may be given again.")
    ] = None,
    severity: Annotated[
        Severity | None, typer.Option(help="Unless given, the usual one of the kind.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Report a finding: it becomes an incident with its case."""
    from gateway.data_directory import open_store
    from gateway.finding_desk import FindingDesk, Told
    from gateway.photo import clean_picture

    if not place and camera is None:
        raise ConfigError("say where it is: --place, or --camera")
    settings = load_settings(config)
    pictures = [clean_picture(_content(one), one.name) for one in picture or ()]
    source = FindingSource.PHOTO if camera is None else FindingSource.EYE
    told = Told(
        key=str(uuid4()),
        kind=kind,
        finding=Finding(source, Actor(Party.ADMIN, shell_actor()), text.strip(), place.strip()),
        severity=severity,
        camera=camera,
    )
    with open_store(settings) as store:
        desk = FindingDesk(store, settings.data_dir, settings.site.id, version("gridpatrol"))
        taken = desk.take(told, pictures, utc_now()).incident
    if json:
        print_json(taken.incident)
    else:
        out.print(f"{taken.incident.id}  {taken.incident.severity} {kind}", markup=False)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadUploadError(f"{path} cannot be read: {error.strerror}") from error
