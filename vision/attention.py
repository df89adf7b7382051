"""How much attention one camera deserves just now, and why.

Most cameras of a town show an empty road most of the time. What stirs one (motion in its picture,
its own alarm, packets that grow, an object that moves) is told to its `Attention`; the scheduler
asks how interesting the camera is and shares the machine out by that.
"""

from collections.abc import Sequence
from enum import IntEnum

from vision.activity import Region
from vision.doubted_places import DoubtedPlaces

CALM_S = 4.0
"""A camera stays awake for so long after the last stir: a walker hidden by a lorry or standing at a
kerb comes back into view within it."""

GLIMPSE_S = 2.0
"""And for so long where motion is all there is: who walks moves again within it."""

FRUITLESS_S = 8.0
"""Awake for so long and looked at without an object seen, what has moved is no longer believed:
leaves, water, flags and rain move all day."""

ALARM_S = 20.0
"""An alarm of the camera's own that is still waiting for its turn is given up after so long: who
was seen then is gone."""

VAIN_S = 1.5
"""An alarm that showed no object in its first looks and for so long after them was for nothing: by
then the picture before it has been looked at as well as the one after."""

MOTION, OBJECT, CAMERA_TOLD = "motion", "object", "camera"
"""Reasons to be awake: the picture's brightness changed somewhere, which can be doubted; an object
moves, which cannot; the camera itself says so, and is heard."""


class Interest(IntEnum):
    """What a camera shows, by rising urgency."""

    QUIET = 0
    """Nothing is there, nothing stirs."""
    SETTLED = 1
    """Something rests there, or an incident is open, and nothing stirs."""
    RESTLESS = 2
    """Something moves all the time that never was an object."""
    KNOWN = 3
    """Something happens and has been told of: what is left to see is its end."""
    STIRRED = 4
    """Something may be happening now."""


class Attention:
    """One camera's claim to be looked at. Times are monotonic seconds and never run backwards.

    why: what stirred it last, for people; "" while it is quiet.
    """

    def __init__(self) -> None:
        self.why = ""
        self._occupied = self._known = False
        self._awake_until_s = -CALM_S
        self._restless_until_s = -CALM_S
        self._objects_at_s: float | None = None
        self._awake_since_s: float | None = None
        self._judged_at_s = -CALM_S
        self._empty_at_s: float | None = None
        self._places = DoubtedPlaces()
        self._alarm_until_s = -CALM_S
        self._alarm_at_s = -CALM_S
        self._alarm_looked_s: float | None = None

    def stir(self, why: str, at_s: float) -> None:
        """Say that something may be happening.

        While what happens is known, only an object can bring news.
        """
        if not self._known or why == OBJECT:
            self._wake(why, at_s, CALM_S)

    def moved(self, regions: Sequence[Region], at_s: float) -> None:
        """Say that brightness changed there; doubted where that was in vain before."""
        if self._known:
            return
        self._learn(at_s)
        if self._places.is_news(regions, at_s):
            self._wake(MOTION, at_s, GLIMPSE_S)
            self._places.stirred(regions)
        else:
            self._restless_until_s = at_s + CALM_S
            if not self._is_awake(at_s):
                self.why = MOTION

    def forget_view(self) -> None:
        """Believe motion anywhere: the camera was turned."""
        self._places = DoubtedPlaces()

    def alarm(self, *, active: bool, at_s: float) -> None:
        """Say that the camera itself tells of motion, or that it no longer does.

        It stays awake for as long as that lasts, until it has been looked at in vain.
        """
        if not active:
            self._alarm_until_s = at_s
        elif not self._known:
            self._begin(at_s)
            self.why = CAMERA_TOLD
            self._alarm_at_s, self._alarm_until_s, self._alarm_looked_s = at_s, at_s + ALARM_S, None

    @property
    def since_s(self) -> float:
        """Since when it is awake, or was when it last was; monotonic seconds."""
        return self._awake_since_s or 0.0

    def is_vouched_for(self, at_s: float) -> bool:
        """Say whether more than motion keeps it awake: the camera tells, or an object was seen."""
        seen_s = self._objects_at_s
        return at_s < self._alarm_until_s or (seen_s is not None and at_s < seen_s + CALM_S)

    def found(
        self,
        *,
        moving: bool,
        resting: bool,
        known: bool,
        at_s: float,
        offered_s: float | None = None,
    ) -> None:
        """Say what a look found.

        moving: objects that move or are new. resting: objects at rest, or an open incident. known:
        all there is has been told of, and goes on. offered_s: when the look was chosen, `at_s` if
        left out: one chosen before an alarm says nothing of it.
        """
        self._occupied, self._known = resting, known
        if known:
            self._awake_until_s = self._alarm_until_s = at_s
        elif moving:
            self.stir(OBJECT, at_s)
            self._objects_at_s = self._judged_at_s = at_s
            self._empty_at_s = self._alarm_looked_s = None
            self._places.borne_out()
        else:
            self._empty(at_s, at_s if offered_s is None else offered_s)

    def interest(self, at_s: float) -> Interest:
        """Return how interesting the camera is now."""
        if self._is_awake(at_s):
            return Interest.STIRRED
        if self._known:
            return Interest.KNOWN
        if at_s < self._restless_until_s:
            return Interest.RESTLESS
        if self._occupied:
            return Interest.SETTLED
        self.why = ""
        return Interest.QUIET

    def _empty(self, at_s: float, offered_s: float) -> None:
        """Take in that a look found nothing that moves."""
        if self._awake_since_s is not None and self._awake_since_s <= offered_s:
            self._empty_at_s = at_s
        if self._alarm_looked_s is None:
            if self._alarm_at_s <= offered_s:
                self._alarm_looked_s = at_s
        elif at_s - self._alarm_looked_s >= VAIN_S:
            self._alarm_until_s = at_s

    def _wake(self, why: str, at_s: float, for_s: float) -> None:
        self._begin(at_s)
        self.why = why
        self._awake_until_s = max(self._awake_until_s, at_s + for_s)

    def _begin(self, at_s: float) -> None:
        """Begin to be awake, unless it is already."""
        if self._is_awake(at_s):
            return
        self._learn(at_s)
        self._places.forget_stirs()
        self._awake_since_s = self._judged_at_s = at_s
        self._empty_at_s = None

    def _learn(self, at_s: float) -> None:
        """Doubt what moves, or moved, once looks have found nothing there for long or until calm.

        A time in which nobody looked says nothing, nor what an object left behind it.
        """
        if self._awake_since_s is None or self._empty_at_s is None:
            return
        if self._is_awake(at_s):
            in_vain = at_s - self._judged_at_s >= FRUITLESS_S
        else:
            in_vain = self._objects_at_s is None or self._objects_at_s < self._awake_since_s
        if in_vain:
            self._places.in_vain(at_s)
            self._judged_at_s = at_s

    def _is_awake(self, at_s: float) -> bool:
        return at_s < max(self._awake_until_s, self._alarm_until_s)
