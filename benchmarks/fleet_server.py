"""A fleet of RTSP cameras in one process: films coded once, each served under any number of paths.

    python -m benchmarks.fleet_server [PROGRAMME]

Each client gets a film in the film's own time, from a key frame and at a phase of its own, as RTP
inside the RTSP connection (RFC 2326 §10.12) with sender reports. The server is to cost little, not
to be clever: what it leaves out (datagrams, passwords, sound) is no part of the question.

Without a programme every path shows the pedestrians' film. A programme is a JSON object of camera
name to the path of its clip; the last part of a URL's path up to a "-" is the camera's name, so
that several readers of one camera can be told apart. The first line printed is the port; then, for
a programme, a line for each `Showing` that begins or ends.
"""

import asyncio
import base64
import heapq
import itertools
import json
import random
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.bitstream import BitStreamFilterContext
from av.video.frame import PictureType

from benchmarks.footage import pictures
from gateway.children import start_child, stop_child
from gateway.errors import UnreachableError

LOOPBACK = "127.0.0.1"
WIDTH, HEIGHT, FPS, GOP_S, BIT_RATE = 640, 360, 15, 2, 600_000
"""The sub stream that village cameras commonly send."""

PICTURES = 450
"""Half a minute of film, served round and round."""

MTU = 1400
CLOCK_HZ = 90_000
REPORT_S = 5.0
NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970 (RFC 5905 §6)."""

BACKLOG_BYTES = 4 << 20
"""What a client that does not read may have waiting; pictures beyond that are dropped, counted."""

START_CODE = re.compile(rb"\x00{2,}\x01")
HEAD = struct.Struct(">BBHBBHII")


@dataclass(frozen=True, slots=True)
class Film:
    """A film as RTP payloads. pictures: each a list of payloads; keys: indices of key frames."""

    fps: int
    pictures: tuple[tuple[bytes, ...], ...]
    keys: tuple[int, ...]
    sdp: bytes


@dataclass(slots=True)
class Tally:
    """What the server did."""

    clients: int = 0
    sent: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """A reader was sent a camera's pictures. path: as it asked.

    picture: of the film, the first one sent; began_s, ended_s: seconds since 1970 at which that
    one went out and the reader left, None while it has not.
    """

    path: str
    picture: int
    began_s: float
    ended_s: float | None = None


@dataclass(slots=True, eq=False)
class Client:
    """One session. picture: index of the next one; stamp, sequence: of RTP."""

    writer: asyncio.StreamWriter
    film: Film
    picture: int
    started_s: float
    count: int = 0
    reported_s: float = 0.0
    sequence: int = field(default_factory=lambda: random.randrange(1 << 16))
    first_stamp: int = field(default_factory=lambda: random.randrange(1 << 31))
    source: int = field(default_factory=lambda: random.randrange(1 << 32))

    @property
    def due_s(self) -> float:
        """When the next picture goes out, on the loop's clock."""
        return self.started_s + self.count / self.film.fps


@contextmanager
def fleet() -> Iterator[str]:
    """Run a fleet beside us; yields its address, to which any path may be added."""
    child = start_child((sys.executable, "-m", "benchmarks.fleet_server"), output=subprocess.PIPE)
    try:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        if not port:
            raise UnreachableError("the fleet of cameras did not start; its error is above")
        yield f"rtsp://{LOOPBACK}:{int(port)}"
    finally:
        stop_child(child, 5.0)


def coded_film() -> Film:
    """Code the pedestrians' film as the cameras would send it."""
    stream = av.CodecContext.create("libx264", "w")
    assert isinstance(stream, av.VideoCodecContext)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base, stream.framerate = Fraction(1, FPS), Fraction(FPS)
    stream.bit_rate, stream.gop_size = BIT_RATE, FPS * GOP_S
    # With more threads "zerolatency" cuts each picture into slices, which cameras do not do.
    stream.options = {"preset": "fast", "tune": "zerolatency", "sc_threshold": "0", "threads": "1"}
    packets = []
    for number, picture in enumerate(
        itertools.islice(itertools.cycle(pictures("vtest")), PICTURES)
    ):
        frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(WIDTH, HEIGHT, "yuv420p")
        frame.pts, frame.time_base, frame.pict_type = number, stream.time_base, PictureType.NONE
        packets += stream.encode(frame)
    packets += stream.encode(None)
    return _film(FPS, [_units(bytes(packet)) for packet in packets])


