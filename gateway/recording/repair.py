"""Disk and database brought together again: what a crash, a full disk or a person left apart."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.recording.films import (
    ClipFile,
    SegmentFile,
    describe_clip,
    describe_segment,
    recover_clips,
    recover_segments,
)
from gateway.recording.growing import PART_SUFFIX
from gateway.recording.index import row_of
from gateway.store import Store
from gateway.whole_file import DRAFT_SUFFIX

EVIDENCE, RECORDINGS = "evidence", "recordings"
"""Directories below the data directory; in each, one for each camera, and in that one a day."""

FILM_SUFFIX = ".mp4"
ABANDONED_S = 2.0
"""A draft that has not grown for so long is nobody's: `serve` takes milliseconds over a person's
picture, and a worker longer than this to start again."""

Film = TypeVar("Film", ClipFile, SegmentFile)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Findings:
    """What does not fit together, as paths relative to the data directory.

    unlisted: films that no row names. missing: rows whose file is gone. growing: films that are
    being written, or were when their process was killed.
    """

    unlisted: tuple[str, ...]
    missing: tuple[str, ...]
    growing: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every row has its file and every finished film its row."""
        return not self.unlisted and not self.missing


class Repair:
    """Looks after the films below one data directory."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._data_dir = data_dir

    def mend_clips(self, camera_id: str, put: Callable[[ClipFile], None]) -> None:
        """Make a camera's half-written clips whole, and give `put` all that no incident has.

        What there is of a picture that was never finished goes. Before the camera is recorded
        again.
        """
        folder = self._data_dir / EVIDENCE / camera_id
        _drop_drafts(folder)
        for clip in recover_clips(folder):
            put(clip)
        known = self._store.evidence.paths(camera_id)
        for path in _films(folder):
            if self._name(path) not in known:
                _describe(path, describe_clip, put)

    def mend_segments(self, camera_id: str) -> None:
        """Make a camera's half-written segments whole; enter files without rows, drop the reverse.

        Before the camera is recorded again. Raises StorageError: the database refuses.
        """
        folder = self._data_dir / RECORDINGS / camera_id
        recover_segments(folder)
        rows = {segment.path: segment for segment in self._store.segments.of(camera_id)}
        files = {self._name(path): path for path in _films(folder)}
        found: list[SegmentFile] = []
        for name in sorted(files.keys() - rows.keys()):
            _describe(files[name], describe_segment, found.append)
        gone = [rows[name].id for name in rows.keys() - files.keys()]
        if found:
            self._store.segments.add([row_of(segment, self._data_dir) for segment in found])
        if gone:
            self._store.segments.remove(gone)
        if found or gone:
            log.info("recordings mended", camera=camera_id, entered=len(found), dropped=len(gone))

    def examine(self) -> Findings:
        """Return what does not fit together, of all cameras; changes nothing."""
        segments, store = self._data_dir / RECORDINGS, self._store
        rows = {s.path for camera in store.segments.cameras() for s in store.segments.of(camera)}
        clips = self._data_dir / EVIDENCE
        cameras = [folder.name for folder in clips.glob("*") if folder.is_dir()]
        pieces = {path for camera in cameras for path in store.evidence.paths(camera)}
        kept = {self._name(path) for path in (*_films(segments), *_films(clips))}
        parts = (*segments.rglob(f"*{PART_SUFFIX}"), *clips.rglob(f"*{PART_SUFFIX}"))
        listed = rows | pieces
        return Findings(
            unlisted=tuple(sorted(kept - listed)),
            missing=tuple(sorted(n for n in listed if not (self._data_dir / n).is_file())),
            growing=tuple(sorted(map(self._name, parts))),
        )

    def _name(self, path: Path) -> str:
        return path.relative_to(self._data_dir).as_posix()


def _drop_drafts(folder: Path) -> None:
    """Delete drafts of `write_whole` that their writer, killed over them, left."""
    abandoned_s = utc_now().timestamp() - ABANDONED_S
    for draft in folder.rglob(f"*{DRAFT_SUFFIX}"):
        is_film = draft.with_suffix("").suffix == FILM_SUFFIX
        with suppress(FileNotFoundError):
            if not is_film and draft.stat().st_mtime < abandoned_s:
                draft.unlink()


def _films(folder: Path) -> Iterator[Path]:
    return folder.rglob(f"*{FILM_SUFFIX}")


def _describe(path: Path, describe: Callable[[Path], Film], put: Callable[[Film], None]) -> None:
    """Hand a film on; one that cannot be read is left alone, and told."""
    try:
        film = describe(path)
    except StorageError as error:
        log.warning("a film without a row cannot be read", path=str(path), reason=str(error))
    else:
        put(film)
