"""Has cameras taught their own eyes for water at night, once they have learnt new states by day."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

import structlog

from gateway.errors import BusyError, StorageError
from gateway.store.water import WaterRecords
from gateway.water.camera_water import CameraWater
from gateway.water.teacher import Teacher
from gateway.worker_water_api import TrainingFacts
from vision.water.reference import Reference
from vision.water.training import HELD_BACK
from vision.water.types import WaterState

NIGHT: Final = range(1, 5)
"""Hours of the site's clock in which cameras are taught: little moves and few look on."""
A_NIGHT: Final = timedelta(hours=len(NIGHT))
AGAIN: Final = timedelta(days=7)
"""So long a camera's eye is left as it is, whatever it has learnt: a place changes with seasons."""
EVERY: Final = timedelta(minutes=1)

log = structlog.get_logger()


class NightSchool:
    """Sends one camera after the other to the teacher. One thread.

    waters: those at work now. time_zone: of the site.
    """

    def __init__(
        self,
        teacher: Teacher,
        records: WaterRecords,
        waters: Callable[[], Iterable[CameraWater]],
        time_zone: tzinfo,
    ) -> None:
        self._teacher = teacher
        self._records = records
        self._waters = waters
        self._time_zone = time_zone
        self._asked_at: datetime | None = None
        self._sent_at: dict[str, datetime] = {}

    def step(self, now: datetime) -> None:
        """Send the next camera that is due; nothing by day, or while one is being taught.

        now: UTC. A camera is sent once a night at most, however that ends.
        """
        if now.astimezone(self._time_zone).hour not in NIGHT:
            return
        if self._asked_at is not None and timedelta() <= now - self._asked_at < EVERY:
            return
        self._asked_at = now
        for water in self._waters():
            try:
                if self._is_due(water, now):
                    self._teacher.begin(water.pupil)
                    self._sent_at[water.camera.id] = now
                    return
            except BusyError:
                return
            except StorageError as error:
                log.warning("not taught tonight", camera=water.camera.id, reason=str(error))
                self._sent_at[water.camera.id] = now

    def _is_due(self, water: CameraWater, now: datetime) -> bool:
        sent_at = self._sent_at.get(water.camera.id)
        if water.is_slope or (sent_at is not None and abs(now - sent_at) < A_NIGHT):
            return False
        stored = self._records.get(water.camera.id)
        if stored is None or stored.state is not WaterState.NORMAL:
            return False
        return has_news(water.references(), water.training(), now)


def has_news(states: Sequence[Reference], last: TrainingFacts | None, now: datetime) -> bool:
    """Say whether teaching a camera can pay: it knows states it was not taught on, and enough."""
    if len(states) < HELD_BACK:
        return False
    return last is None or (
        now - last.at >= AGAIN and any(state.made_at > last.at for state in states)
    )
