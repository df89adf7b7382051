"""Which films there are to analyse: files, all in a folder, spans of a camera's recordings."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from gateway.analyze import Film, FilmPart, film_of
from gateway.errors import NotFoundError
from gateway.onboarding import VIDEO_SUFFIXES
from gateway.recording.export import plan_export
from gateway.rules_file import rules_from_json
from gateway.store import Store
from vision.rules import RuleSet


def films_in(paths: Iterable[Path], start: datetime | None = None) -> tuple[Film, ...]:
    """Return files as they are given, and of folders every video file below them, by name.

    A film of a folder is named by its path in it; where two would be called the same, both go by
    their whole path. start: when each of them begins, None as they say. Raises NotFoundError for a
    folder without any.
    """
    films = [film for path in dict.fromkeys(paths) for film in _films_at(path, start)]
    count = Counter(film.name for film in films)
    return tuple(
        film if count[film.name] == 1 else film_of(film.parts[0].path, _whole_name(film), start)
        for film in films
    )


def recorded_film(
    store: Store, data_dir: Path, camera: str, since: datetime, until: datetime
) -> Film:
    """Return what is recorded of a camera in [since, until), to be judged by the camera's rules.

    Raises NotFoundError where nothing is, NotExportableError for a span that is none.
    """
    plan = plan_export(store.segments, camera, since, until)
    parts = tuple(FilmPart(data_dir / one.path, one.started_at) for one in plan.segments)
    return Film(camera, camera, parts, since, until, _rules_of(store, camera))


def _films_at(path: Path, start: datetime | None) -> Iterator[Film]:
    if not path.is_dir():
        yield film_of(path, start=start)
        return
    files = sorted(
        one for one in path.rglob("*") if one.is_file() and one.suffix.lower() in VIDEO_SUFFIXES
    )
    if not files:
        raise NotFoundError(f"{path} holds no video file ({', '.join(VIDEO_SUFFIXES)})")
    for one in files:
        yield film_of(one, one.relative_to(path).as_posix(), start)


def _whole_name(film: Film) -> str:
    return film.parts[0].path.as_posix()


def _rules_of(store: Store, camera: str) -> RuleSet | None:
    """Return a camera's own rules; None of a camera that was removed."""
    try:
        known = store.inventory.get(camera)
    except NotFoundError:
        return None
    return rules_from_json(known.zones, known.rules)
