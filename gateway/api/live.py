"""Live pictures by WHEP (draft-ietf-wish-whep): offers go to the worker that owns the camera.

Media never passes through here. Players on other pages may ask too, with a token of their own.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.media_type import check_type
from gateway.api.runtime import RuntimeDep
from gateway.api.security import SignInDep
from gateway.api.services import Services, ServicesDep
from gateway.api.watcher import WatcherDep, find_watcher
from gateway.errors import NoPictureError, NotFoundError
from gateway.http.errors import (
    ErrorBody,
    NotSendingError,
    PreconditionFailedError,
    PreconditionMissingError,
)
from gateway.ice_servers import ice_servers
from gateway.whep import (
    FRAGMENT_TYPE,
    MODE_HEADER,
    SDP_TYPE,
    WHY_HEADER,
    StreamChoice,
    read_offer,
    read_text,
)
from gateway.worker_client import owner_of

router = APIRouter(prefix="/api", tags=["live"])

MAX_TOKEN_DAYS = 90


def _body(media_type: str) -> dict[str, object]:
    content = {media_type: {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": content}}


ANSWERS: dict[int | str, dict[str, object]] = {
    201: {
        "description": "The SDP answer; DELETE the Location to end the session",
        "content": {SDP_TYPE: {"schema": {"type": "string"}}},
    },
    409: {
        "model": ErrorBody,
        "description": "not_playable or transcodes_full: fetch snapshots instead; not_sending: "
        "nothing comes now, try again after Retry-After",
    },
    503: {"model": ErrorBody, "description": "worker_unreachable or busy: try again later"},
}


@router.post(
    "/cameras/{camera}/whep",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    openapi_extra=_body(SDP_TYPE),
    responses=ANSWERS,
)
async def start_live(
    camera: str,
    request: Request,
    watcher: WatcherDep,
    services: ServicesDep,
    runtime: RuntimeDep,
    stream: StreamChoice = StreamChoice.SUB,
) -> Response:
    """Answer a WebRTC offer with a camera's live pictures; they end with the sign-in session.

    stream: sub is the small one for tiles; main the large one, pulled only while it is watched.
    X-Live-Mode says whether the stream is passed through or transcoded, X-Live-Why why.
    """
    watcher.check(camera)
    check_type(request, SDP_TYPE)
    offer = await read_offer(request)
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    try:
        answer = await services.workers.whep_offer(worker_url, camera, offer, stream)
    except NoPictureError as error:
        raise NotSendingError(str(error)) from error
    session = runtime.live.begin(worker_url, answer.session, watcher.token)
    response = Response(answer.sdp, status.HTTP_201_CREATED, media_type=SDP_TYPE)
    response.headers["Location"] = f"{services.serve.root_path}/api/live/{session.id}"
    response.headers["ETag"] = session.etag
    response.headers[MODE_HEADER] = answer.mode
    response.headers[WHY_HEADER] = answer.why or ""
    _link_servers(response, services)
    return response


@router.get("/cameras/{camera}/whep", status_code=status.HTTP_204_NO_CONTENT)
@router.get("/live/{session}", status_code=status.HTTP_204_NO_CONTENT)
def look_at_whep() -> None:
    """Return nothing: there is nothing to read here (draft-ietf-wish-whep §4.1)."""


@router.options("/cameras/{camera}/whep", status_code=status.HTTP_204_NO_CONTENT)
def whep_options(request: Request, response: Response, services: ServicesDep) -> None:
    """Say what is accepted (draft-ietf-wish-whep §4.3), and to who may watch, by which servers."""
    response.headers["Accept-Post"] = SDP_TYPE
    if find_watcher(request, services) is not None:
        _link_servers(response, services)


@router.options("/live/{session}", status_code=status.HTTP_204_NO_CONTENT)
def live_options(response: Response) -> None:
    """Say what is accepted (RFC 5789 §3.1)."""
    response.headers["Accept-Patch"] = FRAGMENT_TYPE


@router.patch(
    "/live/{session}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=_body(FRAGMENT_TYPE),
    responses={
        412: {"model": ErrorBody, "description": "If-Match is not the ETag of the session"},
        422: {"model": ErrorBody, "description": "ice_restart: offer anew instead"},
        428: {"model": ErrorBody, "description": "If-Match is missing"},
    },
)
async def add_candidates(
    session: str,
    request: Request,
    watcher: WatcherDep,
    services: ServicesDep,
    runtime: RuntimeDep,
    if_match: Annotated[str | None, Header()] = None,
) -> None:
    """Take ICE candidates that a player found after its offer (trickle ICE, RFC 8840)."""
    check_type(request, FRAGMENT_TYPE)
    found = runtime.live.find(session, watcher.token)
    if found is None:
        raise NotFoundError(f"There is no live session {session} of yours: offer anew.")
    if if_match is None:
        raise PreconditionMissingError("Send the session's ETag as If-Match.")
    if if_match.strip() != "*" and found.etag not in map(str.strip, if_match.split(",")):
        raise PreconditionFailedError("If-Match is not the ETag of this session: offer anew.")
    await services.workers.live_candidates(found.worker_url, session, await read_text(request))


@router.delete("/live/{session}", response_class=Response)
async def end_live(session: str, watcher: WatcherDep, runtime: RuntimeDep) -> Response:
    """End live pictures of this sign-in or token; ending them again does nothing."""
    await runtime.live.end(session, watcher.token)
    return Response()


class TokenQuestion(Question):
    """For how long a player may watch."""

    days: int = Field(1, ge=1, le=MAX_TOKEN_DAYS)


class TokenBody(Answer):
    """A token to be sent as `Authorization: Bearer`, for one camera's WHEP address."""

    token: str
    expires_at: UtcTime


@router.post("/cameras/{camera}/player-token", status_code=status.HTTP_201_CREATED)
def make_token(
    camera: str, question: TokenQuestion, sign_in: SignInDep, services: ServicesDep
) -> TokenBody:
    """Make a token for a player that cannot sign in; changing your password takes it back."""
    services.store.inventory.get(camera)
    token, allowed = services.store.player_tokens.make(
        sign_in.user.id, camera, timedelta(days=question.days)
    )
    return TokenBody(token=token, expires_at=allowed.expires_at)


def _link_servers(response: Response, services: Services) -> None:
    """Tell the player which STUN and TURN servers it may use."""
    for server in ice_servers(services.live, services.now()):
        response.headers.append("Link", server.link)
