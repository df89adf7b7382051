"""What the counting rules counted: traffic statistics by camera, rule, place and interval.

A count that is interrupted, by a restart or a camera that turned, begins anew: an interval is kept
in as many parts as it took, and its readers are given their sum. Each part is known by when it
began, so that telling it again, in whole or with more in it, never counts anything twice.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias

from sqlalchemy import Connection, delete, insert, select

from gateway.errors import SpanTooLongError
from gateway.store.database import Database
from gateway.store.tables import cameras, counted, tallies
from gateway.store.units import lies_within
from gateway.units import Jurisdiction
from vision.types import Kind, Tally, TallyRow

MOST_PARTS = 100_000
"""Parts that one question may be about: a year of quarters of an hour of three rules."""
DELETED_AT_ONCE = 5_000
"""Parts deleted in one transaction, so that writers wait for no long one."""

_WHOLE_PICTURE = ""
_NO_LINE = ""
"""Stand for None in the database, where None is never the same as None."""

_Key: TypeAlias = tuple[str, str, str, datetime, datetime]
"""Camera, rule, place, start and end of an interval."""


@dataclass(frozen=True, slots=True)
class CountedInterval:
    """What one rule counted at one place of one camera from `start` to `end` (UTC).

    place: id of the line or zone, None for the whole picture. watched_s: how much of it was
    watched. rows: at most one for each kind, label and direction, in that order.
    """

    camera_id: str
    rule: str
    place: str | None
    start: datetime
    end: datetime
    watched_s: float
    rows: tuple[TallyRow, ...]


@dataclass(frozen=True, slots=True)
class CountFilter:
    """Which intervals: those that begin in [start, end); None for any camera or rule.

    within: those of cameras that lie there; None also for those of cameras that were removed.
    """

    start: datetime
    end: datetime
    camera_id: str | None = None
    rule: str | None = None
    within: Jurisdiction | None = None


@dataclass(slots=True)
class CountSum:
    """Counts being added up to one interval that ends at `end`."""

    end: datetime
    watched_s: float = 0.0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, row: TallyRow) -> None:
        """Take in one row."""
        self.counts[row.kind, row.label, row.direction or _NO_LINE] += row.count

    def interval(
        self, camera_id: str, rule: str, place: str | None, start: datetime
    ) -> CountedInterval:
        """Return what came of it."""
        rows = tuple(
            TallyRow(Kind(kind), label, direction or None, count)
            for (kind, label, direction), count in sorted(self.counts.items())
        )
        watched_s = round(self.watched_s, 1)
        return CountedInterval(camera_id, rule, place, start, self.end, watched_s, rows)


class Counts:
    """The counts in the store. Those of cameras that were removed stay until their time is up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, camera_id: str, told: Iterable[Tally]) -> None:
        """Keep tallies of a camera, all in one transaction.

        One that was told before is replaced by what is told now, unless less of it was watched.
        Raises StorageError; then nothing was kept.
        """
        with self._database.write() as connection:
            for tally in told:
                _put(connection, camera_id, tally)

    def intervals(self, wanted: CountFilter) -> tuple[CountedInterval, ...]:
        """Return intervals by camera, rule, place and time.

        Raises SpanTooLongError where there would be more than MOST_PARTS parts of them.
        """
        with self._database.read() as connection:
            return _intervals(connection, wanted)

    def knows(self, camera_id: str) -> bool:
        """Say whether anything was ever counted at a camera and is still kept."""
        query = select(tallies.c.id).where(tallies.c.camera_id == camera_id).limit(1)
        with self._database.read() as connection:
            return connection.scalar(query) is not None

    def remove_before(self, moment: datetime) -> int:
        """Forget intervals that ended before a moment, DELETED_AT_ONCE at most; return how many."""
        oldest = (
            select(tallies.c.id)
            .where(tallies.c.ends_at < moment)
            .order_by(tallies.c.ends_at)
            .limit(DELETED_AT_ONCE)
        )
        with self._database.read() as connection:
            ids = connection.scalars(oldest).all()
        if not ids:
            return 0
        with self._database.write() as connection:
            connection.execute(delete(tallies).where(tallies.c.id.in_(ids)))
        return len(ids)


def _put(connection: Connection, camera_id: str, tally: Tally) -> None:
    identity = {
        "camera_id": camera_id,
        "rule": tally.rule,
        "place": tally.place or _WHOLE_PICTURE,
        "starts_at": tally.start,
        "since": tally.since,
    }
    same = [tallies.c[name] == value for name, value in identity.items()]
    kept = connection.execute(select(tallies.c.id, tallies.c.watched_s).where(*same)).first()
    if kept is not None:
        if kept.watched_s > tally.watched_s:
            return
        connection.execute(delete(tallies).where(tallies.c.id == kept.id))
    values = identity | {"ends_at": tally.end, "watched_s": tally.watched_s}
    number = connection.scalar(insert(tallies).values(values).returning(tallies.c.id))
    rows = [
        {
            "tally_id": number,
            "kind": row.kind,
            "label": row.label,
            "direction": row.direction or _NO_LINE,
            "passed": row.count,
        }
        for row in tally.rows
    ]
    if rows:
        connection.execute(insert(counted), rows)


def _intervals(connection: Connection, wanted: CountFilter) -> tuple[CountedInterval, ...]:
    which = [tallies.c.starts_at >= wanted.start, tallies.c.starts_at < wanted.end]
    if wanted.camera_id is not None:
        which.append(tallies.c.camera_id == wanted.camera_id)
    if wanted.rule is not None:
        which.append(tallies.c.rule == wanted.rule)
    if wanted.within is not None:
        lies_there = lies_within(wanted.within, cameras.c.unit, cameras.c.grid)
        which.append(tallies.c.camera_id.in_(select(cameras.c.id).where(lies_there)))
    parts = connection.execute(select(tallies).where(*which).limit(MOST_PARTS + 1)).all()
    if len(parts) > MOST_PARTS:
        raise SpanTooLongError("so much was counted in this time: ask for a shorter one")
    sums: dict[_Key, CountSum] = {}
    of_part: dict[int, CountSum] = {}
    for part in parts:
        key = (part.camera_id, part.rule, part.place, part.starts_at, part.ends_at)
        of_part[part.id] = sums.setdefault(key, CountSum(part.ends_at))
        of_part[part.id].watched_s += part.watched_s
    rows = select(counted).join(tallies, tallies.c.id == counted.c.tally_id).where(*which)
    for row in connection.execute(rows):
        direction = row.direction or None
        of_part[row.tally_id].add(TallyRow(Kind(row.kind), row.label, direction, row.passed))
    return tuple(
        total.interval(camera_id, rule, place or None, start)
        for (camera_id, rule, place, start, _), total in sorted(sums.items(), key=itemgetter(0))
    )
