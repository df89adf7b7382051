"""One video file's looks in the order of time: searched, or read from front to back."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.film.eyes import Crew, start, thumbnail
from gateway.film.looking import FilmLook, search_film
from gateway.film.packets import FrontToBackError
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import FilePicture, VideoFile
from vision.activity import Activity, LumaActivity
from vision.ensemble import PendingSet
from vision.types import Kind

SEARCH_SHARE = 0.95
"""Part of the progress that searching a film is counted as; judging what was seen is the rest."""


class FilmReading:
    """Looks at one file. decoded_s: how much of it was decoded in full, complete at the end.

    sure: score from which a detection counts, by kind; None reads from front to back. refusal: why
    a file that was to be searched had to be read from front to back, None when it had not.
    """

    def __init__(
        self, video: VideoFile, crew: Crew, fps: float, sure: Mapping[Kind, float] | None
    ) -> None:
        self.decoded_s = 0.0
        self.refusal: str | None = None
        self._video = video
        self._crew = crew
        self._fps = fps
        self._sure = sure

    def looks(self, on_at: Callable[[float], None]) -> Iterator[FilmLook]:
        """Yield what is seen in the first picture of each 1/fps seconds; call it once.

        on_at: told how far it is while nothing is yielded yet, in seconds of the file. Raises
        NotVideoError when nothing at all can be decoded.
        """
        if self._sure is not None:
            try:
                yield from self._searched(self._sure, on_at)
            except FrontToBackError as error:
                self.refusal = str(error)
            else:
                return
        for look in self._front_to_back():
            self.decoded_s = look.at_s
            yield look

    def _searched(
        self, sure: Mapping[Kind, float], on_at: Callable[[float], None]
    ) -> tuple[FilmLook, ...]:
        length_s = SEARCH_SHARE * (self._video.facts.duration_s or 0.0)
        search = search_film(
            self._video, self._crew, self._fps, sure, lambda share: on_at(share * length_s)
        )
        self.decoded_s = search.decoded_s
        return search.looks

    def _front_to_back(self) -> Iterator[FilmLook]:
        """Yield the looks of a file decoded picture by picture, the detector kept busy."""
        detectors, eye = self._crew.detectors, LumaActivity()
        begun: deque[_Begun] = deque()
        for picture in self._video.pictures(self._fps):
            at = FILE_EPOCH + timedelta(seconds=picture.at_s)
            activity = eye.look(thumbnail(picture), at)
            begun.append(_Begun(picture, activity, start(picture, detectors)))
            if len(begun) > detectors.in_flight:
                yield begun.popleft().finish()
        for last in begun:
            yield last.finish()


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A picture with the detector."""

    picture: FilePicture
    activity: Activity
    pending: PendingSet

    def finish(self) -> FilmLook:
        """Wait for what is seen in it."""
        (detections,) = self.pending.wait()
        return FilmLook(self.picture.at_s, self.picture.size, detections, self.activity)
