"""`python -m benchmarks NAME [--quick] [--json OUT]`: measure, print a table, write the record."""

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from rich.console import Console

from benchmarks.report import Outcome, Run, command, commit, machine, utc_text, versions
from gateway.config import LogSettings
from gateway.errors import GatewayError
from gateway.telemetry import set_up_logging
from vision.errors import VisionError

BENCHMARKS = {
    "accuracy": "How good are the default model's boxes on labelled pictures?",
    "activity": "Who is found in small grey pictures, how soon, and what else wakes a camera?",
    "analyze": "How much faster than real time is a video file analysed?",
    "bit_rate": "How little may a tuned stream send before something is missed?",
    "chaos": "Is anything lost, made up, twice or out of order while everything is killed?",
    "delivery": "How fast do incidents get from the store to each sink, how late, in what memory?",
    "detector": "How much of the bare runtime's speed does the detector keep?",
    "fleet": "How many cameras of a town are analysed on this box, and is anything missed?",
    "latency": "How long from the camera to the event in the queue, and to the browser?",
    "live": "How old is what a browser shows, and what does a viewer cost?",
    "peers": "How many cameras do others carry on this box, with the same weights?",
    "rules": "Do rules open the incidents they should, and no others, in what troubles cameras?",
    "soak": "Do a town's streams stay connected for an hour, and what does keeping them cost?",
    "tracking": "Are objects kept apart at few looks a second, and what does that cost?",
    "water": "Is water on a road told in time, and what else is taken for it?",
}
"""Name → the question it answers; the module of that name has `run(*, quick: bool) -> Outcome`."""


class Benchmark(Protocol):
    """The module of one benchmark."""

    def run(self, *, quick: bool) -> Outcome:
        """Measure; quick: in about half a minute, with coarser figures."""
        ...


@runtime_checkable
class Adjustable(Protocol):
    """The module of a benchmark that may be told what to measure."""

    def run_with(self, words: Sequence[str], *, quick: bool) -> Outcome:
        """Measure as `words`, options of its own from the command line, say."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark asked for; 1 when what it needs is missing."""
    parser = _parser()
    asked, words = parser.parse_known_args(arguments)
    console = Console(stderr=True)
    set_up_logging(LogSettings(level="warning", format="text"), "benchmark", sys.stderr)
    here, began_at, began = machine(), utc_text(), time.perf_counter()
    module = cast("Benchmark | Adjustable", importlib.import_module(f"benchmarks.{asked.name}"))
    try:
        if isinstance(module, Adjustable):
            outcome = module.run_with(words, quick=asked.quick)
        elif words:
            parser.error(f"{asked.name} takes no {words[0]}")
        else:
            outcome = module.run(quick=asked.quick)
    except (GatewayError, VisionError) as error:
        console.print(f"{asked.name}: {error}", style="red", highlight=False, markup=False)
        return 1
    run = Run(
        benchmark=asked.name,
        question=BENCHMARKS[asked.name],
        commit=commit(),
        command=command(),
        quick=asked.quick,
        started_at=began_at,
        seconds=round(time.perf_counter() - began, 1),
        machine=here,
        versions=versions(),
        outcome=outcome,
    )
    if asked.json:
        asked.json.write_text(run.as_json(), "utf-8")
    run.print(Console())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="half a minute, coarser figures")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the record to this file")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
