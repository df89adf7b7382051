"""From a camera's address and password to the streams it is used by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from gateway.errors import OnvifError, UnreachableError
from gateway.onvif.client import DeviceInformation, OnvifClient
from gateway.onvif.profile import Profile
from gateway.onvif.survey import Feature, survey
from gateway.sources import Credentials

MIN_SUB_WIDTH = 320
"""A stream narrower than this is too small to find a person in."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class CameraDraft:
    """What onboarding learnt. URIs carry no credentials; sub_uri is None with a single stream.

    failed: what the camera could not do, operation by operation; it is used all the same.
    features: what works on it beyond its streams, see `survey`; url: its address for the inventory.
    """

    name: str
    device: DeviceInformation
    address: str
    profiles: tuple[Profile, ...]
    main_uri: str
    sub_uri: str | None
    clock_skew: timedelta | None
    failed: tuple[str, ...]
    features: tuple[Feature, ...]
    url: str


def onboard(address: str, credentials: Credentials | None) -> CameraDraft:
    """Ask a camera what it is and where its streams are.

    address: as `DeviceAddress` reads it. Raises UnreachableError, UnauthorizedError, and
    OnvifError when it names no stream at all.
    """
    client = OnvifClient(address, credentials)
    client.connect()
    failed: list[str] = []
    device = _tolerant(client.device_information, failed) or DeviceInformation("", "", "", "")
    profiles = client.profiles()
    main, sub = choose(profiles)
    if main is None:
        raise OnvifError(f"{client.address} offers no video stream")
    main_uri = client.stream_uri(main.token)
    sub_uri = _tolerant(lambda: client.stream_uri(sub.token), failed) if sub else None
    return CameraDraft(
        name=" ".join(filter(None, (device.manufacturer, device.model))) or client.address,
        device=device,
        address=client.address,
        profiles=profiles,
        main_uri=main_uri,
        sub_uri=sub_uri,
        clock_skew=client.clock_skew,
        failed=tuple(failed),
        features=survey(client),
        url=client.dialled.url,
    )


def choose(profiles: Sequence[Profile]) -> tuple[Profile | None, Profile | None]:
    """Return the main stream, the largest picture, and the sub stream for analysis and the wall.

    Sub: H.264 before others (browsers play it), then the smallest at least `MIN_SUB_WIDTH` wide;
    None when only the main stream is left.
    """
    if not profiles:
        return None, None
    main = max(profiles, key=lambda one: one.width * one.height)
    fit = [one for one in profiles if one is not main and one.width >= MIN_SUB_WIDTH]
    sub = min(fit, key=lambda one: (one.codec != "h264", one.width * one.height), default=None)
    return main, sub


def _tolerant(ask: Callable[[], Answer], failed: list[str]) -> Answer | None:
    """Return an answer, or note what failed: one bad answer does not cost the camera."""
    try:
        return ask()
    except UnreachableError:
        raise
    except OnvifError as error:
        failed.append(str(error))
        return None
