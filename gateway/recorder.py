"""Evidence clips: the seconds before an incident, kept in memory, and what follows, as MP4.

One thread for each camera reads the hub, keeps the pre-roll and writes the clips that are open.
Incidents that overlap each have their own clip of the same packets.
"""

import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.clock import monotonic_s
from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Delivery, Hub, HubClosedError, HubReader
from gateway.mp4 import ClipFile, ClipLabel, ClipWriter, same_set_up

READER_PACKETS = 1000
"""Packets that may wait for a slow disk: forty seconds at 25 fps."""
WAIT_S = 0.25
"""How often a camera that sends nothing is looked after: orders taken, overdue clips finished."""
HINDSIGHT_S = 10.0
"""An incident is told this long after it began, at most: confirmation, plus the way here."""
PRE_ROLL_BYTES = 24 << 20
"""Most memory one camera's pre-roll may take: 30 s of a 6 Mbit/s main stream."""
LATE_S = 2.0
"""How much longer than asked for a lost stream is waited for before its clip is finished."""

Told = TypeVar("Told", ClipFile, StorageError)

log = structlog.get_logger()


class PreRoll:
    """The latest packets of a camera in whole GOPs, bounded in seconds and bytes."""

    def __init__(self, seconds: float, max_bytes: int = PRE_ROLL_BYTES) -> None:
        """Keep at least `seconds` (as far as they came and fit), and up to a GOP more."""
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._gops: deque[list[Delivery]] = deque()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How many bytes of packets are kept."""
        return self._bytes

    def add(self, delivery: Delivery) -> None:
        """Take the next packet, and let go of what is older than need be."""
        if self._gops and not same_set_up(self._gops[-1][0].info, delivery.info):
            self._clear()
        if delivery.packet.is_key:
            self._gops.append([])
        elif not self._gops:
            return
        self._gops[-1].append(delivery)
        self._bytes += len(delivery.packet.data)
        oldest_s = delivery.packet.received_s - self._seconds
        while len(self._gops) > 1 and self._gops[1][0].packet.received_s <= oldest_s:
            self._drop_oldest()
        while self._bytes > self._max_bytes:
            self._drop_oldest()

    def since(self, moment: datetime) -> Iterator[Delivery]:
        """Yield from the last key frame captured up to `moment`, or from the oldest there is."""
        first = 0
        for index, gop in enumerate(self._gops):
            if gop[0].packet.captured_at <= moment:
                first = index
        return chain.from_iterable(list(self._gops)[first:])

    def _drop_oldest(self) -> None:
        self._bytes -= sum(len(delivery.packet.data) for delivery in self._gops.popleft())

    def _clear(self) -> None:
        self._gops.clear()
        self._bytes = 0


@dataclass(slots=True)
class _Clip:
    """A clip being recorded. writer: None until there is a key frame to begin on.

    until: the last moment that belongs to it, by the pictures' time; None while the incident is
    open. overdue_s: monotonic seconds after which it is finished, whatever the camera does.
    """

    clip_id: str
    path: Path
    overdue_s: float
    until: datetime | None = None
    writer: ClipWriter | None = None


class Recorder:
    """Records one camera. `begin` and `end` may be called from any thread and do not wait.

    on_clip is called with each finished clip, on_error with the first StorageError of a row (that
    clip is left out, the rest goes on; the next error is told after a clip went well); both from
    the recorder's thread.
    """

    def __init__(
        self,
        hub: Hub,
        settings: RecordingSettings,
        on_clip: Callable[[ClipFile], None],
        on_error: Callable[[StorageError], None],
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._on_clip = on_clip
        self._on_error = on_error
        self._error_told = False
        self._pre_roll = PreRoll(settings.pre_s + HINDSIGHT_S)
        self._clips: dict[str, _Clip] = {}
        self._orders: deque[Callable[[], None]] = deque()
        self._reader: HubReader | None = None
        self._thread = threading.Thread(target=self._run, name=f"recorder-{hub.camera_id}")

    def start(self) -> None:
        """Begin to keep the pre-roll. Raises HubClosedError when the hub is closed."""
        self._reader = self._hub.reader("recorder", READER_PACKETS)
        self._thread.start()

    def stop(self) -> None:
        """Finish the open clips with what there is, end the thread and wait for it."""
        if self._reader is not None:
            self._reader.end()
            self._thread.join()
            self._reader.close()

    def begin(self, clip_id: str, path: Path, opened_at: datetime) -> None:
        """Record `path` from `pre_s` before `opened_at` (a picture's time) on; once for each id."""
        overdue_s = monotonic_s() + self._settings.max_clip_s + LATE_S
        clip = _Clip(clip_id, path, overdue_s)
        self._orders.append(lambda: self._begin(clip, opened_at))

    def end(self, clip_id: str, closed_at: datetime) -> None:
        """Let a clip end `post_s` after `closed_at`; one that has ended already is no error."""
        overdue_s = monotonic_s() + self._settings.post_s + LATE_S
        self._orders.append(lambda: self._end(clip_id, closed_at, overdue_s))

    def _run(self) -> None:
        try:
            while self._reader is not None:
                delivery = self._reader.get(WAIT_S)
                self._obey()
                if delivery is not None:
                    self._take(delivery)
                self._finish_overdue()
        except HubClosedError:
            self._obey()
            for clip in list(self._clips.values()):
                self._finish(clip)

    def _obey(self) -> None:
        while self._orders:
            self._orders.popleft()()

    def _begin(self, clip: _Clip, opened_at: datetime) -> None:
        self._clips[clip.clip_id] = clip
        for delivery in self._pre_roll.since(opened_at - timedelta(seconds=self._settings.pre_s)):
            self._follow(clip, delivery)

    def _end(self, clip_id: str, closed_at: datetime, overdue_s: float) -> None:
        clip = self._clips.get(clip_id)
        if clip is not None:
            clip.until = closed_at + timedelta(seconds=self._settings.post_s)
            clip.overdue_s = min(clip.overdue_s, overdue_s)

    def _take(self, delivery: Delivery) -> None:
        self._pre_roll.add(delivery)
        for clip in list(self._clips.values()):
            self._follow(clip, delivery)

    def _follow(self, clip: _Clip, delivery: Delivery) -> None:
        """Write one packet to one clip, or finish it where it has to end."""
        if clip.clip_id not in self._clips:
            return
        try:
            if clip.writer is None:
                if delivery.packet.is_key:
                    clip.writer = self._open(clip, delivery)
            elif self._ends_before(clip, clip.writer, delivery):
                self._finish(clip)
                return
            if clip.writer is not None:
                clip.writer.write(delivery)
        except StorageError as error:
            self._give_up(clip, error)

    def _ends_before(self, clip: _Clip, writer: ClipWriter, delivery: Delivery) -> bool:
        return (
            (clip.until is not None and delivery.packet.captured_at > clip.until)
            or writer.duration_s >= self._settings.max_clip_s
            or not writer.fits(delivery.info)
        )

    def _open(self, clip: _Clip, delivery: Delivery) -> ClipWriter:
        started_at = delivery.packet.captured_at
        label = ClipLabel(clip.clip_id, self._hub.camera_id, started_at)
        self._check_free_space(clip.path)
        return ClipWriter(label, clip.path, delivery.info)

    def _check_free_space(self, path: Path) -> None:
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        free_mb = shutil.disk_usage(folder).free >> 20
        if free_mb < self._settings.min_free_mb:
            raise StorageError(
                f"no clip was begun: {folder} has {free_mb} MB free and recording.min_free_mb is "
                f"{self._settings.min_free_mb}; free some space or lower the setting"
            )

    def _finish_overdue(self) -> None:
        for clip in list(self._clips.values()):
            if monotonic_s() > clip.overdue_s:
                self._finish(clip)

    def _finish(self, clip: _Clip) -> None:
        del self._clips[clip.clip_id]
        if clip.writer is None:
            return
        try:
            file = clip.writer.finish()
        except StorageError as error:
            self._tell(error)
            return
        self._error_told = False
        self._call(self._on_clip, file)

    def _give_up(self, clip: _Clip, error: StorageError) -> None:
        del self._clips[clip.clip_id]
        if clip.writer is not None:
            clip.writer.abandon()
        self._tell(error)

    def _tell(self, error: StorageError) -> None:
        if not self._error_told:
            self._error_told = True
            self._call(self._on_error, error)

    def _call(self, callback: Callable[[Told], None], told: Told) -> None:
        """Hand something over; what the other side makes of it must not end the recording."""
        try:
            callback(told)
        except Exception:
            log.exception("a message of the recorder was not taken", camera=self._hub.camera_id)
