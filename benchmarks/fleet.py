"""How many cameras of a town the whole product carries on this box, and what it misses.

    python -m benchmarks fleet [--fleet tuned|events|found] [--cameras N] [--busy PERCENT]
                               [--minutes M] [--workers W] [--few-clips] [--knee] [--within S]
                               [--quick]

The product runs as a person starts it, `gridpatrol run`, on real RTSP streams of a town's cameras:
real people and cars on streets that are quiet for most of the time, never frozen. What it posts to
the queue is compared with a reference: the same clips decoded fully, every picture given to the
same detector, tracker and rules. Without options: the towns aimed at.

Latency is from the moment the reference's condition began to hold (its first confirmed track) to
the moment the queue took the incident. It holds the rule's confirm_s (the default, 1 s), whatever
decoding and looking came late, the evidence pictures, the transaction and the relay.

A town is *sustained* when recall is at least 0.95 and the 95th percentile of latency at most 2 s;
`--within` asks for another bound, and `--knee` doubles the cameras until it is not, then halves
the step until it is 8.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from rich.console import Console

from benchmarks.knee import most_carried
from benchmarks.process_cost import cost_of
from benchmarks.report import Figure, Outcome
from benchmarks.town import (
    Events,
    Expected,
    Resident,
    TownServer,
    busy_share,
    expected,
    residents,
    town_server,
)
from benchmarks.town_clips import FULL, QUICK, Library, clips, make
from benchmarks.town_onvif import DELAY_S, PRECISION, RECALL, motion_devices
from benchmarks.town_reference import Reference
from benchmarks.town_score import Score, Span, missed, score
from benchmarks.town_site import Gauges, TownSite, town_site
from gateway.config import WorkerSettings
from gateway.run import worker_count

LEAST_RECALL, LONGEST_P95_S, MOST_MIB = 0.95, 2.0, 4.0
"""The aims: part of the events; seconds; MiB a camera."""
WARM_UP_S, QUICK_WARM_UP_S = 45.0, 15.0
"""Until what is told counts: sessions and caches have settled."""
GRACE_S = 8.0
"""Between the end of what counts and reading the queue: what began just before is told by then."""
KNEE_FROM, KNEE_STEP, KNEE_MOST = 8, 8, 512
MISSED_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Town:
    """Cameras, and what the reference found in their clips."""

    residents: tuple[Resident, ...]
    events: Events

    @property
    def busy_ratio(self) -> float:
        """The part of all cameras' time in which the reference sees something."""
        shares = (busy_share(one.clip, self.events) for one in self.residents)
        return sum(shares) / len(self.residents)

    def due(self, server: TownServer, until_s: float) -> Iterator[Expected]:
        """Yield what was to be seen on every camera, up to a time (seconds since 1970)."""
        showings = server.showings()
        for one in self.residents:
            for showing in showings.get(one.camera, ()):
                events = self.events[one.clip.path]
                yield from expected(showing, one.camera, one.clip, events, until_s)


@dataclass(frozen=True, slots=True)
class Case:
    """One town to be carried. kind: "found", "events" or "tuned"; busy: percent of camera time.

    asked_workers: processes to share the cameras; 0: as many as `gridpatrol run` would start.
    within_s: the 95th percentile of latency up to which it is sustained.
    """

    kind: str
    cameras: int
    busy: float
    minutes: float
    library: Library = FULL
    asked_workers: int = 0
    within_s: float = LONGEST_P95_S

    @property
    def name(self) -> str:
        """What figures are called."""
        return f"{self.kind}, {self.cameras} cameras, {self.busy:g} % busy"

    @property
    def workers(self) -> int:
        """How many processes share the cameras."""
        return worker_count(WorkerSettings(count=self.asked_workers), self.cameras)

    @property
    def warm_up_s(self) -> float:
        """How long nothing counts."""
        return QUICK_WARM_UP_S if self.library is QUICK else WARM_UP_S

    def is_met_by(self, found: Score) -> bool:
        """Say whether it was carried: enough found, in time."""
        return found.recall >= LEAST_RECALL and found.latency_s(95) <= self.within_s

    def town(self) -> Town:
        """Return its cameras; clips and reference are made where they are missing."""
        shown = clips("tuned" if self.kind == "tuned" else "found", self.library)
        make(shown)
        reference = Reference()
        events = {clip.path: reference.events(clip) for clip in shown}
        return Town(residents(shown, events, self.cameras, self.busy), events)


