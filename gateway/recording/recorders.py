"""The recording of one worker's cameras, put together."""

from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.config import RecordingSettings
from gateway.errors import StorageError
from gateway.hub import Hub
from gateway.record_mode import RecordMode
from gateway.recording.camera_recorder import CameraRecorder
from gateway.recording.clips import ClipBook
from gateway.recording.disk import DiskGuard
from gateway.recording.films import ClipFile
from gateway.recording.index import SegmentIndex
from gateway.recording.loop import RecorderLoop
from gateway.recording.outlet import Outlet
from gateway.recording.repair import EVIDENCE, RECORDINGS, Repair
from gateway.recording.segments import SegmentCutter
from gateway.store import Store

log = structlog.get_logger()


class Recorders:
    """Records cameras from `start` to `stop`; for use from any thread."""

    def __init__(self, store: Store, data_dir: Path, settings: RecordingSettings) -> None:
        self._settings = settings
        self._repair = Repair(store, data_dir)
        self._index = SegmentIndex(store.segments, data_dir)
        self._segments_dir = data_dir / RECORDINGS
        self._segments_guard = DiskGuard(self._segments_dir, settings.min_free_mb)
        self._clips_guard = DiskGuard(data_dir / EVIDENCE, settings.min_free_mb)
        self._loop = RecorderLoop()

    def start(self) -> None:
        """Begin with no camera."""
        self._loop.start()

    def stop(self) -> None:
        """Finish what is being recorded still, and end."""
        self._loop.stop()

    def open(
        self, hub: Hub, mode: RecordMode, on_clip: Callable[[ClipFile], None]
    ) -> CameraRecorder:
        """Settle what an earlier process left of a camera, and record it as its mode says.

        on_clip: takes each clip that is whole, those left by an earlier process too; from other
        threads. Raises StorageError: the database refuses; HubClosedError.
        """
        self._repair.mend_clips(hub.camera_id, on_clip)
        self._repair.mend_segments(hub.camera_id)
        recorder = self._recorder(hub, mode, on_clip)
        if mode is not RecordMode.OFF:
            self._loop.add(recorder)
        return recorder

    def close(self, recorder: CameraRecorder) -> None:
        """Record a camera no longer; returns once its films are whole and told."""
        self._loop.remove(recorder)

    def _recorder(
        self, hub: Hub, mode: RecordMode, on_clip: Callable[[ClipFile], None]
    ) -> CameraRecorder:
        settings, camera = self._settings, hub.camera_id

        def lost(error: StorageError) -> None:
            log.error("an evidence clip was left out", camera=camera, reason=str(error))

        outlet = Outlet(camera, self._loop.submit, on_clip, lost)
        clips = ClipBook(camera, settings, outlet, self._clips_guard)
        continuous = mode is RecordMode.CONTINUOUS
        segments = self._cutter(camera) if continuous else None
        return CameraRecorder(hub, settings, clips, segments)

    def _cutter(self, camera: str) -> SegmentCutter:
        def lost(error: StorageError) -> None:
            log.error("continuous recording has a gap", camera=camera, reason=str(error))

        outlet = Outlet(camera, self._loop.submit, self._index.put, lost)
        folder = self._segments_dir / camera
        return SegmentCutter(camera, folder, self._settings, outlet, self._segments_guard)
