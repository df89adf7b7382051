"""Commands about people told of incidents."""

import os
import sys
from json import loads
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings
from gateway.errors import ConfigError, NotFoundError

ADDRESS_VARIABLE = "GRIDPATROL_NOTIFY_ADDRESS"
Name = Annotated[str, typer.Argument(help="Name of the target: small letters, digits, dashes.")]

app = typer.Typer(help="Who is told of incidents, and what they were told.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Say who is told of incidents, try them, and see what they were told."""


@app.command("targets")
def targets_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List who is told, with their wishes; addresses are secrets and not shown."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        found = store.notices.targets()
    for one in found:
        if json:
            print_json({"name": one.name, "wishes": loads(one.wishes)})
        else:
            out.print(f"{one.name:<20}{one.wishes}", markup=False, soft_wrap=True)


@app.command("set")
def set_command(
    name: Name,
    wishes: Annotated[
        Path | None, typer.Option(help="YAML file of its wishes; without it, the usual.")
    ] = None,
    address: Annotated[
        bool, typer.Option("--address", help="Ask for another address; a new target is asked.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Add a target or change it; its address is asked for, or taken from the environment."""
    from gateway.data_directory import open_store
    from gateway.notify.apprise_service import check_url
    from gateway.notify.target import Wishes, check_name, wishes_from_json
    from gateway.yaml_file import read_model

    check_name(name)
    with open_store(load_settings(config)) as store:
        known = {one.name: wishes_from_json(one.wishes) for one in store.notices.targets()}
        wanted = known.get(name, Wishes()) if wishes is None else read_model(wishes, Wishes)
        if wanted.unit and wanted.unit not in store.units.tree().by_id:
            raise NotFoundError(f"there is no unit {wanted.unit}")
        url = _address(name) if address or name not in known else None
        if url is not None:
            check_url(url)
        store.notices.put_target(name, wanted.model_dump_json(), url)


@app.command("remove")
def remove_command(name: Name, config: ConfigOption = None) -> None:
    """Tell a target nothing any more."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        store.notices.remove_target(name)


@app.command("test")
def try_command(name: Name, config: ConfigOption = None) -> None:
    """Tell a target a test, now, whatever its wishes."""
    from gateway.data_directory import open_store
    from gateway.notify.apprise_service import tell
    from gateway.notify.words import Words
    from vision.types import Severity

    settings = load_settings(config)
    site = settings.site
    words = Words.load(site.language, site.zone)
    with open_store(settings) as store:
        url = store.notices.url(name)
    title = words.title(Severity.GREEN, 1, site.name)
    tell(url, title, words.test(site.name), Severity.GREEN)
    err.print(f"{name} has taken it", markup=False)


@app.command("log")
def log_command(
    target: Annotated[str | None, typer.Option(help="Of this target alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what was told, the newest first: to whom, when, with what result."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    with open_store(settings) as store:
        found = store.notices.log(target, limit)
    if json:
        for one in found:
            print_json(one)
        return
    zone = settings.site.zone
    rows = (
        (
            f"{one.made_at.astimezone(zone):%m-%d %H:%M:%S}",
            one.target,
            one.state,
            one.attempts,
            one.line,
            one.detail,
        )
        for one in found
    )
    print_table(("when", "target", "state", "attempts", "what", "detail"), rows)


def _address(name: str) -> str:
    """Return a target's address: from the environment, else typed in unseen."""
    told = os.environ.get(ADDRESS_VARIABLE)
    if told:
        return told
    if not sys.stdin.isatty():
        raise ConfigError(f"{name} needs an address: set {ADDRESS_VARIABLE}, or use a terminal")
    return str(typer.prompt(f"Address of {name}", hide_input=True, err=True))