AIMED = (
    Case("tuned", 325, 10, 5),
    Case("events", 325, 5, 5),
    Case("found", 150, 10, 5),
    Case("tuned", 150, 10, 5),
)
QUICK_CASE = Case("found", 4, 20, 1, QUICK)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a town was like for the product. first, last: gauges at the ends of what counts.

    server_ratio: cores that the cameras' server took of the box meanwhile. others: incidents that
    no rule made, by kind.
    """

    case: Case
    score: Score
    missed: tuple[Expected, ...]
    first: Gauges
    last: Gauges
    empty_mib: float
    server_ratio: float
    busy_ratio: float
    others: Mapping[str, int]

    @property
    def seconds(self) -> float:
        """How long it was measured."""
        return self.last.at_s - self.first.at_s

    @property
    def is_sustained(self) -> bool:
        """Whether it was carried as aimed at."""
        return self.case.is_met_by(self.score)

    def per_camera_second(self, counter: str) -> float:
        """Return how much a counter rose a second, per camera."""
        rise = self.last.counts.get(counter, 0.0) - self.first.counts.get(counter, 0.0)
        return rise / self.seconds / self.case.cameras


def run(*, quick: bool) -> Outcome:
    """Carry the towns aimed at; quick: four cameras for a minute."""
    return run_with((), quick=quick)


def run_with(words: Sequence[str], *, quick: bool) -> Outcome:
    """Carry the towns that the command line asks for."""
    asked = _parser().parse_args(words)
    cases = _cases(asked, quick=quick)
    if asked.knee:
        return _knee(cases[0])
    figures: list[Figure] = []
    notes: list[str] = []
    for case in cases:
        carried = carry(case)
        figures += _figures(carried)
        notes += _notes(carried)
    return Outcome(tuple(figures), (*notes, *MEANING))


def carry(case: Case) -> Carried:
    """Have the product carry a town. Raises UnreachableError when something does not come up."""
    town = case.town()
    cameras = town.residents
    with ExitStack() as running:
        server = running.enter_context(town_server(cameras))
        devices: Mapping[str, int] = {}
        if case.kind == "events":
            devices = running.enter_context(motion_devices(cameras, server))
        site = running.enter_context(town_site(server.url, cameras, devices, case.workers))
        time.sleep(case.warm_up_s)
        first, span, server_ratio, last = _watch(case, site, server)
        time.sleep(GRACE_S)
        told, others = site.told(), site.others()
        due = list(town.due(server, span.until_s + GRACE_S))
    return Carried(
        case=case,
        score=score(due, told, span),
        missed=tuple(missed(due, told, span)),
        first=first,
        last=last,
        empty_mib=site.empty_mib,
        server_ratio=server_ratio,
        busy_ratio=town.busy_ratio,
        others=others,
    )


def _watch(case: Case, site: TownSite, server: TownServer) -> tuple[Gauges, Span, float, Gauges]:
    """Let it be looked at; return the gauges around it, the span, what the server cost."""
    first, from_s, before_s = site.gauges(), time.time(), cost_of([server.pid]).processor_s
    time.sleep(60 * case.minutes)
    last, until_s, after_s = site.gauges(), time.time(), cost_of([server.pid]).processor_s
    return first, Span(from_s, until_s), (after_s - before_s) / (until_s - from_s), last


def _figures(carried: Carried) -> Iterator[Figure]:
    case, found = carried.case, carried.score
    name = case.name
    yield Figure(f"{name}: sustained", float(carried.is_sustained), "1 = yes")
    yield Figure(f"{name}: event recall", found.recall, "0-1", f">= {LEAST_RECALL}")
    yield Figure(f"{name}: event precision", found.precision, "0-1")
    yield Figure(f"{name}: events due", found.due, "events")
    if found.found:
        yield Figure(f"{name}: latency, p50", found.latency_s(50), "s")
        yield Figure(f"{name}: latency, p95", found.latency_s(95), "s", f"<= {case.within_s}")
    worker_s = carried.last.worker_s - carried.first.worker_s
    others_s = carried.last.others_s - carried.first.others_s
    memory = (carried.last.worker_mib - carried.empty_mib) / case.cameras
    yield Figure(f"{name}: worker", worker_s / carried.seconds, "cores")
    yield Figure(
        f"{name}: worker, per camera",
        worker_s * 1000 / carried.seconds / case.cameras,
        "ms per camera-second",
    )
    yield Figure(f"{name}: rest of the product", others_s / carried.seconds, "cores")
    yield Figure(f"{name}: the cameras' server", carried.server_ratio, "cores")
    yield Figure(f"{name}: memory", memory, "MiB per camera", f"<= {MOST_MIB}")
    for metric in METRICS:
        for title, value in metric.figures(carried):
            yield Figure(f"{name}: {title}", value, metric.unit)
    for key, value in sorted(carried.last.counts.items()):
        if key.startswith(AT_RUNG):
            yield Figure(f"{name}: cameras decoded ({key.partition(' ')[2]})", value, "at the end")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the product that becomes figures, one for each value of its label.

    times: turns the metric's unit into the figure's.
    """

    name: str
    title: str
    unit: str
    times: float = 1.0

    def figures(self, carried: Carried) -> Iterator[tuple[str, float]]:
        """Yield title and value of each; none when the product does not have the metric."""
        for key in sorted(carried.last.counts):
            metric, _, label = key.partition(" ")
            if metric == self.name:
                title = f"{self.title} ({label})" if label else self.title
                yield title, carried.per_camera_second(key) * self.times


