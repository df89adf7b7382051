"""Address ranges asked for real: who counts, who does not, and how politely."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from gateway.errors import BusyError
from gateway.network_scan import Answering, Pace, Protocol, Scan

HERE = ip_address("127.0.0.1")
QUICK = Pace(connect_s=1.0, answer_s=0.5)


def scan(ports, hosts=(HERE,), pace=QUICK) -> list[Answering]:
    found: list[Answering] = []
    Scan(hosts, ports, found.append, lambda done, total: None, pace).run()
    return found


@pytest.fixture
def server() -> Iterator[Callable[[bytes], int]]:
    """Return a starter of servers that answer anything with these bytes; gives the port."""
    listeners: list[socket.socket] = []

    def serve(listener: socket.socket, answer: bytes) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

    def start(answer: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_real_answers_count(virtual_camera, rtsp_camera, coded_stream):
    units = [packet.data for packet in coded_stream(pictures=25).packets]
    rtsp = rtsp_camera(units)
    onvif_port = int(virtual_camera.address.rpartition(":")[2])
    found = scan([onvif_port, rtsp.port, 1])
    assert {(one.address, one.protocol) for one in found} == {
        (virtual_camera.address, Protocol.ONVIF),
        (f"127.0.0.1:{rtsp.port}", Protocol.RTSP),
    }
    (server,) = {one.server for one in found if one.protocol is Protocol.RTSP}
    assert "GStreamer" in server


def test_what_an_rtsp_server_calls_itself(server):
    port = server(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nSERVER:  Rtsp Server/3.0 \r\n\r\n")
    assert scan([port]) == [Answering(f"127.0.0.1:{port}", Protocol.RTSP, "Rtsp Server/3.0")]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.0 200 OK\r\n\r\n<html>", b"SSH-2.0-OpenSSH_9\r\n", b"", b"\xff\x00" * 700]
)
def test_open_ports_are_no_cameras(server, answer):
    assert scan([server(answer)]) == []


def test_a_server_that_says_nothing_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert scan([silent.getsockname()[1]], pace=Pace(connect_s=1.0, answer_s=0.2)) == []


def test_each_port_is_asked_once(server):
    ports = [server(b"RTSP/1.0 200 OK\r\n\r\n") for _ in range(3)]
    assert [one.address for one in scan(ports * 2)] == [f"127.0.0.1:{port}" for port in ports]


def test_new_connections_are_spaced():
    hosts = [ip_address(f"127.0.0.{number}") for number in range(1, 13)]
    started_s = time.monotonic()
    scan([1], hosts, Pace(per_s=20))
    assert time.monotonic() - started_s >= (len(hosts) - 1) / 20


def test_progress_is_told_and_may_end_it():
    told: list[tuple[int, int]] = []

    def advance(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise BusyError("enough")

    hosts = [ip_address(f"127.0.1.{number}") for number in range(1, 200)]
    with pytest.raises(BusyError, match="enough"):
        Scan(hosts, [1], pytest.fail, advance, Pace(hosts_at_once=1, per_s=1000)).run()
    assert told == [(0, 199), (1, 199), (2, 199)]


def test_ipv6(server):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"RTSP/1.0 200 OK\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    (found,) = scan([port], [ip_address("::1")])
    thread.join(60)
    listener.close()
    assert found.address == f"[::1]:{port}"
