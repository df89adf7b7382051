"""The hours of the water benchmark: events in which water comes and goes, and hours without.

An hour is a place and layers over its picture; time is simulated, so that an hour is as many
pictures as somebody looks at. The same seed gives the same pictures.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from benchmarks.water_places import Colour, Place
from benchmarks.water_surface import Surface, Water, some_water
from benchmarks.water_traffic import Jam, People, Through
from benchmarks.water_weather import (
    Drops,
    Haze,
    Headlights,
    Infrared,
    Layer,
    Light,
    Snow,
    SunShadows,
    Turned,
    Wet,
    as_sent,
    streaks,
)
from vision.geometry import Polygon
from vision.types import Image

HOUR_S = 3600.0
USUAL_DAY_S = 1500.0
"""Of each usual day so much is seen: a new state must last for 15 minutes."""
DEEPEST = 0.85
"""Flooded share of the zone at the height of the largest event."""
PUDDLES = 0.012
"""Flooded share of the zone by puddles in an ordinary wet hour: far below what is told."""


@dataclass(frozen=True, slots=True)
class Tide:
    """How water rises and falls. *_s: since the hour began. ratio: flooded share at its highest.

    It rises by level, evenly, from nothing at begin_s; ratio is reached at high_s, held until
    ebb_s, and gone at gone_s.
    """

    begin_s: float
    high_s: float
    ebb_s: float
    gone_s: float
    ratio: float

    def share(self, at_s: float) -> float:
        """Return the level at a moment, as a share of the highest, 0-1."""
        risen = (at_s - self.begin_s) / (self.high_s - self.begin_s)
        ebbed = (at_s - self.ebb_s) / (self.gone_s - self.ebb_s)
        return min(1.0, max(0.0, risen)) - min(1.0, max(0.0, ebbed))


@dataclass(frozen=True, slots=True, eq=False)
class Flood:
    """A tide of one water at one place."""

    surface: Surface
    tide: Tide
    place: Place

    def level_cm(self, at_s: float) -> float:
        """Return the level above the lowest ground, below nought where there is none."""
        share = self.tide.share(at_s)
        return share * self.place.floor.level_for(self.tide.ratio) if share > 0 else -1.0

    def ratio(self, at_s: float) -> float:
        """Return the true flooded share of the zone."""
        return self.place.floor.flooded_ratio(self.level_cm(at_s))

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture with the water of a moment."""
        level_cm = self.level_cm(at_s)
        return self.surface.over(picture, level_cm, at_s) if level_cm > 0 else picture


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """Some simulated time at a place. name: cause or event. layers: from the ground to the lens.

    flood: the water that should be told; None where nothing should.
    """

    name: str
    place: Place
    layers: tuple[Layer, ...]
    seconds: float = HOUR_S
    flood: Flood | None = None

    def picture(self, at_s: float) -> Image:
        """Return what the camera sends at a moment, `SIZE`."""
        seen = self.place.picture.astype(np.float32)
        for layer in self.layers:
            seen = layer(seen, at_s)
        return as_sent(seen, at_s)

    def truth(self, at_s: float) -> float:
        """Return the flooded share of the zone."""
        return self.flood.ratio(at_s) if self.flood else 0.0


Maker: TypeAlias = Callable[[Place, int], Hour]


def _hour(name: str, place: Place, layers: Sequence[Layer]) -> Hour:
    return Hour(name, place, tuple(layers))


def _puddles(place: Place, seed: int) -> Flood:
    """Return the puddles that stay after rain, some millimetres deep."""
    water = replace(some_water(np.random.default_rng([41, seed]), seed), debris=0, clear_cm=20.0)
    tide = Tide(500.0, 900.0, math.inf, math.inf, PUDDLES)
    return Flood(Surface(place, water), tide, place)


def dry(place: Place, seed: int) -> Hour:
    """Return an hour with clouds and whoever passes."""
    return _hour("dry", place, (People(place, seed), Light(seed)))


def wet(place: Place, seed: int) -> Hour:
    """Return an hour in which it rains: asphalt gets wet, shines, and keeps its puddles."""
    ground = (Wet(place, seed), _puddles(place, seed), People(place, seed))
    return _hour("wet asphalt", place, (*ground, Light(seed), streaks))


def traffic(place: Place, seed: int) -> Hour:
    """Return an hour in which a van drives through each twelve seconds."""
    return _hour("traffic", place, (Through(place, None, seed, 12.0), Light(seed, 0.1)))


def jam(place: Place, seed: int) -> Hour:
    """Return an hour with half an hour of standing vehicles on the zone."""
    return _hour("parked jam", place, (Jam(place, seed), Light(seed, 0.1)))


def headlights(place: Place, seed: int) -> Hour:
    """Return a wet night with beams that sweep and stand."""
    wet_all = Wet(place, seed, -1200.0, -600.0)
    return _hour("headlights", place, (wet_all, Headlights(wet=seed % 2 == 0)))


def sun_shadows(place: Place, seed: int) -> Hour:
    """Return a sunny hour with shadows that wander over the zone."""
    return _hour(
        "sun shadows", place, (People(place, seed), SunShadows(len(place.name), 500.0 * (seed % 4)))
    )


def infrared_switch(place: Place, seed: int) -> Hour:
    """Return dusk: the camera switches to infrared light, back, and to it again."""
    switches = (Infrared(900.0, 2000.0), Infrared(2200.0))
    return _hour("IR switch", place, (People(place, seed), Dusk(), *switches))


