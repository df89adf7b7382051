"""The tree of units: grids (网格) in villages, villages in towns, towns in a county. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from gateway.errors import ConfigError
from gateway.workflow.case import Level

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_RANK = {level: rank for rank, level in enumerate(Level)}

Place: TypeAlias = tuple[str, str]
"""The texts `unit` and `grid` of a camera or an incident, or the unit of something and ""."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. id: small letters, digits, dashes. parent: id of the unit it lies in, None on top.

    Raises ConfigError for an id or a name that is none.
    """

    id: str
    name: str
    level: Level
    parent: str | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ConfigError(f"the unit id {self.id!r} is not small letters, digits and dashes")
        if not self.name.strip():
            raise ConfigError(f"the unit {self.id} needs a name")

    @property
    def words(self) -> frozenset[str]:
        """What cameras may call it."""
        return frozenset({self.id, self.name})


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The places of one unit and all below it, as cameras and incidents name theirs.

    units: texts of `unit` that suffice, whatever the grid. places: pairs of `unit` and `grid`.
    """

    units: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()

    def covers(self, unit: str, grid: str) -> bool:
        """Say whether a camera or incident with these texts lies within."""
        return unit in self.units or (unit, grid) in self.places

    def covers_all(self, places: Collection[Place]) -> bool:
        """Say whether something of several places lies within; what has no place never does."""
        return bool(places) and all(self.covers(unit, grid) for unit, grid in places)

    def concerns(self, unit: str) -> bool:
        """Say whether what holds for a unit as a whole, such as its rain, holds here.

        It does within, and where these places lie in that unit.
        """
        return unit in self.units or any(unit == above for above, _ in self.places)


@dataclass(frozen=True)
class UnitTree:
    """All units of a site; hashable. Make it with `tree_of`, which checks it."""

    units: tuple[Unit, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Unit]:
        """The units by id."""
        return {unit.id: unit for unit in self.units}

    @cached_property
    def _by_word(self) -> Mapping[str, tuple[Unit, ...]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units:
            for word in unit.words:
                found.setdefault(word, []).append(unit)
        return {word: tuple(units) for word, units in found.items()}

    def line(self, unit_id: str) -> tuple[Unit, ...]:
        """Return a unit and those that it lies in, the lowest first; () for no such unit."""
        found: list[Unit] = []
        unit = self.by_id.get(unit_id)
        while unit is not None:
            found.append(unit)
            unit = self.by_id.get(unit.parent or "")
        return tuple(found)

    def within(self, unit_id: str) -> frozenset[str]:
        """Return the ids of a unit and of all below it."""
        return frozenset(
            unit.id for unit in self.units if unit_id in {one.id for one in self.line(unit.id)}
        )

    def find(self, unit: str, grid: str) -> Unit | None:
        """Return the unit that a camera's texts mean: its grid, else its unit; None if not clear.

        Each text is an id or a name. Grids of one name in several villages are told apart by
        `unit`, which may name any unit above them.
        """
        grids = [
            one
            for one in self._by_word.get(grid, ())
            if not unit or any(unit in above.words for above in self.line(one.id))
        ]
        if len(grids) == 1:
            return grids[0]
        named = self._by_word.get(unit, ())
        return named[0] if len(named) == 1 else None

    def at_level(self, unit_id: str, level: Level) -> Unit | None:
        """Return what a unit lies in at a level, or next above where that level is left out."""
        at_least = (one for one in self.line(unit_id) if _RANK[one.level] >= _RANK[level])
        return next(at_least, None)

    def word_of(self, unit_id: str) -> str:
        """Return what to call a unit where cameras name theirs: its name, else its id if unclear.

        "" for no such unit.
        """
        unit = self.by_id.get(unit_id)
        if unit is None:
            return ""
        return unit.name if self.find(unit.name, "") is unit else unit.id

    def names(self, unit_id: str) -> Mapping[Level, str]:
        """Return the names of what a unit lies in, by level, as `at_level`."""
        found = {level: self.at_level(unit_id, level) for level in Level}
        return {level: unit.name for level, unit in found.items() if unit is not None}

    def jurisdiction(self, unit_id: str) -> Jurisdiction:
        """Return the places of a unit and all below it; none for no such unit."""
        return _jurisdiction(self, unit_id)


@lru_cache(maxsize=256)
def _jurisdiction(tree: UnitTree, unit_id: str) -> Jurisdiction:
    ids = tree.within(unit_id)
    inside = [unit for unit in tree.units if unit.id in ids]

    def lies_inside(unit: str, grid: str) -> bool:
        found = tree.find(unit, grid)
        return found is not None and found.id in ids

    words = {word for unit in inside for word in unit.words}
    suffice = frozenset(word for word in words if lies_inside(word, ""))
    places = frozenset(
        (above, word)
        for unit in inside
        for above in {"", *(word for one in tree.line(unit.id) for word in one.words)} - suffice
        for word in unit.words
        if lies_inside(above, word)
    )
    return Jurisdiction(suffice, places)


def places_of(unit: str, cameras: Iterable[str], where: Mapping[str, Place]) -> tuple[Place, ...]:
    """Return where something lies that has a unit, "" for none, and cameras, by their ids.

    where: the places of cameras; those that are no more lie nowhere.
    """
    own = ((unit, ""),) if unit else ()
    return own + tuple(where[camera] for camera in cameras if camera in where)


def tree_of(units: Iterable[Unit]) -> UnitTree:
    """Return the tree of these units, checked; raises ConfigError for what is no tree.

    Each id is there once, each parent is there, and each lies in one of a higher level.
    """
    listed = tuple(units)
    by_id = {unit.id: unit for unit in listed}
    if len(by_id) < len(listed):
        twice = next(one.id for one in listed if sum(one.id == other.id for other in listed) > 1)
        raise ConfigError(f"the unit {twice} is there twice: give each an id of its own")
    for unit in listed:
        if unit.parent is None:
            continue
        parent = by_id.get(unit.parent)
        if parent is None:
            raise ConfigError(f"the unit {unit.id} lies in {unit.parent}, which is not there")
        if _RANK[parent.level] <= _RANK[unit.level]:
            raise ConfigError(
                f"the {unit.level} {unit.id} cannot lie in the {parent.level} {parent.id}:"
                f" levels rise {', '.join(Level)}"
            )
    return UnitTree(tuple(sorted(listed, key=lambda one: (-_RANK[one.level], one.id))))
