"""When a whole unit drops, that is one happening, not one of each of its cameras."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

LASTS = 0.5
"""A unit stays out until no more than this part of the share that made it out is lost: cameras come
back one by one, some of them twice."""


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit's cameras at one moment, by id.

    lost: give no picture. told: of those, the ones with an incident of their own already. unknown:
    nobody reports on them just now. None of these is in another.
    """

    unit: str
    cameras: frozenset[str]
    lost: frozenset[str]
    told: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


class UnitOutages:
    """Decides which units are out as a whole.

    share, least: a unit is out when this share of the cameras that were well is lost together, and
    at least so many. Cameras long lost, with incidents of their own, count on neither side.
    """

    def __init__(self, share: float, least: int) -> None:
        self._share = share
        self._least = least
        self._out: set[str] = set()

    def adopt(self, units: Iterable[str]) -> None:
        """Go on with units that were out when another process stopped watching."""
        self._out |= set(units)

    def judge(self, views: Collection[UnitView]) -> frozenset[str]:
        """Return the units that are out now."""
        self._out = {view.unit for view in views if self._is_out(view)}
        return frozenset(self._out)

    def _is_out(self, view: UnitView) -> bool:
        well_before = len(view.cameras - view.told - view.unknown)
        was_out = view.unit in self._out
        if well_before == 0:
            return was_out and bool(view.unknown)
        lost, share = len(view.lost), len(view.lost) / well_before
        if was_out:
            return share > LASTS * self._share
        return lost >= self._least and share >= self._share
