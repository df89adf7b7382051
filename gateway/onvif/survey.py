"""What works on a camera and what does not: one broken answer costs one feature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import OnvifError, UnauthorizedError
from gateway.onvif.client import OnvifClient
from gateway.onvif.device_clock import read_clock
from gateway.onvif.encoder import Encoder
from gateway.onvif.imaging import Imaging
from gateway.onvif.ptz import Ptz


class Outcome(StrEnum):
    """How a feature fares. ABSENT: the camera says itself that it has none."""

    OK = "ok"
    FAILED = "failed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing cameras may be able to do. why: the reason, "" where it is ok."""

    name: str
    outcome: Outcome
    why: str = ""


def survey(client: OnvifClient) -> tuple[Feature, ...]:
    """Try every feature of a connected client's camera without changing anything on it.

    Raises UnreachableError when it is gone meanwhile, for then nothing is known.
    """
    return tuple(_judged(name, client) for name in FEATURES)


def as_table(features: tuple[Feature, ...]) -> dict[str, dict[str, str]]:
    """Return the features as JSON spells them: name → outcome and why."""
    return {one.name: {"outcome": one.outcome.value, "why": one.why} for one in features}


def _judged(name: str, client: OnvifClient) -> Feature:
    service, check = FEATURES[name]
    if service and not client.has(service):
        return Feature(name, Outcome.ABSENT, f"the camera names no {service} service")
    try:
        found = check(client)
    except (OnvifError, UnauthorizedError) as error:
        return Feature(name, Outcome.FAILED, str(error))
    return Feature(name, Outcome.OK if found else Outcome.ABSENT, "" if found else "none is told")


def _clock(client: OnvifClient) -> bool:
    return read_clock(client).skew_s is not None


def _stream(client: OnvifClient) -> bool:
    return all(client.stream_uri(one.token) for one in client.profiles())


def _snapshot(client: OnvifClient) -> bool:
    return all(client.snapshot_uri(one.token) for one in client.profiles()[:1])


def _encoder(client: OnvifClient) -> bool:
    profiles = client.profiles()
    return bool(profiles) and Encoder(client, profiles[-1]).state().fps > 0


Check = Callable[[OnvifClient], object]

FEATURES: Mapping[str, tuple[str, Check]] = {
    "information": ("", OnvifClient.device_information),
    "clock": ("", _clock),
    "profiles": ("", OnvifClient.profiles),
    "stream": ("", _stream),
    "snapshot": ("", _snapshot),
    "encoder": ("media", _encoder),
    "ptz": ("ptz", lambda client: Ptz(client).abilities.continuous),
    "presets": ("ptz", lambda client: Ptz(client).presets() is not None),
    "imaging": ("imaging", lambda client: Imaging(client).state().knobs),
    "events": ("events", lambda client: client.service_url("events")),
}
"""Name → the service it needs ("" for those every camera must have), and how it is tried."""
