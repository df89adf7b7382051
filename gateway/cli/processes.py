"""The commands that run gridpatrol: all of it, or one process."""

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.panel import Panel

from gateway.cli.output import ConfigOption, err, out
from gateway.cli.prompts import ask_password
from gateway.cli.queue import follow_quietly, queue_url
from gateway.config import Settings, load_settings
from gateway.telemetry import set_up_logging

if TYPE_CHECKING:
    from gateway.run import Site

WORKER_SWITCH_S = 0.0005
"""A worker's threads take turns with Python this often, in place of every 5 ms. A thread that
decodes asks for it some ten times a picture, and waited behind the one that reads a town's streams
each time: 325 cameras with alarms had 18 of 100 events found in place of 7."""


def run(
    config: ConfigOption = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Start virtual ONVIF cameras with real footage.")
    ] = False,
    source: Annotated[
        list[str] | None,
        typer.Option(help="A camera or file of yours: rtsp://…, onvif://user@host, file, folder."),
    ] = None,
) -> None:
    """Run everything on this machine, until Ctrl-C: queue, workers, console."""
    from gateway.run import Demand, Desk, run_all

    settings = load_settings(config)
    set_up_logging(settings.log.model_copy(update={"level": "warning"}), "run")
    desk = Desk(say=_say, ask_password=ask_password, ready=lambda site: _greet(settings, site))
    run_all(settings, Demand(config, demo, tuple(source or ())), desk)


def serve(config: ConfigOption = None) -> None:
    """Run the console, the API and the relay to the dispatch queue."""
    from gateway.serve_process import run_serve

    settings = load_settings(config)
    set_up_logging(settings.log, "serve")
    asyncio.run(run_serve(settings, queue_url(settings)))


def worker(
    config: ConfigOption = None,
    shard: Annotated[str, typer.Option(help="Which cameras: NUMBER/COUNT.")] = "0/1",
) -> None:
    """Run the cameras of one shard: read, record, analyse, show."""
    from gateway.allocator import give_back_freed_memory
    from gateway.worker import Shard
    from gateway.worker_process import run_worker

    settings = load_settings(config)
    part = Shard(shard)
    set_up_logging(settings.log, f"worker-{part.number}")
    sys.setswitchinterval(WORKER_SWITCH_S)
    give_back_freed_memory()
    asyncio.run(run_worker(settings, part))


def _say(sentence: str) -> None:
    err.print(sentence, markup=False, soft_wrap=True)


def _greet(settings: Settings, site: "Site") -> None:
    """Say where to look, and print incidents as they reach the queue."""
    lines = [
        f"[bold]{site.console_url}[/]",
        f"cameras   {escape(', '.join(site.camera_names) or 'none yet: gridpatrol add-camera')}",
        f"queue     {escape(f'{settings.queue.stream} in {site.queue_description}')}",
        f"data      {escape(str(settings.data_dir.resolve()))}",
    ]
    if site.admin_password:
        lines += [
            "",
            f"user      admin\npassword  [bold]{site.admin_password}[/]",
            "[dim]shown this once; gridpatrol reset-password admin makes another[/]",
        ]
    lines += ["", "[dim]Ctrl-C stops. Incidents as they reach the dispatch queue:[/]"]
    out.print(Panel("\n".join(lines), title="gridpatrol", expand=False, padding=(1, 2)))
    follow = threading.Thread(
        target=follow_quietly, args=(site.queue_url, settings.queue.stream), daemon=True
    )
    follow.start()
