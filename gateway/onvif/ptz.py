"""Turning a camera: what it can do, moves, presets, home."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.errors import OnvifError
from gateway.onvif.client import Answer, OnvifClient

SPACES = "SupportedPTZSpaces"


@dataclass(frozen=True, slots=True)
class Motion:
    """A speed, a step or a place, by the kind of move; -1 to 1 each, of the camera's own range.

    pan: right is above zero. tilt: up is above zero. zoom: closer is above zero; as a place it is
    0 to 1.
    """

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("pan", self.pan), ("tilt", self.tilt), ("zoom", self.zoom)):
            if not -1.0 <= value <= 1.0:
                raise ValueError(f"{name} {value:g} is not between -1 and 1")


@dataclass(frozen=True, slots=True)
class Axes:
    """Which drives a kind of move has."""

    pan_tilt: bool = False
    zoom: bool = False

    def __bool__(self) -> bool:
        return self.pan_tilt or self.zoom


@dataclass(frozen=True, slots=True)
class PtzAbilities:
    """What a camera can do. presets: how many it keeps, 0 for none."""

    continuous: Axes
    relative: Axes
    absolute: Axes
    home: bool
    presets: int


@dataclass(frozen=True, slots=True)
class Preset:
    """A view the camera keeps. token: its own name for it."""

    token: str
    name: str


class Ptz:
    """The drives behind one profile of a connected client; errors are the client's.

    Raises OnvifError where nothing turns the camera.
    """

    def __init__(self, client: OnvifClient) -> None:
        self._client = client
        self._profile, node = _driven(client)
        self.abilities = self._abilities(node)

    def move(self, velocity: Motion, timeout_s: float) -> None:
        """Turn at a speed until `stop`, at most `timeout_s` seconds where the camera counts."""
        wanted = {"Velocity": _vector(velocity, self.abilities.continuous)}
        self._do("ContinuousMove", wanted | {"Timeout": timedelta(seconds=timeout_s)})

    def step(self, by: Motion) -> None:
        """Turn by a part of the range. Raises OnvifError where that is not offered."""
        self._do("RelativeMove", {"Translation": _vector(by, self.abilities.relative)})

    def turn_to(self, place: Motion) -> None:
        """Turn to a place. Raises OnvifError where that is not offered."""
        self._do("AbsoluteMove", {"Position": _vector(place, self.abilities.absolute)})

    def stop(self) -> None:
        """Stop every drive."""
        self._do("Stop", {"PanTilt": True, "Zoom": True})

    def presets(self) -> tuple[Preset, ...]:
        """Ask for the views kept."""
        return self._ask("GetPresets", _presets)

    def go_to(self, preset: str) -> None:
        """Turn to a view kept, by its token."""
        self._do("GotoPreset", {"PresetToken": preset})

    def keep(self, name: str, preset: str | None = None) -> str:
        """Keep the present view, in place of another or anew; return its token."""
        place = {"PresetToken": preset} if preset else {}
        known = {one.token for one in self.presets()}
        try:
            return self._ask("SetPreset", str, {"PresetName": name} | place)
        except OnvifError:
            # Some cameras keep the view and answer nonsense.
            made = [one.token for one in self.presets() if one.token not in known]
            if len(made) != 1:
                raise
            return made[0]

    def forget(self, preset: str) -> None:
        """Remove a view."""
        self._do("RemovePreset", {"PresetToken": preset})

    def go_home(self) -> None:
        """Turn to the home view."""
        self._do("GotoHomePosition", {})

    def keep_home(self) -> None:
        """Make the present view the home view."""
        self._do("SetHomePosition", {})

    def is_moving(self) -> bool | None:
        """Say whether a drive runs; None where the camera does not tell."""
        return self._ask("GetStatus", _is_moving)

    def _abilities(self, node: str) -> PtzAbilities:
        if node:
            question = {"NodeToken": node}
            return self._client.ask("ptz", "GetNode", _read_node, question)
        return self._client.ask("ptz", "GetNodes", lambda nodes: _read_node(nodes[0]))

    def _do(self, operation: str, question: dict[str, Any]) -> None:
        self._ask(operation, lambda _: None, question)

    def _ask(
        self, operation: str, read: Callable[[Any], Answer], question: dict[str, Any] | None = None
    ) -> Answer:
        asked = {"ProfileToken": self._profile} | (question or {})
        return self._client.ask("ptz", operation, read, asked)


def _driven(client: OnvifClient) -> tuple[str, str]:
    """Return the token of a profile with drives and its node, "" where the camera names none."""
    client.service_url("ptz")
    profiles = client.profiles()
    for profile in profiles:
        if profile.ptz_node is not None:
            return profile.token, profile.ptz_node
    if not profiles:
        raise OnvifError(f"{client.address} has no profile whose drives could be moved")
    return profiles[0].token, ""


def _read_node(answer: Any) -> PtzAbilities:  # noqa: ANN401 - zeep makes its classes late
    # Some cameras answer GetNode with the list of GetNodes.
    node = answer[0] if isinstance(answer, list) else answer
    spaces = node[SPACES]
    return PtzAbilities(
        continuous=_axes(spaces, "ContinuousPanTiltVelocitySpace", "ContinuousZoomVelocitySpace"),
        relative=_axes(spaces, "RelativePanTiltTranslationSpace", "RelativeZoomTranslationSpace"),
        absolute=_axes(spaces, "AbsolutePanTiltPositionSpace", "AbsoluteZoomPositionSpace"),
        home=bool(node.HomeSupported),
        presets=int(node.MaximumNumberOfPresets or 0),
    )


def _axes(spaces: Any, pan_tilt: str, zoom: str) -> Axes:  # noqa: ANN401 - see `_read_node`
    return Axes(bool(spaces and spaces[pan_tilt]), bool(spaces and spaces[zoom]))


def _vector(motion: Motion, axes: Axes) -> dict[str, dict[str, float]]:
    """Return what is sent; drives that are not there are left out, for cameras refuse them."""
    if not axes:
        raise OnvifError("the camera does not offer this kind of move")
    pan_tilt = {"PanTilt": {"x": motion.pan, "y": motion.tilt}} if axes.pan_tilt else {}
    zoom = {"Zoom": {"x": motion.zoom}} if axes.zoom else {}
    return pan_tilt | zoom


def _presets(answer: Iterable[Any] | None) -> tuple[Preset, ...]:
    """Read the views; those never set, which some cameras list by the hundred, have no token."""
    listed = (one for one in answer or () if one.token)
    return tuple(Preset(str(one.token), str(one.Name or one.token)) for one in listed)


def _is_moving(answer: Any) -> bool | None:  # noqa: ANN401 - see `_read_node`
    status = answer and answer.MoveStatus
    told = [str(drive) for drive in (status and (status.PanTilt, status.Zoom)) or () if drive]
    known = [drive == "MOVING" for drive in told if drive in {"MOVING", "IDLE"}]
    return any(known) if known else None
