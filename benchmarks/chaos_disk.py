"""A disk that can be full: a small one where it may be mounted, else a limit on files."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

_BALLAST = "ballast"
_LIMIT_BYTES = 4096
"""Below this a file may still grow: nothing of a database is."""


class Disk(Protocol):
    """Where the site's data is."""

    def fill(self) -> None:
        """Leave no room on it."""

    def free(self) -> None:
        """Give the room back."""


class SmallDisk:
    """A file system of its own, in memory; a file that fills it stands for everybody else's."""

    def __init__(self, root: Path) -> None:
        self._ballast = root / _BALLAST

    def fill(self) -> None:
        """Take all blocks that are free."""
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            left = os.statvfs(self._ballast)
            os.posix_fallocate(ballast.fileno(), 0, left.f_bavail * left.f_frsize)
            ballast.seek(0, os.SEEK_END)
            while ballast.write(bytes(4096)):
                continue

    def free(self) -> None:
        """Remove the file."""
        self._ballast.unlink(missing_ok=True)


class LimitedFiles:
    """A limit on the files that these processes may write (RLIMIT_FSIZE), where none is mounted."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids

    def fill(self) -> None:
        """Let no file grow."""
        self._set(_LIMIT_BYTES)

    def free(self) -> None:
        """Let files grow again; who was started meanwhile was never limited."""
        self._set(resource.RLIM_INFINITY)

    def _set(self, most: int) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):
                hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


@contextmanager
def small_disk(root: Path, mib: int) -> Iterator[bool]:
    """Mount a file system of so many MiB at a directory; give False where that is not allowed."""
    options = f"size={mib}m,mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)]
    is_mounted = shutil.which("mount") is not None and (
        subprocess.run(mount, capture_output=True, check=False).returncode == 0
    )
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(root)], check=True)
