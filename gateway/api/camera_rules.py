"""What is watched for at one camera: its zones, lines and rules, read and changed as a whole."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, JsonValue, TypeAdapter

from gateway.api.camera_settings import reload_workers
from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.security import SignIn, administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import ErrorBody
from gateway.rules_file import rules_from_document, rules_to_json, spelled_out, zones_to_json
from gateway.store.inventory import Camera
from gateway.store.rule_changes import RuleChange
from vision.rules import DEFAULT_RULES

MOST_PLACES, MOST_RULES = 200, 200

Entry = dict[str, JsonValue]

router = APIRouter(prefix="/api/cameras/{camera}/rules", tags=["camera rules"])
log = structlog.get_logger()

_ENTRIES = TypeAdapter(tuple[Entry, ...])


class RulesQuestion(Question):
    """Zones, lines and rules, as a rules file has them; without rules the default ones apply."""

    zones: tuple[Entry, ...] = Field((), max_length=MOST_PLACES)
    rules: tuple[Entry, ...] = Field((), max_length=MOST_RULES)


class RulesBody(Answer):
    """What is watched for at a camera.

    zones: zones and lines. rules: the camera's own, empty while it has none. default_rules: which
    apply then. changed_at, changed_by: of the last change made here or by command, null without.
    """

    zones: tuple[Entry, ...]
    rules: tuple[Entry, ...]
    default_rules: tuple[Entry, ...]
    changed_at: UtcTime | None
    changed_by: str | None


class RuleChangeBody(Answer):
    """Zones and rules as somebody set them. by: the user, "cli:" before one of the machine.

    why: the proposal that was accepted so, "" where somebody simply set them.
    """

    at: UtcTime
    by: str
    why: str
    zones: tuple[Entry, ...]
    rules: tuple[Entry, ...]


class RuleChangesBody(Answer):
    """The changes at a camera, the newest first."""

    changes: tuple[RuleChangeBody, ...]


@router.get("", dependencies=[Depends(signed_in)], responses={404: {"model": ErrorBody}})
def read_rules(camera: str, services: ServicesDep) -> RulesBody:
    """Return what is watched for at a camera."""
    return _body(services, services.store.inventory.get(camera))


@router.put(
    "",
    responses={
        404: {"model": ErrorBody},
        422: {"model": ErrorBody, "description": "bad_rules names each mistake and its place"},
    },
)
async def change_rules(
    camera: str,
    question: RulesQuestion,
    services: ServicesDep,
    who: Annotated[SignIn, Depends(administrator)],
) -> RulesBody:
    """Put other zones and rules in the place of a camera's; workers are told at once."""
    is_changed = await run_in_threadpool(_change, camera, question, services, who.user.username)
    if is_changed:
        await reload_workers(services)
    return await run_in_threadpool(read_rules, camera, services)


@router.get("/changes", dependencies=[Depends(administrator)])
def read_changes(camera: str, services: ServicesDep) -> RuleChangesBody:
    """Return who changed a camera's zones and rules, when, and to what; also of one removed."""
    found = services.store.rule_changes.of(camera)
    changes = (
        RuleChangeBody(
            at=one.at,
            by=one.by,
            why=one.why,
            zones=_entries(one.zones),
            rules=_entries(one.rules),
        )
        for one in found
    )
    return RuleChangesBody(changes=tuple(changes))


def _change(camera: str, question: RulesQuestion, services: Services, by: str) -> bool:
    """Check and keep what was asked for; raises RulesRefusedError, NotFoundError."""
    checked = rules_from_document(question.model_dump())
    change = RuleChange(camera, services.now(), by, zones_to_json(checked), rules_to_json(checked))
    is_changed = services.store.rule_changes.make(change)
    if is_changed:
        log.info("the rules of a camera were changed", camera=camera, user=by)
    return is_changed


def _body(services: Services, camera: Camera) -> RulesBody:
    last = next(iter(services.store.rule_changes.of(camera.id)), None)
    return RulesBody(
        zones=_entries(camera.zones),
        rules=_entries(camera.rules),
        default_rules=_entries(spelled_out(DEFAULT_RULES)),
        changed_at=last and last.at,
        changed_by=last and last.by,
    )


def _entries(kept: str) -> tuple[Entry, ...]:
    return _ENTRIES.validate_json(kept)
