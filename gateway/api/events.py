"""The one push channel: a snapshot, then numbered events, for as long as the session lasts."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

from anyio import CancelScope, create_task_group, move_on_after
from fastapi import APIRouter, WebSocket, status
from fastapi.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from gateway.api.broadcaster import CloseCode, EventChannel
from gateway.api.runtime import RuntimeDep
from gateway.api.security import comes_from_here, find_sign_in
from gateway.api.services import ServicesDep

CLOSE_S = 10.0
"""How long a client that reads nothing is given to take the close frame."""

Job: TypeAlias = Callable[[WebSocket, EventChannel], Awaitable[None]]

router = APIRouter()


@router.websocket("/api/events")
async def events(websocket: WebSocket, services: ServicesDep, runtime: RuntimeDep) -> None:
    """Push changes to one client.

    A page of another origin is refused before anything is accepted; without a session the channel
    is accepted and closed with 4401, because a page cannot see why a handshake failed.
    """
    if not comes_from_here(websocket.scope, services.serve.allowed_origins):
        await websocket.close(status.WS_1008_POLICY_VIOLATION)
        return
    sign_in = await run_in_threadpool(find_sign_in, websocket, services)
    await websocket.accept()
    if sign_in is None:
        await websocket.close(CloseCode.SESSION_ENDED)
        return
    channel = EventChannel(sign_in.user)
    runtime.watch.hold(channel, sign_in.token)
    try:
        await runtime.broadcaster.join(channel)
        await _serve(websocket, channel)
    finally:
        runtime.broadcaster.leave(channel)
        runtime.watch.release(channel)


async def _serve(websocket: WebSocket, channel: EventChannel) -> None:
    """Send until the client leaves or the channel is to be closed; then close it."""
    async with create_task_group() as tasks:
        for job in (_send_all, _until_gone, _until_closing):
            tasks.start_soon(_first, tasks.cancel_scope, job, websocket, channel)
    if channel.close_code is not None:
        with move_on_after(CLOSE_S), suppress(WebSocketDisconnect):
            await websocket.close(channel.close_code)


async def _first(scope: CancelScope, job: Job, websocket: WebSocket, channel: EventChannel) -> None:
    """Do one of several jobs; when it is done, so are the others."""
    await job(websocket, channel)
    scope.cancel()


async def _send_all(websocket: WebSocket, channel: EventChannel) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await channel.next())


async def _until_gone(websocket: WebSocket, _channel: EventChannel) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _until_closing(_websocket: WebSocket, channel: EventChannel) -> None:
    await channel.closing()
