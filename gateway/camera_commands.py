"""What may be asked of a camera beyond its pictures: the commands, and the states to read.

They travel as JSON from `serve` to the worker that owns the camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from gateway.camera_tour import Tour
from gateway.onvif.device_clock import ClockState
from gateway.onvif.imaging import ImagingState
from gateway.onvif.ptz import Motion, Preset, PtzAbilities
from gateway.onvif.survey import Feature

NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Move:
    """Turn at a speed for a moment; to go on turning, say it again within `HOLD_S`."""

    motion: Motion
    do: Literal["move"] = "move"


@dataclass(frozen=True, slots=True)
class Step:
    """Turn by a part of the range."""

    motion: Motion
    do: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class TurnTo:
    """Turn to a place."""

    motion: Motion
    do: Literal["turn_to"] = "turn_to"


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop turning."""

    do: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class GoHome:
    """Turn to the home view."""

    do: Literal["go_home"] = "go_home"


@dataclass(frozen=True, slots=True)
class KeepHome:
    """Make the present view the home view."""

    do: Literal["keep_home"] = "keep_home"


@dataclass(frozen=True, slots=True)
class GoToPreset:
    """Turn to a view the camera keeps, by its token."""

    preset: str
    do: Literal["go_to_preset"] = "go_to_preset"


@dataclass(frozen=True, slots=True)
class KeepPreset:
    """Keep the present view under a name, anew or in place of `preset`."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    preset: str | None = None
    do: Literal["keep_preset"] = "keep_preset"


@dataclass(frozen=True, slots=True)
class ForgetPreset:
    """Remove a view."""

    preset: str
    do: Literal["forget_preset"] = "forget_preset"


@dataclass(frozen=True, slots=True)
class SetTour:
    """Begin another tour in place of the present one; one without stops ends it."""

    tour: Tour
    do: Literal["set_tour"] = "set_tour"


@dataclass(frozen=True, slots=True)
class SetImaging:
    """Set some of the picture settings."""

    values: Mapping[str, float] = field(default_factory=dict)
    ir_cut: str | None = None
    do: Literal["set_imaging"] = "set_imaging"


@dataclass(frozen=True, slots=True)
class SetClock:
    """Set the camera to our time."""

    do: Literal["set_clock"] = "set_clock"


@dataclass(frozen=True, slots=True)
class Reboot:
    """Start the camera anew."""

    do: Literal["reboot"] = "reboot"


Command = Annotated[
    Move
    | Step
    | TurnTo
    | Stop
    | GoHome
    | KeepHome
    | GoToPreset
    | KeepPreset
    | ForgetPreset
    | SetTour
    | SetImaging
    | SetClock
    | Reboot,
    Field(discriminator="do"),
]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


@dataclass(frozen=True, slots=True)
class PtzState:
    """What can be turned, where to, and whether it turns."""

    abilities: PtzAbilities
    presets: tuple[Preset, ...]
    tour: Tour
    moving: bool


@dataclass(frozen=True, slots=True)
class Features:
    """What works on the camera, tried just now."""

    features: tuple[Feature, ...]


ControlState = PtzState | ImagingState | ClockState | Features

STATES: Mapping[str, type[ControlState]] = {
    "ptz": PtzState,
    "imaging": ImagingState,
    "clock": ClockState,
    "features": Features,
}
"""What can be read, by its name on the worker's port."""
