"""A site's own eye: a small correction of the shipped network's judgement, taught where it serves.

It adds to the network's score instead of replacing it: an eye that was taught nothing judges as the
network does, and one taught little moves little.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from vision.errors import WaterError
from vision.water.types import Map

Features: TypeAlias = npt.NDArray[np.float32]
"""float32 (count, rows, columns): what the shipped network says of each cell of the picture."""
Cells: TypeAlias = npt.NDArray[np.float32]
"""float32 (cells, count): the same, a cell in each row."""
LARGEST_SCORE: Final = 12.0
"""Scores are logarithms of odds; these are sure."""

VERSION: Final = 1
FIELDS: Final = ("centre", "scale", "hidden", "hidden_bias", "out", "out_bias")
DAMAGE: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""What NumPy raises for an archive that is none, or lacks a part."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One hidden layer over the features of a cell, whose answer is added to the network's score.

    model: sha256 of the network whose features it was taught on; those of another mean something
    else. centre, scale (F,): features are standardised by. hidden (F, H), hidden_bias (H,), out
    (H,), out_bias (1,). All float32.
    """

    model: str
    centre: Map
    scale: Map
    hidden: Map
    hidden_bias: Map
    out: Map
    out_bias: Map

    def correct(self, shipped: Map, features: Features) -> Map:
        """Return how probable water is in each cell, float32 (rows, columns), 0-1.

        shipped: what the network says, of the same shape. Raises WaterError for another number of
        features.
        """
        count = len(features)
        if count != len(self.centre):
            raise WaterError(
                f"a site's eye was taught on {len(self.centre)} features and is given {count}; "
                "train it again"
            )
        cells = features.reshape(count, -1).T
        score = score_of(shipped).ravel() + self.correction(cells)
        return probability_of(score).reshape(shipped.shape)

    def correction(self, cells: Cells) -> Map:
        """Return what is added to the score of each cell, float32 (cells,)."""
        known = (cells - self.centre) / self.scale
        active = np.maximum(known @ self.hidden + self.hidden_bias, 0.0)
        return np.asarray(active @ self.out + self.out_bias, dtype=np.float32)

    def to_bytes(self) -> bytes:
        """Return the head as a file's content."""
        file = io.BytesIO()
        arrays = {name: getattr(self, name) for name in FIELDS}
        np.savez(file, version=np.array(VERSION), model=np.array(self.model), **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the head that `to_bytes` wrote; WaterError for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                version = int(archive["version"])
                parts = {name: np.asarray(archive[name], dtype=np.float32) for name in FIELDS}
                model = str(archive["model"])
        except DAMAGE as error:
            raise WaterError(
                f"a site's eye cannot be read ({error}); delete it and train it again"
            ) from error
        if version != VERSION or not _fit(parts):
            raise WaterError(
                f"a site's eye of version {version} is not of version {VERSION} or its layers do "
                "not fit each other; train it again"
            )
        return cls(model, **parts)


def score_of(probability: Map) -> Map:
    """Return the logarithm of odds of probabilities."""
    sure = np.float32(1.0 / (1.0 + np.exp(LARGEST_SCORE)))
    kept = np.clip(probability, sure, 1.0 - sure)
    return np.asarray(np.log(kept / (1.0 - kept)), dtype=np.float32)


def probability_of(score: Map) -> Map:
    """Return the probabilities that have these logarithms of odds."""
    kept = np.clip(score, -LARGEST_SCORE, LARGEST_SCORE)
    return np.asarray(1.0 / (1.0 + np.exp(-kept)), dtype=np.float32)


def _fit(parts: dict[str, Map]) -> bool:
    """Return whether the layers have shapes that fit, and hold numbers only."""
    if parts["hidden"].ndim != 2:
        return False
    count, width = parts["hidden"].shape
    shapes = [parts[name].shape for name in FIELDS]
    wanted = [(count,), (count,), (count, width), (width,), (width,), (1,)]
    return shapes == wanted and all(np.isfinite(part).all() for part in parts.values())
