"""From where on water counts at each kind of place, in what weather, and who may still pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vision.water.types import (
    Passability,
    PlaceType,
    RainState,
    WaterLines,
    WaterSetup,
    WaterState,
)

PLACE_LINES: Mapping[PlaceType, WaterLines] = MappingProxyType(
    {place: WaterLines() for place in PlaceType} | {PlaceType.UNDERPASS: WaterLines(red_cm=25.0)}
)
"""The lines of a place whose site sets none. Chengdu and Xi'an close roads at 30 cm; underpasses
close above 25 cm in Shanghai, at 27 cm in Beijing."""

PASSABILITY: Mapping[PlaceType, Mapping[WaterState, Passability]] = MappingProxyType(
    {
        place: MappingProxyType(
            {
                WaterState.NORMAL: Passability.OPEN,
                WaterState.WATCH: on_watch,
                WaterState.YELLOW: Passability.SLOW,
                WaterState.RED: Passability.CLOSED,
            }
        )
        for place, on_watch in (
            (PlaceType.ROAD, Passability.OPEN),
            (PlaceType.UNDERPASS, Passability.SLOW),
            (PlaceType.YARD, Passability.OPEN),
            (PlaceType.BRIDGE, Passability.SLOW),
            (PlaceType.SLOPE, Passability.OPEN),
        )
    }
)
"""Who may pass what is known to be so. Underpasses fill within minutes, and water on a bridge
flows: both are to be passed slowly as soon as there is any."""


@dataclass(frozen=True, slots=True)
class RainPrior:
    """How rain moves the lines. factor: of every line; patience: of the wait before a state."""

    factor: float
    patience: float


RAIN_PRIORS: Mapping[RainState, RainPrior] = MappingProxyType(
    {
        RainState.RAIN: RainPrior(factor=0.7, patience=1.0),
        RainState.UNKNOWN: RainPrior(factor=1.0, patience=1.0),
        RainState.DRY: RainPrior(factor=1.5, patience=2.0),
    }
)
"""Water comes without rain as well (burst mains, backflow): a dry day asks for more, never for the
impossible; and a feed that is missing says nothing."""


def lines_of(setup: WaterSetup) -> WaterLines:
    """Return the lines a setup is judged by: its own, or those of its kind of place."""
    return setup.lines or PLACE_LINES[setup.place]
