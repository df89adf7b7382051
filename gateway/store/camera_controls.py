"""What is kept of controlling cameras: their tours, and how encoders were set before us."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from gateway.audit.act import Act
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.tables import camera_controls


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """One camera's. JSON each, "" for none."""

    tour: str = ""
    encoder_before: str = ""


class CameraControls:
    """The records in the store; they go with their camera."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, camera_id: str) -> ControlRecord:
        """Return a camera's record; an empty one where nothing was kept."""
        table = camera_controls
        with self._database.read() as connection:
            query = select(table.c.tour, table.c.encoder_before)
            row = connection.execute(query.where(table.c.camera_id == camera_id)).first()
        return ControlRecord(*row) if row else ControlRecord()

    def tuned(self) -> Mapping[str, str]:
        """Return how each encoder was set that is set otherwise now, by the camera's id."""
        table = camera_controls
        query = select(table.c.camera_id, table.c.encoder_before)
        with self._database.read() as connection:
            rows = connection.execute(query.where(table.c.encoder_before != ""))
            return {row.camera_id: row.encoder_before for row in rows}

    def put_tour(self, camera_id: str, tour: str) -> None:
        """Keep a tour."""
        with self._database.write() as connection:
            _put(connection, camera_id, tour=tour)

    def put_encoder_before(self, camera_id: str, encoding: str, act: Act | None = None) -> None:
        """Keep how an encoder was set; act: what it is to be told as, with it."""
        with self._database.write() as connection:
            _put(connection, camera_id, encoder_before=encoding)
            if act is not None:
                tell(connection, act)


def _put(connection: Connection, camera_id: str, **values: str) -> None:
    table = camera_controls
    changed = connection.execute(
        update(table).where(table.c.camera_id == camera_id).values(**values)
    )
    if changed.rowcount == 0:
        empty = {"tour": "", "encoder_before": ""}
        connection.execute(insert(table).values(camera_id=camera_id, **empty | values))
