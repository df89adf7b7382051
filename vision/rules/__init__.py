"""The rules gridpatrol knows. A new one is a module here and a row in RULES.

The how-to is docs/how-to/write-rules.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from vision.errors import RuleError
from vision.judge import Judge
from vision.rule import RuleSpec, check_id
from vision.rules.checkpoint import CheckpointSpec
from vision.rules.count import CountSpec
from vision.rules.crossing import CrossingSpec
from vision.rules.crowd import CrowdSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.rules.stop import StopSpec
from vision.rules.wrong_way import WrongWaySpec
from vision.scene import Line, View, Zone
from vision.types import Kind

RULES: Mapping[str, type[RuleSpec]] = {
    spec.type: spec
    for spec in (
        PresenceSpec,
        LoiteringSpec,
        StopSpec,
        CrossingSpec,
        WrongWaySpec,
        CrowdSpec,
        CheckpointSpec,
        CountSpec,
    )
}
"""Rule type, as rules files name it, to the settings class that builds the rule."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The zones, lines and rules of one camera, checked against each other.

    Raises RuleError when two places or two rules share an id, or a rule names an unknown place.
    """

    zones: tuple[Zone, ...]
    rules: tuple[RuleSpec, ...]
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        for zone in self.zones:
            check_id("zone", zone.id)
        for line in self.lines:
            check_id("line", line.id)
        _check_unique("places", (place.id for place in self.places))
        _check_unique("rules", (rule.id for rule in self.rules))
        view = View(self.zones, self.lines)
        for rule in self.rules:
            try:
                rule.build(view)
            except RuleError as error:
                raise RuleError(f"rule {rule.id}: {error}") from error

    @property
    def places(self) -> tuple[Zone | Line, ...]:
        """The zones, then the lines: what is drawn on evidence."""
        return (*self.zones, *self.lines)

    @property
    def kinds(self) -> frozenset[Kind]:
        """What any of the rules counts."""
        return frozenset(kind for rule in self.rules for kind in rule.kinds)

    def build(self, time_zone: tzinfo = UTC) -> list[Judge]:
        """Return every rule, ready to judge this camera's scenes, in the order of `rules`.

        time_zone: of the site, whose clock arms rules and begins intervals.
        """
        view = View(self.zones, self.lines, time_zone)
        return [Judge(rule, view) for rule in self.rules]


def _check_unique(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in ids:
        if value in seen:
            raise RuleError(f"two {what} are called {value!r}; give each its own id")
        seen.add(value)


DEFAULT_RULES = RuleSet(
    zones=(),
    rules=(
        PresenceSpec(id="persons", kinds=(Kind.PERSON,)),
        PresenceSpec(id="vehicles", kinds=(Kind.VEHICLE,)),
    ),
)
"""What a camera without rules of its own gets: persons and vehicles anywhere, as a green record."""
