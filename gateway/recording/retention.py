"""What is kept, and for how long: the oldest goes first, by age, by size, and when the disk fills.

One thread of `serve`, which is there once for a site. It deletes finished files only: what is being
written is in no index yet. A file goes before its row says so; a crash in between leaves a row
whose file is gone, and the next round deletes that again.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog

from gateway.clock import utc_now
from gateway.config import RecordingSettings
from gateway.recording.disk import free_bytes
from gateway.recording.repair import RECORDINGS
from gateway.store import Store
from gateway.store.evidence import EvidenceFile
from gateway.store.segments import Segment

ROUND_S = 30.0
"""How often it looks; the recorder fills the quarter of `min_free_mb` below it no faster."""
AT_ONCE = 1000
"""Files of a class deleted in one round, at most; the next goes on."""
COMMIT_EVERY = 100
"""Files deleted before their rows say so, in one transaction."""
GB = 1 << 30
EMPTY_AFTER = timedelta(days=2)
"""Directories of days this long ago are removed once they are empty; nobody writes there."""

T = TypeVar("T", Segment, EvidenceFile)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deleted:
    """What one round deleted, in files. for_space: segments that went because the disk was full.

    counts: intervals of traffic counts.
    """

    for_space: int
    segments: int
    evidence: int
    counts: int = 0


class Retention:
    """Deletes what is too old or too much. free: bytes free below a directory. now: UTC."""

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        settings: RecordingSettings,
        free: Callable[[Path], int] = free_bytes,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._data_dir = data_dir
        self._settings = settings
        self._free = free
        self._now = now

    def round(self) -> Deleted:
        """Delete what is due now: room on the disk first. Raises StorageError."""
        for_space = self._make_room()
        segments = self._delete_segments(self._due_segments())
        evidence = self._delete_evidence(self._due_evidence())
        too_old = self._now() - timedelta(days=self._settings.counts_keep_days)
        counts = self._store.counts.remove_before(too_old)
        return Deleted(for_space, segments, evidence, counts)

    def _make_room(self) -> int:
        """Delete the oldest segments until there is `min_free_mb` again."""
        wanted = self._settings.min_free_mb << 20
        place = self._data_dir / RECORDINGS
        deleted = 0
        for segment in self._store.segments.oldest(AT_ONCE):
            if self._free(place) >= wanted:
                break
            deleted += self._delete_segments([segment])
        return deleted

    def _due_segments(self) -> list[Segment]:
        settings, segments = self._settings, self._store.segments
        excess = segments.total_bytes() - (settings.max_gb * GB or float("inf"))
        too_old = self._now() - timedelta(days=settings.keep_days)
        return _due(segments.oldest(AT_ONCE), excess, lambda one: one.ended_at < too_old)

    def _due_evidence(self) -> list[EvidenceFile]:
        settings, evidence = self._settings, self._store.evidence
        excess = evidence.total_bytes() - (settings.evidence_max_gb * GB or float("inf"))
        too_old = self._now() - timedelta(days=settings.evidence_keep_days)
        return _due(evidence.oldest(AT_ONCE), excess, lambda one: one.closed_at < too_old)

    def _delete_segments(self, due: list[Segment]) -> int:
        deleted = 0
        for some in _batches(due):
            gone = [segment.id for segment in some if self._delete(segment.path)]
            self._store.segments.remove(gone)
            deleted += len(gone)
        return deleted

    def _delete_evidence(self, due: list[EvidenceFile]) -> int:
        deleted = 0
        for some in _batches(due):
            gone = [file.path for file in some if self._delete(file.path)]
            self._store.evidence.mark_deleted(gone, self._now())
            deleted += len(gone)
        return deleted

    def _delete(self, name: str) -> bool:
        """Delete a file, and the directories it leaves empty; return whether it is gone."""
        path = self._data_dir / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a recording cannot be deleted", path=name, reason=str(error))
            return False
        self._tidy(path.parent)
        return True

    def _tidy(self, folder: Path) -> None:
        """Remove empty directories up to that of the camera, if nobody can be writing there."""
        long_ago = f"{self._now() - EMPTY_AFTER:%Y-%m-%d}"
        while len(parts := folder.relative_to(self._data_dir).parts) > 2 and parts[2] < long_ago:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


class RetentionThread:
    """Lets a `Retention` do its rounds, from `with` to its end."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="retention")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._round()
            self._stopping.wait(ROUND_S)

    def _round(self) -> None:
        try:
            deleted = self._retention.round()
        except Exception:
            if not self._failing:
                log.exception("old recordings cannot be deleted; trying on")
            self._failing = True
            return
        self._failing = False
        if deleted.for_space:
            log.warning(
                "recordings were deleted early: the disk is nearly full", count=deleted.for_space
            )
        if deleted.segments or deleted.evidence:
            log.info("old recordings deleted", segments=deleted.segments, evidence=deleted.evidence)
        if deleted.counts:
            log.info("old counts deleted", intervals=deleted.counts)


def _due(oldest: Iterable[T], excess: float, is_too_old: Callable[[T], bool]) -> list[T]:
    """Return the files to delete, oldest first: until none is too old nor too much.

    excess: bytes above what may be kept, minus infinity without a limit.
    """
    due = []
    for file in oldest:
        if not is_too_old(file) and excess <= 0:
            break
        due.append(file)
        excess -= file.bytes
    return due


def _batches(due: list[T]) -> list[list[T]]:
    return [due[start : start + COMMIT_EVERY] for start in range(0, len(due), COMMIT_EVERY)]
