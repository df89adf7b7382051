"""Many films through one crew: a few at a time, results in the order asked for.

What is done is entered in the journal at once, whichever film is done first.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from gateway.analyze import AnalysisPlan, FileAnalysis, Film, Progress, analyze_film, to_json_lines
from gateway.errors import GatewayError
from gateway.film.eyes import Crew
from gateway.replay.journal import FilmResult, Journal
from gateway.replay.pictures import write_pictures
from gateway.surprise import tellable
from vision.overlay import NO_WORDS
from vision.scene import Line, Zone

FILMS_AT_ONCE = 2
"""While one film's looks are judged, on one core, another's are taken."""


@dataclass(frozen=True, slots=True)
class FilmOutcome:
    """What became of a film: its lines, or why there are none.

    places: of its rules and water, by id. analysis: None for a film that an earlier run had
    finished.
    """

    film: Film
    lines: tuple[str, ...] = ()
    places: Mapping[str, Zone | Line] = field(default_factory=dict)
    analysis: FileAnalysis | None = None
    error: GatewayError | None = None


class _StoppedError(Exception):
    """Nobody waits for the rest."""


class Batch:
    """Films being analysed.

    on_progress: called from several threads, with the film and how far. kind_words: what kinds are
    called in pictures; a film that an earlier run had finished keeps those of that run.
    """

    def __init__(
        self,
        crew: Crew,
        plan: AnalysisPlan,
        journal: Journal | None,
        on_progress: Callable[[Film, Progress], None],
        kind_words: Mapping[str, str] = NO_WORDS,
    ) -> None:
        self._crew = crew
        self._plan = plan
        self._journal = journal
        self._on_progress = on_progress
        self._kind_words = kind_words
        self._stopping = threading.Event()

    def run(self, films: Sequence[Film]) -> Iterator[FilmOutcome]:
        """Yield what becomes of each film, in order; an error of one does not touch the others.

        Closing the iterator stops what is under way, which then counts as not begun.
        """
        with ThreadPoolExecutor(FILMS_AT_ONCE, thread_name_prefix="replay") as pool:
            waiting: deque[Future[FilmOutcome]] = deque(
                pool.submit(self._outcome, film) for film in films
            )
            try:
                while waiting:
                    yield waiting.popleft().result()
            finally:
                self._stopping.set()
                for one in waiting:
                    one.cancel()

    def _outcome(self, film: Film) -> FilmOutcome:
        both = (*self._plan.places_of(film), *self._plan.water_zones)
        places = {place.id: place for place in both}
        try:
            done = self._journal.find(film) if self._journal else None
            if done is not None:
                return FilmOutcome(film, done.lines, places)
            analysis = analyze_film(film, self._crew, self._plan, lambda at: self._tell(film, at))
            lines = tuple(to_json_lines(analysis))
            if self._journal:
                folder = self._journal.folder
                write_pictures(film, analysis, self._crew, self._plan, self._kind_words, folder)
                self._journal.keep(FilmResult(film, lines))
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 one film's surprise is not the others'
            return FilmOutcome(film, error=tellable(error, f"film {film.name}"))
        return FilmOutcome(film, lines, places, analysis)

    def _tell(self, film: Film, at: Progress) -> None:
        if self._stopping.is_set():
            raise _StoppedError
        self._on_progress(film, at)