def clip_film(path: Path) -> Film:
    """Return a coded clip (MP4, H.264), as it is."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_start_codes = BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [
            bytes(whole)
            for packet in container.demux(stream)
            if packet.size
            for whole in to_start_codes.filter(packet)
        ]
        return _film(round(stream.average_rate or FPS), [_units(packet) for packet in packets])


def _units(access_unit: bytes) -> list[bytes]:
    return [unit for unit in START_CODE.split(access_unit) if unit]


def _film(fps: int, access_units: list[list[bytes]]) -> Film:
    keys = tuple(i for i, units in enumerate(access_units) if any(u[0] & 31 == 5 for u in units))
    sets = [unit for unit in access_units[keys[0]] if unit[0] & 31 in {7, 8}]
    payloads = tuple(
        tuple(payload for unit in units for payload in _payloads(unit)) for units in access_units
    )
    return Film(fps, payloads, keys, _sdp(fps, sets))


def _payloads(unit: bytes) -> Iterator[bytes]:
    """Cut one NAL unit into single or fragment packets (RFC 6184 §5.6, §5.8)."""
    if len(unit) <= MTU:
        yield unit
        return
    indicator, kind, body = unit[0] & 0xE0 | 28, unit[0] & 31, unit[1:]
    for at in range(0, len(body), MTU - 2):
        start, end = at == 0, at + MTU - 2 >= len(body)
        yield bytes((indicator, start << 7 | end << 6 | kind)) + body[at : at + MTU - 2]


def _sdp(fps: int, sets: list[bytes]) -> bytes:
    sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
    lines = (
        "v=0",
        f"o=- 0 0 IN IP4 {LOOPBACK}",
        "s=fleet",
        "t=0 0",
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        f"a=framerate:{fps}",
        f"a=fmtp:96 packetization-mode=1;profile-level-id={sets[0][1:4].hex()}"
        f";sprop-parameter-sets={sprop}",
        "a=control:track1",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


class FleetServer:
    """The cameras: answers requests, and one task sends every client its pictures when due.

    films: by camera; any_film: for paths that name none of them. on_showing: called when a reader
    begins and when it leaves.
    """

    def __init__(
        self,
        films: Mapping[str, Film],
        any_film: Film | None = None,
        on_showing: Callable[[Showing], None] = lambda _showing: None,
    ) -> None:
        self.tally = Tally()
        self._films = films
        self._any = any_film
        self._on_showing = on_showing
        self._showings: dict[asyncio.StreamWriter, Showing] = {}
        self._due: list[tuple[float, int, Client]] = []
        self._order = itertools.count()
        self._arrived = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be the camera of one connection until it ends."""
        self.tally.clients += 1
        # Cancelled: the process ends, and nobody asks this task how it went.
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        self.tally.clients -= 1
        writer.close()
        showing = self._showings.pop(writer, None)
        if showing is not None:
            self._on_showing(replace(showing, ended_s=time.time()))

    async def play(self) -> None:
        """Send what is due, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            while self._due and self._due[0][0] <= loop.time():
                _, order, client = heapq.heappop(self._due)
                if not client.writer.is_closing():
                    self._send(client)
                    heapq.heappush(self._due, (client.due_s, order, client))
            self._arrived.clear()
            pause_s = self._due[0][0] - loop.time() if self._due else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), pause_s)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request or interleaved packet; return False after TEARDOWN."""
        first = await reader.readexactly(1)
        if first == b"$":
            await reader.readexactly(int.from_bytes((await reader.readexactly(3))[1:], "big"))
            return True
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        method, url = head.split(" ", 2)[:2]
        found = re.search(r"^CSeq: *(\d+)", head, re.M | re.I)
        lines = [f"CSeq: {found[1] if found else 0}", "Session: 1;timeout=60"]
        path = urlsplit(url).path.removesuffix("/").removesuffix("/track1").lstrip("/")
        film, status, body = self._film_of(path), "200 OK", b""
        if film is None and method != "OPTIONS":
            status = "404 Not Found"
        elif method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif method == "DESCRIBE":
            body = film.sdp if film else b""
            lines += [f"Content-Base: {url}/", "Content-Type: application/sdp"]
            lines.append(f"Content-Length: {len(body)}")
        elif method == "SETUP":
            lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        answer = "".join(f"{line}\r\n" for line in (f"RTSP/1.0 {status}", *lines, ""))
        writer.write(answer.encode() + body)
        if method == "PLAY" and film is not None:
            self._enter(writer, film, path)
        return method != "TEARDOWN"

    def _film_of(self, path: str) -> Film | None:
        camera = path.rpartition("/")[2].partition("-")[0]
        return self._films.get(camera, self._any)

    def _enter(self, writer: asyncio.StreamWriter, film: Film, path: str) -> None:
        """Begin to play: the same camera always at the same phase."""
        of_camera = random.Random(path)
        pause_s = of_camera.random() / film.fps
        started_s = asyncio.get_running_loop().time() + pause_s
        client = Client(writer, film, of_camera.choice(film.keys), started_s)
        self._showings[writer] = Showing(path, client.picture, time.time() + pause_s)
        self._on_showing(self._showings[writer])
        heapq.heappush(self._due, (client.due_s, next(self._order), client))
        self._arrived.set()

    def _send(self, client: Client) -> None:
        film = client.film
        payloads = film.pictures[client.picture]
        stamp = (client.first_stamp + client.count * CLOCK_HZ // film.fps) & 0xFFFFFFFF
        client.picture = (client.picture + 1) % len(film.pictures)
        client.count += 1
        if client.writer.transport.get_write_buffer_size() > BACKLOG_BYTES:
            self.tally.dropped += 1
            client.sequence = (client.sequence + len(payloads)) & 0xFFFF
            return
        out = [self._report(client, stamp)]
        last = len(payloads) - 1
        for number, payload in enumerate(payloads):
            kind = 96 | (128 if number == last else 0)
            size = len(payload) + 12
            out.append(HEAD.pack(0x24, 0, size, 0x80, kind, client.sequence, stamp, client.source))
            out.append(payload)
            client.sequence = (client.sequence + 1) & 0xFFFF
        client.writer.write(b"".join(out))
        self.tally.sent += 1

    def _report(self, client: Client, stamp: int) -> bytes:
        """Return a sender report (RFC 3550 §6.4.1) when one is due, else nothing."""
        if client.due_s - client.reported_s < REPORT_S:
            return b""
        client.reported_s = client.due_s
        ntp = time.time() + NTP_EPOCH_S
        words = (int(ntp), int(ntp % 1 * (1 << 32)), stamp, client.count, 0)
        report = struct.pack(">BBHI5I", 0x80, 200, 6, client.source, *words)
        return struct.pack(">BBH", 0x24, 1, len(report)) + report


def _server(programme: Path | None) -> FleetServer:
    if programme is None:
        return FleetServer({}, coded_film())
    clips: dict[str, str] = json.loads(programme.read_text("utf-8"))
    films = {path: clip_film(Path(path)) for path in set(clips.values())}

    def tell(showing: Showing) -> None:
        print(json.dumps(asdict(showing)), flush=True)

    return FleetServer({name: films[path] for name, path in clips.items()}, on_showing=tell)


async def _run(programme: Path | None) -> None:
    server = _server(programme)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = await asyncio.start_server(server.serve, LOOPBACK, 0, backlog=1024)
    playing = asyncio.create_task(server.play())
    print(listener.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    playing.cancel()
    tally = server.tally
    print(json.dumps({"sent": tally.sent, "dropped": tally.dropped}), flush=True)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
