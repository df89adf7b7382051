"""Persons in pictures of a case made unrecognisable, by the detector that finds them anyway."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from gateway.errors import NotExportableError
from vision.overlay import veil
from vision.types import Boxes, Detections, FrameSize, Image, Kind

TILE_SHARE = 0.6
"""Width and height of each corner tile, as a share of the picture's: together they overlap by a
fifth, so that nobody who stands on a seam is cut in every tile."""
JPEG_QUALITY = 90


class Finder(Protocol):
    """What finds persons: a `vision.detector.Detector`, or several as one."""

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Return what is seen in each picture."""


@dataclass(frozen=True, slots=True)
class PersonBlur:
    """Veils the persons of pictures. finder: reports unsure persons too; better one too many.

    Whom it does not find stays recognisable: small, half hidden or dark persons above all.
    """

    finder: Finder

    def blurred(self, jpegs: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return pictures of one view, each veiled wherever any of the same size shows somebody.

        So the marked picture, whose boxes and labels hide people from the detector, is veiled where
        the raw one shows them. Raises NotExportableError for what is no picture.
        """
        images = [_decoded(jpeg) for jpeg in jpegs]
        found: dict[FrameSize, list[Boxes]] = {}
        for image in images:
            found.setdefault(_size(image), []).append(self._persons(image))
        return tuple(_encoded(veil(image, np.concatenate(found[_size(image)]))) for image in images)

    def _persons(self, image: Image) -> Boxes:
        """Return the boxes of all persons, float32 (N, 4), looked for in the whole and in tiles."""
        parts = [(0, 0, image), *_tiles(image)]
        boxes = [np.zeros((0, 4), np.float32)]
        seen = self.finder.detect([part for _, _, part in parts])
        for (left, top, _), detections in zip(parts, seen, strict=True):
            rows = [row for row in range(len(detections)) if detections.kind(row) == Kind.PERSON]
            offset = np.array([left, top, left, top], np.float32)
            boxes.append((detections.xyxy[rows] + offset).astype(np.float32))
        return np.concatenate(boxes)


def _tiles(image: Image) -> Iterator[tuple[int, int, Image]]:
    """Yield the four corner tiles, with where their left and top are."""
    height, width = image.shape[:2]
    high, wide = round(height * TILE_SHARE), round(width * TILE_SHARE)
    for top in (0, height - high):
        for left in (0, width - wide):
            yield left, top, np.ascontiguousarray(image[top : top + high, left : left + wide])


def _size(image: Image) -> FrameSize:
    return FrameSize(image.shape[1], image.shape[0])


def _decoded(jpeg: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise NotExportableError("a picture of the case cannot be read, so nobody can be blurred")
    return np.asarray(image, np.uint8)


def _encoded(image: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return encoded.tobytes()
