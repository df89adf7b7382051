"""Long films for `analyze`: a street nobody passes for minutes, and one that is never empty.

Street, weather and passers-by are those of the benchmarks' town; only here the visits are rare, as
a village camera at night sees them, or follow one another without a pause.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from benchmarks.encoding import Encoding, write_film
from benchmarks.footage import CACHE
from benchmarks.town_passages import SIZE, VIEWS, Passage, View, empty, film_of, opacity, passages
from benchmarks.town_weather import Air, Weather
from vision.types import Image

FOLDER = CACHE.parent / "replay"
MAKE = 1
"""Number of the way films are made; a change of the pictures asks for the next."""

FIRST_VISIT_S = 41.3
LONGEST_VISIT_S = 6.0


@dataclass(frozen=True, slots=True)
class FilmSpec:
    """One film. every_s: from one visit's beginning to the next's; 0: one after another."""

    name: str
    view: View
    length_s: float
    every_s: float
    weather: Weather
    encoding: Encoding

    @property
    def path(self) -> Path:
        """Where the film is kept."""
        name = f"{self.name}-{self.view.name}-{self.length_s:g}s-v{MAKE}.mp4"
        return FOLDER / name


QUIET_WEATHERS = (
    ("quiet night", Weather(3.5, 0.0, "steady", 0), Encoding(15, 2.0, "vbr", 24, 700)),
    ("quiet day", Weather(2.0, 2.5, "clouds", 0), Encoding(15, 2.0, "crf", 26, 0)),
    ("quiet rain", Weather(3.5, 2.5, "steady", 90), Encoding(15, 2.0, "cbr", 0, 600)),
)
"""Name, weather and coding of the quiet films; 640x360 at 15 pictures a second."""
QUIET_EVERY_S = 300.0


def quiet_films(length_s: float) -> tuple[FilmSpec, ...]:
    """Return films with a visit every few minutes."""
    return tuple(
        FilmSpec(name.replace(" ", "-"), view, length_s, QUIET_EVERY_S, weather, encoding)
        for view, (name, weather, encoding) in zip(VIEWS, QUIET_WEATHERS, strict=False)
    )


def busy_film(length_s: float) -> FilmSpec:
    """Return a film in which somebody is always in view."""
    _, weather, encoding = QUIET_WEATHERS[0]
    return FilmSpec("busy", VIEWS[0], length_s, 0.0, weather, encoding)


def make(specs: tuple[FilmSpec, ...]) -> None:
    """Make the films that are not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for spec in specs:
        if not spec.path.exists():
            Console(stderr=True).print(f"making {spec.path.name} ({spec.weather.words})")
            write_film(spec.path, _streets(spec), spec.encoding)


def busy_share(spec: FilmSpec) -> float:
    """Return the share of a film in which somebody is in view."""
    shown_s = sum(_length_s(one, spec.view) for _, one in _visits(spec))
    return min(1.0, shown_s / spec.length_s)


def _visits(spec: FilmSpec) -> Iterator[tuple[float, Passage]]:
    """Yield when each visit begins and who comes."""
    everybody, at_s = passages(spec.view), FIRST_VISIT_S if spec.every_s else 0.0
    number = 0
    while at_s + LONGEST_VISIT_S < spec.length_s:
        who = everybody[number % len(everybody)]
        yield at_s, who
        at_s += spec.every_s or _length_s(who, spec.view)
        number += 1


def _length_s(who: Passage, view: View) -> float:
    return min(LONGEST_VISIT_S, (who.last - who.first + 1) / view.shot.shown_fps)


def _streets(spec: FilmSpec) -> Iterator[Image]:
    air = Air(spec.weather, SIZE, spec.length_s, seed=len(spec.name))
    street, view = empty(spec.view), spec.view
    visits = list(_visits(spec))
    film = film_of(view, {n for _, who in visits for n in range(who.first, who.last + 1)})
    for number in range(round(spec.length_s * spec.encoding.fps)):
        at_s, picture = number / spec.encoding.fps, street
        for from_s, who in visits:
            if from_s <= at_s < from_s + _length_s(who, view):
                shown = who.first + int((at_s - from_s) * view.shot.shown_fps)
                cover = opacity(view, film[shown], shown, (who,))
                if cover is not None:
                    blended = cv2.blendLinear(film[shown], street, cover, 1 - cover)
                    picture = np.asarray(blended, np.uint8)
        yield air.through(picture.astype(np.float32), at_s)
