"""Address ranges asked politely: who answers there as an ONVIF device or an RTSP server.

An open port is no camera: only a real answer in the protocol counts. Connections are bounded in
number and rate, and the ports of one host are asked one after another, for cameras and the links
they hang on are small.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

from gateway.address_range import IpAddress
from gateway.onvif.client import OnvifClient

DEFAULT_PORTS = (80, 8000, 8080, 8899, 554)
"""HTTP of most cameras, Hikvision and Dahua recorders, port-forwards, Xiongmai's ONVIF, RTSP."""

_MANY_BYTES = 1024
_REQUEST = "OPTIONS rtsp://{at}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: gridpatrol\r\n\r\n"


class Protocol(StrEnum):
    """What answers."""

    ONVIF = "onvif"
    RTSP = "rtsp"


@dataclass(frozen=True, slots=True)
class Answering:
    """Somebody who answered. address: host:port. server: what it calls itself, "" if not told."""

    address: str
    protocol: Protocol
    server: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How politely. hosts_at_once: asked side by side. per_s: new connections a second.

    connect_s: for a connection. Longer than any round trip over 4G; a silent address costs this
    once for each port. answer_s: for an answer on an open connection.
    """

    hosts_at_once: int = 32
    per_s: float = 50.0
    connect_s: float = 1.5
    answer_s: float = 3.0


class Scan:
    """One search through addresses and ports, to be run once.

    on_answer: called with each who answers. on_progress: called with hosts done and hosts in all;
    what it raises ends the search. Both are called on the thread of `run`.
    """

    def __init__(
        self,
        hosts: Sequence[IpAddress],
        ports: Sequence[int],
        on_answer: Callable[[Answering], None],
        on_progress: Callable[[int, int], None],
        pace: Pace | None = None,
    ) -> None:
        self._hosts, self._ports = hosts, tuple(dict.fromkeys(ports))
        self._on_answer, self._on_progress = on_answer, on_progress
        self._pace = pace or Pace()
        self._done = 0
        self._next_s = 0.0

    def run(self) -> None:
        """Ask all of them; returns when done."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._on_progress(0, len(self._hosts))
        waiting = iter(self._hosts)
        askers = min(self._pace.hosts_at_once, len(self._hosts))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(askers):
                    group.create_task(self._ask_in_turn(waiting))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _ask_in_turn(self, waiting: Iterator[IpAddress]) -> None:
        for host in waiting:
            for port in self._ports:
                at = f"[{host}]:{port}" if host.version == 6 else f"{host}:{port}"
                found = await self._ask(str(host), port, at)
                if found is not None:
                    self._on_answer(found)
            self._done += 1
            self._on_progress(self._done, len(self._hosts))

    async def _ask(self, host: str, port: int, at: str) -> Answering | None:
        """Return who answers at one port, None when nobody does in a protocol we know."""
        await self._turn()
        answer = await self._greet(host, port, at)
        if answer is None:
            return None
        if answer.startswith(b"RTSP/"):
            return Answering(at, Protocol.RTSP, _server_of(answer))
        if await asyncio.to_thread(OnvifClient(at, None).is_device):
            return Answering(at, Protocol.ONVIF)
        return None

    async def _turn(self) -> None:
        """Wait until the next connection may be made."""
        loop = asyncio.get_running_loop()
        at_s = max(self._next_s, loop.time())
        self._next_s = at_s + 1 / self._pace.per_s
        await asyncio.sleep(at_s - loop.time())

    async def _greet(self, host: str, port: int, at: str) -> bytes | None:
        """Return what is answered to an RTSP question, None where nobody takes a connection."""
        answer: bytes | None = None
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._pace.connect_s) as limit:
                async with _connection(host, port) as (ear, mouth):
                    answer = b""
                    limit.reschedule(asyncio.get_running_loop().time() + self._pace.answer_s)
                    mouth.write(_REQUEST.format(at=at).encode())
                    answer = await ear.read(_MANY_BYTES)
        return answer


@asynccontextmanager
async def _connection(
    host: str, port: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    ear, mouth = await asyncio.open_connection(host, port, limit=_MANY_BYTES)
    try:
        yield ear, mouth
    finally:
        mouth.transport.abort()


def _server_of(answer: bytes) -> str:
    lines = answer.decode("latin-1").split("\r\n")
    named = (line.partition(":") for line in lines[1:])
    return next((value.strip() for name, _, value in named if name.lower() == "server"), "")
