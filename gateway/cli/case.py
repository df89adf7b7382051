"""Commands about cases: what is to be done about incidents, and doing it."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import custody
from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, out, print_json, print_table
from gateway.clock import utc_now
from gateway.config import load_settings
from gateway.shell_actor import shell_actor
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party, Step
from gateway.workflow.deadlines import due_at, is_late
from gateway.workflow.steps import offered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from gateway.store.cases import CaseFile, ListedCase

CaseId = Annotated[str, typer.Argument(help="The incident's id.", metavar="ID")]

app = typer.Typer(
    help="Look at what is done about incidents, step by step, and do it.", no_args_is_help=True
)


app.command("verify")(custody.verify)
app.command("export")(custody.export)
app.command("hold")(custody.hold)
app.command("release")(custody.release)
app.command("holds")(custody.holds)


@app.callback()
def group() -> None:
    """Look at what is done about incidents, step by step, and do it."""


@app.command("list")
def list_command(
    step: Annotated[Step | None, typer.Option(help="Only those that stand there.")] = None,
    handler: Annotated[str | None, typer.Option(help="Only those that somebody handles.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only those that are late.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Those that are closed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List cases, the newest incident first."""
    from gateway.data_directory import open_store
    from gateway.store.cases import CaseFilter

    settings, now = load_settings(config), utc_now()
    is_closed = None if step is Step.CLOSED else closed
    wanted = CaseFilter(is_closed, step, handler, now if late else None)
    with open_store(settings) as store:
        found = store.cases.page(wanted, limit=limit).cases
    if json:
        for one in found:
            print_json(one.case)
    else:
        columns = ("case", "step", "severity", "kind", "camera", "handler", "due", "level")
        print_table(columns, _rows(found, now, settings.site.zone))


@app.command("show")
def show(case_id: CaseId, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a case with all that was done to it."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    with open_store(settings) as store:
        found = store.cases.get(case_id)
    _print(found, settings.site.zone, as_json=json)


@app.command("step")
def step_command(
    case_id: CaseId,
    action: Annotated[Action, typer.Argument(help="What to do.")],
    note: Annotated[str, typer.Option(help="Why, or what was seen.")] = "",
    handler: Annotated[str, typer.Option("--to", help="Who is to handle it: assign.")] = "",
    until: Annotated[
        str | None, typer.Option(help="By when it is to be handled, such as 2026-05-01T18:00.")
    ] = None,
    reason: Annotated[FalseAlarm | None, typer.Option(help="Why it is false: dismiss.")] = None,
    other: Annotated[
        str | None,
        typer.Option("--into", "--other", help="The other case: merge, differ, may_match."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take a step, as an administrator would; kept under the name of this machine's user."""
    from gateway.data_directory import open_store
    from gateway.dispatch.case_message import CaseWriter

    settings = load_settings(config)
    deed = Deed(
        action=action,
        actor=Actor(Party.ADMIN, shell_actor()),
        at=utc_now(),
        note=note.strip(),
        handler=handler.strip(),
        deadline=moment(until, settings.site.zone) if until else None,
        reason=reason,
        other=other,
    )
    with open_store(settings) as store:
        revision = store.cases.get(case_id).case.revision
        store.cases.take(case_id, deed, revision, CaseWriter(settings.site.id))
        found = store.cases.get(case_id)
    _print(found, settings.site.zone, as_json=json)


def _rows(
    found: "Iterable[ListedCase]", now: "datetime", zone: "tzinfo"
) -> "Iterable[tuple[object, ...]]":
    for one in found:
        case = one.case
        due = _time(due_at(case), zone)
        yield (
            case.id,
            case.step,
            case.severity,
            case.kind,
            one.incident.origin.camera.name,
            case.handler or None,
            f"{due} LATE" if is_late(case, now) else due,
            case.level,
        )


def _print(found: "CaseFile", zone: "tzinfo", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    case = found.case
    out.print(f"{case.id}  {case.severity} {case.kind}: {case.step}", markup=False)
    rows = (
        (
            _time(one.deed.at, zone),
            f"{one.deed.actor.party} {one.deed.actor.name}",
            one.deed.action,
            one.step,
            " ".join(filter(None, (one.deed.reason, one.deed.handler, one.deed.note))) or None,
        )
        for one in found.trail
    )
    print_table(("when", "who", "what", "then at", "note"), rows)
    if found.merged:
        out.print(f"goes on for: {', '.join(found.merged)}", markup=False)
    out.print(f"next: {', '.join(offered(case, Party.ADMIN))}", markup=False)


def _time(moment_: "datetime | None", zone: "tzinfo") -> str | None:
    return None if moment_ is None else f"{moment_.astimezone(zone):%Y-%m-%d %H:%M:%S}"
