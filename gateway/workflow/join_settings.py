"""What the site decides about cases of one happening that several cameras saw."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from gateway.section import Section


class Joining(StrEnum):
    """What is done about two cases that look like one happening."""

    OFF = "off"
    SUGGEST = "suggest"
    """People are shown both, and merge them or not."""
    AUTO = "auto"
    """Merged by itself where the place is known to be one; elsewhere as `suggest`."""


class KindGroup(StrEnum):
    """Kinds of incident that may be one happening: who lingers for one camera runs by another."""

    PEOPLE = "people"
    VEHICLES = "vehicles"
    CROWD = "crowd"
    WATER = "water"
    OTHER = "other"
    """Everything else; here only the very same kind is one happening."""

    @property
    def has_many_kinds(self) -> bool:
        """Whether different kinds of the group may be one happening."""
        return self is not KindGroup.OTHER


class JoinSettings(Section):
    """One case for one happening that several cameras of a grid see: off, suggest or auto."""

    people: Joining = Joining.SUGGEST
    """Persons: in a zone, crossing a line, lingering. auto joins what neighbours saw in within_s,
    whoever it was: nobody is recognised."""
    vehicles: Joining = Joining.SUGGEST
    """Vehicles: in a zone, crossing a line, stopped."""
    crowd: Joining = Joining.SUGGEST
    """Crowds."""
    water: Joining = Joining.AUTO
    """Water on the road, at cameras that name the same place or stand near each other."""
    other: Joining = Joining.SUGGEST
    """Every other kind, each only with its like."""
    near_m: float = Field(150.0, gt=0, le=5000)
    """Cameras with known coordinates no further apart than this may see one happening. Where
    coordinates are missing, cameras of one grid may; those are only ever suggested."""
    within_s: float = Field(120.0, ge=0, le=86_400)
    """So long may lie between the end of one alarm and the beginning of the other; on foot, 150 m
    take two minutes."""
    water_within_s: float = Field(1800.0, ge=0, le=86_400)
    """The same for water, which reaches one place half an hour after another."""

    def joining(self, group: KindGroup) -> Joining:
        """Return what is done about the cases of a group."""
        chosen: Mapping[KindGroup, Joining] = {
            KindGroup.PEOPLE: self.people,
            KindGroup.VEHICLES: self.vehicles,
            KindGroup.CROWD: self.crowd,
            KindGroup.WATER: self.water,
            KindGroup.OTHER: self.other,
        }
        return chosen[group]

    def within(self, group: KindGroup) -> timedelta:
        """Return how long may lie between two alarms of one happening."""
        is_water = group is KindGroup.WATER
        return timedelta(seconds=self.water_within_s if is_water else self.within_s)
