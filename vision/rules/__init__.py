"""The rules gridpatrol knows. A new one is a module here and a row in RULES.

The how-to is docs/how-to/write-rules.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vision.errors import RuleError
from vision.rule import Rule, RuleSpec, check_id
from vision.rules.presence import PresenceSpec
from vision.scene import Zone
from vision.types import Kind

RULES: Mapping[str, type[RuleSpec]] = {spec.type: spec for spec in (PresenceSpec,)}
"""Rule type, as rules files name it, to the settings class that builds the rule."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The zones and rules of one camera, checked against each other.

    Raises RuleError when two zones or two rules share an id, or a rule names an unknown zone.
    """

    zones: tuple[Zone, ...]
    rules: tuple[RuleSpec, ...]

    def __post_init__(self) -> None:
        for zone in self.zones:
            check_id("zone", zone.id)
        _check_unique("zone", (zone.id for zone in self.zones))
        _check_unique("rule", (rule.id for rule in self.rules))
        known = {zone.id for zone in self.zones}
        for rule in self.rules:
            if rule.zone is not None and rule.zone not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise RuleError(f"rule {rule.id}: no zone {rule.zone!r}; zones here: {listed}")

    def build(self) -> list[Rule]:
        """Return every rule, ready to judge this camera's scenes, in the order of `rules`."""
        zones = {zone.id: zone for zone in self.zones}
        return [rule.build(zones[rule.zone] if rule.zone else None) for rule in self.rules]


def _check_unique(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in ids:
        if value in seen:
            raise RuleError(f"two {what}s are called {value!r}; give each its own id")
        seen.add(value)


DEFAULT_RULES = RuleSet(
    zones=(),
    rules=(
        PresenceSpec(id="persons", kinds=(Kind.PERSON,)),
        PresenceSpec(id="vehicles", kinds=(Kind.VEHICLE,)),
    ),
)
"""What a camera without rules of its own gets: persons and vehicles anywhere, as a green record."""
