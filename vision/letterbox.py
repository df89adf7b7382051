"""Letterboxes: pictures fitted into a network's input, and its boxes brought back."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from vision.types import Boxes, FrameSize, Image

PAD_GREY = 114
"""The grey of letterbox bars that YOLO and NanoDet networks were trained with."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture is fitted into another size with its proportions kept and grey bars around it.

    resized: the picture's size inside `target`. pad_left, pad_top: where it begins there, pixels.
    """

    source: FrameSize
    target: FrameSize
    resized: FrameSize
    pad_left: int
    pad_top: int

    @classmethod
    def fit(cls, source: FrameSize, target: FrameSize) -> Self:
        """Return the largest fit of `source` into `target`, centred."""
        scale = min(target.width / source.width, target.height / source.height)
        resized = FrameSize(
            max(1, round(source.width * scale)), max(1, round(source.height * scale))
        )
        left = (target.width - resized.width) // 2
        top = (target.height - resized.height) // 2
        return cls(source, target, resized, left, top)

    @property
    def scale(self) -> float:
        """Target pixels per source pixel (the two axes differ by rounding only)."""
        return min(self.target.width / self.source.width, self.target.height / self.source.height)

    def frame(self, image: Image) -> Image:
        """Return the target picture of a source picture: resized, in the middle, grey around."""
        framed = self._empty()
        size = (self.resized.width, self.resized.height)
        cv2.resize(image, size, dst=self._middle(framed), interpolation=cv2.INTER_LINEAR)
        return framed

    def place(self, resized: Image) -> Image:
        """Return the target picture of a picture that a decoder has already brought to `resized`.

        Raises ValueError when it has another size.
        """
        if resized.shape != (self.resized.height, self.resized.width, 3):
            raise ValueError(f"picture of shape {resized.shape} does not fit {self.resized}")
        framed = self._empty()
        self._middle(framed)[:] = resized
        return framed

    def _empty(self) -> Image:
        return np.full((self.target.height, self.target.width, 3), PAD_GREY, dtype=np.uint8)

    def _middle(self, framed: Image) -> Image:
        """Return the part of a target picture that the source covers, as a view."""
        bottom, right = self.pad_top + self.resized.height, self.pad_left + self.resized.width
        return framed[self.pad_top : bottom, self.pad_left : right]

    def to_source(self, boxes: Boxes) -> Boxes:
        """Return boxes of the target picture as boxes of the source picture, clipped to it."""
        across = self.source.width / self.resized.width
        down = self.source.height / self.resized.height
        offset = np.array([self.pad_left, self.pad_top] * 2, dtype=np.float32)
        factor = np.array([across, down] * 2, dtype=np.float32)
        limit = np.array([self.source.width, self.source.height] * 2, dtype=np.float32)
        return np.asarray(np.clip((boxes - offset) * factor, 0.0, limit), dtype=np.float32)
