"""The two messages of a search for cameras: our probe, and what a device answers to it.

WS-Discovery of April 2005, which ONVIF demands (Core Specification §7.3). Answers are read with
patience: known cameras leave out elements, prefixes and the right action.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import uuid4

from zeep.exceptions import Error as ZeepError
from zeep.loader import parse_xml
from zeep.settings import Settings

DEVICE_TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")
"""What is asked for, each in a probe of its own: some cameras answer to one of them only."""

SCOPE_PREFIX = "onvif://www.onvif.org/"

PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>
<a:MessageID>urn:uuid:{message_id}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>
<s:Body><d:Probe><d:Types>{device_type}</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class Match:
    """A camera that answered. endpoint: the device's own id, the same on every network of it.

    address: host:port of its ONVIF service. name, hardware: "" when it does not tell.
    """

    endpoint: str
    address: str
    name: str
    hardware: str


def probes() -> tuple[bytes, ...]:
    """Return one search, as datagrams; repeat them as they are, for devices know repeats by id."""
    return tuple(
        PROBE.format(message_id=uuid4(), device_type=device_type).encode()
        for device_type in DEVICE_TYPES
    )


def read_matches(datagram: bytes, sender: str) -> tuple[Match, ...]:
    """Return the cameras that an answer from the host `sender` tells of; none if it is nonsense."""
    try:
        answer = parse_xml(datagram, None, settings=Settings())
    except (ZeepError, ValueError):
        return ()
    found = []
    for element in answer.iter("{*}ProbeMatch"):
        types, scopes, urls = (
            (element.findtext(f"{{*}}{name}") or "").split()
            for name in ("Types", "Scopes", "XAddrs")
        )
        address = _address(urls, sender)
        if address and _is_camera(types, scopes):
            endpoint = (element.findtext(".//{*}Address") or address).strip()
            name, hardware = (_scope(scopes, part) for part in ("name", "hardware"))
            found.append(Match(endpoint, address, name, hardware))
    return tuple(found)


def _is_camera(types: list[str], scopes: list[str]) -> bool:
    """Say whether it is a camera and no printer; some cameras name the right type nowhere."""
    names = {one.rpartition(":")[2] for one in types}
    return "NetworkVideoTransmitter" in names or any(s.startswith(SCOPE_PREFIX) for s in scopes)


def _address(urls: list[str], sender: str) -> str:
    """Return the address to ask a device at, "" when it names none.

    Devices list all they have. The one they answer from is sure to reach them; next best is what
    they say, unless it is good on their own link only, and IPv6, which few villages route, last.
    """
    services = [service for service in map(_service, urls) if service]
    same = [service for service in services if service.hostname == sender]
    routed = [service for service in services if _is_routed(service.hostname or "", 4)]
    newer = [service for service in services if _is_routed(service.hostname or "", 6)]
    if same or routed or newer:
        return (same or routed or newer)[0].netloc
    if not services:
        return ""
    host, port = f"[{sender}]" if ":" in sender else sender, services[0].port
    return f"{host}:{port}" if port else host


def _service(url: str) -> SplitResult | None:
    """Return the parts of a service's URL, None for what is none."""
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in ("http", "https") and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    return parts if is_sound and parts.hostname else None


def _is_routed(host: str, version: int) -> bool:
    """Say whether an address of that kind is good beyond its own link; names are taken for IPv4."""
    try:
        address = ip_address(host)
    except ValueError:
        return version == 4
    return address.version == version and not (address.is_link_local or address.is_unspecified)


def _scope(scopes: list[str], part: str) -> str:
    """Return what a device's scopes say of "name" or "hardware"."""
    prefix = f"{SCOPE_PREFIX}{part}/"
    return next((unquote(s[len(prefix) :]) for s in scopes if s.startswith(prefix)), "")
