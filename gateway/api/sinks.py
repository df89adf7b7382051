"""Sinks: where incidents are sent, what waits for each, what each refused."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import whole_site
from gateway.api.security import SignInDep, administrator
from gateway.api.services import ServicesDep
from gateway.http.errors import ErrorBody
from gateway.store.deliveries import SinkStatus

MOST_LISTED = 500
"""Parked messages given at once."""

router = APIRouter(prefix="/api/sinks", tags=["sinks"], dependencies=[Depends(whole_site)])
ADMIN = [Depends(administrator)]
ANSWERS: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}


class SinkBody(Answer):
    """How one sink fares; "queue" is the dispatch queue.

    waiting, oldest_at: messages that wait, and when the oldest was written. oldest_s: how long ago.
    parked: messages it refused until they were set aside. shed: messages it never gets, as too many
    waited. down_since, retry_at, detail: since when, until when and why it is left alone; null and
    "" while all is well. delivered_at: when it last took something.
    """

    name: str
    waiting: int
    oldest_at: UtcTime | None
    oldest_s: float | None
    parked: int
    shed: int
    failures: int
    down_since: UtcTime | None
    retry_at: UtcTime | None
    delivered_at: UtcTime | None
    detail: str


class SinksBody(Answer):
    """All sinks, by name."""

    sinks: tuple[SinkBody, ...]


class ParkedBody(Answer):
    """A message that a sink refused again and again, with the sink's last words about it."""

    sink: str
    event_id: str
    incident_id: str
    parked_at: UtcTime
    refusals: int
    detail: str


class ParkedListBody(Answer):
    """Parked messages, oldest first."""

    parked: tuple[ParkedBody, ...]


class ParkedQuestion(Question):
    """Which message."""

    event_id: str = Field(min_length=1, max_length=80)


@router.get("")
def list_sinks(services: ServicesDep) -> SinksBody:
    """Return how every sink fares."""
    now = services.now()
    return SinksBody(sinks=tuple(_body(one, now) for one in services.store.deliveries.status()))


@router.get("/parked", dependencies=ADMIN)
def list_parked(
    services: ServicesDep,
    sink: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
) -> ParkedListBody:
    """Return the oldest messages that were refused and set aside, of one sink or of all."""
    found = services.store.deliveries.parked(sink, limit)
    return ParkedListBody(
        parked=tuple(
            ParkedBody(
                sink=one.sink,
                event_id=one.event_id,
                incident_id=one.incident_id,
                parked_at=one.parked_at,
                refusals=one.refusals,
                detail=one.detail,
            )
            for one in found
        )
    )


@router.post(
    "/{sink}/parked/offer",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=ADMIN,
    responses=ANSWERS,
)
def offer_again(
    sink: str, question: ParkedQuestion, services: ServicesDep, sign_in: SignInDep
) -> Response:
    """Offer a parked message to its sink once more."""
    services.store.deliveries.offer_again(sink, question.event_id, sign_in.user.username)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post(
    "/{sink}/parked/drop",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=ADMIN,
    responses=ANSWERS,
)
def drop(
    sink: str, question: ParkedQuestion, services: ServicesDep, sign_in: SignInDep
) -> Response:
    """Forget a parked message: its sink never gets it."""
    services.store.deliveries.drop(sink, question.event_id, sign_in.user.username)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


def _body(one: SinkStatus, now: datetime) -> SinkBody:
    waited = None if one.oldest_at is None else now - one.oldest_at
    return SinkBody(
        name=one.name,
        waiting=one.waiting,
        oldest_at=one.oldest_at,
        oldest_s=None if waited is None else max(waited.total_seconds(), 0.0),
        parked=one.parked,
        shed=one.shed,
        failures=one.failures,
        down_since=one.down_since,
        retry_at=one.retry_at,
        delivered_at=one.delivered_at,
        detail=one.detail,
    )
