"""One ONVIF camera as typed questions and answers, with every failure one of our errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests

from gateway.clock import utc_now
from gateway.errors import GatewayError, OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif import vendor
from gateway.onvif.failures import explain
from gateway.sources import Credentials, split_credentials

TIMEOUT_S = 5.0
"""Longest wait for one answer: old cameras on 4G need 3 s."""
DEFAULT_PORT = 80
DEVICE_PATH = "/onvif/device_service"
"""Where every ONVIF device answers first (ONVIF Core Specification §5.1.1)."""

SERVICES = ("media", "ptz", "events", "imaging")
"""The services whose addresses are noted, by the names of `vendor`."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """What the camera says it is; any part may be ""."""

    manufacturer: str
    model: str
    firmware: str
    serial: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One of the camera's streams. bit_rate_kbps, fps: limits set in it, None when not told."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float | None
    bit_rate_kbps: int | None


class OnvifClient:
    """One camera. Building it makes no network call; `connect` must come before the questions.

    address: host or host:port. Every method raises UnreachableError, UnauthorizedError and
    OnvifError. clock_skew: the camera's clock minus ours, None before `connect` or where the camera
    does not tell the time.
    """

    def __init__(self, address: str, credentials: Credentials | None) -> None:
        self.host, self.port = split_address(address)
        self.clock_skew: timedelta | None = None
        self._credentials = credentials
        self._transport = vendor.transport(TIMEOUT_S)
        self._urls: dict[str, str] = {}

    @property
    def address(self) -> str:
        """The address dialled."""
        return f"{_in_url(self.host)}:{self.port}"

    def is_device(self) -> bool:
        """Say whether an ONVIF device answers, whoever it lets in."""
        try:
            self._ask("devicemgmt", "GetSystemDateAndTime", bool, signed=False)
        except UnauthorizedError:
            return True
        except GatewayError:
            return False
        return True

    def connect(self) -> None:
        """Learn the camera's time and where its services are."""
        self.clock_skew = self._measure_skew()
        try:
            self._urls = self._ask(
                "devicemgmt", "GetCapabilities", self._by_capability, {"Category": "All"}
            )
        except OnvifError:
            # Newer cameras may know only the newer of the two questions.
            self._urls = self._ask(
                "devicemgmt", "GetServices", self._by_namespace, {"IncludeCapability": False}
            )

    def device_information(self) -> DeviceInformation:
        """Ask what the camera is."""
        return self._ask("devicemgmt", "GetDeviceInformation", _device_information)

    def profiles(self) -> tuple[Profile, ...]:
        """Ask for the video streams the camera offers; those it does not describe are left out."""
        return self._ask("media", "GetProfiles", _profiles)

    def stream_uri(self, token: str) -> str:
        """Ask where a profile's RTSP stream is: on the host dialled, without credentials."""
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        question = {"StreamSetup": setup, "ProfileToken": token}
        return self._ask("media", "GetStreamUri", self._uri, question)

    def snapshot_uri(self, token: str) -> str:
        """Ask where a profile's picture is: on the host dialled, without credentials."""
        return self._ask("media", "GetSnapshotUri", self._uri, {"ProfileToken": token})

    def _measure_skew(self) -> timedelta | None:
        """Return the camera's clock minus ours: by its time query, else by its HTTP `Date`.

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
            told = self._ask("devicemgmt", "GetSystemDateAndTime", _device_time, signed=False)
        except UnreachableError:
            raise
        except GatewayError:
            told = _header_time(dates[-1]) if dates else None
        finally:
            session.hooks["response"] = []
        return told - utc_now() if told else None

    def _ask(
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
        credentials = self._credentials if signed else None
        try:
            port = vendor.service(service, url, self._transport, credentials, self.clock_skew)
            return read(getattr(port, operation)(question))
        except vendor.ONVIFError as error:
            raise explain(error.__context__ or error, self.address, operation) from error
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise OnvifError(f"{self.address}: {operation} was answered with nonsense") from error

    def _url(self, service: str, operation: str) -> str:
        if service == "devicemgmt":
            return f"http://{self.address}{DEVICE_PATH}"
        url = self._urls.get(service)
        if url is None:
            raise OnvifError(f"{self.address} has no {service} service, so {operation} fails")
        return url

    def _by_capability(self, answer: Any) -> dict[str, str]:  # noqa: ANN401 - see `_profiles`
        """Read GetCapabilities; one without media, the least we need, is no use."""
        found = {name: getattr(answer, name.capitalize(), None) for name in SERVICES}
        urls = {name: self._dialled(one["XAddr"]) for name, one in found.items() if one}
        return {"media": urls["media"]} | urls

    def _by_namespace(self, answer: Any) -> dict[str, str]:  # noqa: ANN401 - see `_profiles`
        names = {vendor.namespace_of(name): name for name in SERVICES}
        told = {names[one.Namespace]: one.XAddr for one in answer if one.Namespace in names}
        return {name: self._dialled(url) for name, url in told.items()}

    def _uri(self, answer: Any) -> str:  # noqa: ANN401 - see `_profiles`
        return with_host(answer.Uri, self.host)

    def _dialled(self, url: str) -> str:
        """Return a service's URL with the address dialled: behind NAT its own reaches nobody."""
        return urlunsplit(urlsplit(str(url))._replace(scheme="http", netloc=self.address))


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of "host", "host:port" or a URL. Raises OnvifError for anything else."""
    try:
        parts = urlsplit(address if "://" in address else f"onvif://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise OnvifError(f"{address!r} is not an address; give host or host:port")
    return host, port or DEFAULT_PORT


def with_host(uri: str, host: str) -> str:
    """Return a URI with another host, its own port kept, and without credentials.

    Raises ValueError for what is no URI with a host.
    """
    bare, _ = split_credentials(uri)
    parts = urlsplit(bare)
    if not parts.scheme or not parts.hostname:
        raise ValueError(f"{bare!r} names no host")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{_in_url(host)}{port}"))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


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


def _profiles(answer: Any) -> tuple[Profile, ...]:  # noqa: ANN401 - zeep makes its classes late
    return tuple(filter(None, map(_profile, answer or ())))


def _profile(answer: Any) -> Profile | None:  # noqa: ANN401 - see `_profiles`
    encoder = answer.VideoEncoderConfiguration
    size = encoder and encoder.Resolution
    if not size or not size.Width or not size.Height:
        return None
    limits = encoder.RateControl
    return Profile(
        token=str(answer.token),
        name=str(answer.Name or answer.token),
        codec=str(encoder.Encoding).lower(),
        width=int(size.Width),
        height=int(size.Height),
        fps=float(limits.FrameRateLimit) if limits and limits.FrameRateLimit else None,
        bit_rate_kbps=int(limits.BitrateLimit) if limits and limits.BitrateLimit else None,
    )
