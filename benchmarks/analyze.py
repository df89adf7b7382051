"""`gridpatrol analyze` on whole films: seconds of film in one second of clock, and the same bytes.

Decoding, detection at 5 pictures a second, tracking and rules are all in it; loading the model is
not, as it does not grow with the film. Figures are medians over repeats; "same bytes" is the share
of repeats whose JSON lines are those of the first.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.footage import FILMS, film_path
from benchmarks.report import Figure, Outcome
from gateway.analyze import AnalysisPlan, analyze_file, to_json_lines
from vision.detector import Detector
from vision.tracker import two_stage
from vision.weights import find_model, load_manifest, shipped_manifest

FASTER_THAN_REAL_TIME = "> 1"
ALL = ">= 1"


@dataclass(frozen=True, slots=True)
class Pass:
    """One analysis of one film. cpu_ms: processor milliseconds for each second of it."""

    times_real_time: float
    cpu_ms: float
    lines: tuple[str, ...]


def run(*, quick: bool) -> Outcome:
    """Analyse each film several times."""
    spec, tracker = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
    detector, plan = Detector.open(spec), AnalysisPlan(tracker=tracker)
    repeats = 2 if quick else 5
    figures: list[Figure] = []
    for name in FILMS:
        path = film_path(name)
        passes = [_pass(path, detector, plan) for _ in range(repeats)]
        figures += _figures(name, passes)
    note = (
        f"{spec.name} {detector.input_size.width}x{detector.input_size.height} "
        f"{detector.runtime.precision}, {plan.fps:g} pictures a second, {repeats} repeats"
    )
    return Outcome(tuple(figures), (note,))


def _pass(path: Path, detector: Detector, plan: AnalysisPlan) -> Pass:
    began_s = time.process_time()
    analysis = analyze_file(path, detector, plan)
    cpu_s = time.process_time() - began_s
    return Pass(
        times_real_time=analysis.times_real_time,
        cpu_ms=1000 * cpu_s / analysis.analysed_s,
        lines=tuple(to_json_lines(analysis)),
    )


def _figures(name: str, passes: list[Pass]) -> Iterator[Figure]:
    speed = median(one.times_real_time for one in passes)
    cost = median(one.cpu_ms for one in passes)
    same = sum(one.lines == passes[0].lines for one in passes) / len(passes)
    yield Figure(f"{name} speed", speed, "times real time", FASTER_THAN_REAL_TIME)
    yield Figure(f"{name} processor time", cost, "ms/s of film")
    yield Figure(f"{name} same bytes", same, "share of repeats", ALL)
