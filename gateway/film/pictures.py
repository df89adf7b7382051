"""Single pictures of a film, decoding no more than they need."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from gateway.film.eyes import Crew, FilmEyes
from gateway.film.packets import FrontToBackError, read_groups, survey
from gateway.video_file import FilePicture, VideoFile
from vision.types import Image

EVERY_PICTURE = 1e6
"""More pictures a second than any film has."""


def pictures_at(
    path: Path, moments_s: Collection[float], crew: Crew
) -> Iterator[tuple[float, Image]]:
    """Yield the upright pictures shown at these seconds after a film's first, in their order.

    moments_s: as its looks give them. Raises NotVideoError, NotFoundError.
    """
    wanted = frozenset(moments_s)
    try:
        found = list(_from_groups(path, wanted, crew))
    except FrontToBackError:
        with VideoFile(path) as video:
            for picture in video.pictures(EVERY_PICTURE):
                if picture.at_s in wanted:
                    yield picture.at_s, _whole(picture)
    else:
        yield from found


def _from_groups(path: Path, wanted: frozenset[float], crew: Crew) -> Iterator[tuple[float, Image]]:
    table = survey(path)
    numbers = np.flatnonzero(np.isin(table.at_s, list(wanted)))
    at_s = dict(zip(table.pts[numbers].tolist(), table.at_s[numbers].tolist(), strict=True))
    groups = np.zeros(table.groups, np.bool_)
    groups[table.group_of[numbers]] = True
    eyes = FilmEyes(path, table, crew.detectors)
    for group in read_groups(path, table, groups):
        for pts, picture in eyes.pictures(group, frozenset(at_s)):
            yield at_s[pts], _whole(picture)


def _whole(picture: FilePicture) -> Image:
    return picture.resized_bgr(picture.size)
