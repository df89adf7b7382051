"""How far a camera's own motion detector is to be believed: as far as it agreed with ours.

Two questions are kept apart. Of the times we saw something begin to move, how often did the camera
tell (recall: may we rely on being woken)? Of the times the camera told, how often did something
move (precision: is a wake worth its price)? Times at which nobody looked count neither way.
"""

import math
from dataclasses import dataclass

GRACE_S = 5.0
"""The camera may tell so much sooner or later than we see: events travel, cameras think."""
EPISODE_S = 15.0
"""Motion after such a pause is another occasion."""
LONGEST_S = 60.0
"""A motion whose end the camera never tells ends by itself."""
LOOKS = 2
"""The camera was wrong when so many looks while it told of motion saw none, and none saw any."""
MEMORY = 60.0
"""Occasions: older ones fade, as seasons and settings change."""
LEAST_OCCASIONS = 8.0
"""With fewer nothing is said."""
LEAST_RECALL, LEAST_PRECISION = 0.8, 0.2
"""A camera whose recall is surely below the first misses much; below the second, most of what it
tells is nothing."""
CONFIDENCE_Z = 1.28
"""Of the one-sided 90 % bound."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a camera's motion events agreed with what we saw.

    told_ratio: of the times something began to move, the share that the camera told of; occasions:
    how many times that was, older ones fading. true_ratio: of the times the camera told, the share
    with motion. Both None while there are too few. wakes: whether its events are worth a wake.
    """

    told_ratio: float | None
    occasions: int
    true_ratio: float | None
    wakes: bool


class _Share:
    """A share of occasions, older ones weighing less."""

    def __init__(self) -> None:
        self.hits = self.occasions = 0.0

    def add(self, *, hit: bool) -> None:
        """Count one occasion."""
        fade = 1.0 - 1.0 / MEMORY
        self.hits = self.hits * fade + float(hit)
        self.occasions = self.occasions * fade + 1.0

    @property
    def value(self) -> float | None:
        """The share, None while there are too few occasions."""
        return self.hits / self.occasions if self.occasions >= LEAST_OCCASIONS else None

    @property
    def at_most(self) -> float:
        """The upper end of what the share may be (Wilson 1927)."""
        if not self.occasions:
            return 1.0
        n, p, z2 = self.occasions, self.hits / self.occasions, CONFIDENCE_Z**2
        middle, whole = p + z2 / (2 * n), 1 + z2 / n
        spread = CONFIDENCE_Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return min(1.0, (middle + spread) / whole)


class HintTrust:
    """Compares one camera's motion events with what we see; calls come in the order of time.

    Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._recall, self._precision = _Share(), _Share()
        self._offered = False
        self._told_s: float | None = None
        self._until_s: float | None = None
        self._event_open = False
        self._event_looks = 0
        self._event_moved = False
        self._moved_s: float | None = None
        self._unanswered_s: float | None = None

    @property
    def agreement(self) -> Agreement | None:
        """How far we agree; None while the camera has never told of motion: it may have no eye."""
        if self._told_s is None:
            return None
        return Agreement(
            self.recall, round(self._recall.occasions), self.precision, self.worth_waking
        )

    @property
    def recall(self) -> float | None:
        """Of the times something began to move, the share the camera told of; None: too few."""
        return self._recall.value

    @property
    def precision(self) -> float | None:
        """Of the times the camera told, the share with motion; None: too few looked at."""
        return self._precision.value

    @property
    def worth_waking(self) -> bool:
        """Whether a wake is worth its price: not when most of what the camera tells is nothing.

        A camera that misses much is still woken by what it does notice, and a new one until it is
        known. Looks go on meanwhile, so a camera may earn it back.
        """
        return self.precision is None or self.precision >= LEAST_PRECISION

    @property
    def plausible(self) -> bool:
        """Whether the camera tells of motion at all, and nothing yet says that it misses much.

        With little seen a camera is given the benefit of the doubt: on a machine short of time one
        that has an eye of its own can be seen less often than one that has none.
        """
        return self._offered and self._recall.at_most >= LEAST_RECALL and self.worth_waking

    def told(self, at_s: float) -> None:
        """Take in that the camera says motion began."""
        self._offered = True
        self._pass_time(at_s)
        if self._unanswered_s is not None:
            self._unanswered_s = None
            self._recall.add(hit=True)
        if not self._event_open:
            self._event_open = True
            self._event_looks = 0
            self._event_moved = self._moved_s is not None and at_s - self._moved_s <= GRACE_S
        self._told_s, self._until_s = at_s, None

    def ended(self, at_s: float) -> None:
        """Take in that the camera says motion ended, or that there is none just now."""
        self._offered = True
        self._pass_time(at_s)
        if self._event_open and self._until_s is None:
            self._until_s = at_s

    def moved(self, at_s: float) -> None:
        """Take in that a look of ours saw motion."""
        self._pass_time(at_s)
        is_new = self._moved_s is None or at_s - self._moved_s > EPISODE_S
        self._moved_s = at_s
        self._event_moved = self._event_moved or self._event_open
        if is_new and self._event_open:
            self._recall.add(hit=True)
        elif is_new:
            self._unanswered_s = at_s

    def quiet(self, at_s: float) -> None:
        """Take in that a look of ours saw nothing move."""
        self._pass_time(at_s)
        if self._event_open and self._until_s is None:
            self._event_looks += 1

    def _pass_time(self, at_s: float) -> None:
        """Settle what can no longer be answered."""
        if self._unanswered_s is not None and at_s - self._unanswered_s > GRACE_S:
            self._unanswered_s = None
            self._recall.add(hit=False)
        if not self._event_open or self._told_s is None:
            return
        ends_s = self._told_s + LONGEST_S if self._until_s is None else self._until_s
        if at_s - ends_s > GRACE_S:
            self._event_open = False
            if self._event_moved or self._event_looks >= LOOKS:
                self._precision.add(hit=self._event_moved)
