"""A worker's own HTTP port: what `serve` asks of the process that owns a camera."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware

from gateway import worker_control_api, worker_talk_api, worker_water_api
from gateway.clock import to_iso
from gateway.http.body_limit import BodyLimit
from gateway.http.errors import UnauthenticatedError, answer_errors
from gateway.store.camera_states import LiveMode
from gateway.store.loads import WorkerLoad
from gateway.whep import (
    MAX_OFFER_BYTES,
    MODE_HEADER,
    SDP_TYPE,
    WHY_HEADER,
    Hindrance,
    IceFragment,
    StreamChoice,
    parse_fragment,
    read_offer,
    read_text,
)

CAPTURED_AT_HEADER = "X-Captured-At"
"""When the picture of a snapshot was taken: ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One viewer's live session: its random id, and the SDP answer to its offer.

    why: what keeps the stream from being shown as it is; None when it is.
    """

    session: str
    sdp: str
    mode: LiveMode = LiveMode.WHEP
    why: Hindrance | None = None


@dataclass(frozen=True, slots=True)
class ViewerStatus:
    """How one live session fares.

    state: of its WebRTC connection. sent_bytes: of pictures. lost_packets, round_trip_ms: as the
    player last reported, None before. dropped: pictures it was too slow for.
    """

    session: str
    camera: str
    stream: StreamChoice
    mode: LiveMode
    began_at: datetime
    state: str
    sent_bytes: int
    dropped: int
    lost_packets: int | None
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A camera's latest picture as JPEG, and when it was taken (UTC)."""

    jpeg: bytes
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What a worker is doing: its shard ("0/2"), the cameras it owns.

    live_sessions: the ids of who watches and who speaks. viewers: how those who watch fare. load:
    as last reported, None before.
    """

    shard: str
    cameras: tuple[str, ...]
    live_sessions: tuple[str, ...]
    viewers: tuple[ViewerStatus, ...] = ()
    load: WorkerLoad | None = None


class WorkerControl(Protocol):
    """What a worker does when asked; every method runs on the event loop of the worker's port."""

    async def whep_offer(self, camera: str, offer: str, stream: StreamChoice) -> LiveAnswer:
        """Start a live session.

        Raises NotFoundError (not a camera of this worker), NoPictureError (nothing arrives),
        NotPlayableError, BadOfferError and BusyError.
        """

    async def live_candidates(self, session: str, fragment: IceFragment) -> None:
        """Take candidates that a player found after its offer.

        Raises NotFoundError, IceRestartError for another ICE session's, BadOfferError.
        """

    async def live_delete(self, session: str) -> None:
        """End a live session or a talk; one that is not there is no error."""

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
    app.include_router(worker_control_api.router)
    app.include_router(worker_talk_api.router)
    app.include_router(worker_water_api.router)
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
async def start_live(
    control: Control, camera: str, request: Request, stream: StreamChoice = StreamChoice.SUB
) -> Response:
    """Answer a viewer's offer."""
    answer = await control.whep_offer(camera, await read_offer(request), stream)
    headers = {
        "Location": f"/live/{answer.session}",
        MODE_HEADER: answer.mode,
        WHY_HEADER: answer.why or "",
    }
    return Response(answer.sdp, status.HTTP_201_CREATED, headers, SDP_TYPE)


@router.patch("/live/{session}", status_code=status.HTTP_204_NO_CONTENT)
async def add_candidates(control: Control, session: str, request: Request) -> None:
    """Take more of a viewer's candidates."""
    await control.live_candidates(session, parse_fragment(await read_text(request)))


@router.delete("/live/{session}", status_code=status.HTTP_204_NO_CONTENT)
async def end_live(control: Control, session: str) -> None:
    """End a viewer's live session."""
    await control.live_delete(session)


@router.post("/reload", status_code=status.HTTP_204_NO_CONTENT)
async def reload(control: Control) -> None:
    """Read the inventory again."""
    await control.reload()
