"""One ONVIF camera as typed questions and answers, with every failure one of our errors."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests

from gateway.clock import utc_now
from gateway.errors import GatewayError, OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif import media2, soap, vendor
from gateway.onvif.address import DeviceAddress
from gateway.onvif.failures import explain
from gateway.onvif.profile import Profile
from gateway.sources import Credentials

TIMEOUT_S = 5.0
"""Longest wait for one answer: old cameras on 4G need 3 s."""
DEVICE_PATH = "/onvif/device_service"
"""Where every ONVIF device answers first (ONVIF Core Specification §5.1.1)."""

SERVICES = {"media": "Media", "ptz": "PTZ", "events": "Events", "imaging": "Imaging"}
"""The services whose addresses are noted: name in `vendor`, name in GetCapabilities."""
MEDIA2 = "media2"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """What the camera says it is; any part may be ""."""

    manufacturer: str
    model: str
    firmware: str
    serial: str


class OnvifClient:
    """One camera. Building it makes no network call; `connect` must come before the questions.

    address: host, host:port or a URL, see `DeviceAddress`. Every method raises UnreachableError,
    UnauthorizedError and OnvifError. clock_skew: the camera's clock minus ours, None before
    `connect` or where the camera does not tell the time. For one thread at a time.
    """

    def __init__(self, address: str, credentials: Credentials | None) -> None:
        self.dialled = DeviceAddress.parse(address)
        self.credentials = credentials
        self.clock_skew: timedelta | None = None
        self._transport = vendor.transport(TIMEOUT_S, credentials)
        self._urls: dict[str, str] = {}
        self._profiles: tuple[Profile, ...] | None = None
        self._told_by_media2: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        """The host and port dialled."""
        return str(self.dialled)

    def is_device(self) -> bool:
        """Say whether an ONVIF device answers, whoever it lets in."""
        try:
            self.ask("devicemgmt", "GetSystemDateAndTime", bool, signed=False)
        except UnauthorizedError:
            return True
        except GatewayError:
            return False
        return True

    def connect(self) -> None:
        """Learn the camera's time and where its services are."""
        self.measure_skew()
        self._profiles = None
        try:
            self._urls = self.ask(
                "devicemgmt", "GetCapabilities", self._by_capability, {"Category": "All"}
            )
        except OnvifError:
            # Newer cameras may know only the newer of the two questions.
            self._urls = self._services()
        if not self._urls.keys() >= SERVICES.keys():
            self._add_services()

    def has(self, service: str) -> bool:
        """Say whether the camera has a service, by its name in `SERVICES`; after `connect`."""
        return service in self._urls

    def service_url(self, service: str) -> str:
        """Return where a service is asked. Raises OnvifError where the camera has none."""
        url = self._urls.get(service)
        if url is None:
            raise OnvifError(f"{self.address} has no {service} service")
        return url

    def measure_skew(self) -> timedelta | None:
        """Return the camera's clock minus ours: by its time query, else by its HTTP `Date`.

        Signatures go by it from then on.

        The query is unsigned, as ONVIF wants it, for signing needs the answer. Some cameras refuse
        it all the same; their refusal carries a date.
        """
        dates: list[str] = []

        def note_date(response: requests.Response, *_: object, **__: object) -> None:
            dates.append(response.headers.get("Date", ""))

        session = self._transport.session
        session.hooks["response"] = [note_date]
        told: datetime | None
        try:
            told = self.ask("devicemgmt", "GetSystemDateAndTime", _device_time, signed=False)
        except UnreachableError:
            raise
        except GatewayError:
            told = _header_time(dates[-1]) if dates else None
        finally:
            session.hooks["response"] = []
        self.clock_skew = told - utc_now() if told else None
        return self.clock_skew

    def device_information(self) -> DeviceInformation:
        """Ask what the camera is."""
        return self.ask("devicemgmt", "GetDeviceInformation", _device_information)

    def profiles(self) -> tuple[Profile, ...]:
        """Return the video streams the camera offers; those it does not describe are left out.

        Asked once after each `connect`. H.265 has no place in the first media service: where that
        describes none of its streams, or not all, the second is asked.
        """
        if self._profiles is None:
            self._profiles = self._ask_profiles()
        return self._profiles

    def _ask_profiles(self) -> tuple[Profile, ...]:
        try:
            listed, whole = self.ask("media", "GetProfiles", _profiles)
        except OnvifError:
            listed, whole = (), False
            if not self.has_media2():
                raise
        if not whole and self.has_media2():
            newer = self.ask_media2("GetProfiles", media2.GET_PROFILES, media2.profiles)
            if len(newer) > len(listed):
                self._told_by_media2 = frozenset(one.token for one in newer)
                return newer
        return listed

    def reboot(self) -> None:
        """Start the camera anew; it is gone for a minute or two."""
        self.ask("devicemgmt", "SystemReboot", lambda _: None)

    def stream_uri(self, token: str) -> str:
        """Ask where a profile's RTSP stream is: on the host dialled, without credentials."""
        if token in self._told_by_media2:
            body = media2.get_stream_uri(token)
            return self.ask_media2("GetStreamUri", body, lambda a: self._uri(media2.uri(a)))
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        question = {"StreamSetup": setup, "ProfileToken": token}
        return self.ask("media", "GetStreamUri", lambda a: self._uri(a.Uri), question)

    def snapshot_uri(self, token: str) -> str:
        """Ask where a profile's picture is: on the host dialled, without credentials."""
        if token in self._told_by_media2:
            body = media2.get_snapshot_uri(token)
            return self.ask_media2("GetSnapshotUri", body, lambda a: self._uri(media2.uri(a)))
        question = {"ProfileToken": token}
        return self.ask("media", "GetSnapshotUri", lambda a: self._uri(a.Uri), question)

    def ask(
        self,
        service: str,
        operation: str,
        read: Callable[[Any], Answer],
        question: Mapping[str, object] | None = None,
        *,
        signed: bool = True,
    ) -> Answer:
        """Ask, and return what `read` makes of the answer; every failure is one of our errors.

        read: may stumble over a malformed answer in any of the ways Python objects do.
        """
        url = self._url(service, operation)
        credentials = self.credentials if signed else None
        try:
            port = vendor.service(service, url, self._transport, credentials, self.clock_skew)
            return read(getattr(port, operation)(question))
        except vendor.ONVIFError as error:
            raise explain(error.__context__ or error, self.address, operation) from error
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise self._nonsense(operation) from error

    def ask_media2(
        self, operation: str, body: str, read: Callable[[soap.Element], Answer]
    ) -> Answer:
        """Ask the second media service, which onvif-zeep has no description of."""
        url, action = self.service_url(MEDIA2), f"{media2.NAMESPACE}/{operation}"
        message, headers = soap.question(action, url, body, (self.credentials, self.clock_skew))
        try:
            told = self._transport.session.post(
                url, message, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
            )
            return read(soap.answer(told.content, told.status_code, self.address, operation))
        except requests.RequestException as error:
            raise explain(error, self.address, operation) from error
        except (LookupError, ValueError) as error:
            raise self._nonsense(operation) from error

    def _nonsense(self, operation: str) -> OnvifError:
        return OnvifError(f"{self.address}: {operation} was answered with nonsense")

    def _url(self, service: str, operation: str) -> str:
        if service == "devicemgmt":
            return self.dialled.service(f"http:{DEVICE_PATH}")
        try:
            return self.service_url(service)
        except OnvifError as error:
            raise OnvifError(f"{error}, so {operation} fails") from error

    def _services(self) -> dict[str, str]:
        question = {"IncludeCapability": False}
        return self.ask("devicemgmt", "GetServices", self._by_namespace, question)

    def _add_services(self) -> None:
        """Add what only the newer question tells: Media2, and what cameras tell out of order."""
        with suppress(OnvifError, UnauthorizedError):
            self._urls = self._services() | self._urls

    def has_media2(self) -> bool:
        """Say whether the camera has the second media service; may ask once more."""
        if not self.has(MEDIA2):
            self._add_services()
        return self.has(MEDIA2)

    def _by_capability(self, answer: Any) -> dict[str, str]:  # noqa: ANN401 - see `_profiles`
        """Read GetCapabilities; one without media, the least we need, is no use."""
        found = {name: getattr(answer, told, None) for name, told in SERVICES.items()}
        urls = {name: self._dialled(one["XAddr"]) for name, one in found.items() if one}
        return {"media": urls["media"]} | urls

    def _by_namespace(self, answer: Any) -> dict[str, str]:  # noqa: ANN401 - see `_profiles`
        names = {vendor.namespace_of(name): name for name in SERVICES}
        names[media2.NAMESPACE] = MEDIA2
        told = {names[one.Namespace]: one.XAddr for one in answer if one.Namespace in names}
        return {name: self._dialled(url) for name, url in told.items()}

    def _uri(self, told: object) -> str:
        return self.dialled.media(str(told))

    def _dialled(self, url: object) -> str:
        return self.dialled.service(str(url))


