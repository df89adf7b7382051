"""Motion guessed from the sizes of a stream's packets, undecoded: a hint that must be earned.

What moves must be coded, so pictures between key frames grow. That shows only where quality is
constant and the scene steady: with a bound bit rate, noise or wind, sizes say little (measured: 12
of 12 visits under constant quality, 0 to 6 of 12 otherwise). So a stream qualifies by its own
figures, and is asked again with every packet.
"""

import math
from datetime import datetime

OBJECT_BYTES = 800
"""What a person some metres away adds to a coded picture at 640x360."""
QUALIFIED = 3.0
"""So many usual deviations must an object's bytes be worth, in powers of two of the size."""
MEMORY_GOPS = 10.0
"""What is usual at a place in the group of pictures is averaged over so many groups."""
STRAY_MEMORY = 400.0
"""How far sizes usually stray, and their middle, are averaged over so many packets."""
AWAKE_SLOWER = 5.0
"""While awake, what is usual is learnt so many times slower: whoever walks there is not usual."""
LEARN_PACKETS, LEARN_GOPS = 150, 3
"""Nothing is said before so many pictures between key frames, and so many groups."""
CLIP = 1.0
"""A size counts as at most this many powers of two from the usual: one odd packet is no motion."""
SLACK, LIMIT = 1.0, 8.0
"""Of the cumulative sum (Page 1954), in usual deviations: what each packet is forgiven, and what
must have gathered to wake. With both, quiet Gaussian sizes wake once in some 10^7 packets."""
LEAST_STRAY = 0.02
"""No stream is steadier than this, in powers of two."""
MOST_PLACES = 300
"""Longer groups of pictures (smart codecs stretch them) share the last place."""
GAP_S = 5.0
"""After such a pause the place in the group is unknown until the next key frame."""
DEVIATION_PER_MEAN = math.sqrt(math.pi / 2)
"""Standard deviation of a Gaussian, by its mean absolute deviation."""


class PacketHint:
    """Watches the sizes of one stream's coded pictures, in their order.

    Another one begins where the encoder's settings, or the view, have changed.
    """

    def __init__(self) -> None:
        self._usual: list[float] = []
        self._place: int | None = None
        self._at: datetime | None = None
        self._middle = 0.0
        self._stray = CLIP
        self._sum = 0.0
        self._packets = self._groups = 0

    @property
    def score(self) -> float:
        """How many usual deviations an object's bytes are worth on this stream; 0 before known."""
        if self._packets < LEARN_PACKETS or self._groups < LEARN_GOPS:
            return 0.0
        return math.log2(1.0 + OBJECT_BYTES / 2.0**self._middle) / self._deviation

    @property
    def qualified(self) -> bool:
        """Whether this stream's sizes tell of objects, as far as is known now."""
        return self.score >= QUALIFIED

    @property
    def _deviation(self) -> float:
        return max(self._stray * DEVIATION_PER_MEAN, LEAST_STRAY)

    def see(self, size_bytes: int, is_key: bool, at: datetime) -> bool:
        """Take in one coded picture; return whether sizes say that something moves now."""
        before, self._at = self._at, at
        if before is not None and not 0.0 <= (at - before).total_seconds() <= GAP_S:
            self._place, self._sum = None, 0.0
        if is_key:
            self._place = 0
            self._groups += 1
            return self._awake
        if self._place is None:
            return False
        self._weigh(math.log2(max(size_bytes, 1)))
        return self._awake

    @property
    def _awake(self) -> bool:
        return self._sum > LIMIT and self.qualified

    def _weigh(self, size: float) -> None:
        """Hold a size, as a power of two, against the usual at its place, and learn from it."""
        place = min(self._place or 0, MOST_PLACES - 1)
        self._place = place + 1
        self._packets += 1
        if place >= len(self._usual):
            self._usual.append(size)
            return
        excess = min(max(size - self._usual[place], -CLIP), CLIP)
        deviation = self._deviation
        self._sum = min(max(self._sum + excess / deviation - SLACK, 0.0), 2.0 * LIMIT)
        slower = AWAKE_SLOWER if self._sum > LIMIT else 1.0
        self._usual[place] += excess / (slower * min(self._groups, MEMORY_GOPS))
        share = 1.0 / (slower * min(self._packets, STRAY_MEMORY))
        self._stray += share * (min(abs(excess), 4.0 * deviation) - self._stray)
        self._middle += share * (size - self._middle) if self._middle else size

    def explain(self) -> str:
        """Return in a few words what sizes are good for on this stream, and why."""
        if self._packets < LEARN_PACKETS or self._groups < LEARN_GOPS:
            return f"packet sizes: learning, {self._packets} of {LEARN_PACKETS} pictures seen"
        verdict = "tell of motion" if self.qualified else "tell nothing"
        return (
            f"packet sizes {verdict}: an object is worth {self.score:.1f} usual deviations, "
            f"{QUALIFIED:g} are needed (pictures of {2.0**self._middle:.0f} bytes)"
        )
