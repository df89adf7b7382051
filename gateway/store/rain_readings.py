"""What rain gauges measured, as a series, and how the feeds fare that tell of them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.database import Database
from gateway.store.tables import rain_feeds, rain_readings

MAX_GAUGE: Final = 80
"""Characters of a gauge's name."""
KEPT: Final = timedelta(days=1100)
"""Three years: as long as traffic counts, to compare seasons."""
MOST_READINGS: Final = 50_000
"""So many are read at once at most: a year of one gauge, every ten minutes."""
_FIELDS = ("feed", "gauge", "at", "mm_per_h")


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """How hard it rained at a gauge, mm/h (UTC)."""

    feed: str
    gauge: str
    at: datetime
    mm_per_h: float


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed fares.

    heard_at: when it was last understood, None never. failures: in a row, 0 when it is well.
    detail: what failed, or which gauges could not be understood; "" when all is well.
    """

    name: str
    tried_at: datetime
    heard_at: datetime | None
    failures: int
    detail: str


class RainReadings:
    """The series in the store, and the feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, readings: Sequence[GaugeReading], state: FeedState) -> None:
        """Keep what a feed told, and that it is well; what was told before is told once.

        A correction of a measurement takes its place. What is older than KEPT is forgotten.
        """
        with self._database.write() as connection:
            for reading in readings:
                _put(connection, reading, state.tried_at)
            _put_state(connection, state)
            old = rain_readings.c.at < state.tried_at - KEPT
            connection.execute(delete(rain_readings).where(old))

    def fail(self, name: str, at: datetime, detail: str) -> int:
        """Note that a feed was asked in vain; return how often in a row."""
        with self._database.write() as connection:
            before = _state(connection, name)
            heard_at, failures = (before.heard_at, before.failures) if before else (None, 0)
            _put_state(connection, FeedState(name, at, heard_at, failures + 1, detail))
        return failures + 1

    def feeds(self) -> tuple[FeedState, ...]:
        """Return how each feed fares that was ever asked, by name."""
        query = select(rain_feeds).order_by(rain_feeds.c.name)
        with self._database.read() as connection:
            return tuple(FeedState(**row) for row in connection.execute(query).mappings())

    def between(
        self, since: datetime, until: datetime, gauges: Iterable[tuple[str, str]] | None = None
    ) -> tuple[GaugeReading, ...]:
        """Return measurements of a span, oldest first, MOST_READINGS of the newest at most.

        gauges: pairs of feed and gauge; None for all.
        """
        columns = (rain_readings.c[name] for name in _FIELDS)
        query = select(*columns).where(rain_readings.c.at >= since, rain_readings.c.at < until)
        newest = query.order_by(rain_readings.c.at.desc()).limit(MOST_READINGS)
        wanted = None if gauges is None else set(gauges)
        with self._database.read() as connection:
            rows = connection.execute(newest).mappings().all()
        found = (GaugeReading(**row) for row in reversed(rows))
        return tuple(one for one in found if wanted is None or (one.feed, one.gauge) in wanted)


def _put(connection: Connection, reading: GaugeReading, heard_at: datetime) -> None:
    values = asdict(reading) | {"heard_at": heard_at}
    key = [rain_readings.c[name] == values[name] for name in ("feed", "gauge", "at")]
    changed = connection.execute(update(rain_readings).where(*key).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(rain_readings).values(**values))


def _state(connection: Connection, name: str) -> FeedState | None:
    query = select(rain_feeds).where(rain_feeds.c.name == name)
    row = connection.execute(query).mappings().first()
    return None if row is None else FeedState(**row)


def _put_state(connection: Connection, state: FeedState) -> None:
    its = rain_feeds.c.name == state.name
    connection.execute(delete(rain_feeds).where(its))
    connection.execute(insert(rain_feeds).values(**asdict(state)))
