"""What is known of rain at a camera: now what people entered, a weather feed where there is one."""

from datetime import datetime, timedelta

from gateway.store.inventory import Camera
from gateway.store.rain import Rain, RainSpell, rain_of
from vision.water.types import RainState

FRESH = timedelta(seconds=10)
"""The store is asked at most so often: a word about rain may take effect so much later."""


class RainGauge:
    """Looks rain up for the cameras of one worker; one thread."""

    def __init__(self, rain: Rain) -> None:
        self._rain = rain
        self._read_at: datetime | None = None
        self._spells: dict[str, RainSpell] = {}

    def at(self, camera: Camera, now: datetime) -> RainState:
        """Return what is known of rain at a camera's unit; raises StorageError."""
        if self._read_at is None or not timedelta() <= now - self._read_at < FRESH:
            self._spells = self._rain.at(now)
            self._read_at = now
        return rain_of(camera.unit, self._spells)
