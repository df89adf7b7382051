"""The HTTP loop on real sockets: headers, proxies, limits, and its end."""

import asyncio
import contextlib
import socket

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.errors import GatewayError, PortTakenError
from gateway.serving import CLOSE_S, MAX_MESSAGE_BYTES, listen, serving


@pytest.fixture
def app():
    app = FastAPI()
    app.state.begun = asyncio.Event()

    @app.get("/who")
    async def who(request: Request) -> dict[str, str]:
        return {"scheme": request.url.scheme, "client": request.client.host}

    @app.get("/slow")
    async def slow() -> None:
        app.state.begun.set()
        await asyncio.sleep(600)

    @app.websocket("/echo")
    async def echo(channel: WebSocket) -> None:
        await channel.accept()
        while True:
            await channel.send_text(await channel.receive_text())

    return app


@contextlib.asynccontextmanager
async def served(app):
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    async with (
        serving(app, listener),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client, port


async def test_says_nothing_about_itself_and_believes_the_proxy_beside_it(app):
    async with served(app) as (client, _):
        plain = await client.get("/who")
        assert plain.json() == {"scheme": "http", "client": "127.0.0.1"}
        assert "server" not in plain.headers
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        behind = await client.get("/who", headers=headers)
        assert behind.json() == {"scheme": "https", "client": "192.0.2.7"}


async def test_long_messages_end_the_channel(app):
    async with served(app) as (_, port), connect(f"ws://127.0.0.1:{port}/echo") as channel:
        await channel.send("x" * MAX_MESSAGE_BYTES)
        assert len(await channel.recv()) == MAX_MESSAGE_BYTES
        await channel.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await channel.recv()
        assert closed.value.rcvd.code == 1009


async def test_request_that_never_ends_does_not_hold_up_the_stop(app):
    async with asyncio.timeout(CLOSE_S + 10):
        async with served(app) as (client, port):
            hanging = asyncio.create_task(client.get("/slow", timeout=60))
            await app.state.begun.wait()
        with contextlib.suppress(httpx.HTTPError):
            assert (await hanging).is_error
    listen("127.0.0.1", port).close()  # and the port is free again


async def test_application_that_cannot_start_is_an_error():
    @contextlib.asynccontextmanager
    async def broken(_app):
        raise LookupError("no database")
        yield

    with pytest.raises(GatewayError, match="did not start"):
        async with serving(FastAPI(lifespan=broken), listen("127.0.0.1", 0)):
            pytest.fail("it does not run")


def test_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"127.0.0.1:{port}.*another serve.port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_address_that_is_not_ours(host):
    with pytest.raises(PortTakenError, match="address of this machine"):
        listen(host, 0)


def test_listens_on_ipv6_as_well():
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    listen("::", 0).close()
