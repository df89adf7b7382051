"""`gridpatrol analyze` on whole films: seconds of film in one second of clock, and the same bytes.

Quiet films are a village camera's, 640x360 at 15 pictures a second, in three weathers, with
somebody in view for a few percent of the time; in a busy one somebody always is. Each is analysed
as the command does it, decoding only where something stirs, and with everything decoded and every
due picture given to the detector (`--thorough`); "same incidents" is the share of films for which
the JSON lines of both are equal, byte for byte. Loading the model is not in it, as it does not grow
with the film. Speeds by the clock suffer from whatever else the machine does; "on both cores" is
what the processor time spent would allow with the machine to itself. Figures are medians over
repeats.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.footage import FILMS, film_path
from benchmarks.replay_films import busy_film, busy_share, make, quiet_films
from benchmarks.report import Figure, Outcome
from gateway.analyze import AnalysisPlan, analyze_file, to_json_lines
from gateway.film.eyes import cores
from vision.detector import Detector
from vision.tracker import TrackerSettings, two_stage
from vision.weights import find_model, load_manifest, shipped_manifest

QUICK_S, FULL_S, BUSY_S = 90.0, 180.0, 60.0
"""Lengths of the quiet films, and of the busy one."""
QUIET_AIM, BUSY_AIM, ALL = ">= 100", "> 1", ">= 1"


@dataclass(frozen=True, slots=True)
class Pass:
    """One analysis of one film. cpu_ms: processor milliseconds for each second of it.

    lines: what it printed. decoded: share of the film that was decoded in full.
    """

    times_real_time: float
    cpu_ms: float
    lines: tuple[str, ...]
    decoded: float

    @property
    def possible(self) -> float:
        """Times real time, were all cores kept busy with this alone."""
        return 1000 * cores() / self.cpu_ms


@dataclass(frozen=True, slots=True)
class Both:
    """A film analysed both ways; the thorough way once."""

    name: str
    searched: tuple[Pass, ...]
    thorough: Pass

    @property
    def agree(self) -> bool:
        """Whether both ways found the very same."""
        return self.searched[0].lines == self.thorough.lines

    @property
    def best(self) -> Pass:
        """The search of middling cost."""
        return sorted(self.searched, key=lambda one: one.cpu_ms)[len(self.searched) // 2]


def run(*, quick: bool) -> Outcome:
    """Analyse each film several times."""
    quiet, busy = quiet_films(QUICK_S if quick else FULL_S), busy_film(BUSY_S)
    make((*quiet, busy))
    bench = _Bench(repeats=2)
    quiet_done = [bench.both(spec.name, spec.path) for spec in quiet]
    busy_done = [bench.both(busy.name, busy.path)]
    busy_done += [bench.both(name, film_path(name)) for name in FILMS]
    figures = [
        *_quiet_figures(quiet_done),
        *(figure for done in busy_done for figure in _film_figures(done, BUSY_AIM)),
        Figure("busy films, same incidents", _share(busy_done), "share of films", ALL),
        Figure("same bytes", _steady([*quiet_done, *busy_done]), "share of repeats", ALL),
    ]
    shares = ", ".join(f"{spec.name} {busy_share(spec):.1%}" for spec in quiet)
    return Outcome(tuple(figures), (bench.note, f"somebody in view: {shares}"))


class _Bench:
    """The default model, ready."""

    def __init__(self, repeats: int) -> None:
        spec, self._tracker = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
        self._detector = Detector.open(spec)
        self._repeats = repeats

    @property
    def note(self) -> str:
        """How films were analysed."""
        size = self._detector.input_size
        return (
            f"{self._detector.spec.name} {size.width}x{size.height} "
            f"{self._detector.runtime.precision}, {AnalysisPlan().fps:g} pictures a second, "
            f"{self._repeats} repeats"
        )

    def both(self, name: str, path: Path) -> Both:
        """Analyse a film both ways."""
        searched = tuple(self._pass(path, thorough=False) for _ in range(self._repeats))
        return Both(name, searched, self._pass(path, thorough=True))

    def _pass(self, path: Path, *, thorough: bool) -> Pass:
        tracker: TrackerSettings = self._tracker
        began_s = time.process_time()
        plan = AnalysisPlan(tracker=tracker, thorough=thorough)
        analysis = analyze_file(path, self._detector, plan)
        cpu_s = time.process_time() - began_s
        return Pass(
            times_real_time=analysis.times_real_time,
            cpu_ms=1000 * cpu_s / analysis.analysed_s,
            lines=tuple(to_json_lines(analysis)),
            decoded=min(1.0, analysis.decoded_s / analysis.analysed_s),
        )


def _quiet_figures(done: Sequence[Both]) -> Iterator[Figure]:
    speed = median(one.best.times_real_time for one in done)
    possible = median(one.best.possible for one in done)
    yield Figure("quiet films", speed, "times real time", QUIET_AIM)
    yield Figure("quiet films, on both cores", possible, "times real time", QUIET_AIM)
    yield Figure("quiet films, same incidents", _share(done), "share of films", ALL)
    for one in done:
        yield from _film_figures(one, None)


def _film_figures(done: Both, aim: str | None) -> Iterator[Figure]:
    best = done.best
    yield Figure(f"{done.name} speed", best.times_real_time, "times real time", aim)
    yield Figure(f"{done.name} on both cores", best.possible, "times real time")
    yield Figure(f"{done.name} processor time", best.cpu_ms, "ms/s of film")
    yield Figure(f"{done.name} against thorough", done.thorough.cpu_ms / best.cpu_ms, "ratio")
    yield Figure(f"{done.name} decoded in full", best.decoded, "share of the film")
    yield Figure(f"{done.name} incidents", len(best.lines) - 1, "incidents")


def _share(done: Sequence[Both]) -> float:
    """Return the share of films for which both ways agree."""
    return sum(one.agree for one in done) / len(done)


def _steady(done: Sequence[Both]) -> float:
    """Return the share of repeats that printed what the first one did."""
    passes = [(one.lines, film.searched[0].lines) for film in done for one in film.searched]
    return sum(lines == first for lines, first in passes) / len(passes)