def _device_information(answer: Any) -> DeviceInformation:  # noqa: ANN401 - see `_profiles`
    words = (answer.Manufacturer, answer.Model, answer.FirmwareVersion, answer.SerialNumber)
    return DeviceInformation(*(str(word or "").strip() for word in words))


def _device_time(answer: Any) -> datetime:  # noqa: ANN401 - see `_profiles`
    date, time = answer.UTCDateTime.Date, answer.UTCDateTime.Time
    return datetime(
        *(date.Year, date.Month, date.Day), *(time.Hour, time.Minute, time.Second), tzinfo=UTC
    )


def _header_time(date: str) -> datetime | None:
    """Return the time of an HTTP `Date` header (RFC 9110 §5.6.7), None for anything else."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC)
    except ValueError:
        return None


def _profiles(answer: Any) -> tuple[tuple[Profile, ...], bool]:  # noqa: ANN401 - zeep makes its classes late
    """Return the streams described, and whether that was all of them."""
    told = tuple(map(_profile, answer or ()))
    listed = tuple(filter(None, told))
    return listed, bool(told) and len(listed) == len(told)


def _profile(answer: Any) -> Profile | None:  # noqa: ANN401 - see `_profiles`
    encoder = answer.VideoEncoderConfiguration
    size = encoder and encoder.Resolution
    if not size or not size.Width or not size.Height:
        return None
    limits, ptz, source = encoder.RateControl, answer.PTZConfiguration, _source_of(answer)
    return Profile(
        token=str(answer.token),
        name=str(answer.Name or answer.token),
        codec=str(encoder.Encoding).lower(),
        width=int(size.Width),
        height=int(size.Height),
        fps=float(limits.FrameRateLimit) if limits and limits.FrameRateLimit else None,
        bit_rate_kbps=int(limits.BitrateLimit) if limits and limits.BitrateLimit else None,
        encoder=str(encoder.token or ""),
        source=source,
        ptz_node=str(ptz.NodeToken or "") if ptz else None,
    )


def _source_of(answer: Any) -> str:  # noqa: ANN401 - see `_profiles`
    source = answer.VideoSourceConfiguration
    return str(source.SourceToken or "") if source else ""
