"""Units in the store: replaced whole, seen by who belongs to them, named when a case is late."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import ConfigError, NotFoundError
from gateway.store import Store
from gateway.store.cases import CaseFilter
from gateway.store.incident_list import IncidentFilter
from gateway.store.stored_incident import Origin
from gateway.store.users import Role
from gateway.units import Unit, tree_of
from gateway.workflow.case import Action, Level
from gateway.workflow.unasked import Policy

TREE = tree_of(
    [
        Unit("town", "湖镇", Level.TOWN),
        Unit("east", "东山村", Level.VILLAGE, "town"),
        Unit("west", "西山村", Level.VILLAGE, "town"),
        Unit("east-3", "第三网格", Level.GRID, "east"),
    ]
)


@pytest.fixture
def west(samples):
    """Return an origin in the other village."""
    camera = type(samples.origin.camera)("pond", "塘口", "", "西山村", "")
    return Origin(camera, samples.origin.model, samples.origin.version)


def test_a_tree_is_replaced_whole(store: Store) -> None:
    store.units.replace(TREE)
    assert store.units.tree() == TREE
    smaller = tree_of([Unit("town", "湖镇街道", Level.TOWN)])
    store.units.replace(smaller)
    assert store.units.tree() == smaller


def test_a_unit_that_somebody_belongs_to_stays(store: Store) -> None:
    store.units.replace(TREE)
    store.users.add("li", Role.OPERATOR, "east")
    with pytest.raises(ConfigError, match="li belongs to the unit east"):
        store.units.replace(tree_of([Unit("town", "湖镇", Level.TOWN)]))
    assert store.units.tree() == TREE
    store.users.belong("li", None)
    store.units.replace(tree_of([]))


def test_users_are_added_once_to_units_that_are_there(store: Store) -> None:
    store.units.replace(TREE)
    password = store.users.add("li.wei", Role.OPERATOR, "east")
    assert store.users.verify("li.wei", password, "127.0.0.1").user.unit == "east"
    token = store.sessions.begin(store.users.get("li.wei"))
    assert store.sessions.peek(token).user.unit == "east"
    for name, unit, kind in (
        ("li.wei", None, ConfigError),
        ("li wei", None, ConfigError),
        ("wu", "north", NotFoundError),
    ):
        with pytest.raises(kind):
            store.users.add(name, Role.OPERATOR, unit)
    with pytest.raises(NotFoundError):
        store.users.belong("wu", "east")


def test_lists_show_what_lies_within(store: Store, samples, west) -> None:
    store.units.replace(TREE)
    samples.fill(store, 2)
    store.incidents.record(samples.change("w"), west, (), samples.compose)
    store.users.add("li", Role.OPERATOR, "west")
    store.users.add("wu", Role.ADMIN, "west")

    def seen(unit: str) -> set[str]:
        within = store.units.tree().jurisdiction(unit)
        listed = store.incident_list.page(IncidentFilter(within=within)).incidents
        cases = store.cases.page(CaseFilter(within=within)).cases
        ids = {one.incident.id for one in listed}
        assert ids == {one.case.id for one in cases}
        assert store.incident_list.count(IncidentFilter(within=within)) == len(ids)
        return ids

    assert seen("town") == {"i-0", "i-1", "w"}
    assert seen("east-3") == {"i-0", "i-1"}
    assert seen("west") == {"w"}
    assert seen("gone") == set()
    assert store.units.jurisdiction(store.users.get("li")).covers("西山村", "")
    assert store.units.jurisdiction(store.users.get("wu")) is None


def test_what_is_late_names_the_unit_above(store: Store, samples) -> None:
    store.units.replace(TREE)
    samples.fill(store, 1)
    now = utc_now()
    for hours in (3, 6):
        store.cases.proceed(Policy(), now + timedelta(hours=hours), CaseWriter("site"))
    found = store.cases.get("i-0")
    assert found.case.level is Level.TOWN
    assert [(one.deed.action, one.deed.note) for one in found.trail[1:]] == [
        (Action.ESCALATE, "东山村"),
        (Action.ESCALATE, "湖镇"),
    ]
