"""How many cameras others carry on this box, at the same recall and latency as `fleet` asks for.

    python -m benchmarks peers [--fleet tuned|found] [--cameras N] [--busy PERCENT] [--minutes M]
                               [--way ffmpeg|opencv|ultralytics]… [--within S] [--few-clips]
                               [--quick]

The same streams, the same weights at the same input size, and behind the boxes our tracker, rules
and book of incidents for all; only how pictures get to the detector differs (`peers_watch`). With
`--cameras` each is tried with so many; without it, with more and more until recall falls below
0.95 or the 95th percentile of latency exceeds 2 s (`--within`), and so is the product itself.

Others decode everything and look up to five times a second, more often than the product looks at a
quiet street: this compares what is *found*, not how often is looked. Their latency ends when the
rule is sure; ours, when the queue has the incident, evidence and all.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from benchmarks.fleet import GRACE_S, LONGEST_P95_S, Case, carry
from benchmarks.knee import most_carried
from benchmarks.peers_watch import Notice
from benchmarks.process_cost import cost_of, family
from benchmarks.report import Figure, Outcome
from benchmarks.town import Resident, TownServer, town_server
from benchmarks.town_clips import FULL, QUICK
from benchmarks.town_score import Score, Span, Told, score
from gateway.children import start_child, stop_child
from gateway.errors import UnreachableError


@dataclass(frozen=True, slots=True)
class Search:
    """How many cameras something carries: tried first, and how near the answer is to be."""

    title: str
    first: int
    step: int


PEERS = {
    "ffmpeg": Search("FFmpeg per camera, motion, detector", 8, 4),
    "opencv": Search("cv2.VideoCapture threads, detector", 32, 16),
    "ultralytics": Search("stock Ultralytics multi-stream", 4, 2),
}
OURS = Search("gridpatrol", 128, 32)
MOST = 512
STOP_S, CHECK_S = 5.0, 0.5
GIVEN_UP_S = 60.0
"""A peer that opened no further camera for so long opens no more."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How a peer fared. cores, mib: of its processes; looks: a second, per camera.

    read: cameras whose streams it read at the end; who reads fewer has less to miss.
    """

    case: Case
    read: int
    score: Score
    cores: float
    mib: float
    looks: float

    @property
    def is_sustained(self) -> bool:
        """Whether it found what is asked for, in time."""
        return self.read == self.case.cameras and self.case.is_met_by(self.score)


@dataclass(frozen=True, slots=True)
class Watch:
    """A peer at work. log: the notices it printed."""

    pid: int
    log: Path

    def notices(self) -> list[Notice]:
        """Return what it noticed so far."""
        lines = self.log.read_text("utf-8").splitlines()
        return [Notice(**json.loads(line)) for line in lines if line.startswith('{"incident"')]

    def looks(self) -> int:
        """Return how often it looked so far, to the tally."""
        lines = self.log.read_text("utf-8").splitlines()
        tallies = (json.loads(line)["looks"] for line in lines if line.startswith('{"looks"'))
        return max(tallies, default=0)


def run(*, quick: bool) -> Outcome:
    """Search for what each carries; quick: four cameras for a minute each."""
    return run_with((), quick=quick)


def run_with(words: Sequence[str], *, quick: bool) -> Outcome:
    """Measure what the command line asks for."""
    asked = _parser().parse_args(words)
    library = QUICK if quick or asked.few_clips else FULL
    minutes = asked.minutes or (1.0 if quick else 2.0)
    busy = asked.busy if asked.busy is not None else (20.0 if quick else 10.0)
    case = Case(asked.kind, asked.cameras or 4, busy, minutes, library, within_s=asked.within_s)
    ways = [way for way in asked.ways or PEERS if way != "ultralytics" or _has_ultralytics()]
    if asked.cameras or quick:
        figures = tuple(
            figure for way in ways for figure in _figures(PEERS[way].title, peer(way, case))
        )
    else:
        figures = tuple(_knees(case, ways))
    return Outcome(figures, tuple(_notes(case)))


def peer(way: str, case: Case) -> Carried:
    """Have a peer watch a town. Raises UnreachableError when it ends by itself."""
    town = case.town()
    cameras = town.residents
    with town_server(cameras) as server, _watching(way, server, cameras) as watch:
        _wait_until_read(server, len(cameras))
        time.sleep(case.warm_up_s)
        looked, before, from_s = watch.looks(), cost_of(family(watch.pid)), time.time()
        time.sleep(60 * case.minutes)
        after, until_s = cost_of(family(watch.pid)), time.time()
        looks, read = watch.looks() - looked, _cameras_read(server)
        time.sleep(GRACE_S)
        due = list(town.due(server, until_s + GRACE_S))
        told = list(told_by(watch.notices()))
    seconds = until_s - from_s
    return Carried(
        case=case,
        read=read,
        score=score(due, told, Span(from_s, until_s)),
        cores=(after.processor_s - before.processor_s) / seconds,
        mib=after.memory_kib / 1024,
        looks=looks / seconds / case.cameras,
    )


def _wait_until_read(server: TownServer, count: int) -> None:
    """Wait until every camera is read, or none was added for long."""
    most, grew_s = 0, time.monotonic()
    while most < count and time.monotonic() < grew_s + GIVEN_UP_S:
        time.sleep(CHECK_S)
        read = _cameras_read(server)
        if read > most:
            most, grew_s = read, time.monotonic()


def _cameras_read(server: TownServer) -> int:
    """Return how many cameras somebody reads now."""
    shown = server.showings().values()
    return sum(any(one.ended_s is None for one in showings) for showings in shown)


@contextmanager
def _watching(way: str, server: TownServer, town: Sequence[Resident]) -> Iterator[Watch]:
    with tempfile.TemporaryDirectory(prefix="gridpatrol-peer-") as folder:
        plan, log = Path(folder) / "plan.json", Path(folder) / "notices.log"
        watched = {
            one.camera: {"url": f"{server.url}/{one.camera}", "kind": one.clip.kind} for one in town
        }
        plan.write_text(json.dumps(watched), "utf-8")
        argv = (sys.executable, "-m", "benchmarks.peers_watch", way, plan)
        with log.open("wb") as output:
            child = start_child(argv, output=output)
        try:
            yield Watch(child.pid, log)
            if child.poll() is not None:
                last = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
                raise UnreachableError(f"{PEERS[way].title} ended by itself: {last}")
        finally:
            stop_child(child, STOP_S)


def told_by(notices: Sequence[Notice]) -> Iterator[Told]:
    """Yield each incident noticed, posted when it opened, as the last notice has it."""
    newest = {notice.incident: notice for notice in notices}
    for notice in notices:
        if notice.opened:
            last = newest[notice.incident]
            yield Told(notice.camera, notice.kind, last.began_s, last.ended_s, notice.at_s)


def _knees(case: Case, ways: Sequence[str]) -> Iterator[Figure]:
    """Yield how many cameras each carries, and ours against the best of the others."""
    say = Console(stderr=True).print
    carried: dict[str, list[Carried]] = {}
    for way in ways:
        search = PEERS[way]

        def carries(count: int, way: str = way, title: str = search.title) -> bool:
            one = peer(way, replace(case, cameras=count))
            carried.setdefault(way, []).append(one)
            p95_s = one.score.latency_s(95)
            found = f"{one.score.found} of {one.score.due} found, p95 {p95_s:.2f} s"
            say(f"{title}, {count}: {one.read} read, {found}")
            return one.is_sustained

        most = most_carried(carries, search.first, search.step, MOST)
        yield Figure(f"{search.title}: cameras sustained", most, "cameras")
        for one in carried[way]:
            yield from _figures(search.title, one)

    def carries_ours(count: int) -> bool:
        one = carry(replace(case, cameras=count))
        found = one.score
        say(f"{OURS.title}, {count}: recall {found.recall:.3f}, p95 {found.latency_s(95):.2f} s")
        return one.is_sustained

    ours = most_carried(carries_ours, OURS.first, OURS.step, MOST)
    best = max(
        (c.case.cameras for each in carried.values() for c in each if c.is_sustained), default=0
    )
    yield Figure(f"{OURS.title}: cameras sustained", ours, "cameras")
    yield Figure(f"{OURS.title} against the best of them", ours / max(1, best), "ratio", ">= 10")


def _figures(title: str, carried: Carried) -> Iterator[Figure]:
    found, cameras = carried.score, carried.case.cameras
    name = f"{title}, {cameras} cameras"
    yield Figure(f"{name}: read", carried.read, "cameras")
    yield Figure(f"{name}: event recall", found.recall, "0-1")
    yield Figure(f"{name}: event precision", found.precision, "0-1")
    yield Figure(f"{name}: events due", found.due, "events")
    yield Figure(f"{name}: latency, p50", found.latency_s(50), "s")
    yield Figure(f"{name}: latency, p95", found.latency_s(95), "s")
    yield Figure(f"{name}: processor", carried.cores, "cores")
    yield Figure(f"{name}: memory", carried.mib / cameras, "MiB per camera")
    yield Figure(f"{name}: looks", carried.looks, "per camera-second")


def _notes(case: Case) -> Iterator[str]:
    yield (
        f"{case.kind} streams, {case.busy:g} % busy, {case.minutes:g} min each after "
        f"{case.warm_up_s:g} s, p95 within {case.within_s:g} s; "
        "same weights, input size, tracker, rules and incidents for all"
    )
    yield (
        "others decode everything and look up to five times a second, also at quiet streets "
        "(FFmpeg's way: only where it saw motion); their latency ends when the rule is sure, ours "
        "when the queue has the incident with its evidence"
    )
    if not _has_ultralytics():
        yield "stock Ultralytics: not installed; pip install 'gridpatrol[ultralytics]' first"


def _has_ultralytics() -> bool:
    return importlib.util.find_spec("ultralytics") is not None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks peers", description=__doc__)
    parser.add_argument("--fleet", dest="kind", choices=("found", "tuned"), default="found")
    parser.add_argument("--cameras", type=int, help="try each with so many only")
    parser.add_argument(
        "--way", dest="ways", action="append", choices=tuple(PEERS), help="this peer alone; again"
    )
    parser.add_argument("--busy", type=float, help="percent of camera time, 0 to 20")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--few-clips", action="store_true", help="5 clips instead of 32")
    parser.add_argument(
        "--within",
        dest="within_s",
        type=float,
        default=LONGEST_P95_S,
        help="longest p95 of latency, in seconds",
    )
    return parser
