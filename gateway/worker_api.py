"""A worker's own HTTP port: what `serve` asks of the process that owns a camera."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware

from gateway.api.errors import UnauthenticatedError, answer_errors
from gateway.api.layers import BodyLimit
from gateway.clock import to_iso
from gateway.whep import MAX_OFFER_BYTES, SDP_TYPE, read_offer

CAPTURED_AT_HEADER = "X-Captured-At"
"""When the picture of a snapshot was taken: ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One viewer's live session: its random id, and the SDP answer to its offer."""

    session: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A camera's latest picture as JPEG, and when it was taken (UTC)."""

    jpeg: bytes
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What a worker is doing: its shard ("0/2"), the cameras it owns, its live session ids."""

    shard: str
    cameras: tuple[str, ...]
    live_sessions: tuple[str, ...]


class WorkerControl(Protocol):
    """What a worker does when asked; every method runs on the event loop of the worker's port."""

    async def whep_offer(self, camera: str, offer: str) -> LiveAnswer:
        """Start a live session.

        Raises NotFoundError (not a camera of this worker), NoPictureError (nothing arrives),
        NotPlayableError, BadOfferError and BusyError.
        """

    async def live_delete(self, session: str) -> None:
        """End a live session; one that is not there is no error."""

    async def snapshot(self, camera: str, width: int | None) -> Snapshot:
        """Return the latest picture, no wider than `width` pixels.

        Raises NotFoundError and NoPictureError.
        """

    async def status(self) -> WorkerStatus:
        """Return what the worker is doing."""

    async def reload(self) -> None:
        """Read the inventory again; start, stop and change cameras to match."""


def create_worker_app(control: WorkerControl, token: str) -> FastAPI:
    """Return the worker's HTTP application, for uvicorn on a loopback address.

    Every request must carry `Authorization: Bearer <token>`.
    """
    app = FastAPI(
        title="gridpatrol worker",
        openapi_url=None,
        middleware=[Middleware(BodyLimit, max_bytes=MAX_OFFER_BYTES)],
        dependencies=[Depends(_check_token)],
    )
    app.state.control = control
    app.state.token = token
    answer_errors(app)
    app.include_router(router)
    return app


def _check_token(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> None:
    expected = cast(str, request.app.state.token)
    if given is None or not hmac.compare_digest(given.credentials.encode(), expected.encode()):
        raise UnauthenticatedError("A worker's port wants the bearer token of its data directory.")


def _control(request: Request) -> WorkerControl:
    return cast(WorkerControl, request.app.state.control)


Control = Annotated[WorkerControl, Depends(_control)]

router = APIRouter()


@router.get("/status")
async def read_status(control: Control) -> WorkerStatus:
    """Return what the worker is doing."""
    return await control.status()


@router.get("/metrics")
async def read_metrics() -> Response:
    """Return the counters of this process in Prometheus' text form."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/cameras/{camera}/snapshot.jpg")
async def read_snapshot(
    control: Control, camera: str, width: Annotated[int | None, Query(gt=0)] = None
) -> Response:
    """Return a camera's latest picture."""
    picture = await control.snapshot(camera, width)
    headers = {CAPTURED_AT_HEADER: to_iso(picture.captured_at)}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


@router.post("/cameras/{camera}/whep")
async def start_live(control: Control, camera: str, request: Request) -> Response:
    """Answer a viewer's offer."""
    answer = await control.whep_offer(camera, await read_offer(request))
    headers = {"Location": f"/live/{answer.session}"}
    return Response(answer.sdp, status.HTTP_201_CREATED, headers, SDP_TYPE)


@router.delete("/live/{session}", status_code=status.HTTP_204_NO_CONTENT)
async def end_live(control: Control, session: str) -> None:
    """End a viewer's live session."""
    await control.live_delete(session)


@router.post("/reload", status_code=status.HTTP_204_NO_CONTENT)
async def reload(control: Control) -> None:
    """Read the inventory again."""
    await control.reload()
