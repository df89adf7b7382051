"""The index of continuous recordings: which file holds what a camera showed at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import RowMapping, delete, func, insert, select

from gateway.audit.act import Act
from gateway.errors import NotFoundError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.holds import HeldSpan
from gateway.store.tables import segments

BATCH = 500
"""Rows named in one statement; SQLite takes 32,766 values."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Segment:
    """One finished file. path: relative to data_dir, forward slashes; the row is known by it.

    started_at, ended_at: when its first picture was taken and its last one's time was over, UTC.
    set_up: the same for segments that one track can hold one after the other. id: 0 before it is
    kept.
    """

    camera_id: str
    path: str
    started_at: datetime
    ended_at: datetime
    bytes: int
    pictures: int
    codec: str = ""
    width: int = 0
    height: int = 0
    set_up: str = ""
    id: int = 0


class Segments:
    """The segments in the store. Those of cameras that were removed stay until their time is up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[Segment]) -> None:
        """Keep segments, all in one transaction; a path that is known already is passed over."""
        with self._database.write() as connection:
            known: set[str] = set()
            for paths in _batches([segment.path for segment in new]):
                query = select(segments.c.path).where(segments.c.path.in_(paths))
                known |= set(connection.scalars(query))
            rows = {one.path: asdict(one) for one in new if one.path not in known}
            for row in rows.values():
                del row["id"]
            if rows:
                connection.execute(insert(segments), list(rows.values()))

    def get(self, segment_id: int) -> Segment:
        """Return one segment; raises NotFoundError."""
        query = select(segments).where(segments.c.id == segment_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError(f"there is no recording {segment_id}")
        return _segment(row)

    def between(self, camera_id: str, start: datetime, end: datetime) -> tuple[Segment, ...]:
        """Return a camera's segments that show any of [start, end), oldest first."""
        query = (
            select(segments)
            .where(
                segments.c.camera_id == camera_id,
                segments.c.started_at < end,
                segments.c.ended_at > start,
            )
            .order_by(segments.c.started_at, segments.c.id)
        )
        with self._database.read() as connection:
            return tuple(map(_segment, connection.execute(query).mappings()))

    def of(self, camera_id: str) -> tuple[Segment, ...]:
        """Return all segments of a camera, oldest first."""
        query = (
            select(segments)
            .where(segments.c.camera_id == camera_id)
            .order_by(segments.c.started_at, segments.c.id)
        )
        with self._database.read() as connection:
            return tuple(map(_segment, connection.execute(query).mappings()))

    def cameras(self) -> tuple[str, ...]:
        """Return every camera that has a segment, by id."""
        query = select(segments.c.camera_id).distinct().order_by(segments.c.camera_id)
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def oldest(self, limit: int, held: Sequence[HeldSpan] = ()) -> tuple[Segment, ...]:
        """Return the oldest segments of all cameras but those that are held, oldest first."""
        spans: dict[str, list[HeldSpan]] = {}
        for span in held:
            spans.setdefault(span.camera_id, []).append(span)
        query = select(segments).order_by(segments.c.started_at, segments.c.id)
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=BATCH).execute(query).mappings()
            found = (one for one in map(_segment, rows) if not _is_held(one, spans))
            return tuple(islice(found, limit))

    def total_bytes(self) -> int:
        """Return how much all segments take together."""
        with self._database.read() as connection:
            return connection.scalar(select(func.sum(segments.c.bytes))) or 0

    def remove(self, ids: Sequence[int], act: Act | None = None) -> None:
        """Forget segments, all in one transaction; one that is not known is no error.

        act: what the audit log tells of it, None where their files were gone already.
        """
        with self._database.write() as connection:
            for some in _batches(ids):
                connection.execute(delete(segments).where(segments.c.id.in_(some)))
            if act is not None:
                tell(connection, act)


def _is_held(segment: Segment, spans: Mapping[str, Sequence[HeldSpan]]) -> bool:
    return any(
        segment.ended_at > span.start and (span.end is None or segment.started_at < span.end)
        for span in spans.get(segment.camera_id, ())
    )


def _batches(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _segment(row: RowMapping) -> Segment:
    return Segment(**row)
