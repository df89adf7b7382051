"""Where live media leaves this machine: which addresses, which UDP ports, which relay.

aioice has settings for none of the first two, so what it calls to gather its candidates is replaced
for each peer; what it does for relays is kept.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog
from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses, server_reflexive_candidate
from aioice.stun import TransactionError
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpTransceiver

from gateway.clock import utc_now
from gateway.config import LiveSettings
from gateway.errors import BusyError, ConfigError
from gateway.ice_servers import ice_servers

LOOPBACK = "127.0.0.1"
SERVERS_S = 3
"""Longest wait for STUN and TURN servers; the answer to the player waits for them."""
SOCKET_BUFFER_BYTES = 1 << 18
"""For the burst of a key frame, and what players send back; as aioice has it."""

log = structlog.get_logger()

Gather = Callable[[int, list[str], int], Awaitable[list[Candidate]]]


class MediaNetwork:
    """Makes peers that send from the addresses and ports of the settings; for one event loop."""

    def __init__(self, settings: LiveSettings) -> None:
        """Check the settings against this machine.

        Raises ConfigError when one of `bind_hosts` or `announced_hosts` is no address, or media
        cannot be sent from it.
        """
        self._settings = settings
        self._ports = settings.ports
        self._next_port = 0
        for host in settings.bind_hosts:
            _check_bind(host)
        for host in settings.announced_hosts:
            _check_announced(host)

    def new_peer(self) -> RTCPeerConnection:
        """Return a peer that asks no server but ours who it is (aiortc's default asks Google)."""
        servers = [
            RTCIceServer(server.url, server.username or None, server.credential or None)
            for server in ice_servers(self._settings, utc_now())
        ]
        return RTCPeerConnection(RTCConfiguration(iceServers=servers))

    def hold(self, transceiver: RTCRtpTransceiver) -> None:
        """Have the media of a transceiver leave from here; before its peer begins to gather."""
        connection = transceiver.sender.transport.transport.iceGatherer._connection
        relay: Gather = connection.get_component_candidates

        async def gather(
            component: int,
            addresses: list[str],  # noqa: ARG001  the name is aioice's
            timeout: int = SERVERS_S,
        ) -> list[Candidate]:
            return await self._gather(connection, component, lambda: relay(component, [], timeout))

        connection.get_component_candidates = gather  # type: ignore[method-assign]

    @property
    def addresses(self) -> Sequence[str]:
        """Return where media is sent from: the addresses chosen, or all of this machine.

        Loopback, which aioice leaves out, is better than none.
        """
        return (
            self._settings.bind_hosts
            or get_host_addresses(use_ipv4=True, use_ipv6=True)
            or (LOOPBACK,)
        )

    async def _gather(
        self,
        connection: Connection,
        component: int,
        relayed: Callable[[], Awaitable[list[Candidate]]],
    ) -> list[Candidate]:
        """Return the candidates of one peer: our sockets, what STUN says of them, the relay's.

        relayed: finds the last of them. Raises BusyError when no port of the range is free.
        """
        hosts = [
            candidate
            for address in self.addresses
            for candidate in await self._listen(connection, component, address)
        ]
        stun = connection.stun_server
        outer = [_outer(protocol, stun) for protocol in connection._protocols if stun]
        return hosts + [one for found in await asyncio.gather(relayed(), *outer) for one in found]

    async def _listen(
        self, connection: Connection, component: int, address: str
    ) -> list[Candidate]:
        """Open a socket for a peer and return its candidates; none where the address is gone."""
        sock = self._bind(address)
        if sock is None:
            return []
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_datagram_endpoint(
            lambda: StunProtocol(connection), sock=sock
        )
        connection._protocols.append(protocol)
        port = sock.getsockname()[1]
        protocol.local_candidate = _host_candidate(component, address, port)
        announced = (
            _host_candidate(component, host, port)
            for host in self._settings.announced_hosts
            if _version(host) == _version(address)
        )
        return [protocol.local_candidate, *announced]

    def _bind(self, address: str) -> socket.socket | None:
        """Return a UDP socket on the next free port; None where the address is not ours any more.

        Raises BusyError when the range is used up.
        """
        for port in self._turn_of_ports():
            try:
                return _udp_socket(address, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    return None
        raise BusyError(
            f"every UDP port of {address} in live.udp_ports ({self._settings.udp_ports}) is in "
            "use; close a live picture or widen the range"
        )

    def _turn_of_ports(self) -> Iterator[int]:
        """Yield the ports in turn, from where the last one left off: a port rests after its use."""
        count = len(self._ports)
        if not count:
            yield 0
        for _ in range(count):
            self._next_port = (self._next_port + 1) % count
            yield self._ports[self._next_port - 1]


async def _outer(protocol: StunProtocol, stun: tuple[str, int]) -> list[Candidate]:
    """Return how a socket is seen from outside; nothing when the STUN server does not say."""
    if _version(protocol.local_candidate.host) != 4:
        return []
    try:
        async with asyncio.timeout(SERVERS_S):
            candidate, _ = await server_reflexive_candidate(protocol, stun)
    except (TimeoutError, OSError, TransactionError) as error:
        log.warning("the STUN server does not answer", server=stun[0], reason=repr(error))
        return []
    return [candidate]


def _host_candidate(component: int, host: str, port: int) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=host,
        port=port,
        type="host",
    )


def _udp_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if _version(host) == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _version(host: str) -> int:
    return ipaddress.ip_address(host).version


def _check_bind(host: str) -> None:
    try:
        _udp_socket(host, 0).close()
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"live.bind_hosts has {host}, and media cannot be sent from there ({error}); name "
            "addresses of this machine, or leave the setting out"
        ) from error


def _check_announced(host: str) -> None:
    try:
        _version(host)
    except ValueError as error:
        raise ConfigError(
            f"live.announced_hosts has {host}, which is no IP address; name what players can reach"
        ) from error
