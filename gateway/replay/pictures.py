"""The marked picture of each incident of a film, as a file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from gateway.analyze import AnalysisPlan, FileAnalysis, Film
from gateway.errors import StorageError
from gateway.film.eyes import Crew
from gateway.film.judge import FileIncident
from gateway.film.pictures import pictures_at
from gateway.replay.journal import write_whole
from vision.overlay import draw
from vision.types import Image, Track
from vision.water.conditions import WATER

PICTURES = "pictures"
JPEG_QUALITY = 85
TALLEST_PX = 540
"""Pictures of larger films are made smaller: a sheet of hundreds is still opened at once. They are
so before they are drawn on, for what is written on them to be read."""


def picture_name(incident: str) -> str:
    """Return where an incident's picture is in the replay's folder."""
    return f"{PICTURES}/{incident}.jpg"


def write_pictures(
    film: Film,
    analysis: FileAnalysis,
    crew: Crew,
    plan: AnalysisPlan,
    kind_words: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the picture that made sure of each incident, with the places that it is about.

    kind_words: what kinds are called in it. Raises StorageError.
    """
    try:
        (folder / PICTURES).mkdir(exist_ok=True)
        for found, picture in _shots(film, analysis, crew):
            shot = found.shot
            is_water = found.incident.rule_type == WATER
            places = plan.water_zones if is_water else plan.places_of(film)
            scale = min(1.0, TALLEST_PX / picture.shape[0])
            tracks = [_scaled(track, scale) for track in shot.tracks]
            marked = draw(
                _shrunk(picture, scale), tracks, places, shot.highlight, kind_words=kind_words
            )
            write_whole(folder / picture_name(found.incident.id), _jpeg(marked))
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}") from error


def _shots(film: Film, analysis: FileAnalysis, crew: Crew) -> Iterator[tuple[FileIncident, Image]]:
    """Yield each incident with its picture."""
    by_part: dict[int, dict[float, list[FileIncident]]] = defaultdict(lambda: defaultdict(list))
    for found in analysis.incidents:
        by_part[found.shot.part][found.shot.at_s].append(found)
    for number, by_moment in by_part.items():
        for at_s, picture in pictures_at(film.parts[number].path, list(by_moment), crew):
            for found in by_moment[at_s]:
                yield found, picture


def _shrunk(picture: Image, scale: float) -> Image:
    height, width = (round(scale * side) for side in picture.shape[:2])
    smaller = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)


def _scaled(track: Track, scale: float) -> Track:
    x1, y1, x2, y2 = track.xyxy
    return replace(track, xyxy=(scale * x1, scale * y1, scale * x2, scale * y2))


def _jpeg(picture: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return encoded.tobytes()
