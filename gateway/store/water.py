"""How the water stands at each camera that watches it, and how it went over the last days."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, delete, insert, select

from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import cameras, water_readings, water_states
from vision.water.types import Passability, RainState, Unseen, WaterState

KEPT = timedelta(days=3)
"""How long readings are kept: a flood and the days of rain before it."""


class Loss(StrEnum):
    """What became of the states of its place that a camera had learnt."""

    BEHIND = "behind"
    """The newest could not be read; those kept before are used."""
    DAMAGED = "damaged"
    """They could not be read, and were set aside: the place is learnt anew. So it is with these:"""
    MISSING = "missing"
    """They are no longer where they were kept."""
    RESHAPED = "reshaped"
    """They are of pictures of another shape."""
    UNREADABLE = "unreadable"
    """The disk refuses them: nothing is judged, and nothing learnt in their place."""


@dataclass(frozen=True, slots=True)
class LostStates:
    """Learnt states that were lost. at: when that was found."""

    how: Loss
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredWater:
    """What one camera last said of its water.

    updated_at: of this look. passability: None while nobody knows. since: when `state` began.
    unseen, blind_since: why this look could not tell and since when none could, None when it could;
    what follows is then of the last look that could. reason: what the state was entered for, a word
    of `vision.water.state.Reason`. area_ratio: flooded share of the zones, 0-1. depth_cm, error_cm,
    level_by: as `vision.water.types.Level`, None and "" without marks; level_by is then a word of
    `Wading` where those who wade tell. *_per_h: how fast it rises, None where that cannot be told.
    reference_count: states of the camera that it can be compared with. reference: the one it was
    compared with. basis: what the judgement rests on, for records.
    lost: what was lost of those states within the last day, None where nothing was.
    """

    camera_id: str
    updated_at: datetime
    state: WaterState
    passability: Passability | None
    since: datetime
    unseen: Unseen | None = None
    blind_since: datetime | None = None
    reason: str = ""
    area_ratio: float = 0.0
    ratio_per_h: float | None = None
    depth_cm: float | None = None
    error_cm: float | None = None
    cm_per_h: float | None = None
    level_by: str = ""
    rain: RainState = RainState.UNKNOWN
    reference_count: int = 0
    reference: str = ""
    basis: str = ""
    lost: LostStates | None = None


@dataclass(frozen=True, slots=True)
class WaterMoment:
    """One look of the past, as `StoredWater` says it."""

    at: datetime
    state: WaterState
    unseen: Unseen | None
    area_ratio: float
    depth_cm: float | None


class WaterRecords:
    """The newest word of each camera, and its readings; they go when their time is up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trimmed_at: datetime | None = None

    def put(self, looks: Sequence[StoredWater]) -> None:
        """Store new looks, one a camera, in one transaction; unknown cameras are passed over.

        The journal tells of a camera whose state, passability or sight changed.
        """
        if not looks:
            return
        with self._database.write() as connection:
            before = _stored(connection)
            known = set(connection.scalars(select(cameras.c.id)))
            newest = {look.camera_id: look for look in looks if look.camera_id in known}
            if not newest:
                return
            its = water_states.c.camera_id.in_(newest)
            connection.execute(delete(water_states).where(its))
            connection.execute(insert(water_states), [_columns(look) for look in newest.values()])
            connection.execute(insert(water_readings), [_reading(one) for one in newest.values()])
            for camera_id, look in newest.items():
                if camera_id not in before or _visible(before[camera_id]) != _visible(look):
                    note(connection, Topic.CAMERA, camera_id, look.updated_at)
            self._trim(connection, max(look.updated_at for look in newest.values()))

    def by_camera(self) -> dict[str, StoredWater]:
        """Return what every camera that watches water last said, by camera id."""
        with self._database.read() as connection:
            return _stored(connection)

    def get(self, camera_id: str) -> StoredWater | None:
        """Return what one camera last said, None while it has said nothing."""
        query = select(water_states).where(water_states.c.camera_id == camera_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _state(row)

    def forget(self, camera_id: str) -> None:
        """Forget what a camera said: it watches no water any more, or another place."""
        with self._database.write() as connection:
            for table in (water_states, water_readings):
                connection.execute(delete(table).where(table.c.camera_id == camera_id))

    def since(self, camera_id: str, moment: datetime) -> tuple[WaterMoment, ...]:
        """Return a camera's readings from a moment on, oldest first."""
        table = water_readings
        query = (
            select(table)
            .where(table.c.camera_id == camera_id, table.c.at >= moment)
            .order_by(table.c.at)
        )
        with self._database.read() as connection:
            return tuple(_moment(row) for row in connection.execute(query).mappings())

    def _trim(self, connection: Connection, now: datetime) -> None:
        """Delete what is too old, at most once an hour."""
        if self._trimmed_at is None or now - self._trimmed_at > timedelta(hours=1):
            connection.execute(delete(water_readings).where(water_readings.c.at < now - KEPT))
            self._trimmed_at = now


def _stored(connection: Connection) -> dict[str, StoredWater]:
    rows = connection.execute(select(water_states)).mappings()
    return {row["camera_id"]: _state(row) for row in rows}


def _visible(look: StoredWater) -> tuple[object, ...]:
    return look.state, look.passability, look.unseen, look.rain, look.reference_count, look.lost


def _columns(look: StoredWater) -> dict[str, object]:
    said = asdict(look) | {"unseen": look.unseen or "", "passability": look.passability or ""}
    del said["lost"]
    return said | {"loss": look.lost and look.lost.how, "lost_at": look.lost and look.lost.at}


def _reading(look: StoredWater) -> dict[str, object]:
    return {
        "camera_id": look.camera_id,
        "at": look.updated_at,
        "state": look.state,
        "unseen": look.unseen or "",
        "area_ratio": look.area_ratio,
        "depth_cm": look.depth_cm,
    }


def _state(row: RowMapping) -> StoredWater:
    words = {
        "state": WaterState(row["state"]),
        "passability": Passability(row["passability"]) if row["passability"] else None,
        "unseen": _unseen(row),
        "rain": RainState(row["rain"]),
    }
    kept = {name: value for name, value in row.items() if name not in {"loss", "lost_at"}}
    lost = LostStates(Loss(row["loss"]), row["lost_at"]) if row["loss"] else None
    return StoredWater(**{**kept, **words}, lost=lost)


def _moment(row: RowMapping) -> WaterMoment:
    state = WaterState(row["state"])
    return WaterMoment(row["at"], state, _unseen(row), row["area_ratio"], row["depth_cm"])


def _unseen(row: RowMapping) -> Unseen | None:
    return Unseen(row["unseen"]) if row["unseen"] else None
