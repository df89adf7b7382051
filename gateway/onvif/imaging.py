"""A camera's picture settings, where it offers them: brightness and the like, day and night."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import OnvifError
from gateway.onvif.client import Answer, OnvifClient

FIELDS: Mapping[str, str] = {
    "brightness": "Brightness",
    "saturation": "ColorSaturation",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
}
"""Our names for ONVIF's (Imaging Service Specification §5.1.3)."""

IR_CUT_MODES = ("ON", "OFF", "AUTO")
"""The filter that keeps infrared out: ON by day, OFF by night, AUTO by the camera itself."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting. value: None where the camera does not tell it."""

    name: str
    value: float | None
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class ImagingState:
    """What can be set and how it stands. ir_cut: "" where it is not offered."""

    knobs: tuple[Knob, ...]
    ir_cut: str
    ir_cut_modes: tuple[str, ...]


class Imaging:
    """The picture settings behind a connected client's first lens; errors are the client's."""

    def __init__(self, client: OnvifClient) -> None:
        self._client = client
        client.service_url("imaging")
        profiles = client.profiles()
        self._source = next((one.source for one in profiles if one.source), "")
        if not self._source:
            question = "GetVideoSources"
            self._source = client.ask("media", question, lambda listed: str(listed[0].token))

    def state(self) -> ImagingState:
        """Ask what can be set, and how it stands."""
        options = self._ask("GetOptions", lambda answer: answer)
        return self._ask("GetImagingSettings", lambda now: _state(now, options))

    def set(self, values: Mapping[str, float], ir_cut: str | None = None) -> None:
        """Set some of the settings and leave the others as they are.

        values: by the names of `FIELDS`. Raises OnvifError for what is not offered or out of range.
        """
        state = self.state()
        knobs = {knob.name: knob for knob in state.knobs}
        for name, value in values.items():
            _check(knobs.get(name), name, value)
        if ir_cut is not None and ir_cut not in state.ir_cut_modes:
            raise OnvifError(f"{self._client.address} offers no IR-cut mode {ir_cut!r}")
        # Some cameras forget what a question leaves out, so all that is known goes back.
        known = {name: knob.value for name, knob in knobs.items() if knob.value is not None}
        settings: dict[str, float | str] = {
            FIELDS[name]: value for name, value in (known | dict(values)).items()
        }
        if ir_cut or state.ir_cut:
            settings["IrCutFilter"] = ir_cut or state.ir_cut
        question = {"ImagingSettings": settings, "ForcePersistence": True}
        self._ask("SetImagingSettings", lambda _: None, question)

    def _ask(
        self, operation: str, read: Callable[[Any], Answer], question: dict[str, Any] | None = None
    ) -> Answer:
        asked = {"VideoSourceToken": self._source} | (question or {})
        return self._client.ask("imaging", operation, read, asked)


def _check(knob: Knob | None, name: str, value: float) -> None:
    if knob is None:
        raise OnvifError(f"the camera offers no {name} to set")
    if not knob.least <= value <= knob.most:
        raise OnvifError(f"{name} {value:g} is not between {knob.least:g} and {knob.most:g}")


def _state(now: Any, options: Any) -> ImagingState:  # noqa: ANN401 - zeep makes its classes late
    knobs = []
    for name, field in FIELDS.items():
        span = options[field]
        if span is not None:
            value = now[field]
            known = None if value is None else float(value)
            knobs.append(Knob(name, known, float(span.Min), float(span.Max)))
    modes = tuple(str(mode) for mode in options.IrCutFilterModes or ())
    return ImagingState(tuple(knobs), str(now.IrCutFilter or ""), modes)
