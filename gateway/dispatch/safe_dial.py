"""Where a sink really is: a name is looked up once, judged, and dialled as it was judged."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from gateway.address_range import AddressRange, IpAddress
from gateway.dial_policy import DialPolicy
from gateway.errors import SinkUnreachableError

PORTS: Final[Mapping[str, int]] = MappingProxyType(
    {"http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}
)
"""Where a sink is when its URL does not say (RFC 9110 §4.2, IANA for MQTT)."""
SAFE: Final[Mapping[str, str]] = MappingProxyType({"http": "https", "mqtt": "mqtts"})
"""Schemes for private networks alone, and those for all others."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address of a URL. host: the name in it, which a certificate must bear."""

    address: IpAddress
    port: int
    host: str


async def dial_target(url: str, dial: DialPolicy) -> Target:
    """Return the address that a URL leads to now, if it may be dialled.

    A name that first leads to a proper address and then to another cannot outwit the check, as the
    address is dialled that was checked. Raises SinkUnreachableError: the name is not known, leads
    where nothing may be sent, or out of the private networks without TLS.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    address = await _resolve(host, port)
    if not dial.permits(address):
        raise SinkUnreachableError(
            f"{host} is at {address}, where no sink may be; if it is right, add its network to"
            " onboarding.allowed_networks"
        )
    if parts.scheme in SAFE and not AddressRange(address, address).is_private:
        raise SinkUnreachableError(
            f"{host} is at {address}, outside of the private networks: its address must begin"
            f" {SAFE[parts.scheme]}://"
        )
    return Target(address, port, host)


async def _resolve(host: str, port: int) -> IpAddress:
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SinkUnreachableError(f"the name {host!r} of a sink is not known") from error
    return ip_address(str(found[0][4][0]).partition("%")[0])
