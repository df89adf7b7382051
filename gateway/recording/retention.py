"""What is kept, and for how long: the oldest goes first, by age, by size, and when the disk fills.

One thread of `serve`, which is there once for a site. It deletes finished files only: what is being
written is in no index yet. What is held (`gateway.store.holds`) stays, whatever the disk says.

Of evidence, rows and audit log say first that a file is gone, then it is removed; what the disk
will not let go of is tried again each round. Of continuous recordings the file goes before its row,
because a disk that is full may take no row; a crash in between leaves a row whose file is gone, and
the next round deletes that again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog

from gateway.audit.act import SYSTEM, Act, AuditAction, Detail
from gateway.clock import to_iso, utc_now
from gateway.config import RecordingSettings
from gateway.recording.disk import free_bytes
from gateway.recording.orphans import Orphans
from gateway.recording.repair import RECORDINGS
from gateway.retention_settings import RetentionSettings
from gateway.store import Store
from gateway.store.evidence import EvidenceFile
from gateway.store.evidence_terms import KeptSince
from gateway.store.segments import Segment

ROUND_S = 30.0
"""How often it looks; the recorder fills the quarter of `min_free_mb` below it no faster."""
AT_ONCE = 1000
"""Files of a class deleted in one round, at most; the next goes on."""
COMMIT_EVERY = 100
"""Files whose rows are written in one transaction."""
GB = 1 << 30
EMPTY_AFTER = timedelta(days=2)
"""Directories of days this long ago are removed once they are empty; nobody writes there."""

LOOK_EVERY = timedelta(minutes=10)
"""How often recordings that are too old or too much go: one record of the audit log tells of all
that went together, and there are to be few."""

T = TypeVar("T", Segment, EvidenceFile)
B = TypeVar("B")

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
        terms: RetentionSettings | None = None,
        free: Callable[[Path], int] = free_bytes,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._data_dir = data_dir
        self._settings = settings
        self._terms = terms or RetentionSettings()
        self._free = free
        self._now = now
        self._looked_at: datetime | None = None
        self._stuck: frozenset[str] = frozenset()

    def round(self) -> Deleted:
        """Delete what is due now: room on the disk first. Raises StorageError."""
        for_space = self._make_room()
        segments = self._delete_segments(self._due_segments(), "age or size")
        evidence = self._give_up(list(self._expired()), "age") + self._give_up(
            self._excess(), "size"
        )
        self._remove()
        counts = self._store.counts.remove_before(self._ago(self._settings.counts_keep_days))
        return Deleted(for_space, segments, evidence, counts)

    def _make_room(self) -> int:
        """Delete the oldest segments that are not held until there is `min_free_mb` again."""
        wanted = self._settings.min_free_mb << 20
        place = self._data_dir / RECORDINGS
        if self._free(place) >= wanted:
            return 0
        oldest = self._store.segments.oldest(AT_ONCE, self._store.holds.spans())
        lacking = takewhile(lambda _: self._free(place) < wanted, oldest)
        return self._delete_segments(lacking, "space")

    def _due_segments(self) -> list[Segment]:
        """Return what is too old or too much; looked for now and then only, to be told at once."""
        now, settings, segments = self._now(), self._settings, self._store.segments
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return []
        excess = segments.total_bytes() - (settings.max_gb * GB or float("inf"))
        too_old = self._ago(settings.keep_days)
        oldest = segments.oldest(AT_ONCE, self._store.holds.spans())
        due = _due(oldest, excess, lambda one: one.ended_at < too_old)
        if len(due) < AT_ONCE:
            self._looked_at = now
        return due

    def _expired(self) -> Iterable[EvidenceFile]:
        """Return evidence whose time is up by what became of its case."""
        terms, usual = self._terms, self._settings.evidence_keep_days
        since = KeptSince(
            red=self._ago(terms.red_days or usual),
            yellow=self._ago(terms.yellow_days or usual),
            green=self._ago(terms.green_days or usual),
            false_alarm=self._ago(terms.false_alarm_days or usual),
            open=None if terms.open_days is None else self._ago(terms.open_days),
        )
        return self._store.evidence.expired(since, AT_ONCE)

    def _excess(self) -> list[EvidenceFile]:
        """Return evidence beyond the quota, what matters least first."""
        evidence, quota = self._store.evidence, self._settings.evidence_max_gb * GB
        excess = evidence.total_bytes() - (quota or float("inf"))
        return _due(evidence.oldest(AT_ONCE), excess, lambda _: False) if excess > 0 else []

    def _ago(self, days: float) -> datetime:
        return self._now() - timedelta(days=days)

    def _delete_segments(self, due: Iterable[Segment], why: str) -> int:
        deleted = 0
        for gone in _batches(segment for segment in due if self._delete(segment.path)):
            self._store.segments.remove([one.id for one in gone], self._act(gone, why))
            deleted += len(gone)
        return deleted

    def _act(self, gone: Sequence[Segment], why: str) -> Act:
        """Return what the audit log tells of recordings that went together."""
        detail: Detail = {
            "files": len(gone),
            "bytes": sum(one.bytes for one in gone),
            "cameras": len({one.camera_id for one in gone}),
            "start": to_iso(min(one.started_at for one in gone)),
            "end": to_iso(max(one.ended_at for one in gone)),
            "why": why,
        }
        return Act(self._now(), SYSTEM, AuditAction.RECORDINGS_DELETED, "recordings", detail)

    def _give_up(self, due: list[EvidenceFile], why: str) -> int:
        for some in _batches(due):
            self._store.evidence.mark_deleted([file.path for file in some], self._now(), why)
        return len(due)

    def _remove(self) -> None:
        """Remove from the disk what the rows say is gone, also what earlier rounds could not."""
        for some in _batches(self._store.removals.waiting(AT_ONCE)):
            self._store.removals.done([path for path in some if self._delete(path)])

    def _delete(self, name: str) -> bool:
        """Delete a file, and the directories it leaves empty; return whether it is gone."""
        path = self._data_dir / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if name not in self._stuck:
                log.warning("a file cannot be deleted; trying on", path=name, reason=str(error))
            self._stuck |= {name}
            return False
        self._stuck -= {name}
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
    """Lets a `Retention` do its rounds, from `with` to its end, and removes what nobody knows."""

    def __init__(self, retention: Retention, orphans: Orphans | None = None) -> None:
        self._retention = retention
        self._orphans = orphans
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
            orphans = 0 if self._orphans is None else self._orphans.round()
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
        if orphans:
            log.info("files that no incident and no check-in knows were removed", count=orphans)
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


def _batches(due: Iterable[B]) -> Iterator[list[B]]:
    """Yield what comes, up to COMMIT_EVERY at a time; no more is asked for before that is used."""
    coming = iter(due)
    while some := list(islice(coming, COMMIT_EVERY)):
        yield some
