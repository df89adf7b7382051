"""Which addresses people may have this machine dial: cameras', not the machine's own surroundings.

Whoever can name an address to the console makes this machine connect there. Link-local addresses
and those where clouds keep the secrets of a machine are refused, unless the site allows them.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from gateway.address_range import IpAddress
from gateway.errors import ConfigError, UnreachableError

IpNetwork = IPv4Network | IPv6Network

REFUSED: tuple[IpNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local (RFC 3927); metadata of AWS, Azure, Google, Tencent
        "fe80::/10",  # link-local (RFC 4291 §2.5.6)
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "fd00:ec2::/32",  # metadata of AWS over IPv6
        "0.0.0.0/8",  # this host (RFC 1122 §3.2.1.3)
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",
        "ff00::/8",
    )
)
"""Networks where no camera of a site is, and where a request could do harm."""


class DialPolicy:
    """What may be dialled. allowed: networks of `REFUSED` that are allowed here all the same."""

    def __init__(self, allowed: Sequence[IpNetwork] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: IpAddress) -> bool:
        """Return whether an address may be dialled."""
        plain = getattr(address, "ipv4_mapped", None) or address
        return not _within(plain, REFUSED) or _within(plain, self._allowed)

    def check_uri(self, uri: str) -> None:
        """Return when a camera's address or stream may be dialled; raises as `check`.

        Files of this machine are refused too.
        """
        try:
            host = urlsplit(uri if "://" in uri else f"//{uri}").hostname
        except ValueError:
            host = None
        if not host:
            raise ConfigError(
                "this is no address of a camera; films are added at the machine itself, by"
                " gridpatrol add-camera"
            )
        self.check(host)

    def check(self, host: str) -> None:
        """Return when every address behind a host name may be dialled.

        Raises ConfigError when one may not, UnreachableError when the name is not known.
        """
        for address in _addresses(host):
            if not self.permits(address):
                raise ConfigError(
                    f"{host} is at {address}, which is no camera's address; if it is one here, add"
                    " its network to onboarding.allowed_networks"
                )


def _within(address: IpAddress, networks: Sequence[IpNetwork]) -> bool:
    return any(address in one for one in networks if one.version == address.version)


def _addresses(host: str) -> set[IpAddress]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(
            f"the name {host!r} is not known; check the camera's address"
        ) from error
    return {ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}
