"""The recorder's thread of a worker: lets each camera's recorder take its turn, again and again.

Threads that wait for each camera's packets would be woken hundreds of times a second; one that
comes by every quarter of a second writes the same bytes in fewer, larger steps.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from gateway.clock import monotonic_s
from gateway.recording.camera_recorder import CameraRecorder

TURN_S = 0.25
"""How often a camera's packets are taken; far less than the pre-roll and the post-roll."""
LEAVE_S = 30.0
"""How long a camera that leaves waits for its last films to be whole."""

log = structlog.get_logger()


class RecorderLoop:
    """The recorders of one worker, from `start` to `stop`; for use from any thread.

    Two threads: "recorder" writes, "films" makes finished files of what it wrote, one by one.
    """

    def __init__(self) -> None:
        self._recorders: tuple[CameraRecorder, ...] = ()
        self._changing = threading.Lock()
        self._leaving: list[tuple[CameraRecorder, Future[None]]] = []
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder")
        self._films = ThreadPoolExecutor(1, thread_name_prefix="films")

    def start(self) -> None:
        """Begin with no camera."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the films of the cameras that are still here, end both threads, wait for them."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._films.shutdown()

    def submit(self, job: Callable[[], None]) -> None:
        """Have a job done on the thread that makes films whole."""
        self._films.submit(job)

    def add(self, recorder: CameraRecorder) -> None:
        """Record a camera from now on. Raises HubClosedError when its hub is closed."""
        recorder.open()
        with self._changing:
            self._recorders = (*self._recorders, recorder)

    def remove(self, recorder: CameraRecorder) -> None:
        """Record a camera no longer; returns once its films are whole and told, or after LEAVE_S.

        One that was never added is no error.
        """
        gone: Future[None] = Future()
        with self._changing:
            if recorder not in self._recorders:
                return
            self._recorders = tuple(other for other in self._recorders if other is not recorder)
            self._leaving.append((recorder, gone))
        self._wake.set()
        try:
            gone.result(LEAVE_S)
        except TimeoutError:
            log.warning("films are not whole yet", camera=recorder.camera_id)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = monotonic_s()
            for recorder in self._recorders:
                self._let(recorder, CameraRecorder.turn)
            self._let_leave()
            self._wake.wait(max(0.0, began_s + TURN_S - monotonic_s()))
            self._wake.clear()
        with self._changing:
            staying, self._recorders = self._recorders, ()
        for recorder in staying:
            self._let(recorder, CameraRecorder.close)
        self._let_leave()

    def _let_leave(self) -> None:
        with self._changing:
            leaving, self._leaving = self._leaving, []
        for recorder, gone in leaving:
            self._let(recorder, CameraRecorder.close)
            self._films.submit(gone.set_result, None)

    def _let(self, recorder: CameraRecorder, step: Callable[[CameraRecorder], None]) -> None:
        """Let one camera take a step; a fault of ours costs its films and no other's."""
        try:
            step(recorder)
        except Exception:
            log.exception("a camera could not be recorded", camera=recorder.camera_id)
            self._finish(recorder)

    def _finish(self, recorder: CameraRecorder) -> None:
        try:
            recorder.finish()
        except Exception:
            log.exception("films are left as they are", camera=recorder.camera_id)
