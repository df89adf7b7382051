"""Notes that one shift leaves for the next (交接班); they stay in the unit of who leaves them."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep
from gateway.api.security import SignInDep, signed_in
from gateway.api.services import ServicesDep
from gateway.http.errors import ErrorBody
from gateway.store.handovers import Handover

router = APIRouter(
    prefix="/api/patrol/handovers", tags=["patrol"], dependencies=[Depends(signed_in)]
)


class HandoverAnswer(Answer):
    """A note from one shift to the next. unit: id of whose people see it, "" the whole site's.

    taken_at, taken_by: null and "" until somebody has it.
    """

    id: int
    at: UtcTime
    by: str
    shift: str
    unit: str
    text: str
    taken_at: UtcTime | None
    taken_by: str


class HandoversAnswer(Answer):
    """The last notes, the newest first."""

    handovers: tuple[HandoverAnswer, ...]


class HandoverQuestion(Question):
    """A note for the next shift. shift: that leaves it."""

    text: str = Field(min_length=1, max_length=4000)
    shift: str = Field("", max_length=80)


@router.get("")
def read_handovers(services: ServicesDep, seen: JurisdictionDep) -> HandoversAnswer:
    """Return the last notes between shifts, those that whoever asks may see."""
    newest = services.store.handovers.newest(within=seen)
    return HandoversAnswer(handovers=tuple(_handover(one) for one in newest))


@router.post("", status_code=201)
def leave_note(
    question: HandoverQuestion, services: ServicesDep, sign_in: SignInDep
) -> HandoverAnswer:
    """Leave a note for the next shift; who belongs to a unit, for the people of that unit."""
    by, at, unit = sign_in.user.username, services.now(), sign_in.user.unit or ""
    left = services.store.handovers.add(by, question.shift, question.text, at, unit)
    return _handover(left)


@router.post("/{handover}/taken", responses={404: {"model": ErrorBody}})
def take_note(
    handover: Annotated[int, Field(ge=0, lt=2**63)], services: ServicesDep, sign_in: SignInDep
) -> HandoverAnswer:
    """Take a note over; the first to do so is kept."""
    user, at = sign_in.user.username, services.now()
    return _handover(services.store.handovers.take(handover, user, at))


def _handover(handover: Handover) -> HandoverAnswer:
    return HandoverAnswer(
        id=handover.id,
        at=handover.at,
        by=handover.by,
        shift=handover.shift,
        unit=handover.unit,
        text=handover.text,
        taken_at=handover.taken_at,
        taken_by=handover.taken_by,
    )
