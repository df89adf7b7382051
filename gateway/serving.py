"""The loops behind the two HTTP processes: uvicorn on a socket of ours, stopped by an event."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from gateway.errors import GatewayError, PortTakenError

CLOSE_S = 3
"""Time that open requests get to end when the process stops."""
MAX_MESSAGE_BYTES = 4096
"""Longest message taken from a browser on the event channel; the console sends none."""
START_POLL_S = 0.01

_CURES = {
    errno.EADDRINUSE: "stop the program that does, or choose another serve.port"
    " (GRIDPATROL_SERVE__PORT=8601)",
    errno.EACCES: "ports below 1024 need root: choose a higher serve.port",
}
_OTHER_CURE = "serve.host must be an address of this machine, such as 127.0.0.1 or 0.0.0.0"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises PortTakenError when another program has the port, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        cure = _CURES.get(error.errno or 0, _OTHER_CURE)
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({error.strerror}); {cure}"
        ) from error


@contextlib.asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Answer requests on a socket while the block runs, then close in order.

    Behind a proxy on this machine its X-Forwarded-For and -Proto are believed. Raises GatewayError
    when the application cannot start; its log line says why.
    """
    server = _QuietServer(
        uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            timeout_graceful_shutdown=CLOSE_S,
            ws_max_size=MAX_MESSAGE_BYTES,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():
        await asyncio.sleep(START_POLL_S)
    if task.done():
        task.result()
    try:
        yield
    finally:
        server.should_exit = True
        await task


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; for the main thread's running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, event.set)
    return event


class _QuietServer(uvicorn.Server):
    """uvicorn, with the signals, and the end of the process, left to who runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as leaving:
            raise GatewayError(
                "the HTTP server did not start; the log lines before this say why"
            ) from leaving
