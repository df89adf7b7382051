"""Streams that are no RTSP, from real servers: HLS, HTTP-FLV and RTMP, taken in by their URL."""

import functools
import http.server
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from gateway.errors import NotVideoError
from gateway.onboarding import Finding, look_at

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")


def look(url: str) -> Finding:
    (found,) = look_at(url, pytest.fail)
    return found


@pytest.fixture
def serve() -> Iterator[Callable[[type[http.server.BaseHTTPRequestHandler]], str]]:
    """Return a starter of web servers; gives the URL."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(handler: type[http.server.BaseHTTPRequestHandler]) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_hls(road_film: Path, tmp_path: Path, serve):
    with (
        av.open(str(road_film)) as film,
        av.open(
            str(tmp_path / "live.m3u8"), "w", format="hls", options={"hls_list_size": "0"}
        ) as playlist,
    ):
        copy(film, playlist)

    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    url = serve(functools.partial(Files, directory=str(tmp_path)))
    found = look(f"{url}/live.m3u8")
    assert found.main_uri == f"{url}/live.m3u8"
    with pytest.raises(NotVideoError):
        look(f"{url}/none.m3u8")


def test_http_flv(road_film: Path, serve):
    class Flv(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/x-flv")
            self.end_headers()
            try:
                with av.open(str(road_film)) as film, av.open(self.wfile, "w", "flv") as live:
                    copy(film, live, pace_s=0.02)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    url = f"{serve(Flv)}/live/camera.flv?token=s3cret"
    assert look(url).main_uri == url


def test_rtmp(road_film: Path, rtmp: Callable[[Path], str]):
    url = rtmp(road_film)
    assert look(url).main_uri == url


def copy(film, output, pace_s: float = 0.0) -> None:
    """Put a film's packets into another container, so far apart."""
    stream = film.streams.video[0]
    copied = output.add_stream_from_template(stream)
    for packet in film.demux(stream):
        if packet.dts is not None:
            packet.stream = copied
            output.mux(packet)
            time.sleep(pace_s)


@pytest.fixture
def rtmp() -> Iterator[Callable[[Path], str]]:
    """Return a starter of RTMP servers that play a film to one viewer.

    FFmpeg takes a single connection, whoever makes it; so one that says nothing, as ours does to
    see whether anybody is there, never reaches it.
    """
    running: list[subprocess.Popen[bytes]] = []
    listeners: list[socket.socket] = []

    def start(film: Path) -> str:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            inner = taken.getsockname()[1]
        program = imageio_ffmpeg.get_ffmpeg_exe()
        command = (program, "-loglevel", "error", "-re", "-i", film, "-an", "-c", "copy")
        running.append(
            subprocess.Popen(
                [*command, "-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{inner}/live/x"]
            )
        )
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_pass_on, args=(listener, inner), daemon=True).start()
        return f"rtmp://127.0.0.1:{listener.getsockname()[1]}/live/x"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for process in running:
        process.kill()
        process.wait()


def _pass_on(listener: socket.socket, inner: int) -> None:
    while True:
        try:
            outside, _ = listener.accept()
        except OSError:
            return
        first = outside.recv(4096)
        if not first:
            outside.close()
            continue
        inside = _connected(inner)
        inside.sendall(first)
        for source, sink in ((outside, inside), (inside, outside)):
            threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _connected(port: int) -> socket.socket:
    deadline_s = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            sink.sendall(part)
    except OSError:
        pass
