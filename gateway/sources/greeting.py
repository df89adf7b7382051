"""Is anybody there, and do they speak RTSP? Asked before FFmpeg is let loose on an address.

FFmpeg says "Input/output error" to a wrong name and "Invalid data" to a web server, and cannot be
interrupted while it connects. This asks one question on a connection of its own, and can be.
"""

import errno
import os
import select
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.clock import monotonic_s
from gateway.errors import NotVideoError, StreamLostError, UnreachableError
from gateway.sources.address import shown

_LOOK_S = 0.2
"""How often a wait looks whether the source was closed meanwhile."""

_ENOUGH = 5
"""Bytes of an answer that tell RTSP from everything else: its status line begins "RTSP/"."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one step may take, and the event that ends it early."""

    timeout_s: float
    closing: threading.Event


def greet(url: str, default_port: int, wait: Wait, *, expect_rtsp: bool) -> None:
    """Return when the address accepts a connection and, where asked, answers in RTSP.

    Raises UnreachableError (name unknown, no route, refused, silent), NotVideoError (another
    protocol answers), StreamLostError (closed meanwhile).
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or default_port
    connection = _connect(host, port, wait)
    try:
        if expect_rtsp:
            _judge(f"{host}:{port}", _answer(connection, url, wait))
    finally:
        connection.close()


def _connect(host: str, port: int, wait: Wait) -> socket.socket:
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise UnreachableError(f"The name {host!r} is not known; check the camera's address.")
    reason = ""
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(0)
        code = connection.connect_ex(address)
        if code == errno.EINPROGRESS:
            ready = _ready(connection, select.POLLOUT, wait)
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            code = code or (0 if ready else errno.ETIMEDOUT)
        if code == 0:
            return connection
        connection.close()
        reason = os.strerror(code).lower()
    raise UnreachableError(
        f"Nothing answers at {where} ({reason}); check the address, the port and the network."
    )


def _answer(connection: socket.socket, url: str, wait: Wait) -> bytes:
    request = f"OPTIONS {shown(url)} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: gridpatrol\r\n\r\n"
    answer = b""
    try:
        connection.send(request.encode())
        while len(answer) < _ENOUGH:
            if not _ready(connection, select.POLLIN, wait):
                raise UnreachableError(
                    f"{shown(url)} accepts connections but has not answered for "
                    f"{wait.timeout_s:g} s; restart the camera if this goes on."
                )
            part = connection.recv(256)
            if not part:
                break
            answer += part
    except OSError:
        pass
    return answer


def _judge(where: str, answer: bytes) -> None:
    if answer.startswith(b"RTSP/"):
        return
    what = "but with something else" if answer else "it hung up"
    if answer.startswith((b"HTTP/", b"<")):
        what = "but with a web page"
    raise NotVideoError(
        f"{where} answered, but not with RTSP, {what}; check the port, cameras mostly use 554."
    )


def _ready(connection: socket.socket, event: int, wait: Wait) -> bool:
    poll = select.poll()
    poll.register(connection, event)
    deadline_s = monotonic_s() + wait.timeout_s
    while not wait.closing.is_set():
        left_s = deadline_s - monotonic_s()
        if left_s <= 0:
            return False
        if poll.poll(min(left_s, _LOOK_S) * 1000):
            return True
    raise StreamLostError("The source was closed while it was being opened.")
