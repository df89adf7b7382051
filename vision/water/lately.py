"""What the ground looked like in the last looks that saw it: what a person may call "only wet".

Of several looks the middle value stands for the ground: whoever crosses it is in few of them, and
a state with half a lorry in it would be told apart from the ground ever after.
"""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from vision.water.types import Sample

LATELY = timedelta(seconds=90)
"""What was seen longer ago may have changed since."""
MOST = 5
"""Looks kept; at 320x180, 1.2 MB."""


class Lately:
    """The last looks of one camera; they come in the order of time."""

    def __init__(self) -> None:
        self._seen: deque[Sample] = deque(maxlen=MOST)
        self._looked_at: datetime | None = None

    def look(self, at: datetime, seen: Sample | None) -> None:
        """Take in a look; seen: laid over its reference, None where it saw no ground."""
        self._looked_at = at
        if seen is not None:
            self._seen.append(replace(seen, full=None, stir=None))

    def ground(self) -> Sample | None:
        """Return the ground as it was of late, None where no look saw it.

        At the time of the newest look that did, and by its light.
        """
        if not self._seen or self._looked_at is None:
            return None
        newest, now = self._seen[-1], self._looked_at
        alike = [
            one
            for one in self._seen
            if one.infrared == newest.infrared and abs(now - one.at) <= LATELY
        ]
        return _middle(alike, newest) if alike else None


def _middle(samples: list[Sample], newest: Sample) -> Sample:
    """Return the newest sample with the middle value of all, of what each of them shows."""
    blocked = np.stack([one.blocked for one in samples])
    hidden = np.asarray(blocked.all(axis=0), dtype=np.bool_)
    images = np.stack([one.image for one in samples]).astype(np.float32)
    images[blocked & ~hidden] = np.nan
    middle = np.rint(np.nanmedian(images, axis=0)).astype(np.uint8)
    image = np.where(hidden[..., None], newest.image, middle)
    return replace(newest, image=image, blocked=hidden)
