"""RTP and RTCP of one track as datagrams: a pair of ports, the even one for RTP (RFC 3550 §11)."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress

from gateway.clock import monotonic_s, utc_s
from gateway.errors import BusyError
from gateway.rtsp.messages import FrameSink
from gateway.rtsp.read_buffer import thread_buffer

RECEIVE_BYTES = 1 << 20
"""Asked of the kernel for RTP: a key frame of a main stream, should the loop be busy meanwhile.
It gives what `net.core.rmem_max` allows."""

AT_ONCE = 64
"""Datagrams taken from a socket before the others have their turn."""

TRIES = 64
"""Pairs of ports to try before giving up."""

_RTP_PUNCH = b"\x80\x00" + bytes(10)
_RTCP_PUNCH = b"\x80\xc9\x00\x01" + bytes(4)
"""An empty RTP packet and an empty receiver report: they open firewalls on the way, as FFmpeg does
it, and mean nothing to a camera."""


class DatagramPort:
    """A track's two sockets. Only what comes from `remote_host` or `others` is let in."""

    def __init__(self, local_host: str, remote_host: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._remote_host = remote_host
        self._hosts = {remote_host}
        self._targets: tuple[int, int] | None = None
        self._sockets = _bind_pair(local_host)
        self._buffer = thread_buffer()

    @property
    def numbers(self) -> tuple[int, int]:
        """The ports we listen at: for RTP, for RTCP."""
        rtp, rtcp = (int(socket_.getsockname()[1]) for socket_ in self._sockets)
        return rtp, rtcp

    def aim(self, source_host: str, server_ports: tuple[int, int] | None) -> None:
        """Learn from SETUP where the server sends from.

        source_host: "" when it names none. What we send always goes to the host we dialled: the
        one it names may be its own idea of itself behind a router.
        """
        if source_host:
            self._hosts.add(source_host)
        self._targets = server_ports

    def punch(self) -> None:
        """Open the way from there; a server that is to hear us would take it for sound."""
        self.send_rtp(_RTP_PUNCH)
        self.send_rtcp(_RTCP_PUNCH)

    def listen(self, rtp: FrameSink, rtcp: FrameSink) -> None:
        """Hand what arrives from now on to these."""
        for socket_, sink in zip(self._sockets, (rtp, rtcp), strict=True):
            self._loop.add_reader(socket_, self._read, socket_, sink)

    def send_rtp(self, data: bytes) -> None:
        """Send one RTP packet; lost when it cannot go out now, as datagrams may be."""
        self._send(0, data)

    def send_rtcp(self, data: bytes) -> None:
        """Send one compound RTCP packet."""
        self._send(1, data)

    def close(self) -> None:
        """Listen no more; harmless when repeated."""
        for socket_ in self._sockets:
            if socket_.fileno() >= 0:
                self._loop.remove_reader(socket_)
                socket_.close()

    def _send(self, which: int, data: bytes) -> None:
        if self._targets is None:
            return
        with suppress(OSError):
            self._sockets[which].sendto(data, (self._remote_host, self._targets[which]))

    def _read(self, socket_: socket.socket, sink: FrameSink) -> None:
        received_s, arrival_s = monotonic_s(), utc_s()
        buffer, hosts = self._buffer, self._hosts
        packets: list[bytes] = []
        # It ends when there is nothing more for now, or by an ICMP message about what we sent.
        with suppress(OSError):
            for _ in range(AT_ONCE):
                size, source = socket_.recvfrom_into(buffer)
                if source[0] in hosts:
                    packets.append(bytes(buffer[:size]))
        if packets:
            sink(packets, received_s, arrival_s)


def _bind_pair(local_host: str) -> tuple[socket.socket, socket.socket]:
    for even in _even_ports(local_host):
        pair = _open(local_host), _open(local_host)
        try:
            for offset, socket_ in enumerate(pair):
                socket_.bind((local_host, even + offset))
        except OSError:
            for socket_ in pair:
                socket_.close()
        else:
            pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            return pair
    raise BusyError("No two ports next to each other are free for RTP; use TCP for this camera.")


def _even_ports(local_host: str) -> Iterator[int]:
    """Yield even ports that the kernel had free a moment ago."""
    for _ in range(TRIES):
        with _open(local_host) as probe:
            probe.bind((local_host, 0))
            port = int(probe.getsockname()[1])
        yield port & ~1


def _open(local_host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in local_host else socket.AF_INET
    socket_ = socket.socket(family, socket.SOCK_DGRAM)
    socket_.settimeout(0)
    return socket_
