"""From finished segments on the disk to their rows in the store."""

from datetime import timedelta
from pathlib import Path

import structlog

from gateway.errors import StorageError
from gateway.recording.films import SegmentFile
from gateway.store.segments import Segment, Segments

WAITING_ROWS = 10_000
"""Rows that may wait for a database that refuses; what is beyond them the next start finds."""

log = structlog.get_logger()


def row_of(segment: SegmentFile, data_dir: Path) -> Segment:
    """Return the row of a segment that lies below `data_dir`."""
    started_at = segment.label.started_at
    return Segment(
        camera_id=segment.label.camera_id,
        path=segment.path.relative_to(data_dir).as_posix(),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=segment.duration_s),
        bytes=segment.bytes,
        pictures=segment.pictures,
        codec=segment.codec,
        width=segment.width,
        height=segment.height,
        set_up=segment.set_up,
    )


class SegmentIndex:
    """Enters segments as they are finished; for one thread.

    Those that the database refuses are entered with the next one.
    """

    def __init__(self, segments: Segments, data_dir: Path) -> None:
        self._segments = segments
        self._data_dir = data_dir
        self._waiting: list[Segment] = []
        self._refused = False

    def put(self, segment: SegmentFile) -> None:
        """Enter a segment, and those that wait."""
        self._waiting = [*self._waiting, row_of(segment, self._data_dir)][-WAITING_ROWS:]
        try:
            self._segments.add(self._waiting)
        except StorageError as error:
            if not self._refused:
                log.error("recordings wait to be entered in the index", reason=str(error))
            self._refused = True
        else:
            self._waiting = []
            self._refused = False
