"""Holds on incidents, and which evidence may go by what became of its case, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import ConfigError, NotFoundError
from gateway.store import Store
from gateway.store.evidence_terms import KeptSince
from gateway.store.holds import AROUND
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
LI = Actor(Party.OPERATOR, "li")
EVERYTHING = KeptSince(*[datetime(2099, 1, 1, tzinfo=UTC)] * 5)
NOTHING = KeptSince(*[datetime(2020, 1, 1, tzinfo=UTC)] * 4, None)


@pytest.fixture
def over(store: Store, samples) -> Store:
    """Three incidents that are over: a false alarm, one filed, one that nobody looked at."""
    for number, deed in enumerate(
        (
            Deed(Action.RECORD, LI, NOW),
            Deed(Action.DISMISS, LI, NOW, reason=FalseAlarm.PLANT),
            None,
        )
    ):
        name = f"i-{number}"
        piece = replace(samples.evidence(name), path=name)
        store.incidents.record(samples.change(name), samples.origin, [piece], samples.compose)
        close = samples.change(name, ChangeType.CLOSED, 1, after_s=60)
        store.incidents.record(close, samples.origin, (), samples.compose)
        if deed is not None:
            store.cases.take(name, deed, 0, CaseWriter("dongshan"))
    return store


def test_evidence_goes_in_the_order_of_what_became_of_it(over: Store) -> None:
    assert [file.path for file in over.evidence.oldest(9)] == ["i-1", "i-0", "i-2"]
    assert [file.path for file in over.evidence.expired(EVERYTHING, 9)] == ["i-1", "i-0", "i-2"]
    assert list(over.evidence.expired(NOTHING, 9)) == []
    closed = replace(NOTHING, yellow=NOW + timedelta(seconds=1))
    assert [file.path for file in over.evidence.expired(closed, 9)] == ["i-0"]
    assert [file.closed_at for file in over.evidence.expired(closed, 9)] == [NOW]


def test_what_is_held_does_not_go_and_neither_does_what_was_merged_into_it(over: Store) -> None:
    merge = Deed(Action.MERGE, LI, utc_now(), other="i-0")
    reopen = Deed(Action.REOPEN, LI, utc_now(), note="again")
    over.cases.take("i-0", reopen, 1, CaseWriter("dongshan"))
    over.cases.take("i-2", merge, 0, CaseWriter("dongshan"))
    over.acting_as("wu").holds.place("i-0", " the court ", NOW)
    assert [file.path for file in over.evidence.oldest(9)] == ["i-1"]
    hold = over.holds.of("i-0")
    assert hold is not None
    assert (hold.by, hold.reason, over.holds.all()) == ("wu", "the court", (hold,))
    (span,) = over.holds.spans()
    incident = over.incidents.get("i-0").incident
    assert incident.closed_at is not None
    assert (span.start, span.end) == (incident.opened_at - AROUND, incident.closed_at + AROUND)
    over.holds.release("i-0", "", NOW)
    assert (over.holds.of("i-0"), len(list(over.evidence.oldest(9)))) == (None, 3)


def test_a_hold_needs_a_case_and_a_reason(over: Store) -> None:
    with pytest.raises(ConfigError, match="reason"):
        over.holds.place("i-0", " ", NOW)
    with pytest.raises(NotFoundError, match="i-9"):
        over.holds.place("i-9", "the court", NOW)
    with pytest.raises(NotFoundError, match="not held"):
        over.holds.release("i-0", "", NOW)
    assert over.holds.all() == ()
