"""Commands about this machine and its settings."""

from typing import Annotated

import typer
from rich.text import Text

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings
from gateway.doctor import Verdict, examine

_MARKS = {
    Verdict.GOOD: Text("ok", "green"),
    Verdict.LESS: Text("--", "yellow"),
    Verdict.BAD: Text("no", "red"),
}


def doctor(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say what this machine can do and how to mend what it cannot; exit 1 if it cannot run."""
    findings = examine(load_settings(config))
    if json:
        for finding in findings:
            print_json(finding)
    else:
        rows = ((_MARKS[f.verdict], f.topic, f.text, f.cure) for f in findings)
        print_table(("", "what", "found", "to do"), rows)
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(1)


def check_config(
    config: Annotated[str, typer.Argument(help="Settings file to check.")],
    json: JsonOption = False,
) -> None:
    """Check a settings file; print what holds, or every mistake with its line (exit 3)."""
    from pathlib import Path

    settings = load_settings(Path(config))
    shown = settings.model_dump(mode="json")
    if json:
        print_json(shown)
    else:
        out.print(f"{config}: no mistakes.")
        out.print_json(data=shown)


def reset_password(
    username: Annotated[str, typer.Argument(help="Who needs a new password.")],
    config: ConfigOption = None,
) -> None:
    """Give a user a new random password, print it once, and end all their sessions."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        password = store.users.reset_password(username)
    err.print(f"New password of {username}, to be changed at the next sign-in:")
    out.print(password, markup=False)
