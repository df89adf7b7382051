"""How `serve` talks to the worker that owns a camera: HTTP on loopback with a bearer token."""

import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from gateway.camera_commands import COMMAND, STATES, Command, ControlState
from gateway.errors import (
    BadOfferError,
    BusyError,
    GatewayError,
    GroundUnseenError,
    IceRestartError,
    NoPictureError,
    NoTalkError,
    NotFoundError,
    NotPlayableError,
    OnvifError,
    StreamLostError,
    TalkBusyError,
    TranscodesFullError,
    UnauthorizedError,
    UnreachableError,
    WorkerUnreachableError,
)
from gateway.http.errors import ErrorBody
from gateway.store import Store
from gateway.store.camera_states import LiveMode
from gateway.whep import MODE_HEADER, SDP_TYPE, WHY_HEADER, Hindrance, StreamChoice
from gateway.worker_api import CAPTURED_AT_HEADER, LiveAnswer, Snapshot, WorkerStatus
from gateway.worker_talk_api import LIMIT_HEADER, TalkAnswer, TalkState
from gateway.worker_water_api import LookFacts, ReferenceFacts, Teaching

CONNECT_TIMEOUT_S = 2.0
"""Loopback answers at once or not at all."""

ANSWER_TIMEOUT_S = 10.0
"""Longest wait for an answer: a WHEP answer gathers candidates, a snapshot may decode a GOP."""

CONTROL_TIMEOUT_S = 60.0
"""Longest wait for a camera's controls: a survey asks a dozen questions of up to 5 s each."""

TALK_TIMEOUT_S = 30.0
"""Longest wait for a camera to be opened for speaking: a handful of RTSP requests of up to 5 s."""

State = TypeVar("State", bound=ControlState)

PASSED_ON: Mapping[str, type[GatewayError]] = {
    kind.code: kind
    for kind in (
        *(NotFoundError, NoPictureError, NotPlayableError, TranscodesFullError),
        GroundUnseenError,
        *(BadOfferError, IceRestartError, BusyError),
        *(UnreachableError, UnauthorizedError, OnvifError),
        *(NoTalkError, TalkBusyError, StreamLostError),
    )
}
"""Errors a worker may answer with, by code; they are raised here as they were there."""

_STATUS = TypeAdapter(WorkerStatus)
_TALK_STATE = TypeAdapter(TalkState)
_REFERENCE = TypeAdapter(ReferenceFacts)
_REFERENCES = TypeAdapter(tuple[ReferenceFacts, ...])
_LOOK = TypeAdapter(LookFacts)
_TEACHING = TypeAdapter(Teaching)


class _Body(TypedDict, total=False):
    params: Mapping[str, int | str]
    content: bytes
    headers: Mapping[str, str]
    timeout: float


def owner_of(store: Store, camera_id: str) -> str:
    """Return the address of the worker that owns a camera.

    Raises NotFoundError, NoPictureError (switched off) and WorkerUnreachableError (no owner yet).
    """
    camera = store.inventory.get(camera_id)
    if not camera.enabled:
        raise NoPictureError(f"Camera {camera_id} is switched off in the inventory.")
    state = store.camera_states.get(camera_id)
    if state is None or state.worker_url is None:
        raise WorkerUnreachableError(
            f"No worker has taken camera {camera_id} yet: try again in some seconds."
        )
    return state.worker_url


