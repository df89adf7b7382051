"""Records one camera: pre-roll, the clips of its incidents, and segments where it wants them."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from pathlib import Path

from gateway.config import RecordingSettings
from gateway.hub import AudioDelivery, Delivery, Hub, HubClosedError, HubReader
from gateway.recording.clips import ClipBook
from gateway.recording.pre_roll import Item, PreRoll
from gateway.recording.segments import SegmentCutter

READER_PACKETS = 1000
"""Packets that may wait for a slow disk: forty seconds at 25 fps."""
HINDSIGHT_S = 10.0
"""An incident is told this long after it began, at most: confirmation, plus the way here."""


class CameraRecorder:
    """Records one camera, turn by turn on the recorder's thread.

    `begin` and `end` may be called from any thread and do not wait. segments: None for a camera
    that is recorded around incidents only.
    """

    def __init__(
        self,
        hub: Hub,
        settings: RecordingSettings,
        clips: ClipBook,
        segments: SegmentCutter | None,
    ) -> None:
        self.camera_id = hub.camera_id
        self._hub = hub
        self._settings = settings
        self._clips = clips
        self._segments = segments
        self._pre_roll = PreRoll(settings.pre_s + HINDSIGHT_S)
        self._orders: deque[Callable[[], None]] = deque()
        self._reader: HubReader | None = None

    def open(self) -> None:
        """Begin to take what comes. Raises HubClosedError when the hub is closed."""
        self._reader = self._hub.reader("recorder", READER_PACKETS, with_audio=self._settings.sound)

    def begin(self, incident: str, path: Path, opened_at: datetime) -> None:
        """Record an incident's clip from `pre_s` before `opened_at` (a picture's time) on.

        The clip is `path`, unless the incident joins one that is being recorded. A camera that is
        not recorded, or no longer, has none.
        """
        if self._reader is None:
            return
        self._orders.append(lambda: self._clips.begin(incident, path, opened_at, self._pre_roll))

    def end(self, incident: str, closed_at: datetime) -> None:
        """Let its clip end `post_s` after `closed_at`; one that has ended already is no error."""
        self._orders.append(lambda: self._clips.end(incident, closed_at))

    def turn(self) -> None:
        """Take what has come since the last turn; for the recorder's thread."""
        if self._reader is None:
            return
        try:
            pictures = self._reader.drain()
        except HubClosedError:
            self.close()
            return
        sounds = self._reader.drain_audio()
        self._obey()
        for item in _by_arrival(pictures, sounds):
            self._take(item)
        self._clips.finish_overdue()
        if self._segments is not None:
            self._segments.finish_overdue()

    def close(self) -> None:
        """Take what waits and finish every film; for the recorder's thread. May be called again."""
        reader, self._reader = self._reader, None
        if reader is None:
            return
        reader.end()
        try:
            for delivery in reader.drain():
                self._take(delivery)
        except HubClosedError:
            pass
        reader.close()
        self._obey()
        self.finish()

    def finish(self) -> None:
        """Finish every film and forget the pre-roll; what comes then begins anew."""
        self._clips.finish_all()
        if self._segments is not None:
            self._segments.finish()
        self._pre_roll.clear()

    def _obey(self) -> None:
        while self._orders:
            self._orders.popleft()()

    def _take(self, item: Item) -> None:
        self._pre_roll.add(item)
        self._clips.take(item)
        if self._segments is not None:
            self._segments.take(item)


def _by_arrival(pictures: list[Delivery], sounds: list[AudioDelivery]) -> Iterator[Item]:
    def arrival_s(item: Item) -> float:
        return item.packet.received_s

    return merge(pictures, sounds, key=arrival_s)
