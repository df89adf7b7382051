"""Finding cameras: WS-Discovery on the local network, and asking addresses one by one."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery.service import Service

from gateway.onvif.client import OnvifClient

CAMERA_TYPE = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
SCOPE_PREFIX = "onvif://www.onvif.org/"
ASKED_AT_ONCE = 16
"""Addresses asked at the same time: polite to small switches."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A camera that answered. address: host:port for `onboard`. name, hardware: "" if not told."""

    address: str
    name: str
    hardware: str


def discover(timeout_s: float) -> tuple[Discovered, ...]:
    """Ask the local network by multicast and return who answered within `timeout_s`, by address."""
    finder = ThreadedWSDiscovery()
    finder.start()
    try:
        services = finder.searchServices(types=[CAMERA_TYPE], timeout=timeout_s)
    finally:
        finder.stop()
    found = {
        urlsplit(address).netloc: Discovered(
            urlsplit(address).netloc, *(_scope(service, part) for part in ("name", "hardware"))
        )
        for service in services
        for address in service.getXAddrs()[:1]
    }
    return tuple(found[address] for address in sorted(found))


def ask(addresses: Iterable[str]) -> tuple[Discovered, ...]:
    """Return those of the addresses (host or host:port) where an ONVIF device answers."""
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="ask") as pool:
        return tuple(filter(None, pool.map(_answering, addresses)))


def _answering(address: str) -> Discovered | None:
    client = OnvifClient(address, None)
    return Discovered(client.address, "", "") if client.is_device() else None


def _scope(service: Service, part: str) -> str:
    """Return what a service's scopes say of "name" or "hardware"."""
    prefix = f"{SCOPE_PREFIX}{part}/"
    values = (scope.getValue() for scope in service.getScopes())
    return next((unquote(value[len(prefix) :]) for value in values if value.startswith(prefix)), "")
