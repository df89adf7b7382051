"""An RTSP camera on a real socket that answers as it is told to: for what no real server does.

It runs in the loop of the test. By default it behaves: it describes one H.264 track, grants what is
asked for and plays its access units round and round at 50 a second, over TCP or UDP.
"""

import asyncio
import base64
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

PICTURE_S = 0.02
TICKS = 1800
START_CODE = re.compile(rb"\x00{2,}\x01")
SESSION = "5f3a"
PAYLOAD_TYPE = 96
SPS, PPS = 7, 8


ENDINGS = (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError)


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    fields: Mapping[str, str]
    client: "Client"


@dataclass(frozen=True)
class Reply:
    status: int = 200
    reason: str = "OK"
    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


Answer = Callable[[Request], Reply | None]


def nal_units(unit: bytes) -> list[bytes]:
    return [nal for nal in START_CODE.split(unit) if nal]


def description(units: Iterable[bytes], media: str = "") -> str:
    """Return the SDP of an H.264 stream, or of other media."""
    sets = [nal for nal in nal_units(next(iter(units))) if nal[0] & 31 in (SPS, PPS)]
    sprop = ",".join(base64.b64encode(nal).decode() for nal in sets)
    video = (
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} H264/90000\r\n"
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={sprop}\r\n"
        "a=control:track1\r\n"
    )
    return f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{media or video}"


class Client:
    """One connection. ports: where the other side wants datagrams, None over TCP.

    frames: what it sent between its requests, and on which channel.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.channel = 0
        self.ports: tuple[int, int] | None = None
        self.answers: list[bytes] = []
        self.frames: list[tuple[int, bytes]] = []
        self._host = writer.get_extra_info("peername")[0]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sent = 0

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def send_picture(self, unit: bytes, payload_type: int = PAYLOAD_TYPE) -> None:
        """Send an access unit, each NAL unit in one RTP packet."""
        nals = nal_units(unit)
        for number, nal in enumerate(nals):
            marker = 0x80 if number == len(nals) - 1 else 0
            head = struct.pack(
                ">BBHII",
                0x80,
                marker | payload_type,
                self._sent & 0xFFFF,
                (self.pictures * TICKS) & 0xFFFFFFFF,
                0x1234,
            )
            self._sent += 1
            self._send_rtp(head + nal)
        self.pictures += 1

    pictures = 0

    def _send_rtp(self, packet: bytes) -> None:
        if self.ports is None:
            self.send(b"$" + struct.pack(">BH", self.channel, len(packet)) + packet)
        else:
            self._datagrams.sendto(packet, (self._host, self.ports[0]))

    def close(self) -> None:
        self._datagrams.close()
        self.writer.close()


class ScriptedCamera:
    """A camera whose answers can be replaced, by method; an answer of None is never sent.

    on_picture: called for each picture instead of sending it. requests: all that came.
    """

    def __init__(
        self,
        units: list[bytes],
        *,
        answers: Mapping[str, Answer] | None = None,
        on_picture: Callable[[Client, bytes], None] = Client.send_picture,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.units = units
        self.answers = {**self._manners(), **(answers or {})}
        self.on_picture = on_picture
        self.requests: list[Request] = []
        self.clients: list[Client] = []
        self._tls, self._host = tls, host
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for client in self.clients:
            client.close()

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"rtsp{'s' if self._tls else ''}://{host}:{self.port}/camera"

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def _manners(self) -> dict[str, Answer]:
        return {
            "OPTIONS": lambda _: Reply(fields={"Public": "DESCRIBE, SETUP, PLAY, GET_PARAMETER"}),
            "DESCRIBE": lambda _: Reply(body=description(self.units)),
            "SETUP": self._grant,
            "PLAY": self._play,
        }

    @staticmethod
    def _grant(request: Request) -> Reply:
        asked = request.fields["transport"]
        ports = re.search(r"client_port=(\d+)-(\d+)", asked)
        if ports:
            request.client.ports = int(ports[1]), int(ports[2])
            asked += ";server_port=9-10"
        return Reply(fields={"Session": SESSION, "Transport": asked})

    def _play(self, request: Request) -> Reply:
        task = asyncio.ensure_future(self._stream(request.client))
        self._tasks.add(task)
        return Reply()

    async def _stream(self, client: Client) -> None:
        while not client.writer.is_closing():
            for unit in self.units:
                self.on_picture(client, unit)
                await asyncio.sleep(PICTURE_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        self.clients.append(client)
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(*ENDINGS):
            while True:
                first = await reader.readexactly(1)
                if first == b"$":
                    channel, size = struct.unpack(">BH", await reader.readexactly(3))
                    client.frames.append((channel, await reader.readexactly(size)))
                    continue
                head = first + await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"RTSP/"):
                    client.answers.append(head)
                else:
                    self._answer(self._parse(head.decode(), client))
        client.close()

    def _answer(self, request: Request) -> None:
        self.requests.append(request)
        answer = self.answers.get(request.method, lambda _: Reply())
        reply = answer(request)
        if reply is None:
            return
        fields = {"CSeq": request.fields["cseq"], **reply.fields}
        if reply.body:
            fields["Content-Length"] = str(len(reply.body))
        lines = [f"RTSP/1.0 {reply.status} {reply.reason}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        request.client.send(("\r\n".join(lines) + f"\r\n\r\n{reply.body}").encode())

    @staticmethod
    def _parse(head: str, client: Client) -> Request:
        first, *lines = head.strip().split("\r\n")
        method, url, _ = first.split(" ")
        pairs = (line.partition(": ") for line in lines)
        return Request(method, url, {name.lower(): value for name, _, value in pairs}, client)
