"""Who is asked where water is, and several of them as one."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from vision.types import Image
from vision.water.types import Map


class WaterVoter(Protocol):
    """Says of each pixel how much like water it looks: a network, or a site's own eye."""

    def probability(self, image: Image, reference: Image) -> Map:
        """Return 0-1 for each pixel of a picture, beside the place as it usually is."""
        ...


class WaterVotes:
    """Several voters as one: the mean of what they say."""

    def __init__(self, voters: Sequence[WaterVoter]) -> None:
        """Take at least one voter."""
        self._voters = tuple(voters)

    def probability(self, image: Image, reference: Image) -> Map:
        """Return the mean of the votes, float32 (h, w), 0-1."""
        votes = np.stack([voter.probability(image, reference) for voter in self._voters])
        return np.asarray(votes.mean(axis=0), dtype=np.float32)


def as_one(voters: Sequence[WaterVoter]) -> WaterVoter | None:
    """Return voters as one, None where there is none."""
    return WaterVotes(voters) if len(voters) > 1 else next(iter(voters), None)
