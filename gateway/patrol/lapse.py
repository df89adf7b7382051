"""Lapses: rounds of a route that are overdue, skipped or missed, until one is done again.

A lapse is one happening, however many rounds it takes in; it becomes an incident of the site, whose
case goes up the tree of units when nobody deals with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.patrol.round import Outcome, Round, Standing, standing
from vision.types import Severity

PATROL: Final = "patrol"
"""Type of the rule in the incident."""
ROUND_MISSED: Final = "round_missed"
"""Kind of the incident."""
RED_FROM = 3
"""Rounds missed in a row that nobody can call an oversight any more. Chosen here."""

_DONE = frozenset({Standing.DONE, Standing.LATE})
_OPEN = frozenset({Standing.COMING, Standing.DUE})


@dataclass(frozen=True, slots=True)
class Walked:
    """A round and how it ended, None while it may still be done. at: when it ended."""

    round: Round
    outcome: Outcome | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Lapse:
    """What was not done of a route since a round was done last.

    since: when the first of it was noticed. standing: of the newest: overdue, skipped or missed.
    missed: rounds missed. rounds: all of them.
    """

    since: datetime
    standing: Standing
    missed: int
    rounds: int

    @property
    def severity(self) -> Severity:
        """Late or skipped is to be known; missed to be dealt with; missed again and again, now."""
        if self.missed >= RED_FROM:
            return Severity.RED
        return Severity.YELLOW if self.missed else Severity.GREEN


def lapse_of(walked: Sequence[Walked], now: datetime) -> Lapse | None:
    """Return the lapse of a route, None while all is well; walked: its rounds, oldest first."""
    found: list[tuple[datetime, Standing]] = []
    for one in walked:
        stands = standing(one.round, one.outcome, now)
        if stands in _DONE:
            found.clear()
        elif stands not in _OPEN:
            found.append((_noticed_at(one, stands), stands))
    if not found:
        return None
    kinds = [kind for _, kind in found]
    return Lapse(
        since=min(at for at, _ in found),
        standing=kinds[-1],
        missed=kinds.count(Standing.MISSED),
        rounds=len(found),
    )


def _noticed_at(one: Walked, stands: Standing) -> datetime:
    """Return when it was clear that the round was not done in time."""
    if stands is Standing.SKIPPED and one.at is not None:
        return min(one.at, one.round.late_at)
    return one.round.late_at