METRICS = (
    Metric("gridpatrol_looks_total", "looks", "per camera-second"),
    Metric("gridpatrol_looks_skipped_total", "looks skipped", "per camera-second"),
    Metric("gridpatrol_key_pictures_total", "key pictures", "per camera-second"),
    Metric("gridpatrol_decode_seconds_total", "decoding", "ms per camera-second", 1000),
    Metric("gridpatrol_detect_cpu_seconds_total", "detector", "ms per camera-second", 1000),
)
"""The product's metrics that become figures."""
AT_RUNG = "gridpatrol_cameras_at_rung"
"""How many cameras are decoded in which way, at the end."""

MEANING = (
    "latency: from the moment the reference's condition began (every picture decoded and detected) "
    "to XADD; the default confirm_s of 1 s is in it",
    "precision: incidents about no event of the reference, of all; repeats are told apart",
    "memory: the worker's proportional set size beyond that of a worker without cameras",
    "cameras, product and reference share this box; the cameras' server is measured beside",
)


def _notes(carried: Carried) -> Iterator[str]:
    case, found = carried.case, carried.score
    yield (
        f"{case.name}: {case.minutes:g} min after {case.warm_up_s:g} s of warm-up; the reference "
        f"sees something in {100 * carried.busy_ratio:.1f} % of camera time; {found.found} of "
        f"{found.due} events found, {found.told} incidents, {found.false} false, "
        f"{found.repeats} repeats; {case.library.busy + case.library.quiet} clips, "
        f"{case.workers} workers"
    )
    unmeasured = [metric.title for metric in METRICS if not list(metric.figures(carried))]
    if unmeasured:
        yield f"{case.name}: not measured, as the product does not tell: {', '.join(unmeasured)}"
    if carried.others:
        listed = ", ".join(f"{count} {kind}" for kind, count in carried.others.items())
        yield f"{case.name}: incidents of cameras' health and alarms, counted nowhere: {listed}"
    if case.kind == "events":
        yield (
            f"{case.name}: cameras tell of {100 * RECALL:g} % of the visits, {DELAY_S[0]:g} to "
            f"{DELAY_S[1]:g} s late, and {100 - 100 * PRECISION:g} % of what they tell is nothing"
        )
    for event in carried.missed[:MISSED_SHOWN]:
        yield f"{case.name}: missed {event.kind} on {event.camera}"


def _knee(case: Case) -> Outcome:
    """Search for the largest town that is sustained."""
    say = Console(stderr=True).print
    figures: list[Figure] = []

    def carries(count: int) -> bool:
        carried = carry(replace(case, cameras=count))
        say(f"{count} cameras: recall {carried.score.recall:.3f}, "
            f"p95 {carried.score.latency_s(95):.2f} s")  # fmt: skip
        figures.extend(_figures(carried))
        return carried.is_sustained

    most = most_carried(carries, KNEE_FROM, KNEE_STEP, KNEE_MOST)
    title = f"{case.kind}, {case.busy:g} % busy: cameras sustained"
    return Outcome((Figure(title, most, "cameras"), *figures), MEANING)


def _cases(asked: argparse.Namespace, *, quick: bool) -> tuple[Case, ...]:
    """Return what to measure: the towns aimed at, unless the command line names one."""
    named = {
        name: value
        for name, value in vars(asked).items()
        if name not in {"knee", "few_clips"} and value is not None
    }
    if quick:
        return (replace(QUICK_CASE, **named),)
    aimed = tuple(replace(case, library=QUICK) if asked.few_clips else case for case in AIMED)
    if asked.knee or "kind" in named or "cameras" in named:
        return (replace(aimed[0], **named),)
    return tuple(replace(case, **named) for case in aimed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks fleet", description=__doc__)
    parser.add_argument("--fleet", dest="kind", choices=("found", "events", "tuned"))
    parser.add_argument("--cameras", type=int)
    parser.add_argument("--busy", type=float, help="percent of camera time, 0 to 20")
    parser.add_argument("--minutes", type=float)
    parser.add_argument(
        "--workers", dest="asked_workers", type=int, help="processes that share the cameras"
    )
    parser.add_argument("--few-clips", action="store_true", help="5 clips instead of 32")
    parser.add_argument("--knee", action="store_true", help="search for the most that is sustained")
    parser.add_argument(
        "--within", dest="within_s", type=float, help="longest p95 of latency, in seconds"
    )
    return parser
