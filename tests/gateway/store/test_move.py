"""A store moved between databases: everything is there, counted on, and provable; or nothing is."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

import gateway.store.move
from gateway.audit.act import Act, AuditAction
from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.database import Database
from gateway.store.move import move
from gateway.store.outbox import QUEUE
from gateway.store.tables import audit, deliveries, metadata, units
from gateway.workflow.case import Action, Actor, Deed, Party

NOW = utc_now()


@pytest.fixture
def lived_in(store: Store, samples) -> Store:
    """Return a store with something in many tables, and numbers of rows that are gone."""
    with store._database.write() as connection:
        rows = [{"id": one, "name": one, "level": "town"} for one in ("village", "town", "county")]
        connection.execute(insert(units), rows)
        for name, parent in (("village", "town"), ("town", "county")):
            connection.execute(update(units).where(units.c.id == name).values(parent_id=parent))
    samples.fill(store, 30)
    pictures = (samples.evidence("积水"),)
    store.incidents.record(samples.change("积水"), samples.origin, pictures, samples.compose)
    deed = Deed(Action.CONFIRM, Actor(Party.OPERATOR, "李"), NOW, note="去看")
    store.cases.take("积水", deed, 0, lambda _: '{"好": 1}')
    for number in range(5):
        store.audit.tell(Act(NOW, "li", AuditAction.SIGN_IN, f"user/{number}", {"n": number}))
    with store._database.write() as connection:
        connection.execute(text("DELETE FROM journal WHERE seq > 3"))
    return store


def contents(database: Database) -> dict[str, list[tuple]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.fixture
def target(new_location: Path | str):
    database = Database.open(new_location)
    yield database
    database.close()


def test_everything_arrives_and_is_counted_on(lived_in: Store, target: Database, samples) -> None:
    source = lived_in._database
    before, last = contents(source), lived_in.journal.last()
    moved = {one.name: one.rows for one in move(source, target)}
    assert contents(target) == before == contents(source)
    assert moved == {name: len(rows) for name, rows in before.items()}
    assert moved["incidents"] == 31
    there = Store(target, lived_in._box)
    assert there.audit.breaks() == ()
    assert there.audit.head() == lived_in.audit.head()
    assert [one.event_id for one in there.deliveries.due(QUEUE, 100, NOW)] == [
        one.event_id for one in lived_in.deliveries.due(QUEUE, 100, NOW)
    ]
    there.incidents.record(samples.change("later"), samples.origin, (), samples.compose)
    lived_in.incidents.record(samples.change("later"), samples.origin, (), samples.compose)
    assert there.journal.last() == lived_in.journal.last() > last + 1, "no number is given twice"
    there.audit.tell(Act(NOW, "li", AuditAction.SIGN_IN, "user/9", {}))
    assert there.audit.breaks() == ()


def test_a_database_in_use_is_refused_and_left_alone(
    lived_in: Store, target: Database, samples
) -> None:
    Store(target, lived_in._box).incidents.record(
        samples.change("theirs"), samples.origin, (), samples.compose
    )
    before = contents(target)
    with pytest.raises(StorageError, match="is in use"):
        move(lived_in._database, target)
    assert contents(target) == before


@pytest.mark.parametrize("fault", ["rows", "chain"])
def test_what_differs_leaves_nothing(
    lived_in: Store, target: Database, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(target)

    without = gateway.store.move._without

    def lose_rows(_reading, writing) -> None:
        writing.execute(delete(deliveries))

    def forge(row, columns):
        is_told = set(row) == set(audit.columns.keys())
        return {**row, "actor": "somebody else"} if is_told else without(row, columns)

    spoiled = {"rows": ("_go_on_counting", lose_rows), "chain": ("_without", forge)}
    name, instead = spoiled[fault]
    monkeypatch.setattr(f"gateway.store.move.{name}", instead)
    with pytest.raises(StorageError, match="arrive"):
        move(lived_in._database, target)
    assert contents(target) == before
