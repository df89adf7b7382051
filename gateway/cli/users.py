"""Commands about the people who may sign in."""

from typing import Annotated, Literal

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings

WHOLE_SITE = "-"
RoleName = Literal["admin", "operator", "reporter"]
"""The roles of `gateway.store.users`, which would take its time to load."""
Username = Annotated[str, typer.Argument(help="The name they sign in with.")]

app = typer.Typer(help="The people who may sign in.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """List users, add them, say what they may do and where they belong, and shut them out."""


@app.command("list")
def list_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every user with role and unit."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        found = store.users.all()
    if json:
        for one in found:
            print_json(one)
        return
    print_table(("user", "role", "unit"), ((one.username, one.role, one.unit) for one in found))


@app.command("add")
def add_command(
    username: Username,
    role: Annotated[RoleName, typer.Option(help="What they may do.")] = "operator",
    unit: Annotated[
        str | None, typer.Option(help="Id of their unit: operators see it and all below it.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Add a user with a random password, printed once, to be changed at sign-in."""
    from gateway.data_directory import open_store
    from gateway.store.users import Role

    with open_store(load_settings(config)) as store:
        password = store.users.add(username, Role(role), unit)
    err.print(f"Password of {username}, to be changed at the first sign-in:", markup=False)
    out.print(password, markup=False)


@app.command("move")
def move_command(
    username: Username,
    unit: Annotated[str, typer.Argument(help="Id of their new unit; - for the whole site.")],
    config: ConfigOption = None,
) -> None:
    """Have a user belong to another unit; they have to sign in again."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        store.users.belong(username, None if unit == WHOLE_SITE else unit)


@app.command("role")
def role_command(
    username: Username,
    role: Annotated[RoleName, typer.Argument(help="What they may do from now on.")],
    config: ConfigOption = None,
) -> None:
    """Give a user another role; where they are signed in they have it at once."""
    from gateway.data_directory import open_store
    from gateway.store.users import Role

    with open_store(load_settings(config)) as store:
        store.users.change_role(username, Role(role))


@app.command("disable")
def disable_command(username: Username, config: ConfigOption = None) -> None:
    """Shut a user out: no session, no player's token, until `reset-password` lets them in again."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        store.users.disable(username)
