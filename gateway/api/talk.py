"""Speaking through a camera's loudspeaker: offers go to the worker that owns the camera.

A talk is a live session whose sound goes the other way: DELETE its Location to end it. It ends with
its sign-in, and a player's token is no permission to speak.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.concurrency import run_in_threadpool

from gateway.api.fields import Answer, UtcTime
from gateway.api.media_type import check_type
from gateway.api.runtime import RuntimeDep
from gateway.api.security import SignIn, SignInDep
from gateway.api.services import ServicesDep
from gateway.http.errors import ErrorBody, ForbiddenError
from gateway.store.users import Role
from gateway.whep import SDP_TYPE, read_offer
from gateway.worker_client import owner_of
from gateway.worker_talk_api import LIMIT_HEADER

SPEAKERS = frozenset({Role.ADMIN, Role.OPERATOR})
"""Whoever is given another role may look, not speak."""


def speaker(sign_in: SignInDep) -> SignIn:
    """Return who is asking; raises ForbiddenError unless they may speak through cameras."""
    if sign_in.user.role not in SPEAKERS:
        raise ForbiddenError("Only administrators and operators may speak through cameras.")
    return sign_in


SpeakerDep = Annotated[SignIn, Depends(speaker)]

router = APIRouter(prefix="/api/cameras/{camera}/talk", tags=["talk"])

ANSWERS: dict[int | str, dict[str, object]] = {
    201: {
        "description": "The SDP answer; DELETE the Location to stop speaking",
        "content": {SDP_TYPE: {"schema": {"type": "string"}}},
    },
    409: {"model": ErrorBody, "description": "no_talk: the camera offers no way to speak"},
    502: {"model": ErrorBody, "description": "unreachable, unauthorized or stream_lost"},
    503: {
        "model": ErrorBody,
        "description": "talk_busy: somebody else speaks; worker_unreachable: try again later",
    },
}


class TalkBody(Answer):
    """Who speaks through a camera now, and since when; "" and null while nobody does."""

    speaker: str
    since: UtcTime | None


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    openapi_extra={
        "requestBody": {"required": True, "content": {SDP_TYPE: {"schema": {"type": "string"}}}}
    },
    responses=ANSWERS,
)
async def start_talk(
    camera: str, request: Request, who: SpeakerDep, services: ServicesDep, runtime: RuntimeDep
) -> Response:
    """Answer a WebRTC offer that sends sound; what is said comes out at the camera.

    X-Talk-Limit-S says after how many seconds it ends by itself.
    """
    check_type(request, SDP_TYPE)
    offer = await read_offer(request)
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    answer = await services.workers.talk_offer(worker_url, camera, offer, who.user.username)
    session = runtime.live.begin(worker_url, answer.session, who.token)
    response = Response(answer.sdp, status.HTTP_201_CREATED, media_type=SDP_TYPE)
    response.headers["Location"] = f"{services.serve.root_path}/api/live/{session.id}"
    response.headers[LIMIT_HEADER] = f"{answer.limit_s:g}"
    return response


@router.get("")
async def read_talk(camera: str, who: SpeakerDep, services: ServicesDep) -> TalkBody:  # noqa: ARG001
    """Return who speaks."""
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    state = await services.workers.talk_state(worker_url, camera)
    return TalkBody(speaker=state.speaker, since=state.since)
