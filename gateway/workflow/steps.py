"""Who may do what to a case from where: one table, and what each deed leaves behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from gateway.errors import StepRefusedError
from gateway.workflow.case import Action, Case, Deed, FalseAlarm, Level, Outcome, Party, Step

PEOPLE = frozenset({Party.OPERATOR, Party.ADMIN})
_CAMERA = frozenset({Party.CAMERA})
_POLICY = frozenset({Party.POLICY})
_RELAY = frozenset({Party.RELAY})
_PLATFORM = frozenset({Party.PLATFORM})

_ALL = frozenset(Step)
_OPEN = _ALL - {Step.CLOSED}
_UNSENT = frozenset({Step.DISCOVERED, Step.SCREENED, Step.REPORTED})
_IN_HAND = frozenset({Step.ASSIGNED, Step.HANDLING})


def _before(step: Step) -> frozenset[Step]:
    return frozenset(one for one in Step if one.rank < step.rank)


@dataclass(frozen=True, slots=True)
class _Row:
    """origins: where a case may stand. to: where it then stands, None for where it stood."""

    action: Action
    origins: frozenset[Step]
    to: Step | None
    by: frozenset[Party]


_ROWS = (
    _Row(Action.CONFIRM, frozenset({Step.DISCOVERED}), Step.SCREENED, PEOPLE | _POLICY),
    _Row(Action.REPORT, frozenset({Step.SCREENED}), Step.REPORTED, PEOPLE | _RELAY),
    _Row(Action.ASSIGN, _IN_HAND | {Step.REPORTED}, Step.ASSIGNED, PEOPLE),
    _Row(Action.START, frozenset({Step.ASSIGNED}), Step.HANDLING, PEOPLE),
    _Row(Action.VERIFY, frozenset({Step.HANDLING}), Step.VERIFIED, PEOPLE),
    _Row(Action.VERIFY, _IN_HAND, Step.VERIFIED, _CAMERA),
    _Row(Action.RETURN, frozenset({Step.VERIFIED}), Step.HANDLING, PEOPLE | _CAMERA | _PLATFORM),
    _Row(Action.CLOSE, frozenset({Step.VERIFIED}), Step.CLOSED, PEOPLE),
    _Row(Action.DISMISS, _OPEN, Step.CLOSED, PEOPLE | _PLATFORM),
    _Row(Action.RECORD, _UNSENT, Step.CLOSED, PEOPLE | _POLICY),
    _Row(Action.REOPEN, frozenset({Step.CLOSED}), Step.SCREENED, PEOPLE),
    _Row(Action.REOPEN, frozenset({Step.CLOSED}), Step.DISCOVERED, _CAMERA),
    _Row(Action.MERGE, _OPEN, Step.CLOSED, PEOPLE | _POLICY),
    _Row(Action.ABSORB, _OPEN, None, PEOPLE | _POLICY),
    _Row(Action.SPLIT, frozenset({Step.CLOSED}), Step.DISCOVERED, PEOPLE | _CAMERA),
    _Row(Action.RELEASE, _ALL, None, PEOPLE | _CAMERA),
    _Row(Action.DIFFER, _OPEN, None, PEOPLE),
    _Row(Action.MAY_MATCH, _OPEN, None, PEOPLE),
    _Row(Action.COMMENT, _ALL, None, PEOPLE | _PLATFORM),
    _Row(Action.ESCALATE, _OPEN, None, _POLICY),
    _Row(Action.REPORT, _before(Step.REPORTED), Step.REPORTED, _PLATFORM),
    _Row(Action.ASSIGN, _before(Step.ASSIGNED), Step.ASSIGNED, _PLATFORM),
    _Row(Action.START, _before(Step.HANDLING), Step.HANDLING, _PLATFORM),
    _Row(Action.VERIFY, _before(Step.VERIFIED), Step.VERIFIED, _PLATFORM),
    _Row(Action.CLOSE, _before(Step.CLOSED), Step.CLOSED, _PLATFORM),
)
"""The platform may leave steps out: what it tells of has happened there, whatever is known here."""


def _table() -> Mapping[tuple[Step, Action], Mapping[Party, Step]]:
    table: dict[tuple[Step, Action], dict[Party, Step]] = {}
    for row in _ROWS:
        for step in row.origins:
            table.setdefault((step, row.action), {}).update(dict.fromkeys(row.by, row.to or step))
    return MappingProxyType(table)


TRANSITIONS = _table()
"""Where a case stands and what is done to it, to who may do so and where it then stands."""


ANSWERS = frozenset({Action.ABSORB, Action.RELEASE})
"""What is done to a case only because another was merged into it or split off it."""


def offered(case: Case, party: Party) -> tuple[Action, ...]:
    """Return what a party may do to a case as it stands, in the order of `Action`.

    Not what merging another case, or splitting it off, does to this one.
    """
    return tuple(
        action
        for action in Action
        if action not in ANSWERS
        and party in TRANSITIONS.get((case.step, action), {})
        and _fits_merge(case, action)
    )


def take(case: Case, deed: Deed) -> Case:
    """Return the case after a deed; raises StepRefusedError for one that may not be done."""
    _check_allowed(case, deed)
    _check_complete(case, deed)
    to = TRANSITIONS[case.step, deed.action][deed.actor.party]
    moved = replace(case, revision=case.revision + 1)
    if to is not case.step or deed.action is Action.ASSIGN:
        closed_as = case.severity if to is Step.CLOSED else None
        moved = replace(moved, step=to, since=deed.at, chased_at=None, closed_as=closed_as)
    change = _CHANGES.get(deed.action)
    return moved if change is None else change(moved, deed)


def above(level: Level) -> Level | None:
    """Return the next level up the tree, None above the county."""
    levels = tuple(Level)
    place = levels.index(level) + 1
    return levels[place] if place < len(levels) else None


def _assigned(case: Case, deed: Deed) -> Case:
    return replace(case, handler=deed.handler or case.handler, deadline=deed.deadline)


def _verified(case: Case, deed: Deed) -> Case:
    return replace(case, verified_by=deed.actor.party)


def _closed(case: Case, _deed: Deed) -> Case:
    return replace(case, outcome=Outcome.RESOLVED)


def _recorded(case: Case, _deed: Deed) -> Case:
    return replace(case, outcome=Outcome.NO_ACTION)


def _dismissed(case: Case, deed: Deed) -> Case:
    return replace(case, outcome=Outcome.FALSE_ALARM, reason=deed.reason)


def _merged(case: Case, deed: Deed) -> Case:
    return replace(case, outcome=Outcome.MERGED, merged_into=deed.other)


def _begun_again(case: Case, _deed: Deed) -> Case:
    return replace(
        case,
        handler="",
        deadline=None,
        level=Level.GRID,
        verified_by=None,
        outcome=None,
        reason=None,
        merged_into=None,
    )


def _escalated(case: Case, deed: Deed) -> Case:
    return replace(case, level=above(case.level) or case.level, chased_at=deed.at)


_CHANGES: Mapping[Action, Callable[[Case, Deed], Case]] = {
    Action.ASSIGN: _assigned,
    Action.START: lambda case, deed: replace(case, handler=deed.handler or case.handler),
    Action.VERIFY: _verified,
    Action.RETURN: lambda case, _deed: replace(case, verified_by=None, deadline=None),
    Action.CLOSE: _closed,
    Action.RECORD: _recorded,
    Action.DISMISS: _dismissed,
    Action.MERGE: _merged,
    Action.REOPEN: _begun_again,
    Action.SPLIT: _begun_again,
    Action.ESCALATE: _escalated,
}
"""What a deed leaves behind besides the step."""


def _fits_merge(case: Case, action: Action) -> bool:
    """Say whether an action suits a merged case, which can be split, or one that is not."""
    if action is Action.REOPEN:
        return case.merged_into is None
    return action is not Action.SPLIT or case.merged_into is not None


def _check_allowed(case: Case, deed: Deed) -> None:
    ways = TRANSITIONS.get((case.step, deed.action))
    if ways is None or not _fits_merge(case, deed.action):
        merged = f", merged into {case.merged_into}" if case.merged_into else ""
        raise StepRefusedError(
            f"{deed.action} cannot follow {case.step}{merged}: see what the case offers now"
        )
    if deed.actor.party not in ways:
        raise StepRefusedError(
            f"{deed.action} at {case.step} is not for a {deed.actor.party}: "
            f"it is for {', '.join(sorted(ways))}"
        )
    if deed.action is Action.ESCALATE and above(case.level) is None:
        raise StepRefusedError(f"nothing is above {case.level}: the case cannot go further up")


_NEEDS: tuple[tuple[frozenset[Action], Callable[[Deed], bool], str], ...] = (
    (frozenset({Action.DISMISS}), lambda deed: deed.reason is not None, "a reason"),
    (
        frozenset(
            {
                Action.MERGE,
                Action.ABSORB,
                Action.SPLIT,
                Action.RELEASE,
                Action.DIFFER,
                Action.MAY_MATCH,
            }
        ),
        lambda deed: deed.other is not None,
        "the other case",
    ),
)
"""What a deed must tell, whoever does it."""

_NEEDS_OF_PEOPLE: tuple[tuple[frozenset[Action], Callable[[Deed], bool], str], ...] = (
    (frozenset({Action.ASSIGN}), lambda deed: bool(deed.handler.strip()), "who is to handle it"),
    (
        frozenset({Action.RETURN, Action.REOPEN, Action.COMMENT}),
        lambda deed: bool(deed.note.strip()),
        "a note",
    ),
    (
        frozenset({Action.DISMISS}),
        lambda deed: deed.reason is not FalseAlarm.OTHER or bool(deed.note.strip()),
        "a note, as the reason is none of the usual",
    ),
)


def _check_complete(case: Case, deed: Deed) -> None:
    needs = _NEEDS + (_NEEDS_OF_PEOPLE if deed.actor.party in PEOPLE else ())
    for actions, is_told, what in needs:
        if deed.action in actions and not is_told(deed):
            raise StepRefusedError(f"{deed.action} needs {what}")
    if deed.other == case.id:
        raise StepRefusedError(f"{deed.action} needs another case than {case.id} itself")
    if deed.deadline is not None and deed.deadline <= deed.at:
        raise StepRefusedError(
            f"the deadline {deed.deadline:%Y-%m-%d %H:%M %Z} is over: give a later"
        )
