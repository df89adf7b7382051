"""The address a camera is dialled at, and what becomes of the addresses it tells of itself."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlsplit, urlunsplit

from gateway.errors import OnvifError
from gateway.sources import split_credentials

DEFAULT_PORTS = {"http": 80, "https": 443}
SECURE_SCHEMES = ("https", "onvifs")
SECURE_PORTS = (443, 8443)
"""Ports that speak TLS whatever the scheme says: addresses found by a scan carry none."""
RTSP_SCHEMES = ("rtsp", "rtsps")
RTSP_PORT = "rtsp_port"
"""The setting behind port forwarding, as in onvif://203.0.113.7:8080?rtsp_port=10554."""


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Where a camera answers. rtsp_port: the forwarded port of its streams, None without NAT.

    With `rtsp_port` the camera's own port numbers mean nothing outside: RTSP goes to that port, and
    all HTTP to the port dialled. Without it a stream keeps the port the camera tells.
    """

    host: str
    port: int
    is_secure: bool = False
    rtsp_port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "host", "host:port" or a URL (onvif, onvifs, http, https). Raises OnvifError."""
        try:
            parts = urlsplit(text if "://" in text else f"onvif://{text}")
            host, told = parts.hostname, parts.port
            forwarded = parse_qs(parts.query).get(RTSP_PORT)
            rtsp_port = _port(forwarded[-1]) if forwarded else None
        except ValueError as error:
            raise _no_address(text) from error
        if not host:
            raise _no_address(text)
        is_secure = parts.scheme in SECURE_SCHEMES or told in SECURE_PORTS
        port = told or DEFAULT_PORTS["https" if is_secure else "http"]
        return cls(host, port, is_secure, rtsp_port)

    def __str__(self) -> str:
        return f"{_in_url(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """The address as the inventory keeps it; `parse` reads it back."""
        scheme = "onvifs" if self.is_secure else "onvif"
        query = f"?{RTSP_PORT}={self.rtsp_port}" if self.rtsp_port else ""
        return f"{scheme}://{self}{query}"

    def service(self, told: str) -> str:
        """Return a service's URL with the address dialled: behind NAT its own reaches nobody."""
        scheme = "https" if self.is_secure else "http"
        return urlunsplit(urlsplit(told)._replace(scheme=scheme, netloc=str(self)))

    def media(self, told: str) -> str:
        """Return the URI of a stream or picture on the host dialled, without credentials.

        Raises ValueError for what is no URI with a host.
        """
        bare, _ = split_credentials(told)
        parts = urlsplit(bare)
        if not parts.scheme or not parts.hostname:
            raise ValueError(f"{bare!r} names no host")
        if self.rtsp_port is None:
            port = parts.port
        elif parts.scheme in RTSP_SCHEMES:
            port = self.rtsp_port
        else:
            return self.service(bare)
        end = f":{port}" if port else ""
        return urlunsplit(parts._replace(netloc=f"{_in_url(self.host)}{end}"))


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port")
    return port


def _no_address(text: str) -> OnvifError:
    return OnvifError(f"{text!r} is not an address; give host or host:port")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
