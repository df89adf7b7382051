"""Who is told of incidents, and what they were told."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import Field, SecretStr

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.security import SignInDep, administrator
from gateway.api.services import ServicesDep
from gateway.errors import NotFoundError
from gateway.http.errors import ErrorBody
from gateway.notify.apprise_service import check_url, tell
from gateway.notify.target import NAME, Wishes, wishes_from_json
from gateway.notify.words import Words
from gateway.store.notices import NoticeState
from vision.types import Severity

MOST_NOTICES = 500
Name = Annotated[str, Path(pattern=NAME)]

router = APIRouter(prefix="/api/notify", tags=["notify"], dependencies=[Depends(administrator)])


class TargetBody(Answer):
    """A target; its address is told to nobody."""

    name: str
    wishes: Wishes
    updated_at: UtcTime


class TargetsBody(Answer):
    """Every target, by name."""

    targets: tuple[TargetBody, ...]


class TargetQuestion(Question):
    """What a target is to be. url: as Apprise spells it; null: the one it has."""

    wishes: Wishes = Wishes()
    url: Annotated[SecretStr, Field(min_length=1, max_length=4000)] | None = None


class NoticeBody(Answer):
    """What a target was told, or is to be. detail: why it is told when it is; or why it was not."""

    id: int
    target: str
    case_id: str
    occasion: str
    severity: Severity
    line: str
    made_at: UtcTime
    state: NoticeState
    due_at: UtcTime
    attempts: int
    settled_at: UtcTime | None
    detail: str


class LogBody(Answer):
    """Notices, the newest first."""

    notices: tuple[NoticeBody, ...]


class LogQuery(Question):
    """Which notices."""

    target: str | None = None
    limit: int = Field(50, ge=1, le=MOST_NOTICES)


@router.get("/targets")
def list_targets(services: ServicesDep) -> TargetsBody:
    """Return who is told."""
    found = services.store.notices.targets()
    return TargetsBody(
        targets=tuple(
            TargetBody(
                name=one.name, wishes=wishes_from_json(one.wishes), updated_at=one.updated_at
            )
            for one in found
        )
    )


@router.put("/targets/{name}", responses={404: {"model": ErrorBody}})
def put_target(
    name: Name, question: TargetQuestion, services: ServicesDep, sign_in: SignInDep
) -> TargetsBody:
    """Add a target or change it."""
    unit = question.wishes.unit
    if unit and unit not in services.store.units.tree().by_id:
        raise NotFoundError(f"there is no unit {unit}")
    url = None if question.url is None else question.url.get_secret_value()
    if url is not None:
        check_url(url)
    notices = services.store.acting_as(sign_in.user.username).notices
    notices.put_target(name, question.wishes.model_dump_json(), url)
    return list_targets(services)


@router.delete(
    "/targets/{name}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: {"model": ErrorBody}},
)
def remove_target(name: Name, services: ServicesDep, sign_in: SignInDep) -> None:
    """Tell a target nothing any more."""
    services.store.acting_as(sign_in.user.username).notices.remove_target(name)


@router.post(
    "/targets/{name}/test",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={
        404: {"model": ErrorBody},
        502: {"model": ErrorBody, "description": "not_told: its service did not take it"},
    },
)
def try_target(name: Name, services: ServicesDep) -> None:
    """Tell a target a test, now, whatever its wishes."""
    site = services.site
    words = Words.load(site.language, site.zone)
    url = services.store.notices.url(name)
    tell(url, words.title(Severity.GREEN, 1, site.name), words.test(site.name), Severity.GREEN)


@router.get("/log")
def read_log(services: ServicesDep, wanted: Annotated[LogQuery, Query()]) -> LogBody:
    """Return what was told."""
    found = services.store.notices.log(wanted.target, wanted.limit)
    return LogBody(
        notices=tuple(
            NoticeBody(**{name: getattr(one, name) for name in NoticeBody.model_fields})
            for one in found
        )
    )
