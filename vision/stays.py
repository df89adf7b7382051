"""How long each subject has been inside a place, in watched seconds; stepping out is forgiven."""

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class _Stay:
    """inside_s: so far. outside_s, looks_outside: since it was last inside."""

    inside_s: float = 0.0
    outside_s: float = 0.0
    looks_outside: int = 0


class Stays:
    """The stays of the subjects of one rule, by their numbers.

    patience_s: who is outside for no longer, or at one single look, has not left.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._stays: dict[int, _Stay] = {}

    def look(
        self, inside: Collection[int], alive: Collection[int], watched_s: float | None
    ) -> None:
        """Take in who is inside; `watched_s` since the look before, None after blindness.

        alive: who may still be seen again; nobody else is remembered.
        """
        step_s = watched_s or 0.0
        stays = {number: self._longer(number, step_s) for number in inside}
        for number, stay in self._stays.items():
            if number in stays or number not in alive:
                continue
            left = replace(
                stay, outside_s=stay.outside_s + step_s, looks_outside=stay.looks_outside + 1
            )
            if left.outside_s <= self._patience_s or left.looks_outside == 1:
                stays[number] = left
        self._stays = stays

    def inside_s(self, number: int) -> float:
        """Return how long a subject has been inside, 0 for one that is not."""
        stay = self._stays.get(number)
        return stay.inside_s if stay else 0.0

    def __len__(self) -> int:
        return len(self._stays)

    def _longer(self, number: int, step_s: float) -> _Stay:
        stay = self._stays.get(number)
        return _Stay(stay.inside_s + step_s) if stay else _Stay()
