"""What stands at a camera's address when it is not a camera: all of it real, on loopback."""

import http.server
import socket
import threading
from contextlib import closing

import pytest

from gateway.errors import NotVideoError, StreamLostError, UnreachableError
from gateway.sources import AvSource, Limits
from gateway.sources.greeting import Wait, greet

QUICK = Limits(open_s=0.5)


@pytest.fixture
def listener():
    """Return a socket that listens and is never read from."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=1)) as server:
        yield server


def address(server):
    return f"rtsp://127.0.0.1:{server.getsockname()[1]}/camera"


def answer_with(server, data):
    """Answer the first connection with some bytes and hang up."""

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_web_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(NotVideoError, match="not with RTSP, but with a web page"):
            AvSource(address(server.socket)).open()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it hung up"),
        (b"SSH-2.0-dropbear\r\n", "something else"),
        (b"RTS", "else"),
        (b"HTTP/1.1 400 Bad Request\r\n", "web page"),
    ],
)
def test_another_protocol(listener, data, told):
    thread = answer_with(listener, data)
    with pytest.raises(NotVideoError, match=told):
        AvSource(address(listener)).open()
    thread.join()


def test_a_greeting_in_rtsp_is_enough(listener):
    thread = answer_with(listener, b"RTSP/1.0 401 Unauthorized\r\n\r\n")
    greet(address(listener), 554, Wait(5.0, threading.Event()), expect_rtsp=True)
    thread.join()


def test_silence(listener):
    with pytest.raises(UnreachableError, match=r"has not answered for 0.5 s"):
        AvSource(address(listener), limits=QUICK).open()


@pytest.fixture
def mute_camera(listener):
    """Return the address of a camera that greets in RTSP and says nothing to what follows."""
    held = []

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"RTSP/1.0 200 OK\r\n\r\n")
        held.append(listener.accept()[0])

    thread = threading.Thread(target=serve)
    thread.start()
    yield address(listener)
    thread.join()
    held[0].close()


def test_silence_after_the_greeting(mute_camera):
    with pytest.raises(UnreachableError, match="stopped answering"):
        AvSource(mute_camera, limits=QUICK).open()


def test_close_ends_an_open_that_hangs_inside_ffmpeg(mute_camera):
    source = AvSource(mute_camera, limits=Limits(open_s=600.0))
    timer = threading.Timer(0.3, source.close)
    timer.start()
    with pytest.raises(StreamLostError, match="closed while"):
        source.open()
    timer.join()


def test_a_closed_port(listener):
    url = address(listener)
    listener.close()
    with pytest.raises(UnreachableError, match="connection refused"):
        AvSource(url).open()


def test_a_name_nobody_knows():
    with pytest.raises(UnreachableError, match=r"'camera.invalid' is not known"):
        AvSource("rtsp://camera.invalid/").open()


@pytest.fixture
def black_hole():
    """Return an address that drops every packet: the kernel of a full listener does."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as server:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(server.getsockname())
        yield address(server)
        for filler in fillers:
            filler.close()


def test_a_black_hole(black_hole):
    with pytest.raises(UnreachableError, match="connection timed out"):
        AvSource(black_hole, limits=QUICK).open()


def test_close_ends_the_wait_for_a_black_hole(black_hole):
    source = AvSource(black_hole, limits=Limits(open_s=600.0))
    timer = threading.Timer(0.1, source.close)
    timer.start()
    with pytest.raises(StreamLostError, match="closed while"):
        source.open()
    timer.join()
