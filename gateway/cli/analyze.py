"""The command that analyses files."""

import json as json_library
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_table
from gateway.config import load_settings
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from gateway.analyze import FileAnalysis
    from gateway.analyze import Progress as Step


def analyze(
    file: Annotated[Path, typer.Argument(help="Any video file.")],
    rules: Annotated[
        Path | None, typer.Option(help="Zones and rules (docs/how-to/write-rules.md).")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.1, max=60, help="Pictures looked at per second of film.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="When the film begins, such as 2026-07-01T08:00:00+08:00.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find the incidents in a video file, faster than real time; the same file gives the same."""
    from gateway.analyze import AnalysisPlan, analyze_file, to_json_lines
    from gateway.detector_setup import open_detector
    from gateway.rules_file import load_rules
    from vision.rules import DEFAULT_RULES

    settings = load_settings(config).analysis
    rule_set = load_rules(rules) if rules else DEFAULT_RULES
    detector, tracker = open_detector(settings)
    plan = AnalysisPlan(rule_set, tracker, fps or settings.fps, _moment(start))
    with _progress(str(file), shown=not json) as step:
        analysis = analyze_file(file, detector, plan, step)
    if json:
        out.file.writelines(line + "\n" for line in to_json_lines(analysis))
    else:
        _show(analysis)


def _moment(text: str | None) -> datetime | None:
    """Return an aware time. Raises ConfigError for anything else."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--start {text}: not a time; {error}") from error
    if moment.tzinfo is None:
        raise ConfigError(f"--start {text} has no time zone; add Z or +08:00")
    return moment


@contextmanager
def _progress(name: str, *, shown: bool) -> Iterator[Callable[["Step"], None]]:
    """Yield what takes the steps of an analysis, showing a bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[incidents]} incidents"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not shown) as bar:
        task = bar.add_task(name, total=None, incidents=0)

        def step(at: "Step") -> None:
            bar.update(task, completed=at.done_s, total=at.total_s, incidents=at.incidents)

        yield step


def _show(analysis: "FileAnalysis") -> None:
    rows = (
        (
            _clock(one.start_s),
            _clock(one.end_s) + ("…" if one.lasts else ""),
            one.incident.severity,
            one.incident.kind,
            one.incident.zone,
            one.incident.rule,
            json_library.dumps(dict(one.incident.readings)),
        )
        for one in analysis.incidents
    )
    print_table(("from", "to", "severity", "kind", "zone", "rule", "readings"), rows)
    out.print(
        f"{len(analysis.incidents)} incidents in {_clock(analysis.analysed_s)} of film, "
        f"{analysis.times_real_time:.1f} times real time"
    )
    if analysis.damage:
        err.print(f"The file is damaged: {analysis.damage}", style="yellow", markup=False)


def _clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: 83.4 is 1:23.4."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
