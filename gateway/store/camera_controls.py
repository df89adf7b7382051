"""What is kept of controlling cameras: their tours, and how encoders were set before us."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

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

    def put_tour(self, camera_id: str, tour: str) -> None:
        """Keep a tour."""
        self._put(camera_id, tour=tour)

    def put_encoder_before(self, camera_id: str, encoding: str) -> None:
        """Keep how an encoder was set."""
        self._put(camera_id, encoder_before=encoding)

    def _put(self, camera_id: str, **values: str) -> None:
        table = camera_controls
        with self._database.write() as connection:
            changed = connection.execute(
                update(table).where(table.c.camera_id == camera_id).values(**values)
            )
            if changed.rowcount == 0:
                empty = {"tour": "", "encoder_before": ""}
                connection.execute(insert(table).values(camera_id=camera_id, **empty | values))
