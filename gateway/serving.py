"""The loops behind the two HTTP processes: uvicorn on a socket of ours, stopped by an event."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from gateway.errors import PortTakenError

CLOSE_S = 3
"""Time that open requests get to end when the process stops."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises PortTakenError when another program has the port, or the address is not ours.
    """
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({error.strerror}); stop the program that does, or"
            " choose another serve.host and serve.port (GRIDPATROL_SERVE__PORT=8601)"
        ) from error


@contextlib.asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Answer requests on a socket while the block runs, then close in order."""
    server = _QuietServer(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=CLOSE_S,
            ws_max_size=64 << 10,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
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
    """uvicorn, with the signals left to the process it is part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
