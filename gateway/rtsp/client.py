"""One RTSP session with one server: each method of RFC 2326 that a player needs, once.

What to ask for and when to give up is not decided here; see `gateway.sources.rtsp`.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from gateway.errors import (
    GatewayError,
    NotVideoError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.rtsp.auth import Authenticator, parse_challenges
from gateway.rtsp.connection import InterleavedPort, RtspConnection
from gateway.rtsp.messages import FrameSink, Headers, Response
from gateway.rtsp.udp import DatagramPort

USER_AGENT = "gridpatrol"

DEFAULT_SESSION_S = 60
"""For how long a server keeps a quiet session, where it does not say (RFC 2326 §12.37)."""

MAX_KEEP_ALIVE_S = 30.0
"""Routers forget a quiet connection after a minute or more; so it is never quiet for longer."""

CHANNELS = 256
LARGEST_PORT = 65_535

_TCP = "RTP/AVP/TCP;unicast;interleaved={}"
_UDP = "RTP/AVP;unicast;client_port={}"
_UNSIGNED = (401, 407)
_TIMEOUT = re.compile(r"timeout\s*=\s*(\d{1,6})", re.IGNORECASE)
_PAIR = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_SESSION_CONTROL = re.compile(rb"^a=control:[ \t]*(rtsps?://[\x21-\x7e]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What some statuses mean; text takes {name}, {status} and {reason}."""

    statuses: Sequence[int]
    is_a: type[GatewayError]
    text: str


_MEANINGS = (
    _Meaning(
        (401, 403, 407),
        UnauthorizedError,
        "{name} refuses the user or password; correct them before the camera locks the account.",
    ),
    _Meaning(
        (404, 410),
        NotVideoError,
        "{name} answers, but has no stream at this path; check the path, or find it by ONVIF.",
    ),
    _Meaning((454,), StreamLostError, "{name} has forgotten the session."),
    _Meaning(
        (453, 500, 502, 503, 504),
        UnreachableError,
        "{name} answers with a failure of its own ({status} {reason}); "
        "it may have too many viewers already.",
    ),
    _Meaning(
        (400, 405, 406, 415, *range(455, 463), 501, 505, 551),
        UnsupportedServerError,
        "{name} does not take our requests ({status} {reason}).",
    ),
    _Meaning(
        range(400, 500),
        NotVideoError,
        "{name} answers, but refuses to send video ({status} {reason}); "
        "check its path and stream settings.",
    ),
    _Meaning(
        range(1000),
        UnreachableError,
        "{name} answers with something unexpected ({status} {reason}); restart the camera.",
    ),
)


class RedirectedError(Exception):
    """The stream is at another URL; for who opened the connection."""

    def __init__(self, url: str) -> None:
        super().__init__("redirected")
        self.url = url


class TransportRefusedError(Exception):
    """The server does not send over the transport asked for (461 and the like)."""


