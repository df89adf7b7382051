"""Commands about the dispatch queue."""

import asyncio
import contextlib
import json as json_library
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import statuses
from gateway.cli.output import ConfigOption, JsonOption, err, out
from gateway.clock import to_iso
from gateway.config import Settings, load_settings, redis_url
from gateway.errors import QueueUnreachableError
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from gateway.dispatch.redis_sink import QueueEntry

RETRY_S = 1.0

app = typer.Typer(help="Look at the dispatch queue.", no_args_is_help=True)
app.command("statuses")(statuses.statuses)
app.command("hear")(statuses.hear)


@app.callback()
def group() -> None:
    """Look at the dispatch queue."""


@app.command("tail")
def tail_command(
    config: ConfigOption = None,
    json: JsonOption = False,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest event the queue keeps.")
    ] = False,
    count: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help="Stop after so many events.")
    ] = None,
) -> None:
    """Print events as they reach the dispatch queue; with --json, one CloudEvent a line."""
    from gateway.dispatch.redis_sink import tail

    settings = load_settings(config)
    entries = tail(queue_url(settings), settings.queue.stream, after="0" if from_start else None)
    if not json:
        err.print(f"Following {settings.queue.stream}; Ctrl-C ends.", style="dim")
    asyncio.run(_print(entries, count, json))


@app.command("sinks")
def sinks_command(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show how each sink fares: what waits for it, since when it is down, what it refused."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        found = store.deliveries.status()
    for one in found:
        if json:
            out.file.write(json_library.dumps(asdict(one), default=to_iso) + "\n")
            continue
        state = f"down since {to_iso(one.down_since)}" if one.down_since else "no known trouble"
        counts = f"{one.waiting:>8} waiting  {one.parked:>5} parked  {one.shed:>5} given up"
        out.print(f"{one.name:<20}{counts}  {state}  {one.detail}", markup=False, soft_wrap=True)


@app.command("parked")
def parked_command(
    sink: Annotated[str | None, typer.Argument(help="Of this sink alone.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the messages that a sink refused again and again; they wait for a person."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        found = store.deliveries.parked(sink)
    for one in found:
        if json:
            out.file.write(json_library.dumps(asdict(one), default=to_iso) + "\n")
        else:
            line = f"{to_iso(one.parked_at)}  {one.sink:<16}{one.event_id}  {one.detail}"
            out.print(line, markup=False, soft_wrap=True)


@app.command("offer")
def offer_command(
    sink: Annotated[str, typer.Argument(help="Name of the sink.")],
    event_id: Annotated[str, typer.Argument(help="Id of the parked event.")],
    config: ConfigOption = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Forget it instead: the sink never gets it.")
    ] = False,
) -> None:
    """Offer a parked message to its sink once more."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        act = store.deliveries.drop if drop else store.deliveries.offer_again
        act(sink, event_id, shell_actor())


def queue_url(settings: Settings) -> str:
    """Return where the queue is: configured, or the one a running gridpatrol has started.

    Raises QueueUnreachableError when there is neither.
    """
    from gateway.dispatch.embedded import running_url

    url = redis_url(settings.queue) or running_url(settings.data_dir)
    if url is None:
        raise QueueUnreachableError(
            f"no queue: REDIS_URL is not set and no gridpatrol runs on {settings.data_dir}"
        )
    return url


def follow_quietly(url: str, stream: str) -> None:
    """Print events for people as long as the queue is there; for a thread of its own."""
    from gateway.dispatch.redis_sink import tail

    while True:
        with contextlib.suppress(QueueUnreachableError):
            asyncio.run(_print(tail(url, stream), None, as_json=False))
        time.sleep(RETRY_S)


async def _print(entries: AsyncIterator["QueueEntry"], count: int | None, as_json: bool) -> None:
    printed = 0
    async for entry in entries:
        if as_json:
            out.file.write(entry.event + "\n")
            out.file.flush()
        else:
            out.print(_line(entry), markup=False, soft_wrap=True)
        printed += 1
        if printed == count:
            return


def _line(entry: "QueueEntry") -> str:
    """Return one event on one line, for people."""
    try:
        event = json_library.loads(entry.event)
        incident = event["data"]["incident"]
        case = event["data"].get("case")
        what = case["step"] if case else event["type"].rpartition(".")[2]
        return (
            f"{event['time']}  {what:<11}{incident['severity']:<8}{incident['kind']:<20}"
            f"{incident['camera']['name']}  {incident['id']}"
        )
    except (ValueError, KeyError, TypeError):
        return f"{entry.queue_id}  not an incident event: {entry.event[:200]}"
