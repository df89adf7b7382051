"""A town of cameras: which camera shows which clip, and what is to be seen there when.

The cameras are one real RTSP server's (`fleet_server`); each plays its clip round and round from a
key frame of its own. What it showed when follows from when it began, so that what the reference
found in the clip becomes what the product should have told of the camera.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet_server import LOOPBACK, Showing
from benchmarks.town_clips import BUSY_SHARE, ClipSpec, Library, clips
from benchmarks.town_reference import Event
from gateway.children import start_child, stop_child
from gateway.errors import UnreachableError

START_S = 60.0
"""Longest that reading all clips may take the server."""
STOP_S, POLL_S = 5.0, 0.1


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


def residents(kind: str, library: Library, count: int, busy_percent: float) -> tuple[Resident, ...]:
    """Return a town whose cameras are busy for that share of their time, all together.

    Busy clips go to as many cameras as that takes, evenly spread; ValueError for more than there
    can be.
    """
    if not 0 <= busy_percent <= 100 * BUSY_SHARE:
        raise ValueError(f"a town is busy for 0 to {100 * BUSY_SHARE:g} %, not {busy_percent:g}")
    all_clips = clips(kind, library)
    share = busy_percent / (100 * BUSY_SHARE)
    town, shown = [], {True: 0, False: 0}
    for number in range(count):
        is_busy = int((number + 1) * share) > int(number * share)
        choice = [clip for clip in all_clips if clip.is_busy is is_busy]
        town.append(Resident(f"cam{number:03}", choice[shown[is_busy] % len(choice)]))
        shown[is_busy] += 1
    return tuple(town)


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
    """Yield what was to be seen in a showing, up to a time (seconds since 1970)."""
    end_s = showing.ended_s if showing.ended_s is not None else until_s
    begin_s = showing.began_s - showing.picture / clip.encoding.fps
    while begin_s < end_s:
        for event in events:
            began_s, ended_s = begin_s + event.began_s, begin_s + event.ended_s
            if began_s >= showing.began_s and ended_s <= end_s:
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
