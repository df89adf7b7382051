"""What commands ask people for."""

import sys

import typer

from gateway.errors import ConfigError
from gateway.onboarding import PASSWORD_VARIABLE


def ask_password(who: str) -> str:
    """Return the password of user@host, typed in unseen. Raises ConfigError without a terminal."""
    if not sys.stdin.isatty():
        raise ConfigError(f"{who} needs a password: set {PASSWORD_VARIABLE}, or run in a terminal")
    return str(typer.prompt(f"Password of {who}", hide_input=True, err=True))
