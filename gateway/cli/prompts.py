"""What commands ask people for."""

import os
import sys

import typer

from gateway.errors import ConfigError

PASSWORD_VARIABLE = "GRIDPATROL_CAMERA_PASSWORD"  # noqa: S105 - a name, not a password


def ask_password(who: str) -> str:
    """Return the password of user@host: from the environment, else typed in unseen.

    Raises ConfigError where there is neither that nor a terminal.
    """
    told = os.environ.get(PASSWORD_VARIABLE)
    if told is not None:
        return told
    if not sys.stdin.isatty():
        raise ConfigError(f"{who} needs a password: set {PASSWORD_VARIABLE}, or run in a terminal")
    return str(typer.prompt(f"Password of {who}", hide_input=True, err=True))
