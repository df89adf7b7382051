"""What running processes cost, as the kernel counts it (proc(5))."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds since the start; memory as the proportional set size, in KiB.

    Pages that several processes share count a part for each, so that many copies of one program
    are not charged for the program many times.
    """

    processor_s: float
    memory_kib: int
    files: int
    threads: int


def cost_of(pids: Iterable[int]) -> Cost:
    """Return what these processes cost together; raises OSError when one has ended."""
    each = [_cost(PROC / str(pid)) for pid in pids]
    return Cost(
        processor_s=sum(one.processor_s for one in each),
        memory_kib=sum(one.memory_kib for one in each),
        files=sum(one.files for one in each),
        threads=sum(one.threads for one in each),
    )


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that it and its children started; raises OSError when it has ended.

    A child that ends meanwhile is passed over.
    """
    yield pid
    for task in (PROC / str(pid) / "task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def parent(pid: int) -> int:
    """Return who started a process; raises OSError when it has ended."""
    return int(_fields(PROC / str(pid))[1])


def _fields(process: Path) -> list[str]:
    """Return what the kernel tells of a process behind its name."""
    # The second field is the program's name in brackets, which may hold anything.
    return (process / "stat").read_text().rpartition(")")[2].split()


def _cost(process: Path) -> Cost:
    words = _fields(process)
    user, system, threads = int(words[11]), int(words[12]), int(words[17])
    lines = (process / "smaps_rollup").read_text().splitlines()
    (memory_kib,) = (int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    files = len(list((process / "fd").iterdir()))
    return Cost((user + system) / TICKS_PER_S, memory_kib, files, threads)
