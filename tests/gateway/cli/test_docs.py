"""docs/commands.md against the program: every command, every exit code."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer.main

from gateway.api.app import create_app
from gateway.cli import VISION_EXIT_CODES, app
from gateway.errors import GatewayError
from vision.errors import VisionError

PAGE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8")
SHELL_CODES = {0, 1, 2, 130}
"""Done, failed otherwise, wrong command line, Ctrl-C."""


def kinds(root: type[Exception]) -> Iterator[type[Exception]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def rows(heading: str) -> list[str]:
    """Return the first cell of each row of the first table after a heading."""
    section = PAGE.split(heading, 1)[1]
    table = re.search(r"\n\|[^\n]*\|\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", section)
    return [line.split("|")[1].strip() for line in table[1].splitlines()]


def test_every_exit_code_is_listed_and_no_other():
    assert create_app, "its modules define errors too"
    ours = {kind.exit_code for kind in kinds(GatewayError)} | set(VISION_EXIT_CODES.values())
    assert {int(code) for code in rows("## Exit codes")} == ours | SHELL_CODES


def test_every_error_of_vision_has_an_exit_code():
    assert set(kinds(VisionError)) == set(VISION_EXIT_CODES)


def test_every_command_is_listed_and_no_other():
    quoted = [words for cell in rows("# Commands") for words in re.findall(r"`([^`]+)`", cell)]
    listed = {word for words in quoted for word in re.findall(r"(?<!\S)[a-z][a-z-]+", words)}
    group = typer.main.get_command(app)
    known = set(group.commands)
    for command in group.commands.values():
        known |= set(getattr(command, "commands", ()))
    assert known <= listed
    firsts = {words.split()[0] for words in quoted} - {"make", "python", "[--json]"}
    assert firsts <= known


def test_help_names_every_command(gridpatrol):
    outcome = gridpatrol("--help")
    assert outcome.exit_code == 0
    shown = set(outcome.out.split())
    assert set(typer.main.get_command(app).commands) <= shown