class TrackPort(Protocol):
    """Where a track's packets come in and go out, whatever carries them."""

    def listen(self, rtp: FrameSink, rtcp: FrameSink) -> None:
        """Hand what arrives from now on to these."""
        ...

    def send_rtp(self, data: bytes) -> None:
        """Send one RTP packet, for a track that takes sound."""
        ...

    def send_rtcp(self, data: bytes) -> None:
        """Send one compound RTCP packet."""
        ...

    def close(self) -> None:
        """Listen no more; harmless when repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Description:
    """An answer to DESCRIBE. base_url: what the controls of its tracks are relative to."""

    sdp: bytes
    base_url: str


class RtspClient:
    """A session on one connection, from OPTIONS to TEARDOWN; signs in when asked to.

    url: without credentials. authenticator: None for nobody. timeout_s: for each answer. Every
    method raises UnreachableError (no answer), StreamLostError (connection or session lost),
    UnauthorizedError, NotVideoError or UnsupportedServerError, by the answer's status.
    """

    def __init__(
        self,
        connection: RtspConnection,
        url: str,
        authenticator: Authenticator | None,
        timeout_s: float,
    ) -> None:
        self.connection = connection
        self._url = self._play_url = url
        self._authenticator = authenticator
        self._timeout_s = timeout_s
        self._session_id = ""
        self._session_s = DEFAULT_SESSION_S
        self._keep_alive = "OPTIONS"
        self._ports: list[TrackPort] = []
        self._channels: set[int] = set()

    @property
    def keep_alive_s(self) -> float:
        """How often to call `keep_alive`: within half of what the server grants."""
        return max(1.0, min(self._session_s / 2, MAX_KEEP_ALIVE_S))

    async def options(self) -> None:
        """Ask what the server can do; it need not know the question."""
        response = await self._send("OPTIONS", self._url)
        if "GET_PARAMETER" in response.headers.get("public").upper():
            self._keep_alive = "GET_PARAMETER"

    async def describe(self, fields: Sequence[tuple[str, str]] = ()) -> Description:
        """Ask what there is to see. fields: further header fields. Raises RedirectedError too."""
        response = await self._send("DESCRIBE", self._url, [("Accept", "application/sdp"), *fields])
        location = response.headers.get("location")
        if 300 <= response.status < 400 and urlsplit(location).scheme in ("rtsp", "rtsps"):
            raise RedirectedError(location)
        self._check(response)
        bases = response.headers.get("content-base"), response.headers.get("content-location")
        base_url = next((base for base in bases if "://" in base), self._url)
        head = response.body.partition(b"\nm=")[0]
        control = _SESSION_CONTROL.search(head)
        self._play_url = control.group(1).decode() if control else base_url
        return Description(response.body, base_url)

    async def setup(
        self,
        control_url: str,
        transport: Transport,
        fields: Sequence[tuple[str, str]] = (),
        *,
        is_ours: bool = False,
    ) -> TrackPort:
        """Ask for one track and return where it comes in; it stays ours to close.

        transport: TCP or UDP. fields: further header fields, such as Require. is_ours: we are who
        sends on it, so the way needs no opening. Raises TransportRefusedError too.
        """
        over_tcp = transport is Transport.TCP
        port = self._interleaved() if over_tcp else self._datagrams()
        self._ports.append(port)
        asked = _TCP if over_tcp else _UDP
        pair = "{}-{}".format(*port.numbers)
        response = await self._send(
            "SETUP", control_url, [("Transport", asked.format(pair)), *fields]
        )
        if response.status == 461:
            raise TransportRefusedError
        self._check(response)
        self._note_session(response.headers)
        reply = _transport_parameters(response.headers.get("transport"))
        if isinstance(port, DatagramPort):
            port.aim(reply.get("source", ""), _pair(reply.get("server_port", "")))
            if not is_ours:
                port.punch()
        else:
            port.numbers = self._granted(port.numbers, reply)
        return port

    async def play(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        """Start all tracks. fields: further header fields."""
        self._check(await self._send("PLAY", self._play_url, [("Range", "npt=0.000-"), *fields]))

    async def keep_alive(self) -> None:
        """Let the server hear of us.

        One that does not answer, or dislikes the question, is left in peace: what counts is whether
        pictures come.
        """
        try:
            response = await self._send(self._keep_alive, self._play_url)
        except UnreachableError:
            return
        if response.status == 454:
            self._check(response)
        if response.status >= 400:
            self._keep_alive = "OPTIONS"

    async def close(self, timeout_s: float) -> None:
        """End the session, waiting no longer than this for the server's consent, and hang up."""
        try:
            if self._session_id and not self.connection.is_closed:
                async with asyncio.timeout(timeout_s):
                    await self._send("TEARDOWN", self._play_url)
        except (TimeoutError, GatewayError):
            pass
        finally:
            for port in self._ports:
                port.close()
            self.connection.close()

    def _granted(self, asked: tuple[int, int], reply: Mapping[str, str]) -> tuple[int, int]:
        """Return the channels a server chose, which need not be those we asked for."""
        channels = _pair(reply.get("interleaved", "")) or asked
        is_free = self._channels.isdisjoint(channels) and max(channels) < CHANNELS
        if not is_free or ("client_port" in reply and "interleaved" not in reply):
            raise TransportRefusedError
        self._channels.update(channels)
        return channels

    def _interleaved(self) -> InterleavedPort:
        channel = max(self._channels, default=-1) + 1
        return InterleavedPort(self.connection, (channel, channel + 1))

    def _datagrams(self) -> DatagramPort:
        return DatagramPort(self.connection.local_host, self.connection.remote_host)

    async def _send(
        self, method: str, url: str, fields: Sequence[tuple[str, str]] = ()
    ) -> Response:
        """Return the answer to a request, signed as the server wants it; at most one more try."""
        response = await self._send_once(method, url, fields)
        signer = self._authenticator
        if signer is None or response.status not in _UNSIGNED:
            return response
        if not signer.accept(parse_challenges(response.headers.all("www-authenticate"))):
            return response
        return await self._send_once(method, url, fields)

    async def _send_once(
        self, method: str, url: str, fields: Sequence[tuple[str, str]]
    ) -> Response:
        signer = self._authenticator
        signature = signer.sign(method, url) if signer else None
        common = [("User-Agent", USER_AGENT)]
        if signature:
            common.append(("Authorization", signature))
        if self._session_id:
            common.append(("Session", self._session_id))
        response = await self.connection.request(method, url, [*common, *fields], self._timeout_s)
        if signer and signature and response.status not in _UNSIGNED:
            signer.served()
        return response

    def _check(self, response: Response) -> None:
        """Raise what an answer other than success means."""
        status = response.status
        if 200 <= status < 300:
            return
        meaning = next(row for row in _MEANINGS if status in row.statuses)
        reason = response.reason or "no reason given"
        name = self.connection.name
        raise meaning.is_a(meaning.text.format(name=name, status=status, reason=reason))

    def _note_session(self, headers: Headers) -> None:
        session_id, _, rest = headers.get("session").partition(";")
        self._session_id = session_id.strip() or self._session_id
        timeout = _TIMEOUT.search(rest)
        if timeout:
            self._session_s = int(timeout.group(1)) or DEFAULT_SESSION_S


def _transport_parameters(field: str) -> dict[str, str]:
    """Return the parameters of a Transport field, names in lower case."""
    parted = (part.partition("=") for part in field.partition(",")[0].split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parted}


def _pair(text: str) -> tuple[int, int] | None:
    """Return "6-7" or "6" as two numbers that follow each other; None for anything else."""
    found = _PAIR.fullmatch(text)
    if found is None:
        return None
    first = int(found.group(1))
    second = int(found.group(2) or first + 1)
    return (first, second) if max(first, second) <= LARGEST_PORT else None
