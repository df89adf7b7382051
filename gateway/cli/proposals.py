"""Commands about proposals to keep rules from being wrong again."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.clock import utc_now
from gateway.config import Settings, load_settings
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from gateway.suppression.proposals import Suspect

ProposalId = Annotated[str, typer.Argument(help="As `proposals list` shows it.", metavar="ID")]
Note = Annotated[str, typer.Option(help="Why.")]

app = typer.Typer(
    help="What may keep rules from being wrong again: accept it or not.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """Look at what may keep rules from being wrong again, and accept it or not."""


@app.command("list")
def list_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Tell what is proposed about rules that were wrong again and again this week."""
    from gateway.data_directory import open_store
    from gateway.suppression.desk import SuppressionDesk

    settings = load_settings(config)
    with open_store(settings) as store:
        found = SuppressionDesk(store, settings.site.zone).proposals(utc_now())
    if json:
        for one in found:
            print_json({"id": one.id, "remedy": one.remedy, "text": one.text} | _about(one.suspect))
    elif found:
        rows = (
            (
                one.id,
                one.suspect.camera_name,
                one.suspect.rule,
                f"{one.suspect.reason} {one.suspect.count}",
                f"{one.suspect.false} of {one.suspect.judged}",
                one.remedy,
                f"{one.change.setting}: {one.change.before} → {one.change.after}"
                if one.change
                else None,
            )
            for one in found
        )
        print_table(("id", "camera", "rule", "reason", "false", "remedy", "change"), rows)
    else:
        err.print("No rule was wrong so often this week that something should be done about it.")


@app.command()
def accept(proposal: ProposalId, note: Note = "", config: ConfigOption = None) -> None:
    """Change a camera's rules as proposed; running workers are told at once."""
    from gateway.worker_orders import reload_workers

    settings = load_settings(config)
    if _decide(settings, proposal, note, verdict=True):
        reload_workers(settings)


@app.command()
def refuse(proposal: ProposalId, note: Note = "", config: ConfigOption = None) -> None:
    """Leave a camera's rules as they are; only later false alarms count towards another."""
    _decide(load_settings(config), proposal, note, verdict=False)


def _decide(settings: Settings, proposal: str, note: str, *, verdict: bool) -> bool:
    """Decide as this machine's user; return whether rules changed."""
    from gateway.data_directory import open_store
    from gateway.suppression.desk import SuppressionDesk

    with open_store(settings) as store:
        desk = SuppressionDesk(store, settings.site.zone)
        found, is_changed = desk.decide(
            proposal, shell_actor(), utc_now(), verdict=verdict, note=note.strip()
        )
    done = "accepted" if verdict else "refused"
    rules = "rules changed" if is_changed else "rules stay as they are"
    out.print(f"{done}: {found.text}; {rules}", markup=False)
    return is_changed


def _about(suspect: "Suspect") -> dict[str, object]:
    return {
        "camera": suspect.camera_id,
        "rule": suspect.rule,
        "reason": suspect.reason,
        "count": suspect.count,
        "judged": suspect.judged,
        "false": suspect.false,
    }
