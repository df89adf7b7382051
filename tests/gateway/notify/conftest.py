"""A real receiver of what Apprise posts (json://), which can be told to misbehave."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Receiver:
    """statuses: answers to come, then 200s. hold: while it is clear, nothing is answered."""

    url: str = ""
    told: list[dict] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def texts(self) -> list[str]:
        return [one["message"] for one in self.told]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a running receiver."""
    got = Receiver()
    got.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            got.arrived.set()
            got.hold.wait(60)
            status = got.statuses.pop(0) if got.statuses else 200
            if status == 200:
                got.told.append(body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="receiver")
    thread.start()
    got.url = f"json://duty:S3cretWord@127.0.0.1:{server.server_port}/hook-token-9"
    yield got
    got.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()
