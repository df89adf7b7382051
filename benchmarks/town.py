"""A town of cameras: which camera shows which clip, and what is to be seen there when.

The cameras are one real RTSP server's (`fleet_server`); each plays its clip round and round from a
key frame of its own. What it showed when follows from when it began, so that what the reference
found in the clip becomes what the product should have told of the camera.
"""

import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

from benchmarks.fleet_server import LOOPBACK, Showing
from benchmarks.town_clips import ClipSpec
from benchmarks.town_reference import Event
from gateway.children import start_child, stop_child
from gateway.errors import UnreachableError

START_S = 60.0
"""Longest that reading all clips may take the server."""
STOP_S, POLL_S = 5.0, 0.1


Events: TypeAlias = Mapping[Path, tuple[Event, ...]]
"""What the reference found, by the path of the clip."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A camera of the town."""

    camera: str
    clip: ClipSpec


@dataclass(frozen=True, slots=True)
class Expected:
    """Something the product should tell of. began_s, ended_s: seconds since 1970, camera's time."""

    camera: str
    kind: str
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class TownServer:
    """The cameras at work. url: without a path; pid: of the process; log: what it prints."""

    url: str
    pid: int
    log: Path

    def showings(self) -> dict[str, list[Showing]]:
        """Return what was shown so far, by path; one that ended tells when."""
        found: dict[tuple[str, float], Showing] = {}
        for line in self.log.read_text("utf-8").splitlines():
            values = json.loads(line) if line.startswith("{") else {}
            if "path" in values:
                showing = Showing(**values)
                found[showing.path, showing.began_s] = showing
        by_path: dict[str, list[Showing]] = {}
        for showing in found.values():
            by_path.setdefault(showing.path, []).append(showing)
        return by_path


def residents(
    all_clips: Sequence[ClipSpec], events: Events, count: int, busy_percent: float
) -> tuple[Resident, ...]:
    """Return a town in which the reference sees something for that share of camera time.

    As far as the clips allow: a camera gets the next busy clip when the town would be less busy
    than asked for with a quiet one. events: what the reference found in each clip.
    """
    busy, quiet = (
        cycle([clip for clip in all_clips if clip.is_busy is is_busy]) for is_busy in (True, False)
    )
    town: list[Resident] = []
    seen, candidate = 0.0, next(busy)
    for number in range(count):
        share = busy_share(candidate, events)
        if seen + share / 2 <= busy_percent / 100 * (number + 1):
            clip, seen, candidate = candidate, seen + share, next(busy)
        else:
            clip = next(quiet)
        town.append(Resident(f"cam{number:03}", clip))
    return tuple(town)


def busy_share(clip: ClipSpec, events: Events) -> float:
    """Return the part of a clip's time in which the reference sees something, 0-1."""
    return sum(event.ended_s - event.began_s for event in events[clip.path]) / clip.length_s


@contextmanager
def town_server(town: Sequence[Resident]) -> Iterator[TownServer]:
    """Serve a town beside us until the block ends; raises UnreachableError."""
    with tempfile.TemporaryDirectory(prefix="gridpatrol-town-") as folder:
        programme, log = Path(folder) / "programme.json", Path(folder) / "server.log"
        shown = {resident.camera: str(resident.clip.path) for resident in town}
        programme.write_text(json.dumps(shown), "utf-8")
        argv = (sys.executable, "-m", "benchmarks.fleet_server", programme)
        with log.open("wb") as output:
            child = start_child(argv, output=output)
        try:
            yield TownServer(f"rtsp://{LOOPBACK}:{_port(log)}", child.pid, log)
        finally:
            stop_child(child, STOP_S)


def expected(
    showing: Showing, camera: str, clip: ClipSpec, events: Sequence[Event], until_s: float
) -> Iterator[Expected]:
    """Yield what began to be seen in a showing before a time (seconds since 1970).

    What a reader who left did not see to its end is left out.
    """
    end_s = showing.ended_s if showing.ended_s is not None else until_s
    latest_s = math.inf if showing.ended_s is None else end_s
    begin_s = showing.began_s - showing.picture / clip.encoding.fps
    while begin_s < end_s:
        for event in events:
            began_s, ended_s = begin_s + event.began_s, begin_s + event.ended_s
            if showing.began_s <= began_s < end_s and ended_s <= latest_s:
                yield Expected(camera, event.kind, began_s, ended_s)
        begin_s += clip.length_s


def _port(log: Path) -> int:
    """Return the port, which is the first thing the server says."""
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        text = log.read_text("utf-8")
        if "\n" in text:
            first = text.partition("\n")[0].strip()
            if first.isdecimal():
                return int(first)
            raise UnreachableError(f"the town's cameras did not start: {text.strip()}")
        time.sleep(POLL_S)
    raise UnreachableError(f"the town's cameras did not start within {START_S:g} s")
