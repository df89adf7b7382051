"""What a grid platform says: statuses by signed webhook, and those nothing could be made of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, status
from fastapi.concurrency import run_in_threadpool

from gateway.api.fields import Answer, UtcTime
from gateway.api.security import administrator
from gateway.api.services import Services, ServicesDep
from gateway.dispatch.status_desk import StatusDesk
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody, MediaTypeError, UnauthenticatedError
from gateway.store.statuses import Heard, Verdict, Way
from gateway.webhook_signature import is_signed
from gateway.workflow.case import Step

STATUSES = "/api/platform/statuses"
SIGNED = frozenset({STATUSES})
"""Routes that need no session and no Origin: their bodies are signed."""
MEDIA_TYPES = frozenset({"application/cloudevents+json", "application/json"})

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]

router = APIRouter(prefix=STATUSES, tags=["platform"])


class HeardBody(Answer):
    """What a message came to. Null: it is for another site.

    step, revision: of the case as it now is.
    """

    verdict: Verdict | None
    case: str | None = None
    step: Step | None = None
    revision: int | None = None


class ParkedBody(Answer):
    """A message that nothing could be made of. times: how often it came; code: a stable word."""

    id: int
    way: Way
    parked_at: UtcTime
    times: int
    code: str
    detail: str
    body: str


class ParkedListBody(Answer):
    """What is parked, the oldest first."""

    parked: tuple[ParkedBody, ...]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses={
        401: {"model": ErrorBody, "description": "not signed by whom we know, or too long ago"},
        404: {"model": ErrorBody, "description": "no such case; or statuses are not taken here"},
        409: {"model": ErrorBody, "description": "step_refused: the case cannot go there"},
        413: {"model": ErrorBody},
        415: {"model": ErrorBody},
    },
)
async def hear_status(request: Request, services: ServicesDep) -> HeardBody:
    """Hear one status: a CloudEvent (docs/schema/status-v1.json), signed (Standard Webhooks).

    A message heard before does nothing again. What is refused with 404, 409 or 422 is parked too.
    """
    key = services.platform.webhook_key
    if key is None:
        raise NotFoundError("statuses are not taken here: set platform.webhook_secret")
    body = await request.body()
    if not is_signed(key, request.headers, body, services.now()):
        raise UnauthenticatedError(
            "The signature does not fit the message, the secret or the time: sign"
            " `<webhook-id>.<webhook-timestamp>.<body>` within five minutes of sending."
        )
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise MediaTypeError("Send the event as application/cloudevents+json.")
    text = body.decode(errors="replace")
    return _body(await run_in_threadpool(_desk(services).hear, text, Way.WEBHOOK))


@router.get("", dependencies=[Depends(administrator)])
def list_parked(services: ServicesDep) -> ParkedListBody:
    """Return the messages that nothing could be made of, whichever way they came."""
    found = services.store.statuses.parked()
    return ParkedListBody(
        parked=tuple(
            ParkedBody(**{name: getattr(one, name) for name in ParkedBody.model_fields})
            for one in found
        )
    )


@router.post(
    "/{number}/again",
    dependencies=[Depends(administrator)],
    responses={404: {"model": ErrorBody}, 409: {"model": ErrorBody}},
)
def hear_again(number: Number, services: ServicesDep) -> HeardBody:
    """Try a parked message once more, such as after its case has come into being."""
    return _body(_desk(services).hear_again(number))


@router.delete(
    "/{number}",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(administrator)],
    responses={404: {"model": ErrorBody}},
)
def drop_parked(number: Number, services: ServicesDep) -> None:
    """Forget a parked message."""
    services.store.statuses.drop(number)


def _desk(services: Services) -> StatusDesk:
    return StatusDesk(services.store, services.site.id, services.now)


def _body(heard: Heard | None) -> HeardBody:
    if heard is None:
        return HeardBody(verdict=None)
    case = heard.case
    return HeardBody(verdict=heard.verdict, case=case.id, step=case.step, revision=case.revision)
