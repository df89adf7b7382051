"""Finding cameras: WS-Discovery on the local networks, and asking addresses one by one.

Answers come to a port of our own, so it works beside another program that listens for devices.
Over IPv4 and, where the machine has it, IPv6. Multicast does not cross routers, there an address
must be asked.
"""

import selectors
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from gateway.clock import monotonic_s
from gateway.errors import NotFoundError, UnreachableError
from gateway.onvif.client import OnvifClient
from gateway.onvif.probe_match import Match, probes, read_matches

PORT = 3702
GROUPS = {socket.AF_INET: "239.255.255.250", socket.AF_INET6: "ff02::c"}
"""Where devices listen (WS-Discovery §2.4)."""
TIMES_ASKED = 3
REPEAT_S = 0.25
"""UDP loses datagrams: each question goes out so often, so far apart (SOAP-over-UDP §I)."""
DATAGRAM_BYTES = 65_535
ASKED_AT_ONCE = 16
"""Addresses asked at the same time: polite to small switches."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """A camera that answered. address: host:port for `onboard`. name, hardware: "" if not told."""

    address: str
    name: str
    hardware: str


def discover(timeout_s: float, interfaces: Sequence[str] = ()) -> tuple[Discovered, ...]:
    """Ask the networks of this machine by multicast; return who answered in time, by address.

    interfaces: names of the network interfaces to ask through ("eth0"), none for all of them, the
    machine's own loopback included. Raises NotFoundError for a name that is not there and
    UnreachableError when no interface carries multicast.
    """
    with ExitStack() as opened:
        try:
            mouths = [opened.enter_context(one) for one in _mouths(_indices(interfaces))]
        except OSError as error:
            raise _cannot_search(error) from error
        matches = {match.endpoint: match for match in _search(mouths, timeout_s)}
    found = {m.address: Discovered(m.address, m.name, m.hardware) for m in matches.values()}
    return tuple(found[address] for address in sorted(found))


def ask(addresses: Iterable[str]) -> tuple[Discovered, ...]:
    """Return those of the addresses (host or host:port) where an ONVIF device answers."""
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="ask") as pool:
        return tuple(filter(None, pool.map(_answering, addresses)))


def _answering(address: str) -> Discovered | None:
    client = OnvifClient(address, None)
    return Discovered(client.address, "", "") if client.is_device() else None


def _mouths(indices: Iterable[int]) -> Iterator[socket.socket]:
    """Yield sockets that speak through the interfaces of those numbers and hear the answers."""
    for index in indices:
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        # struct ip_mreqn: group, own address (any), interface
        choice = struct.pack("@4s4si", bytes(4), bytes(4), index)
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, choice)
        yield mouth
        with suppress(OSError):  # a machine without IPv6
            mouth = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            yield mouth


def _indices(interfaces: Sequence[str]) -> tuple[int, ...]:
    known = {name: index for index, name in socket.if_nameindex()}
    for name in interfaces:
        if name not in known:
            listed = ", ".join(known)
            raise NotFoundError(f"there is no network interface {name!r}; there are: {listed}")
    return tuple(known[name] for name in interfaces or known)


def _search(mouths: list[socket.socket], timeout_s: float) -> Iterator[Match]:
    """Ask several times over and yield every answer until the time is up."""
    questions = probes()
    started_s = monotonic_s()
    with selectors.DefaultSelector() as ears:
        for mouth in mouths:
            ears.register(mouth, selectors.EVENT_READ)
        for turn in range(1, TIMES_ASKED + 1):
            _send(mouths, questions)
            is_last = turn == TIMES_ASKED
            until_s = started_s + (timeout_s if is_last else min(turn * REPEAT_S, timeout_s))
            yield from _hear(ears, until_s)


def _send(mouths: list[socket.socket], questions: tuple[bytes, ...]) -> None:
    """Send through every interface that can; raises UnreachableError when none can."""
    failures: list[OSError] = []
    for mouth in mouths:
        try:
            for question in questions:
                mouth.sendto(question, (GROUPS[mouth.family], PORT))
        except OSError as error:  # the interface is down, or knows no multicast
            failures.append(error)
    if len(failures) == len(mouths):
        raise _cannot_search(failures[0] if failures else "no network interface")


def _hear(ears: selectors.BaseSelector, until_s: float) -> Iterator[Match]:
    while (left_s := until_s - monotonic_s()) > 0:
        for key, _ in ears.select(left_s):
            with suppress(OSError):  # such as an ICMP refusal, told late
                datagram, sender = key.fileobj.recvfrom(DATAGRAM_BYTES)  # type: ignore[union-attr]
                yield from read_matches(datagram, sender[0])


def _cannot_search(reason: object) -> UnreachableError:
    return UnreachableError(
        f"cameras cannot be searched for by multicast ({reason}); name their addresses instead"
    )
