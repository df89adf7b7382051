"""A webhook receiver on a real port that misbehaves when it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


Manner = Callable[["Received", asyncio.StreamWriter], Awaitable[None]]
"""What is done with a request: writes an answer, or does not."""


def answer(status: int, text: str = "", *headers: str) -> Manner:
    """Return the manner of answering so."""

    async def say(_request: Received, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(text.encode())}", *headers]
        writer.write("\r\n".join([*lines, "", text]).encode())
        await writer.drain()

    return say


async def hang(_request: Received, _writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def drip(_request: Received, writer: asyncio.StreamWriter) -> None:
    """Answer so slowly that each byte is in time and the whole never is."""
    writer.write(b"HTTP/1.1 500 X\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def promise(_request: Received, writer: asyncio.StreamWriter) -> None:
    """Say yes, and never send the few words that were to follow."""
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n")
    await writer.drain()
    await asyncio.Event().wait()


async def close_midway(_request: Received, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and hang up."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-le")
    await writer.drain()
    writer.close()


async def talk_nonsense(_request: Received, writer: asyncio.StreamWriter) -> None:
    """Answer in another protocol."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()
    writer.close()


OK = answer(204)


@dataclass
class WebhookReceiver:
    """What came in, and how it is met: the next manners in turn, then always `manner`."""

    url: str
    manner: Manner = OK
    next_manners: list[Manner] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    """Those that were answered with OK."""
    connections: int = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while not writer.is_closing():
                request = await _read(reader)
                self.requests.append(request)
                manner = self.next_manners.pop(0) if self.next_manners else self.manner
                await manner(request, writer)
                if manner is OK:
                    self.taken.append(request)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(head[0].split(" ")[1], headers, body)


@asynccontextmanager
async def webhook_receiver(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[WebhookReceiver]:
    """Run a receiver as long as the context lasts."""
    receiver = WebhookReceiver("")
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver.meet(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http{'s' if tls else ''}://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
