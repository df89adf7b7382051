"""What a worker spends its processor time on: the decoding threads, the detector, all the rest."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TASKS = Path("/proc/self/task")
"""A directory for each thread; `schedstat` in it begins with the nanoseconds it has run."""
NS_PER_S = 1e9

DECODE = "decode-"
"""What the names of the decoding threads begin with."""
DETECTOR = "detector"


@dataclass(frozen=True, slots=True)
class Spending:
    """Processors kept busy over some time (1.0 is one of them all the time).

    decode: by the threads that decode. detect: by the detector's thread and by those of native
    code, which are the runtime's. other: by every other thread of Python. over_s: over how long.
    """

    decode: float = 0.0
    detect: float = 0.0
    other: float = 0.0
    over_s: float = 0.0

    @property
    def detect_s(self) -> float:
        """Processor seconds of the detector and its runtime."""
        return self.detect * self.over_s


class CpuMeter:
    """Reads what this process spends by kinds of thread; for one thread. Linux only."""

    def __init__(self) -> None:
        self._at_s = time.monotonic()
        self._before = _run_s()

    def read(self) -> Spending:
        """Return what was spent since the last reading; nothing where the system does not tell."""
        at_s, now = time.monotonic(), _run_s()
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        wall_s = max(at_s - self._at_s, 1e-3)
        sums = {"decode": 0.0, "detect": 0.0, "other": 0.0}
        for task, run_s in now.items():
            sums[_kind(names.get(task))] += (run_s - self._before.get(task, 0.0)) / wall_s
        self._at_s, self._before = at_s, now
        return Spending(**sums, over_s=wall_s)


def _kind(name: str | None) -> str:
    if name is None or name == DETECTOR:
        return "detect"
    return "decode" if name.startswith(DECODE) else "other"


def _run_s() -> dict[int, float]:
    """Return for how long each thread of this process has run, by its number."""
    clocks = {}
    for task in TASKS.iterdir() if TASKS.is_dir() else ():
        with suppress(OSError):  # it has just ended
            nanoseconds, _, _ = (task / "schedstat").read_text().split()
            clocks[int(task.name)] = int(nanoseconds) / NS_PER_S
    return clocks