@dataclass(frozen=True, slots=True)
class Dusk:
    """Daylight that goes within the hour."""

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture by what light is left."""
        left = max(0.3, 1.0 - at_s / 2600.0)
        return np.asarray(picture * np.float32(left), np.float32)


def snow(place: Place, seed: int) -> Hour:
    """Return an hour in which snow covers the ground."""
    return _hour("snow", place, (Snow(place, seed), Light(seed, 0.1)))


def drops(place: Place, seed: int) -> Hour:
    """Return an hour of rain with drops on the lens."""
    return _hour("drops on the lens", place, (Wet(place, seed), streaks, Drops(seed)))


def haze(place: Place, seed: int) -> Hour:
    """Return an hour in which a downpour veils the place and clears."""
    depth = 0.5 + 0.4 * ((seed * 0.37) % 1.0)
    return _hour("haze", place, (Wet(place, seed), streaks, Haze(place, depth=depth)))


def turned(place: Place, seed: int) -> Hour:
    """Return an hour in which the camera is nudged, turned away, and not quite turned back."""
    random = np.random.default_rng([42, seed])
    nudge = random.uniform(-10, 10, 2)
    away = random.choice((-1, 1), 2) * random.uniform(90, 180, 2) * (1.0, 0.4)
    moves = ((600.0, *nudge), (1500.0, *away), (2400.0, *(nudge / 2)))
    return _hour("PTZ shift", place, (People(place, seed), Light(seed, 0.1), Turned(moves)))


RIVER_ROWS = 0.16
"""Height of the strip at the zone's far side that is a river, in picture heights."""


def with_river(place: Place) -> Place:
    """Return the place with a river along its far side, declared as permanent water."""
    top = min(y for _, y in place.zone.corners)
    bank = Polygon(((0.0, max(0.0, top - RIVER_ROWS)), (1.0, max(0.0, top - RIVER_ROWS)),
                    (1.0, top), (0.0, top)))  # fmt: skip
    return replace(place, name=f"{place.name} by a river", river=bank)


@dataclass(frozen=True, slots=True, eq=False)
class River:
    """Water that is always there, and shines."""

    bed: Polygon
    surface: Surface

    def __call__(self, picture: Colour, at_s: float) -> Colour:
        """Return the picture with the river of a moment."""
        return self.surface.strip(picture, self.bed, at_s)


def river(place: Place, seed: int) -> Hour:
    """Return an hour beside a river."""
    beside = with_river(place)
    return _hour("river", beside, (*river_layers(beside), People(beside, seed), Light(seed)))


def river_layers(place: Place) -> tuple[Layer, ...]:
    """Return the river of a place that has one; the same for every hour of it."""
    if place.river is None:
        return ()
    water = replace(some_water(np.random.default_rng(43), 43), debris=2)
    return (River(place.river, Surface(place, water)),)


CAUSES: Mapping[str, Maker] = {
    "dry": dry,
    "wet asphalt": wet,
    "traffic": traffic,
    "parked jam": jam,
    "headlights": headlights,
    "sun shadows": sun_shadows,
    "IR switch": infrared_switch,
    "snow": snow,
    "drops on the lens": drops,
    "haze": haze,
    "PTZ shift": turned,
    "river": river,
}
"""What may be taken for water, by cause; drain-down is counted at the events' ends."""


def event(place: Place, seed: int) -> Hour:
    """Return an event: water rises over 6 to 40 minutes, stays, and drains.

    Every fourth is at night by infrared light, every fifth without rain (a burst main).
    """
    random = np.random.default_rng([44, seed])
    begin_s = float(random.uniform(700.0, 1200.0))
    high_s = begin_s + 60.0 * float(random.uniform(6.0, 40.0))
    ebb_s = high_s + 60.0 * float(random.uniform(4.0, 9.0))
    gone_s = ebb_s + 60.0 * float(random.uniform(8.0, 20.0))
    tide = Tide(begin_s, high_s, ebb_s, gone_s, float(random.uniform(0.3, DEEPEST)))
    water: Water = some_water(random, seed)
    surface = Surface(place, water)
    flood = Flood(surface, tide, place)
    rained: tuple[Layer, ...] = () if seed % 5 == 4 else (Wet(place, seed, 200.0, 700.0),)
    air: tuple[Layer, ...] = (streaks,) if rained else ()
    light: Layer = Infrared() if seed % 4 == 3 else Light(seed)
    layers: tuple[Layer, ...] = (
        *rained,
        flood,
        People(place, seed),
        Through(place, surface, seed),
        light,
        *air,
    )
    return Hour(f"event {seed + 1}", place, layers, gone_s + 1080.0, flood)


def usual_days(place: Place) -> tuple[Hour, ...]:
    """Return what a camera has seen before its first flood, some of each, none of it an event's.

    The sun twice, before and after the hours that are tried, clouds, dusk, an infrared night, and
    rain by day and at night.
    """
    base = river_layers(place)
    wet_all = Wet(place, 901, -1200.0, -600.0)
    scripts: Mapping[str, tuple[Layer, ...]] = {
        "clouds": (People(place, 5), Light(901)),
        "sun": (People(place, 11), SunShadows(len(place.name), -1500.0)),
        "sun some hours on": (SunShadows(len(place.name), 3600.0),),
        "dusk": (Dusk(),),
        "night": (Infrared(),),
        "rain": (wet_all, People(place, 17), Light(903, 0.15), streaks),
        "rain at night": (wet_all, Infrared(), streaks),
        "clouds again": (Light(904),),
    }
    return tuple(Hour(name, place, (*base, *each), USUAL_DAY_S) for name, each in scripts.items())