class WorkerClient:
    """One connection pool to all workers; plain HTTP, so it loads no certificates to trust.

    Every method raises WorkerUnreachableError when the worker does not answer or answers nonsense,
    and the errors of `PASSED_ON` when the worker raised them.
    """

    def __init__(self, token: str) -> None:
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def whep_offer(
        self, worker_url: str, camera: str, offer: str, stream: StreamChoice
    ) -> LiveAnswer:
        """Start a live session; see `WorkerControl.whep_offer`."""
        answer = await self._ask(
            "POST",
            f"{worker_url}/cameras/{quote(camera, safe='')}/whep",
            params={"stream": stream},
            content=offer.encode(),
            headers={"Content-Type": SDP_TYPE},
        )
        why = answer.headers[WHY_HEADER]
        return LiveAnswer(
            session=answer.headers["Location"].rpartition("/")[2],
            sdp=answer.text,
            mode=LiveMode(answer.headers[MODE_HEADER]),
            why=Hindrance(why) if why else None,
        )

    async def live_candidates(self, worker_url: str, session: str, fragment: str) -> None:
        """Add candidates to a live session; see `WorkerControl.live_candidates`."""
        await self._ask(
            "PATCH", f"{worker_url}/live/{quote(session, safe='')}", content=fragment.encode()
        )

    async def live_delete(self, worker_url: str, session: str) -> None:
        """End a live session; one that is not there is no error."""
        await self._ask("DELETE", f"{worker_url}/live/{quote(session, safe='')}")

    async def snapshot(self, worker_url: str, camera: str, width: int | None) -> Snapshot:
        """Return a camera's latest picture, no wider than `width` pixels."""
        url = f"{worker_url}/cameras/{quote(camera, safe='')}/snapshot.jpg"
        answer = await self._ask("GET", url, params={} if width is None else {"width": width})
        captured_at = datetime.fromisoformat(answer.headers[CAPTURED_AT_HEADER])
        return Snapshot(answer.content, captured_at)

    async def status(self, worker_url: str) -> WorkerStatus:
        """Return what a worker is doing."""
        answer = await self._ask("GET", f"{worker_url}/status")
        return _STATUS.validate_json(answer.content)

    async def metrics(self, worker_url: str) -> str:
        """Return a worker's metrics in Prometheus' text form."""
        return (await self._ask("GET", f"{worker_url}/metrics")).text

    async def control(self, worker_url: str, camera: str, command: Command) -> None:
        """Have a camera do something; see `worker_control_api`."""
        await self._ask(
            "POST",
            f"{worker_url}/cameras/{quote(camera, safe='')}/control",
            content=COMMAND.dump_json(command),
            headers={"Content-Type": "application/json"},
            timeout=CONTROL_TIMEOUT_S,
        )

    async def control_state(self, worker_url: str, camera: str, kind: type[State]) -> State:
        """Return how something of a camera stands, by one of the types of `STATES`."""
        name = next(name for name, known in STATES.items() if known is kind)
        url = f"{worker_url}/cameras/{quote(camera, safe='')}/control/{name}"
        answer = await self._ask("GET", url, timeout=CONTROL_TIMEOUT_S)
        return TypeAdapter(kind).validate_json(answer.content)

    async def talk_offer(
        self, worker_url: str, camera: str, offer: str, speaker: str
    ) -> TalkAnswer:
        """Let a person speak through a camera; see `CameraTalks.talk_offer`."""
        answer = await self._ask(
            "POST",
            f"{worker_url}/cameras/{quote(camera, safe='')}/talk",
            params={"speaker": speaker},
            content=offer.encode(),
            headers={"Content-Type": SDP_TYPE},
            timeout=TALK_TIMEOUT_S,
        )
        session = answer.headers["Location"].rpartition("/")[2]
        return TalkAnswer(session, answer.text, float(answer.headers[LIMIT_HEADER]))

    async def talk_state(self, worker_url: str, camera: str) -> TalkState:
        """Return who speaks through a camera."""
        answer = await self._ask("GET", f"{worker_url}/cameras/{quote(camera, safe='')}/talk")
        return _TALK_STATE.validate_json(answer.content)

    async def only_wet(self, worker_url: str, camera: str) -> ReferenceFacts:
        """Keep what a camera saw last as only wet; see `CameraWaters`."""
        answer = await self._ask("POST", f"{_water(worker_url, camera)}/only-wet")
        return _REFERENCE.validate_json(answer.content)

    async def water_references(self, worker_url: str, camera: str) -> tuple[ReferenceFacts, ...]:
        """Return the states of its place that a camera knows."""
        answer = await self._ask("GET", f"{_water(worker_url, camera)}/references")
        return _REFERENCES.validate_json(answer.content)

    async def water_reference_jpeg(self, worker_url: str, camera: str, reference: str) -> bytes:
        """Return the picture of a state."""
        url = f"{_water(worker_url, camera)}/references/{quote(reference, safe='')}/picture.jpg"
        return (await self._ask("GET", url)).content

    async def forget_water_reference(self, worker_url: str, camera: str, reference: str) -> None:
        """Drop a state."""
        url = f"{_water(worker_url, camera)}/references/{quote(reference, safe='')}"
        await self._ask("DELETE", url)

    async def water_look(self, worker_url: str, camera: str) -> LookFacts:
        """Return what the last look at a camera's water saw."""
        answer = await self._ask("GET", f"{_water(worker_url, camera)}/look")
        return _LOOK.validate_json(answer.content)

    async def water_look_jpeg(self, worker_url: str, camera: str) -> bytes:
        """Return the picture of the last look."""
        return (await self._ask("GET", f"{_water(worker_url, camera)}/look/picture.jpg")).content

    async def water_training(self, worker_url: str, camera: str) -> Teaching:
        """Return how a camera is, and was last, taught."""
        answer = await self._ask("GET", f"{_water(worker_url, camera)}/training")
        return _TEACHING.validate_json(answer.content)

    async def teach_water(self, worker_url: str, camera: str) -> None:
        """Begin to teach a camera an eye of its own."""
        await self._ask("POST", f"{_water(worker_url, camera)}/training")

    async def reload(self, worker_url: str) -> None:
        """Have a worker read the inventory again."""
        await self._ask("POST", f"{worker_url}/reload")

    async def reload_all(self, worker_urls: Iterable[str]) -> None:
        """Have workers read the inventory again; one that is gone reads it when it comes back."""
        for url in worker_urls:
            with suppress(WorkerUnreachableError):
                await self.reload(url)

    async def _ask(self, method: str, url: str, **body: Unpack[_Body]) -> httpx.Response:
        try:
            answer = await self._http.request(method, url, **body)
        except httpx.HTTPError as error:
            raise WorkerUnreachableError(
                f"The worker at {httpx.URL(url).netloc.decode()} does not answer "
                f"({type(error).__name__}); it is being started again, try in some seconds."
            ) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _water(worker_url: str, camera: str) -> str:
    return f"{worker_url}/cameras/{quote(camera, safe='')}/water"


def _refusal(answer: httpx.Response) -> GatewayError:
    try:
        error = ErrorBody.model_validate_json(answer.content).error
    except ValidationError:
        error = None
    if error is not None and error.code in PASSED_ON:
        return PASSED_ON[error.code](error.message)
    return WorkerUnreachableError(
        f"The worker at {answer.url.netloc.decode()} answered {answer.status_code} "
        f"to {answer.request.method} {answer.url.path}; its log says why."
    )
