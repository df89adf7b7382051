"""Which cases people told apart: split, or marked as not the same happening."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, select

from gateway.errors import StepRefusedError
from gateway.store.case_rows import CaseChange, change_of
from gateway.store.tables import case_changes, cases
from gateway.workflow.case import Action, Deed

APART: Final = frozenset({Action.SPLIT, Action.RELEASE, Action.DIFFER})
TOLD: Final = APART | {Action.MAY_MATCH}
"""What people say of two cases; what they said last holds."""


def told_apart(
    connection: Connection, which: ColumnElement[bool]
) -> Mapping[tuple[str, str], CaseChange]:
    """Return the pairs of cases that people told apart, and the change that says so.

    which: chooses the first case of each pair, in whose trail that change is.
    """
    query = (
        select(case_changes)
        .join(cases, cases.c.incident_id == case_changes.c.incident_id)
        .where(case_changes.c.action.in_(TOLD), which)
        .order_by(case_changes.c.incident_id, case_changes.c.revision)
    )
    last: dict[tuple[str, str], CaseChange] = {}
    for row in connection.execute(query).mappings():
        last[row["incident_id"], row["other"]] = change_of(row)
    return MappingProxyType({pair: one for pair, one in last.items() if one.deed.action in APART})


def check_news(connection: Connection, case_id: str, deed: Deed) -> None:
    """Raise StepRefusedError for saying of two cases what holds already."""
    if deed.action not in {Action.DIFFER, Action.MAY_MATCH}:
        return
    its = and_(cases.c.incident_id == case_id, case_changes.c.other == deed.other)
    is_apart = bool(told_apart(connection, its))
    if is_apart is (deed.action is Action.DIFFER):
        stand = "are told apart already" if is_apart else "were never told apart"
        raise StepRefusedError(f"{case_id} and {deed.other} {stand}: nothing is to be done")
