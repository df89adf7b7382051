"""Keeps a set of processes running: starts them, restarts what dies, stops them in order."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway.children import start_child, stop_child
from gateway.clock import monotonic_s

POLL_S = 0.2
FIRST_DELAY_S, LAST_DELAY_S = 0.5, 30.0
STEADY_S = 60.0
"""A process that ran this long before it died starts again without waiting."""
LOG_BYTES = 16 << 20
"""Size at which a log's older part is moved to `<name>.log.1`, over the one before."""
GRACE_S = 10.0
"""Time a process gets between SIGTERM and SIGKILL."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to keep running. `name` is unique and names its log file.

    environment: laid over our own; the place for secrets, which others could read in `argv`.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Slot:
    """One spec and the process now standing for it."""

    spec: ProcessSpec
    child: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    restart_at_s: float = 0.0
    delay_s: float = FIRST_DELAY_S
    restarts: int = 0


@dataclass(slots=True)
class Supervisor:
    """Runs processes until told to stop; one crash costs that process a restart and nobody else.

    Use it from the main thread: the kernel ends the children when that thread ends. What a process
    prints goes to `<log_dir>/<name>.log`, cut to its newer part when it grows beyond LOG_BYTES.
    """

    specs: Sequence[ProcessSpec]
    log_dir: Path
    slots: list[_Slot] = field(init=False)

    def __post_init__(self) -> None:
        self.slots = [_Slot(spec) for spec in self.specs]

    def start(self) -> None:
        """Start every process, in the order given."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for slot in self.slots:
            self._start(slot)

    def watch(self, stopping: threading.Event, chores: Sequence[Callable[[], None]] = ()) -> None:
        """Restart what dies until `stopping` is set.

        chores: called each time round, such as another owner's care for its own processes.
        """
        while not stopping.wait(POLL_S):
            for slot in self.slots:
                self._look_after(slot)
            for chore in chores:
                chore()

    def stop(self) -> None:
        """Stop the processes in the order given, each with its grace period."""
        for slot in self.slots:
            if slot.child is not None:
                stop_child(slot.child, GRACE_S)
                slot.child = None

    def _log_of(self, slot: _Slot) -> Path:
        return self.log_dir / f"{slot.spec.name}.log"

    def _start(self, slot: _Slot) -> None:
        with self._log_of(slot).open("ab") as output:
            slot.child = start_child(
                slot.spec.argv, env=os.environ | slot.spec.environment, output=output
            )
        slot.started_s = monotonic_s()

    def _look_after(self, slot: _Slot) -> None:
        now_s = monotonic_s()
        _cut(self._log_of(slot))
        if slot.child is None:
            if now_s >= slot.restart_at_s:
                self._start(slot)
            return
        exit_code = slot.child.poll()
        if exit_code is None:
            return
        stop_child(slot.child, 0)
        slot.child = None
        steady = now_s - slot.started_s >= STEADY_S
        slot.delay_s = FIRST_DELAY_S if steady else min(slot.delay_s * 2, LAST_DELAY_S)
        slot.restart_at_s = now_s + slot.delay_s
        slot.restarts += 1
        log.warning(
            "process ended; starting it again",
            name=slot.spec.name,
            exit_code=exit_code,
            in_s=slot.delay_s,
        )


def _cut(path: Path) -> None:
    """Keep a growing log within bounds; its writer appends and so goes on at the new end."""
    if path.stat().st_size > LOG_BYTES:
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)
