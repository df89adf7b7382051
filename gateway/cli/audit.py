"""Commands about the audit log: reading it, and proving that it is whole."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.audit.act import AuditAction
from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, out, print_json, print_table
from gateway.config import load_settings
from gateway.errors import ConfigError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.audit.chain import Head

SinceOption = Annotated[str | None, typer.Option(help="From then on, such as 2026-05-01T08:00.")]

app = typer.Typer(help="Read the audit log, and prove that it is whole.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Read the audit log, and prove that it is whole."""


@app.command("list")
def list_command(
    actor: Annotated[str | None, typer.Option(help="Only what this one did.")] = None,
    action: Annotated[AuditAction | None, typer.Option(help="Only such deeds.")] = None,
    object_: Annotated[
        str | None, typer.Option("--object", help="Only what was done to it, such as case/ID.")
    ] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List who did what, the newest first."""
    from gateway.data_directory import open_store
    from gateway.store.audit_log import AuditFilter

    settings = load_settings(config)
    zone = settings.site.zone
    wanted = AuditFilter(moment(since, zone) if since else None, actor, action, object_)
    with open_store(settings) as store:
        found = store.audit.newest(wanted, limit=limit)
    if json:
        for record in found:
            print_json(record)
        return
    rows = (
        (
            record.seq,
            f"{record.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            record.actor,
            record.action,
            record.object,
            record.detail,
        )
        for record in found
    )
    print_table(("seq", "when", "who", "what", "to what", "more"), rows)


@app.command("head")
def head_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print where the log stands as SEQ:HASH, to be kept where nobody here can change it."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        head = store.audit.head()
    if json:
        print_json(head)
    else:
        out.print(f"{head.seq}:{head.hash}", markup=False, soft_wrap=True)


@app.command("verify")
def verify_command(
    since: SinceOption = None,
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", help="SEQ:HASH noted earlier; the log must still have it."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that no record was changed, dropped, moved or put in; exit 31 with each that was.

    Without --since the whole log is read. That its end was not cut off, or all of it written anew,
    only a --head noted outside can prove: from case messages, exports, or `gridpatrol audit head`.
    """
    from gateway.data_directory import open_store

    settings = load_settings(config)
    start = moment(since, settings.site.zone) if since else None
    with open_store(settings) as store:
        head, found = store.audit.head(), store.audit.breaks(start, _heads(heads or ()))
    for one in found:
        if json:
            print_json(one)
        else:
            out.print(f"record {one.seq}: {one.fault}", markup=False)
    if found:
        raise TamperedError(f"the audit log is broken at {len(found)} places: restore a backup")
    if json:
        print_json({"whole": True} | {"seq": head.seq, "hash": head.hash})
    else:
        out.print(f"The audit log is whole up to {head.seq}:{head.hash}", soft_wrap=True)


def _heads(texts: "Iterable[str]") -> "tuple[Head, ...]":
    from gateway.audit.chain import parse_head

    try:
        return tuple(parse_head(text) for text in texts)
    except ValueError as error:
        raise ConfigError(f"--head: {error}") from error
