"""Live pictures: offers go to the worker that owns the camera; media never passes through here."""

from fastapi import APIRouter, Request, Response, status
from fastapi.concurrency import run_in_threadpool

from gateway.api.cameras import owner_of
from gateway.api.errors import ErrorBody, MediaTypeError
from gateway.api.runtime import RuntimeDep
from gateway.api.security import SignInDep
from gateway.api.services import ServicesDep
from gateway.whep import SDP_TYPE, StreamChoice, read_offer

router = APIRouter(prefix="/api", tags=["live"])

OFFER = {
    "requestBody": {
        "required": True,
        "content": {SDP_TYPE: {"schema": {"type": "string"}}},
    }
}
ANSWERS: dict[int | str, dict[str, object]] = {
    201: {
        "description": "The SDP answer; DELETE the Location to end the session",
        "content": {SDP_TYPE: {"schema": {"type": "string"}}},
    },
    409: {"model": ErrorBody, "description": "not_playable: fetch snapshots instead"},
    503: {"model": ErrorBody, "description": "worker_unreachable or busy: try again later"},
}


@router.post(
    "/cameras/{camera}/whep",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    openapi_extra=OFFER,
    responses=ANSWERS,
)
async def start_live(
    camera: str,
    request: Request,
    sign_in: SignInDep,
    services: ServicesDep,
    runtime: RuntimeDep,
    stream: StreamChoice = StreamChoice.SUB,
) -> Response:
    """Answer a WebRTC offer with a camera's live pictures; they end with the sign-in session."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != SDP_TYPE:
        raise MediaTypeError(f"An offer must be {SDP_TYPE}, not {content_type or 'untyped'}.")
    offer = await read_offer(request)
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    answer = await services.workers.whep_offer(worker_url, camera, offer, stream)
    runtime.live.begin(worker_url, answer.session, sign_in.token)
    location = f"{services.serve.root_path}/api/live/{answer.session}"
    return Response(answer.sdp, status.HTTP_201_CREATED, {"Location": location}, SDP_TYPE)


@router.options("/cameras/{camera}/whep", status_code=status.HTTP_204_NO_CONTENT)
def whep_options(response: Response) -> None:
    """Say what is accepted (draft-ietf-wish-whep §4.1)."""
    response.headers["Accept-Post"] = SDP_TYPE


@router.delete("/live/{session}", response_class=Response)
async def end_live(session: str, sign_in: SignInDep, runtime: RuntimeDep) -> Response:
    """End live pictures of this sign-in; ending them again does nothing."""
    await runtime.live.end(session, sign_in.token)
    return Response()
