"""A tour of a camera's views, by our own clock: cameras do not say when their own tours move."""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_DWELL_S, MAX_DWELL_S = 5.0, 86_400.0
"""Below the least, a camera would be on the move as long as it looks."""
MOST_STOPS = 64


@dataclass(frozen=True, slots=True)
class TourStop:
    """A view and how long it is looked at. preset: the camera's token of it."""

    preset: str
    dwell_s: float

    def __post_init__(self) -> None:
        if not MIN_DWELL_S <= self.dwell_s <= MAX_DWELL_S:
            raise ValueError(
                f"{self.dwell_s:g} s at a view is not {MIN_DWELL_S:g} to {MAX_DWELL_S:g}"
            )


@dataclass(frozen=True, slots=True)
class Tour:
    """Views in turn, again and again. resume_s: quiet seconds after a person's last move."""

    stops: Sequence[TourStop] = ()
    resume_s: float = 60.0
    enabled: bool = True

    def __post_init__(self) -> None:
        if len(self.stops) > MOST_STOPS:
            raise ValueError(f"a tour of {len(self.stops)} views has more than {MOST_STOPS}")
        if not 0 <= self.resume_s <= MAX_DWELL_S:
            raise ValueError(f"{self.resume_s:g} s is not 0 to {MAX_DWELL_S:g}")

    @property
    def runs(self) -> bool:
        """Whether there is anything to do."""
        return self.enabled and bool(self.stops)


class TourClock:
    """Which view of a tour is due; pure. Times are monotonic seconds."""

    def __init__(self, tour: Tour, now_s: float) -> None:
        self.tour = tour
        self._number = 0
        self._due_s = now_s
        self._is_shown = False

    def moved_by_person(self, now_s: float) -> None:
        """Pause; afterwards the view that was interrupted comes first."""
        if self._is_shown and self._due_s > now_s:
            self._number -= 1
        self._is_shown = False
        self._due_s = now_s + self.tour.resume_s

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until a view is due, 0 when one is."""
        return max(0.0, self._due_s - now_s)

    def take(self, now_s: float) -> str:
        """Return the preset due now, and begin to look at it."""
        stop = self.tour.stops[self._number % len(self.tour.stops)]
        self._number += 1
        self._is_shown = True
        self._due_s = now_s + stop.dwell_s
        return stop.preset
