"""Where a webhook really goes: a name is looked up once, judged, and dialled as it was judged."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import httpx

from gateway.address_range import AddressRange, IpAddress
from gateway.dial_policy import DialPolicy
from gateway.errors import SinkUnreachableError

PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One address of a URL. url: with the address in place of the name. host: the Host header.

    server_name: the name that the certificate must bear.
    """

    url: httpx.URL
    host: str
    server_name: str


async def dial_target(url: str, dial: DialPolicy) -> Target:
    """Return the address that a URL leads to now, if it may be dialled.

    A name that first leads to a proper address and then to another cannot outwit the check, as the
    address is dialled that was checked. Raises SinkUnreachableError: the name is not known, leads
    where nothing may be sent, or out of the private networks without TLS.
    """
    parsed = httpx.URL(url)
    port = parsed.port or PORTS[parsed.scheme]
    address = await _resolve(parsed.host, port)
    if not dial.permits(address):
        raise SinkUnreachableError(
            f"{parsed.host} is at {address}, where no webhook may go; if it is right, add its"
            " network to onboarding.allowed_networks"
        )
    if parsed.scheme == "http" and not AddressRange(address, address).is_private:
        raise SinkUnreachableError(
            f"{parsed.host} is at {address}, outside of the private networks: its webhook must"
            " begin https://"
        )
    return Target(parsed.copy_with(host=str(address)), parsed.netloc.decode(), parsed.host)


async def _resolve(host: str, port: int) -> IpAddress:
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SinkUnreachableError(f"the name {host!r} of a webhook is not known") from error
    return ip_address(str(found[0][4][0]).partition("%")[0])
