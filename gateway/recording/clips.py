"""The clips of one camera's incidents: one film for incidents that overlap, one at least for each.

An incident joins the clip that is being recorded if that clip shows its beginning and may go on for
at least half of the longest; else it gets one of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gateway.clock import monotonic_s
from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Delivery
from gateway.recording.disk import DiskGuard, Recording
from gateway.recording.films import ClipFile, finish_clip, join
from gateway.recording.growing import FilmLabel, GrowingFilm
from gateway.recording.outlet import Outlet
from gateway.recording.pre_roll import Item, PreRoll

LATE_S = 2.0
"""How much longer than asked for a lost stream is waited for before its clip is finished."""
ROOM_TO_JOIN = 0.5
"""The part of the longest clip that an incident must have before it to join one that runs."""


@dataclass(slots=True)
class _Clip:
    """A clip being recorded. film: None until there is a key frame to begin on.

    incidents: when each ended, by the pictures' time, None while it is open. deadline_s, ended_s:
    monotonic seconds after which the clip is finished whatever the camera does: at its longest, and
    once all its incidents have ended.
    """

    path: Path
    deadline_s: float
    incidents: dict[str, datetime | None]
    film: GrowingFilm | None = None
    ended_s: float = field(default=float("inf"))

    @property
    def last_end(self) -> datetime | None:
        """When the last of its incidents ended, None while one is open."""
        ends = [end for end in self.incidents.values() if end is not None]
        return max(ends) if len(ends) == len(self.incidents) else None

    @property
    def overdue_s(self) -> float:
        """Monotonic seconds after which it is finished."""
        return self.deadline_s if self.last_end is None else min(self.deadline_s, self.ended_s)


class ClipBook:
    """The clips of one camera that are being recorded; for the recorder's thread."""

    def __init__(
        self,
        camera_id: str,
        settings: RecordingSettings,
        outlet: Outlet[ClipFile],
        guard: DiskGuard,
    ) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._outlet = outlet
        self._guard = guard
        self._clips: list[_Clip] = []

    def begin(self, incident: str, path: Path, opened_at: datetime, pre_roll: PreRoll) -> None:
        """Record from `pre_s` before `opened_at` (a picture's time), at `path` unless it joins."""
        for clip in self._clips:
            if self._shows(clip, opened_at):
                self._join(clip, incident)
                return
        longest_s = self._settings.max_clip_s
        clip = _Clip(path, monotonic_s() + longest_s + LATE_S, {incident: None})
        self._clips.append(clip)
        for item in pre_roll.since(opened_at - timedelta(seconds=self._settings.pre_s)):
            self._follow(clip, item)

    def end(self, incident: str, closed_at: datetime) -> None:
        """Let a clip end `post_s` after the last of its incidents; a clip gone is no error."""
        for clip in self._clips:
            if incident in clip.incidents:
                clip.incidents[incident] = closed_at
                clip.ended_s = monotonic_s() + self._settings.post_s + LATE_S

    def take(self, item: Item) -> None:
        """Write one packet to every clip."""
        for clip in list(self._clips):
            self._follow(clip, item)

    def finish_overdue(self) -> None:
        """Finish the clips whose time is up by the clock: the camera may send nothing."""
        now_s = monotonic_s()
        for clip in [clip for clip in self._clips if now_s > clip.overdue_s]:
            self._finish(clip)

    def finish_all(self) -> None:
        """Finish every clip with what there is."""
        for clip in list(self._clips):
            self._finish(clip)

    def _shows(self, clip: _Clip, opened_at: datetime) -> bool:
        if clip.film is None:
            return True
        room_s = self._settings.max_clip_s - clip.film.duration_s
        in_time = clip.film.label.started_at <= opened_at
        return in_time and room_s >= ROOM_TO_JOIN * self._settings.max_clip_s

    def _join(self, clip: _Clip, incident: str) -> None:
        clip.incidents[incident] = None
        if clip.film is not None:
            try:
                join(clip.path, incident)
            except StorageError as error:
                self._give_up(clip, error)

    def _follow(self, clip: _Clip, item: Item) -> None:
        """Write one packet to one clip, or finish it where it has to end."""
        if clip not in self._clips:
            return
        try:
            if not isinstance(item, Delivery):
                if clip.film is not None:
                    clip.film.write_sound(item)
                return
            if clip.film is None:
                if not item.packet.is_key:
                    return
                clip.film = self._open(clip, item)
            elif self._ends_before(clip, clip.film, item):
                self._finish(clip)
                return
            clip.film.write(item)
        except StorageError as error:
            self._give_up(clip, error)

    def _ends_before(self, clip: _Clip, film: GrowingFilm, delivery: Delivery) -> bool:
        end, post = clip.last_end, timedelta(seconds=self._settings.post_s)
        return (
            (end is not None and delivery.packet.captured_at > end + post)
            or film.duration_s >= self._settings.max_clip_s
            or not film.fits(delivery.info)
        )

    def _open(self, clip: _Clip, first: Delivery) -> GrowingFilm:
        if not self._guard.allows(Recording.CLIPS):
            raise StorageError(
                f"no clip was begun: {self._guard.directory} has {self._guard.free_mb} MB free and "
                f"recording.min_free_mb is {self._guard.min_free_mb}; free some space or lower the "
                "setting"
            )
        label = FilmLabel(tuple(clip.incidents), self._camera_id, first.packet.captured_at)
        return GrowingFilm(label, clip.path, first, with_sound=self._settings.sound)

    def _finish(self, clip: _Clip) -> None:
        self._clips.remove(clip)
        if clip.film is None:
            return
        try:
            clip.film.close()
        except StorageError as error:
            self._outlet.refuse(error)
            return
        self._outlet.finish(lambda: finish_clip(clip.path))

    def _give_up(self, clip: _Clip, error: StorageError) -> None:
        self._clips.remove(clip)
        if clip.film is not None:
            clip.film.abandon()
        self._outlet.refuse(error)
