"""One ONVIF camera as typed questions and answers, with every failure one of our errors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from zeep.exceptions import Fault, TransportError, XMLSyntaxError

from gateway.clock import utc_now
from gateway.errors import GatewayError, OnvifError, UnauthorizedError, UnreachableError
from gateway.onvif import vendor
from gateway.sources import Credentials, split_credentials

TIMEOUT_S = 5.0
"""Longest wait for one answer: old cameras on 4G need 3 s."""
DEFAULT_PORT = 80
DEVICE_PATH = "/onvif/device_service"
"""Where every ONVIF device answers first (ONVIF Core Specification §5.1.1)."""

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
        return f"{self.host}:{self.port}"

    def is_device(self) -> bool:
        """Say whether an ONVIF device answers, whoever it lets in."""
        try:
            self._ask("devicemgmt", "GetSystemDateAndTime", signed=False)
        except UnauthorizedError:
            return True
        except GatewayError:
            return False
        return True

    def connect(self) -> None:
        """Learn the camera's time and where its services are."""
        self.clock_skew = self._measure_skew()
        answer = self._ask("devicemgmt", "GetCapabilities", {"Category": "All"})
        for name in ("Media", "PTZ", "Events", "Imaging"):
            capability = getattr(answer, name, None)
            if capability is not None:
                self._urls[name.lower()] = self._dialled(capability["XAddr"])

    def device_information(self) -> DeviceInformation:
        """Ask what the camera is."""
        answer = self._ask("devicemgmt", "GetDeviceInformation")
        words = (answer.Manufacturer, answer.Model, answer.FirmwareVersion, answer.SerialNumber)
        return DeviceInformation(*(str(word or "").strip() for word in words))

    def profiles(self) -> tuple[Profile, ...]:
        """Ask for the video streams the camera offers; those without video are left out."""
        answer = self._ask("media", "GetProfiles")
        return tuple(_profile(one) for one in answer if one.VideoEncoderConfiguration is not None)

    def stream_uri(self, token: str) -> str:
        """Ask where a profile's RTSP stream is: on the host dialled, without credentials."""
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = self._ask("media", "GetStreamUri", {"StreamSetup": setup, "ProfileToken": token})
        return with_host(str(answer.Uri), self.host)

    def snapshot_uri(self, token: str) -> str:
        """Ask where a profile's picture is: on the host dialled, without credentials."""
        answer = self._ask("media", "GetSnapshotUri", {"ProfileToken": token})
        return with_host(str(answer.Uri), self.host)

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
        try:
            time = self._ask("devicemgmt", "GetSystemDateAndTime", signed=False).UTCDateTime
            told = datetime(
                *(time.Date.Year, time.Date.Month, time.Date.Day),
                *(time.Time.Hour, time.Time.Minute, time.Time.Second),
                tzinfo=UTC,
            )
        except UnreachableError:
            raise
        except (GatewayError, AttributeError, ValueError):
            if not dates or not dates[-1]:
                return None
            told = parsedate_to_datetime(dates[-1])
        finally:
            session.hooks["response"] = []
        return told - utc_now()

    def _ask(
        self,
        service: str,
        operation: str,
        question: dict[str, object] | None = None,
        *,
        signed: bool = True,
    ) -> Any:  # noqa: ANN401 - zeep builds its answers' classes while it runs
        url = self._url(service, operation)
        credentials = self._credentials if signed else None

        def call() -> Any:  # noqa: ANN401
            port = vendor.service(service, url, self._transport, credentials, self.clock_skew)
            return getattr(port, operation)(question)

        return self._guarded(operation, call)

    def _url(self, service: str, operation: str) -> str:
        if service == "devicemgmt":
            return f"http://{self.address}{DEVICE_PATH}"
        url = self._urls.get(service)
        if url is None:
            raise OnvifError(f"{self.address} has no {service} service, so {operation} fails")
        return url

    def _dialled(self, url: str) -> str:
        """Return a service's URL with the address dialled: behind NAT its own reaches nobody."""
        return urlunsplit(urlsplit(url)._replace(scheme="http", netloc=self.address))

    def _guarded(self, operation: str, call: Callable[[], Answer]) -> Answer:
        """Make a call and turn whatever it raises into one of our errors."""
        try:
            return call()
        except vendor.ONVIFError as error:
            raise self._explained(operation, error.__context__ or error) from error
        except (AttributeError, TypeError, KeyError) as error:
            raise OnvifError(f"{self.address}: {operation} was answered with nonsense") from error

    def _explained(self, operation: str, cause: BaseException) -> GatewayError:
        where = f"{self.address}: {operation}"
        if isinstance(cause, requests.RequestException):
            return UnreachableError(
                f"nothing answers ONVIF at {self.address} ({_reason(cause)}); check address, port"
                " and cable"
            )
        if _is_refusal(cause):
            return UnauthorizedError(
                f"{self.address} refuses the user or password ({operation}); ONVIF users are often"
                " a list of their own in the camera's settings"
            )
        if isinstance(cause, TransportError | XMLSyntaxError) or _is_no_soap(cause):
            return OnvifError(f"{where}: something answers there, but it does not speak ONVIF")
        return OnvifError(f"{where} failed: {cause}")


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
    """Return a URI with another host, its own port kept, and without credentials."""
    bare, _ = split_credentials(uri)
    parts = urlsplit(bare)
    shown_host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{shown_host}{port}"))


def _profile(answer: Any) -> Profile:  # noqa: ANN401 - see `_ask`
    encoder = answer.VideoEncoderConfiguration
    limits = encoder.RateControl
    return Profile(
        token=str(answer.token),
        name=str(answer.Name or answer.token),
        codec=str(encoder.Encoding).lower(),
        width=int(encoder.Resolution.Width),
        height=int(encoder.Resolution.Height),
        fps=float(limits.FrameRateLimit) if limits and limits.FrameRateLimit else None,
        bit_rate_kbps=int(limits.BitrateLimit) if limits and limits.BitrateLimit else None,
    )


def _is_no_soap(cause: BaseException) -> bool:
    """Say whether zeep found no SOAP at all in an answer that carries an error status."""
    return isinstance(cause, Fault) and cause.code is None and cause.actor is None


def _is_refusal(cause: BaseException) -> bool:
    if isinstance(cause, TransportError):
        return cause.status_code in (401, 403)
    if not isinstance(cause, Fault):
        return False
    words = " ".join((str(cause.message), *(str(code) for code in cause.subcodes or ())))
    return "notauthorized" in words.replace(" ", "").lower()


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"silent for {TIMEOUT_S:.0f} s"
    return "connection refused" if "refused" in str(error) else type(error).__name__
