"""Finding cameras: WS-Discovery on the local network, and asking addresses one by one."""

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import unquote, urlsplit

from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery.service import Service
from wsdiscovery.threaded import MULTICAST_PORT

from gateway.errors import UnreachableError
from gateway.onvif.client import OnvifClient

CAMERA_TYPE = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
SCOPE_PREFIX = "onvif://www.onvif.org/"
LOOPBACK = IPv4Address("127.0.0.1")
"""Where virtual cameras answer; the library asks the networks beyond this machine only."""
ASKED_AT_ONCE = 16
"""Addresses asked at the same time: polite to small switches."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A camera that answered. address: host:port for `onboard`. name, hardware: "" if not told."""

    address: str
    name: str
    hardware: str


def discover(timeout_s: float) -> tuple[Discovered, ...]:
    """Ask every network of this machine by multicast; return who answered in time, by address.

    Virtual cameras on this machine are asked too. Raises UnreachableError when the machine does not
    let us listen.
    """
    _check_port()
    finder = ThreadedWSDiscovery()
    finder.start()
    try:
        finder.addSourceAddr(LOOPBACK)
        services = finder.searchServices(types=[CAMERA_TYPE], timeout=timeout_s)
    finally:
        finder.stop()
    found = {one.address: one for one in map(_described, services) if one is not None}
    return tuple(found[address] for address in sorted(found))


def ask(addresses: Iterable[str]) -> tuple[Discovered, ...]:
    """Return those of the addresses (host or host:port) where an ONVIF device answers."""
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="ask") as pool:
        return tuple(filter(None, pool.map(_answering, addresses)))


def _answering(address: str) -> Discovered | None:
    client = OnvifClient(address, None)
    return Discovered(client.address, "", "") if client.is_device() else None


def _check_port() -> None:
    """Try what the library does first, for it cannot be stopped again where that fails."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", MULTICAST_PORT))
    except OSError as error:
        raise UnreachableError(
            f"cameras cannot be searched for by multicast (UDP port {MULTICAST_PORT}: {error});"
            " name their addresses instead"
        ) from error


def _described(service: Service) -> Discovered | None:
    """Return what a service says of itself, None when it names no address to ask it at."""
    hosts = [host for host in (urlsplit(url).netloc for url in service.getXAddrs()) if host]
    if not hosts:
        return None
    # Cameras with both kinds often name a link-local IPv6 address, which is no use elsewhere.
    address = min(hosts, key=lambda host: host.startswith("["))
    return Discovered(address, _scope(service, "name"), _scope(service, "hardware"))


def _scope(service: Service, part: str) -> str:
    """Return what a service's scopes say of "name" or "hardware"."""
    prefix = f"{SCOPE_PREFIX}{part}/"
    values = (scope.getValue() for scope in service.getScopes())
    return next((unquote(value[len(prefix) :]) for value in values if value.startswith(prefix)), "")
