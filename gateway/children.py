"""Child processes that never outlive us: they die with their parent, their owner reaps them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
"""prctl(2): ask the kernel to signal this process when its parent thread ends."""


def die_with_parent() -> None:
    """Run in the child before exec: its own process group, and SIGTERM when the parent is gone."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start_child(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own that ends when this process ends.

    The kernel watches the *thread* that calls this, so call it from one that lives as long as the
    child should (the main thread). Standard output and error both go to `output`. Terminal signals
    do not reach the child: its owner decides when it stops. Raises OSError as `Popen` does.
    """
    return subprocess.Popen(  # noqa: S603 - argv is built by us, never by a shell
        [os.fspath(word) for word in argv],
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output != subprocess.DEVNULL else subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - only setpgid and prctl run there
    )


def stop_child(child: subprocess.Popen[bytes], grace_s: float) -> int:
    """Ask a child to stop, wait, kill what is left of its process group; return its exit code."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            child.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait()
