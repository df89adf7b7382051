"""Everything a camera shows, cut into segments at key frames: one file every few minutes."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from gateway.clock import monotonic_s
from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Delivery
from gateway.recording.disk import DiskGuard, Recording
from gateway.recording.films import SegmentFile, finish_segment
from gateway.recording.growing import FilmLabel, GrowingFilm, part_of
from gateway.recording.outlet import Outlet
from gateway.recording.pre_roll import Item

SILENCE_S = 10.0
"""After so long without a picture a segment is finished: it may be hours until the next."""
RETRY_S = 10.0
"""Pause before a disk that refused is tried again."""
STRAY_S = 2.0
"""How far a picture's time may be from its place in the segment; then the clock was set, and a new
segment begins, so that the time of any picture follows from its segment's."""


class SegmentCutter:
    """The segment of one camera that is being recorded; for the recorder's thread.

    A new one begins when the longest is reached, the camera was connected anew or sends something
    else, or its clock was set. directory: below it, a directory a day (UTC) holds the files.
    """

    def __init__(
        self,
        camera_id: str,
        directory: Path,
        settings: RecordingSettings,
        outlet: Outlet[SegmentFile],
        guard: DiskGuard,
    ) -> None:
        self._camera_id = camera_id
        self._directory = directory
        self._settings = settings
        self._outlet = outlet
        self._guard = guard
        self._film: GrowingFilm | None = None
        self._epoch = 0
        self._last_s = 0.0
        self._retry_s = float("-inf")

    def take(self, item: Item) -> None:
        """Write one packet."""
        try:
            if isinstance(item, Delivery):
                self._take_picture(item)
            elif self._film is not None:
                self._film.write_sound(item)
        except StorageError as error:
            self._give_up(error)

    def finish_overdue(self) -> None:
        """Finish the segment of a camera that fell silent, or that there is no room for."""
        if self._film is None:
            return
        silent = monotonic_s() - self._last_s > SILENCE_S
        if silent or not self._guard.allows(Recording.SEGMENTS):
            self.finish()

    def finish(self) -> None:
        """Finish the segment with what there is."""
        film, self._film = self._film, None
        if film is None:
            return
        try:
            film.close()
        except StorageError as error:
            self._outlet.refuse(error)
            return
        self._outlet.finish(lambda: finish_segment(film))

    def _take_picture(self, delivery: Delivery) -> None:
        if self._film is not None and self._ends_before(self._film, delivery):
            self.finish()
        if self._film is None and delivery.packet.is_key and self._may_begin():
            self._film = self._open(delivery)
            self._epoch = delivery.epoch
        if self._film is not None:
            self._film.write(delivery)
            self._last_s = monotonic_s()

    def _may_begin(self) -> bool:
        return monotonic_s() >= self._retry_s and self._guard.allows(Recording.SEGMENTS)

    def _ends_before(self, film: GrowingFilm, delivery: Delivery) -> bool:
        if delivery.epoch != self._epoch or not film.fits(delivery.info):
            return True
        if not delivery.packet.is_key:
            return False
        place = film.label.started_at + timedelta(seconds=film.duration_s)
        stray_s = abs((delivery.packet.captured_at - place).total_seconds())
        return film.duration_s >= self._settings.segment_s or stray_s > STRAY_S

    def _open(self, first: Delivery) -> GrowingFilm:
        started_at = first.packet.captured_at
        label = FilmLabel((), self._camera_id, started_at)
        path = self._free_path(started_at)
        return GrowingFilm(label, path, first, with_sound=self._settings.sound, in_place=True)

    def _free_path(self, started_at: datetime) -> Path:
        """Return a name of its own, even where a clock set back makes a time come twice."""
        utc = started_at.astimezone(UTC)
        stem = f"{utc:%H%M%S}-{utc.microsecond // 1000:03}"
        folder = self._directory / f"{utc:%Y-%m-%d}"
        names = (f"{stem}.mp4" if n == 1 else f"{stem}-{n}.mp4" for n in count(1))
        paths = (folder / name for name in names)
        return next(path for path in paths if not path.exists() and not part_of(path).exists())

    def _give_up(self, error: StorageError) -> None:
        film, self._film = self._film, None
        if film is not None:
            film.abandon()
        self._retry_s = monotonic_s() + RETRY_S
        self._outlet.refuse(error)
