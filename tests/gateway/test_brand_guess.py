"""A brand's addresses tried against a live camera: the first that plays, and no lock-out."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from gateway import onboarding
from gateway.errors import NotVideoError, UnauthorizedError, UnreachableError
from gateway.onboarding import Approach, look_at


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboarding, "BETWEEN_TRIES_S", 0.0)


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


@pytest.fixture
def refusing() -> Iterator[Callable[[int], tuple[int, list[str]]]]:
    """Return a starter of RTSP servers that answer every DESCRIBE with one status.

    Gives the port and the paths that were asked for.
    """
    listeners: list[socket.socket] = []

    def serve(listener: socket.socket, status: int, asked: list[str]) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                while (line := stream.readline()) not in {b"", b"\r\n"}:
                    method, uri, _ = line.decode().split(" ", 2)
                    number = b"1"
                    while (header := stream.readline()) not in {b"", b"\r\n"}:
                        if header.lower().startswith(b"cseq:"):
                            number = header.split(b":")[1].strip()
                    code = status if method == "DESCRIBE" else 200
                    if method == "DESCRIBE":
                        asked.append(uri.partition("://")[2].partition("/")[2])
                    challenge = b'WWW-Authenticate: Basic realm="x"\r\n' if code == 401 else b""
                    stream.write(b"RTSP/1.0 %d x\r\nCSeq: %s\r\n%s\r\n" % (code, number, challenge))
                    stream.flush()

    def start(status: int) -> tuple[int, list[str]]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        asked: list[str] = []
        threading.Thread(target=serve, args=(listener, status, asked), daemon=True).start()
        return int(listener.getsockname()[1]), asked

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def guess(place: str, brand: str):
    (found,) = look_at(place, lambda _: "pw", Approach(brand))
    return found


@pytest.mark.parametrize(
    ("paths", "brand", "main", "sub"),
    [
        (("/cam/realmonitor",), "dahua", "/cam/realmonitor?channel=1&subtype=0", "subtype=1"),
        (("/media/video1", "/media/video2"), "uniview", "/media/video1", "/media/video2"),
        (("/media/video1",), "any", "/media/video1", None),
        (("/stream1", "/stream2"), "any", "/stream1", "/stream2"),
    ],
)
def test_the_first_address_that_plays_is_taken(rtsp_camera, units, paths, brand, main, sub):
    options = [word for path in paths for word in ("--path", path)]
    camera = rtsp_camera(units, "--fps", "25", *options)
    found = guess(f"127.0.0.1:{camera.port}", brand)
    assert found.main_uri == f"rtsp://127.0.0.1:{camera.port}{main}"
    assert found.address == found.main_uri
    assert (found.sub_uri or "").endswith(sub or "")
    assert (found.sub_uri is None) == (sub is None)


def test_a_refused_password_ends_it_at_once(refusing):
    port, asked = refusing(401)
    with pytest.raises(UnauthorizedError):
        guess(f"admin:wrong@127.0.0.1:{port}", "any")
    assert set(asked) == {"Streaming/Channels/101"}


def test_a_camera_that_plays_none_is_told(refusing):
    port, asked = refusing(404)
    with pytest.raises(NotVideoError, match="none of the 2 addresses known of hikvision"):
        guess(f"127.0.0.1:{port}", "hikvision")
    assert {"Streaming/Channels/101", "h264/ch1/main/av_stream"} == set(asked)


def test_nobody_there_is_asked_once():
    with pytest.raises(UnreachableError):
        guess("127.0.0.1:9", "any")


def test_user_and_password_are_filled_in_where_the_brand_wants_them(refusing):
    port, asked = refusing(404)
    with pytest.raises(NotVideoError) as caught:
        guess(f"ad_min:p%40ss@127.0.0.1:{port}", "xiongmai")
    assert any("user=ad%5Fmin&password=p%40ss&channel=1" in path for path in asked)
    told = caught.value
    assert "p%40ss" not in str(told)
    assert "p@ss" not in str(told)
