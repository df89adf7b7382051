"""A decision about a proposal and the rules it changes are kept together, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.store.rule_changes import RuleChange
from gateway.store.verdicts import ProposalVerdict
from gateway.workflow.case import FalseAlarm

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
YES = ProposalVerdict(
    camera_id="gate",
    rule="persons",
    reason=FalseAlarm.INSECT,
    remedy="patience",
    proposal="confirm_s 1 s → 3 s",
    is_accepted=True,
    at=NOW,
    by="li",
)
CHANGE = RuleChange("gate", NOW, "li", "[]", '[{"type": "presence", "id": "persons"}]', "why")


def test_accepted_with_the_change_and_its_reason(store: Store) -> None:
    store.inventory.add(Camera("gate", "村口"))
    assert store.verdicts.decide(YES, CHANGE)
    assert store.inventory.get("gate").rules == CHANGE.rules
    assert store.rule_changes.of("gate") == (CHANGE,)
    assert not store.verdicts.decide(replace(YES, is_accepted=False, at=NOW + HOUR))
    assert store.verdicts.newest() == {("gate", "persons", FalseAlarm.INSECT): NOW + HOUR}
    assert [one.is_accepted for one in store.verdicts.since(NOW)] == [False, True]
    assert store.verdicts.since(NOW + 2 * HOUR) == ()


def test_without_the_camera_nothing_is_kept(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.verdicts.decide(YES, CHANGE)
    assert store.verdicts.since(NOW) == ()
