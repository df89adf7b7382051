"""How full the disk is, and what is therefore not recorded any more."""

import shutil
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

import structlog

from gateway.clock import monotonic_s

CHECK_S = 2.0
"""How often the disk is asked; 325 cameras of 4 Mbit/s write 325 MB in that time."""

log = structlog.get_logger()


class Recording(StrEnum):
    """What is recorded, by its worth: the cheaper stops first."""

    SEGMENTS = "segments"
    CLIPS = "clips"


STOPS_BELOW: Mapping[Recording, float] = {Recording.SEGMENTS: 0.75, Recording.CLIPS: 0.5}
"""The part of `recording.min_free_mb` below which each stops.

Below the whole of it the oldest segments are deleted (`retention`), so these are reached only where
that does not help: something else fills the disk, or `serve` does not run.
"""
RESUMES_FROM: Mapping[Recording, float] = {Recording.SEGMENTS: 1.0, Recording.CLIPS: 0.75}
"""The part from which each begins again; apart from the other, so that it does not flutter."""


def free_bytes(directory: Path) -> int:
    """Return what is free on the disk of a directory, which need not exist yet. Raises OSError."""
    there = next(place for place in (directory, *directory.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


class DiskGuard:
    """Says whether there is room to record, for one directory; for one thread.

    free: bytes free at the moment; raises OSError. now_s: monotonic seconds.
    """

    def __init__(
        self,
        directory: Path,
        min_free_mb: int,
        free: Callable[[Path], int] = free_bytes,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self.directory = directory
        self.min_free_mb = min_free_mb
        self._free = free
        self._now_s = now_s
        self._checked_s = float("-inf")
        self._stopped: set[Recording] = set()
        self.free_mb = 0

    def allows(self, recording: Recording) -> bool:
        """Return whether there is room for it; a change is logged once."""
        if self._now_s() - self._checked_s >= CHECK_S:
            self._check()
        return recording not in self._stopped

    def _check(self) -> None:
        self._checked_s = self._now_s()
        try:
            self.free_mb = self._free(self.directory) >> 20
        except OSError as error:
            log.warning("the disk cannot be asked", path=str(self.directory), reason=str(error))
            return
        for kind in Recording:
            if self.free_mb < STOPS_BELOW[kind] * self.min_free_mb:
                self._set(kind, stopped=True)
            elif self.free_mb >= RESUMES_FROM[kind] * self.min_free_mb:
                self._set(kind, stopped=False)

    def _set(self, kind: Recording, *, stopped: bool) -> None:
        if stopped == (kind in self._stopped):
            return
        facts = {"what": kind.value, "free_mb": self.free_mb, "path": str(self.directory)}
        if stopped:
            self._stopped.add(kind)
            log.error("recording stops: the disk is nearly full", **facts)
        else:
            self._stopped.discard(kind)
            log.info("there is room to record again", **facts)
