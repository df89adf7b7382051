"""Commands about where everything is kept."""

from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.config import load_settings

app = typer.Typer(help="Where everything is kept: move it to another database.")


@app.callback()
def group() -> None:
    """Where everything is kept: move it to another database."""


@app.command("move")
def move_command(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            envvar="GRIDPATROL_MOVE_TO",
            help="URL of an empty database: postgresql://user:password@host/name.",
        ),
    ],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the whole store into an empty database; stop gridpatrol first.

    All or nothing: counted and compared before it counts. What is kept now stays as it is.
    """
    from gateway.directory_lock import hold
    from gateway.store.database import Database
    from gateway.store.move import move

    settings = load_settings(config)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with hold(settings.data_dir, settings.data_dir):
        source = Database.open(settings.database_url)
        try:
            target = Database.open(to)
            try:
                moved = move(source, target)
            finally:
                target.close()
        finally:
            source.close()
    if json:
        for one in moved:
            print_json(one)
    else:
        print_table(("table", "rows"), ((one.name, one.rows) for one in moved))
    err.print(
        f"All of {source.name} is in {target.name}, and the audit log is whole there. Set "
        f"database.url to it; {source.name} is as it was.",
        markup=False,
    )
