"""The part of a worker's port by which people speak through its cameras."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, Query, Request, Response, status

from gateway.whep import SDP_TYPE, read_offer

LIMIT_HEADER = "X-Talk-Limit-S"
"""After how many seconds a talk ends by itself."""


@dataclass(frozen=True, slots=True)
class TalkAnswer:
    """One talk: its random id, the SDP answer to the speaker's offer, seconds until it ends."""

    session: str
    sdp: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class TalkState:
    """Who speaks through a camera now, and since when (UTC); "" and None while nobody does."""

    speaker: str = ""
    since: datetime | None = None


class CameraTalks(Protocol):
    """What a worker does for those who speak, on the event loop of its port.

    Methods raise NotFoundError for a camera that is not this worker's. A talk ends as a live
    session does, by `WorkerControl.live_delete`.
    """

    async def talk_offer(self, camera: str, offer: str, speaker: str) -> TalkAnswer:
        """Let a person speak.

        Raises TalkBusyError, NoTalkError, UnreachableError and UnauthorizedError (the camera),
        BadOfferError and BusyError.
        """

    async def talk_state(self, camera: str) -> TalkState:
        """Return who speaks."""


def _talks(request: Request) -> CameraTalks:
    return cast(CameraTalks, request.app.state.control)


Talks = Annotated[CameraTalks, Depends(_talks)]

router = APIRouter(prefix="/cameras/{camera}/talk")


@router.post("")
async def start_talk(
    talks: Talks, camera: str, request: Request, speaker: Annotated[str, Query(min_length=1)]
) -> Response:
    """Answer a speaker's offer."""
    answer = await talks.talk_offer(camera, await read_offer(request), speaker)
    headers = {"Location": f"/live/{answer.session}", LIMIT_HEADER: f"{answer.limit_s:g}"}
    return Response(answer.sdp, status.HTTP_201_CREATED, headers, SDP_TYPE)


@router.get("")
async def read_talk(talks: Talks, camera: str) -> TalkState:
    """Return who speaks."""
    return await talks.talk_state(camera)
