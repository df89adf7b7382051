"""Where finished films go: closed by the recorder's thread, made whole by another, then told."""

from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from gateway.errors import StorageError
from gateway.recording.films import ClipFile, SegmentFile

Film = TypeVar("Film", ClipFile, SegmentFile)
Told = TypeVar("Told", ClipFile, SegmentFile, StorageError)

Submit = Callable[[Callable[[], None]], None]
"""Has a job done, some time later."""

log = structlog.get_logger()


class Outlet(Generic[Film]):
    """One camera's way out for one kind of film.

    submit: has a job done on another thread, one after the other. on_film: takes each film that is
    whole; on_error: takes the first StorageError of a row (that film is left out, the rest goes
    on), and the next after a film went well.
    """

    def __init__(
        self,
        camera_id: str,
        submit: Submit,
        on_film: Callable[[Film], None],
        on_error: Callable[[StorageError], None],
    ) -> None:
        self._camera_id = camera_id
        self._submit = submit
        self._on_film: Callable[[Film], None] = on_film
        self._on_error = on_error
        self._failing = False

    def finish(self, make_whole: Callable[[], Film]) -> None:
        """Have a film made whole and told, some time later."""
        self._submit(lambda: self._finish(make_whole))

    def refuse(self, error: StorageError) -> None:
        """Tell that a film is left out, unless that was told of the one before it."""
        if not self._failing:
            self._failing = True
            self._tell(self._on_error, error)

    def _finish(self, make_whole: Callable[[], Film]) -> None:
        try:
            film = make_whole()
        except StorageError as error:
            self.refuse(error)
            return
        self._failing = False
        self._tell(self._on_film, film)

    def _tell(self, callback: Callable[[Told], None], told: Told) -> None:
        """Hand something over; what the other side makes of it must not end the recording."""
        try:
            callback(told)
        except Exception:
            log.exception("a message of the recorder was not taken", camera=self._camera_id)
