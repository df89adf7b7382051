"""A webhook receiver that is well, slow or away, as it is told; it remembers what it took."""

import threading
import time
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

SLOW_S = 0.2


class Manner(Enum):
    """How requests are met."""

    WELL = "well"
    SLOW = "slow"
    BUSY = "busy"
    RUDE = "rude"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    manner = Manner.WELL

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who asks is killed now and then."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Take one message, or not."""
        self.rfile.read(int(self.headers["content-length"]))
        if self.server.manner is Manner.RUDE:
            self.close_connection = True
            return
        if self.server.manner is Manner.SLOW:
            time.sleep(SLOW_S)
        is_busy = self.server.manner is Manner.BUSY
        if not is_busy:
            self.server.taken.append(self.headers["webhook-id"])
        self.send_response(503 if is_busy else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


class Receiver:
    """The receiver, in threads of its own. It may take a message and lose its own answer."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver")
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def taken(self) -> list[str]:
        """Ids of the events that it took, as they came."""
        return self._server.taken

    def behave(self, manner: Manner) -> None:
        """Meet requests in another manner from now on."""
        self._server.manner = manner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
