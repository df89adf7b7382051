"""The real `gridpatrol run` is killed, in part and whole, while people pass before its camera.

A worker looks at an RTSP camera (`clock_camera`), its rules open and close incidents all the time,
with pictures and clips. At random moments the worker, `serve`, the queue, the supervisor or all of
them at once get SIGKILL; nothing goes on before incidents arrive again. In the end the queue is
compared with the store, and the store with the disk.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import cast

from redis import Redis

from benchmarks.chaos_audit import View, is_of_incident, stored_events, view
from benchmarks.chaos_evidence import Halves, halves
from benchmarks.clock_camera import ClockCamera, clock_camera
from benchmarks.report import Figure, Outcome
from benchmarks.site import STOP_S, Home, new_home, wait_for
from gateway.children import stop_child
from gateway.dispatch.embedded import running_url
from gateway.dispatch.redis_sink import FIELD, STREAM
from gateway.rules_file import rules_to_json
from gateway.store.inventory import Camera
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.types import Kind

RUN, EVERYTHING = "run", "everything"
PARTS = ("worker", "serve", "queue")
VICTIMS = (*PARTS, RUN, EVERYTHING)
CONFIRM_S = (0.0, 0.3, 0.6, 0.9)
"""A rule each, so that one visitor is several incidents, one after the other."""
GONE_S = 15.0
"""Within it what a killed `run` has started must be gone: the kernel tells it, it drains in ten."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Demand:
    """How often to kill, whom in turn, and the seed of the moments.

    span_s: a kill comes within this time after incidents arrive again. A visitor comes each 6 s.
    """

    kills: int
    seed: int
    victims: tuple[str, ...] = VICTIMS
    span_s: float = 6.0


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. orphans: processes that outlived the `run` which had started them."""

    queue: View
    halves: Halves
    kills: Mapping[str, int]
    orphans: int

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, made up, out of order, half or left running."""
        return self.queue.is_right and self.halves.are_none and not self.orphans


@dataclass
class Tree:
    """`gridpatrol run` and its children, started again after it was killed."""

    home: Home
    process: subprocess.Popen[bytes] = field(init=False)
    orphans: int = 0

    def __post_init__(self) -> None:
        self.process = self.home.start()

    def kill(self, victim: str) -> None:
        """End a part, the supervisor or everything by SIGKILL, as soon as it runs."""
        parts = wait_for(lambda: self._parts(victim), victim)
        wanted = {RUN: (), EVERYTHING: tuple(parts.values())}.get(victim)
        for pid in (parts[victim],) if wanted is None else (self.process.pid, *wanted):
            _kill(pid)
        if wanted is not None:
            self.process.wait()
            self.orphans += _outlived(parts.values())
            self.process = self.home.start()

    def _parts(self, victim: str) -> dict[str, int] | None:
        """Return the number of each part; None while one is missing that is to be killed."""
        parts = dict(_children(self.process.pid))
        wanted = (victim,) if victim in PARTS else PARTS
        return parts if parts.keys() >= set(wanted) else None

    def stop(self) -> None:
        """End it as a person does."""
        parts = dict(_children(self.process.pid))
        stop_child(self.process, STOP_S)
        self.orphans += _outlived(parts.values())


def run_chaos(demand: Demand) -> Report:
    """Run it; raises MissingExtraError without ipycam, UnreachableError if it never comes back."""
    rng, kills = random.Random(demand.seed), Counter[str]()
    victims = list(islice(cycle(demand.victims), demand.kills))
    rng.shuffle(victims)
    with clock_camera("visits") as camera, _running(_inventoried(camera)) as tree:
        for victim in victims:
            _wait_for_news(tree.home)
            time.sleep(rng.uniform(0.0, demand.span_s))
            tree.kill(victim)
            kills[victim] += 1
        _wait_for_news(tree.home)
        queue = wait_for(lambda: _compared(tree.home), "a moment with nothing on its way")
        tree.stop()
        return Report(queue, halves(tree.home.store, tree.home.data_dir), kills, tree.orphans)


