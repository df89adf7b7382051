"""Zones and rules changed: by whom, when, to what; nothing where nothing changed."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFoundError
from gateway.store.inventory import Camera
from gateway.store.journal import Topic
from gateway.store.rule_changes import RuleChange

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
ZONES, RULES = '[{"id": "gate"}]', '[{"id": "in"}]'


@pytest.fixture
def gate(store) -> Camera:
    camera = Camera("gate", "村口", main_uri="rtsp://192.0.2.7/1")
    store.inventory.add(camera, "secret")
    return store.inventory.get("gate")


def test_a_change_is_kept_with_who_made_it_and_nothing_else_is_touched(store, gate) -> None:
    first = RuleChange("gate", NOW, "admin", ZONES, RULES)
    second = RuleChange("gate", NOW + timedelta(hours=1), "cli:root", ZONES, "[]")
    assert [store.rule_changes.make(one) for one in (first, second)] == [True, True]
    assert store.rule_changes.of("gate") == (second, first)
    now = store.inventory.get("gate")
    assert (now.zones, now.rules, now.updated_at) == (ZONES, "[]", second.at)
    assert (now.name, now.main_uri) == (gate.name, gate.main_uri)
    assert store.inventory.password("gate") == "secret"
    assert (Topic.CAMERA, "gate") in {(one.topic, one.key) for one in store.journal.after(0)}


def test_what_is_so_already_is_no_change(store, gate) -> None:
    assert store.rule_changes.make(RuleChange("gate", NOW, "admin", "[]", "[]")) is False
    assert store.rule_changes.of("gate") == ()
    assert store.inventory.get("gate").updated_at == gate.updated_at


def test_an_unknown_camera_has_no_rules_and_a_removed_one_its_history(store, gate) -> None:
    change = RuleChange("gate", NOW, "admin", ZONES, RULES)
    store.rule_changes.make(change)
    store.inventory.remove("gate")
    with pytest.raises(NotFoundError, match="gate"):
        store.rule_changes.make(change)
    assert store.rule_changes.of("gate") == (change,)
