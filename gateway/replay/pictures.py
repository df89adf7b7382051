"""The marked picture of each incident of a film, as a file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2

from gateway.analyze import FileAnalysis, Film
from gateway.errors import StorageError
from gateway.film.eyes import Crew
from gateway.film.judge import FileIncident
from gateway.film.pictures import pictures_at
from gateway.replay.journal import write_whole
from vision.overlay import draw
from vision.scene import Zone
from vision.types import Image

PICTURES = "pictures"
JPEG_QUALITY = 85
TALLEST_PX = 540
"""Pictures of larger films are made smaller: a sheet of hundreds is still opened at once."""


def picture_name(incident: str) -> str:
    """Return where an incident's picture is in the replay's folder."""
    return f"{PICTURES}/{incident}.jpg"


def write_pictures(
    film: Film, analysis: FileAnalysis, crew: Crew, zones: Iterable[Zone], folder: Path
) -> None:
    """Write the picture that made sure of each incident. Raises StorageError."""
    try:
        (folder / PICTURES).mkdir(exist_ok=True)
        for incident, picture in _marked(film, analysis, crew, tuple(zones)):
            write_whole(folder / picture_name(incident), _jpeg(picture))
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}") from error


def _marked(
    film: Film, analysis: FileAnalysis, crew: Crew, zones: tuple[Zone, ...]
) -> Iterator[tuple[str, Image]]:
    by_part: dict[int, dict[float, list[FileIncident]]] = defaultdict(lambda: defaultdict(list))
    for found in analysis.incidents:
        by_part[found.shot.part][found.shot.at_s].append(found)
    for number, by_moment in by_part.items():
        for at_s, picture in pictures_at(film.parts[number].path, list(by_moment), crew):
            for found in by_moment[at_s]:
                shot = found.shot
                yield found.incident.id, draw(picture, shot.tracks, zones, shot.highlight)


def _jpeg(picture: Image) -> bytes:
    height, width = picture.shape[:2]
    if height > TALLEST_PX:
        size = (round(width * TALLEST_PX / height), TALLEST_PX)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    _, encoded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return encoded.tobytes()