def run(kills: int, seed: int) -> Outcome:
    """Run it with every victim in turn."""
    demand = Demand(kills, seed)
    return _outcome(demand, run_chaos(demand))


def _outcome(demand: Demand, report: Report) -> Outcome:
    seen, half = report.queue, report.halves
    figures = (
        Figure("queue: events", seen.events, "events"),
        Figure("queue: lost", seen.lost, "events", "<= 0"),
        Figure("queue: invented", seen.invented, "events", "<= 0"),
        Figure("queue: out of order", seen.out_of_order, "events", "<= 0"),
        Figure("queue: repeated, dropped by id", seen.repeated, "deliveries"),
        Figure("store: incidents", half.incidents, ""),
        Figure("store: incidents left half", half.half, "", "<= 0"),
        Figure("disk: files of evidence", half.files, ""),
        Figure("disk: files damaged or missing", half.damaged, "", "<= 0"),
        Figure("disk: files half written, films in no index", half.scraps, "", "<= 0"),
        Figure("processes left running", report.orphans, "", "<= 0"),
        Figure("kills", sum(report.kills.values()), ""),
    )
    killed = ", ".join(f"{name} {count}" for name, count in sorted(report.kills.items()))
    return Outcome(
        figures, (f"seed {demand.seed}: --serve --kills {demand.kills}", f"killed: {killed}")
    )


@contextmanager
def _running(camera: Camera) -> Iterator[Tree]:
    with new_home(camera) as home:
        tree = Tree(home)
        try:
            yield tree
        finally:
            stop_child(tree.process, STOP_S)


def _inventoried(camera: ClockCamera) -> Camera:
    specs = (
        PresenceSpec(id=f"person-{number}", kinds=(Kind.PERSON,), confirm_s=confirm_s, clear_s=0.2)
        for number, confirm_s in enumerate(CONFIRM_S)
    )
    rules = rules_to_json(RuleSet((), tuple(specs)))
    return Camera(id="gate", name="村口", address=camera.url, main_uri=camera.url, rules=rules)


def _wait_for_news(home: Home) -> None:
    """Return once incidents are written and delivered that were not there before."""
    before = len(stored_events(home.store))
    wait_for(lambda: len(stored_events(home.store)) > before and not _waiting(home), "an incident")


def _waiting(home: Home) -> int:
    return sum(sink.waiting + sink.parked for sink in home.store.deliveries.status())


def _compared(home: Home) -> View | None:
    """Return the queue's view of the store; None where the store changed in between."""
    stored = stored_events(home.store)
    if _waiting(home):
        return None
    arrived = list(_queued(home.data_dir))
    if stored_events(home.store) != stored:
        return None
    return view(*(list(filter(is_of_incident, events)) for events in (stored, arrived)))


def _queued(data_dir: Path) -> Iterator[str]:
    """Yield the id of every event in the queue, in order."""
    url = running_url(data_dir) or ""
    with Redis.from_url(url, protocol=2, decode_responses=True) as queue:
        entries = cast("list[tuple[str, dict[str, str]]]", queue.xrange(STREAM))
    for _, fields in entries:
        yield json.loads(fields[FIELD])["id"]


def _children(pid: int) -> Iterator[tuple[str, int]]:
    """Yield the name and number of each process that `run` has started."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                name = next((part for part in PARTS if part in words), "")
                yield name or "queue", child


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _outlived(pids: Iterable[int]) -> int:
    """Return how many processes are still there after GONE_S; they are ended then."""
    left = set(pids)
    until = time.monotonic() + GONE_S
    while left and time.monotonic() < until:
        time.sleep(LOOK_S)
        left = set(filter(_lives, left))
    for pid in left:
        _kill(pid)
    return len(left)


def _lives(pid: int) -> bool:
    """Return whether a process runs; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
