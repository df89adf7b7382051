"""One connection to an RTSP server: requests and answers, and the frames between them.

What arrives is read into one buffer that all connections of a thread share, parsed at once, and
handed on before the loop turns: nothing waits in a queue, and a slow reader slows the sender by
TCP itself.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from gateway.clock import monotonic_s, utc_s
from gateway.errors import GatewayError, NotVideoError, StreamLostError, UnreachableError
from gateway.rtsp.messages import (
    FrameSink,
    MessageParser,
    Response,
    ServerRequest,
    frame_head,
    request_bytes,
    response_bytes,
)
from gateway.rtsp.read_buffer import thread_buffer

MAX_UNSENT_BYTES = 256 << 10
"""A server that asks and never reads is left when so much waits for it."""

SHORTEST_RTP_BYTES = 12

METHODS = "OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, TEARDOWN, REDIRECT"
ANSWERS: Mapping[str, tuple[int, str]] = dict.fromkeys(METHODS.split(", "), (200, "OK"))
"""How a server's own requests are answered; others are not implemented (501)."""

ENDINGS: Mapping[str, str] = {"TEARDOWN": "ended the session", "REDIRECT": "moved the stream"}
"""Requests after which a server sends nothing more."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect. tls: None for plain TCP. name: the URL as people may see it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    name: str


class RtspConnection(asyncio.BufferedProtocol):
    """An open connection; make one with `connect`. Use it on its loop only."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parser = MessageParser()
        loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[GatewayError] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._buffer = thread_buffer()
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._sequence = 0
        self._has_answered = False

    @property
    def local_host(self) -> str:
        """The address of this end, to bind datagram sockets to."""
        return self._address("sockname")

    @property
    def remote_host(self) -> str:
        """The address of the other end."""
        return self._address("peername")

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed.done()

    async def wait_closed(self) -> GatewayError:
        """Wait until nothing more comes; return why, to be raised."""
        await asyncio.wait([self._closed])
        return self._ending()

    async def request(
        self, method: str, url: str, fields: Sequence[tuple[str, str]], timeout_s: float
    ) -> Response:
        """Send a request and return its answer, whatever its status.

        Raises UnreachableError (no answer in time), StreamLostError (connection lost),
        NotVideoError (the other side does not speak RTSP).
        """
        if self._transport is None or self._closed.done():
            raise self._ending()
        self._sequence += 1
        sequence = self._sequence
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = answer
        self._transport.write(request_bytes(method, url, [("CSeq", str(sequence)), *fields]))
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise self._silence(method, timeout_s) from None
        finally:
            self._waiting.pop(sequence, None)

    def send_frame(self, channel: int, data: bytes) -> None:
        """Send RTP or RTCP on a channel; dropped while the other side does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() < MAX_UNSENT_BYTES:
            transport.write(frame_head(channel, len(data)) + data)

    def close(self) -> None:
        """Close after what is still to be sent; harmless when repeated."""
        self._end(StreamLostError(f"{self.name} was closed."))
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport from asyncio."""
        self._transport = transport  # type: ignore[assignment]  # a stream's transport is one

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 asyncio's signature
        """Lend asyncio the buffer; it reads at once."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Work through what asyncio has just read into the buffer."""
        messages = self.parser.feed(self._buffer[:nbytes], monotonic_s(), utc_s())
        for message in messages:
            if isinstance(message, Response):
                self._take(message)
            else:
                self._answer(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, as asyncio says: the other side hung up (None), or why it broke off."""
        reason = getattr(exc, "strerror", None) or (type(exc).__name__ if exc else "it hung up")
        if not self._has_answered and self.parser.junk_bytes:
            self._end(self._foreign())
        self._end(StreamLostError(f"{self.name} broke off ({str(reason).lower()})."))

    def _take(self, response: Response) -> None:
        if response.protocol != "RTSP":
            self._end(self._foreign(response.protocol))
            return
        self._has_answered = True
        sequence = response.headers.number("cseq")
        if sequence is None:
            # Some servers leave it out; then this is the answer to the oldest request.
            sequence = min(self._waiting, default=0)
        answer = self._waiting.get(sequence)
        if answer is not None and not answer.done():
            answer.set_result(response)

    def _answer(self, request: ServerRequest) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        status, reason = ANSWERS.get(request.method, (501, "Not Implemented"))
        fields = [("CSeq", request.headers.get("cseq")), ("Public", METHODS)]
        transport.write(response_bytes(status, reason, fields))
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            transport.abort()
        if request.method in ENDINGS:
            self._end(StreamLostError(f"{self.name} {ENDINGS[request.method]}."))

    def _end(self, reason: GatewayError) -> None:
        if self._closed.done():
            return
        self._closed.set_result(reason)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._ending())

    def _ending(self) -> GatewayError:
        """Return a fresh copy of why nothing more comes, to be raised."""
        if not self._closed.done():
            return StreamLostError(f"{self.name} is not connected.")
        reason = self._closed.result()
        return type(reason)(str(reason))

    def _silence(self, method: str, timeout_s: float) -> GatewayError:
        if not self._has_answered and self.parser.junk_bytes:
            return self._foreign()
        return UnreachableError(
            f"{self.name} accepts connections but has not answered {method} for "
            f"{timeout_s:g} s; restart the camera if this goes on."
        )

    def _foreign(self, protocol: str = "") -> NotVideoError:
        is_web = protocol == "HTTP" or self.parser.junk_start.startswith(b"<")
        what = "with a web page" if is_web else "with something else"
        return NotVideoError(
            f"{self.name} answered, but not with RTSP, but {what}; check the port, "
            "cameras mostly use 554."
        )

    def _address(self, end: str) -> str:
        if self._transport is None:
            return ""
        return str((self._transport.get_extra_info(end) or ("",))[0])


class InterleavedPort:
    """A track's RTP and RTCP inside the RTSP connection (RFC 2326 §10.12).

    numbers: the channels of RTP and of RTCP; set before `listen`.
    """

    def __init__(self, connection: RtspConnection, numbers: tuple[int, int]) -> None:
        self.numbers = numbers
        self._connection = connection

    def listen(self, rtp: FrameSink, rtcp: FrameSink) -> None:
        """Hand what arrives from now on to these."""
        self._connection.parser.sinks |= zip(self.numbers, (rtp, rtcp), strict=True)

    def follow(self, payload_type: int) -> None:
        """Take RTP of this type on whatever channel it comes, once `listen` was called.

        Some servers agree to one channel and send on another.
        """
        parser, (rtp_channel, rtcp_channel) = self._connection.parser, self.numbers

        def stray(
            channel: int, frames: Sequence[bytes], received_s: float, arrival_s: float
        ) -> None:
            ours = list(dropwhile(lambda data: not _has_type(data, payload_type), frames))
            if not ours:
                return
            rtp = parser.sinks[channel] = parser.sinks[rtp_channel]
            parser.sinks.setdefault(channel + 1, parser.sinks[rtcp_channel])
            rtp(ours, received_s, arrival_s)

        parser.stray = stray

    def send_rtp(self, data: bytes) -> None:
        """Send one RTP packet."""
        self._connection.send_frame(self.numbers[0], data)

    def send_rtcp(self, data: bytes) -> None:
        """Send one compound RTCP packet."""
        self._connection.send_frame(self.numbers[1], data)

    def close(self) -> None:
        """Listen no more; harmless when repeated."""
        self._connection.parser.stray = None
        for channel in self.numbers:
            self._connection.parser.sinks.pop(channel, None)


def _has_type(data: bytes, payload_type: int) -> bool:
    return len(data) >= SHORTEST_RTP_BYTES and data[1] & 0x7F == payload_type


async def connect(endpoint: Endpoint, timeout_s: float) -> RtspConnection:
    """Return a connection; raises UnreachableError (name unknown, refused, silent, no TLS)."""
    where = f"{endpoint.host}:{endpoint.port}"
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _, connection = await loop.create_connection(
                lambda: RtspConnection(endpoint.name),
                endpoint.host,
                endpoint.port,
                ssl=endpoint.tls,
            )
    except TimeoutError:
        reason = f"no answer for {timeout_s:g} s"
    except ssl.SSLError as error:
        reason = f"no TLS: {(error.reason or 'handshake failed').replace('_', ' ').lower()}"
    except (OSError, UnicodeError) as error:
        if isinstance(error, (UnicodeError, socket.gaierror)):
            raise UnreachableError(
                f"The name {endpoint.host!r} is not known; check the camera's address."
            ) from None
        reason = os.strerror(error.errno).lower() if error.errno else "no connection"
    else:
        return connection
    raise UnreachableError(
        f"Nothing answers at {where} ({reason}); check the address, the port and the network."
    )
