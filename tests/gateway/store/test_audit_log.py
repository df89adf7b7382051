"""The audit log grows by whole records in one line, whoever writes, and refuses everything else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text, update

from gateway.audit.act import Act, AuditAction
from gateway.audit.chain import ROOT, Break, Fault, Head, link
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.audit_log import AuditFilter, tell
from gateway.store.journal import Topic, note
from gateway.store.tables import audit

NOW = datetime(2026, 5, 1, 8, 59, 59, 999_999, tzinfo=UTC)
UNLOCK = {
    "sqlite": ("audit_keeps_records", "audit_loses_nothing", "audit_only_grows"),
    "postgresql": ("audit_keeps_records", "audit_is_not_emptied"),
}

REFUSED = "append-only|syntax error|pk_audit"
"""By a trigger; SQLite knows no TRUNCATE, and PostgreSQL no OR REPLACE."""


def act(number: int = 0, **fields: object) -> Act:
    values = {"at": NOW + timedelta(minutes=number), "actor": "li", "object": "case/i-1"}
    return Act(**values | {"action": AuditAction.CASE_STEP, "detail": {"n": number}} | fields)  # type: ignore[arg-type]


def fill(store: Store, count: int) -> None:
    for number in range(count):
        store.audit.tell(act(number))


def forge(store: Store, *statements) -> None:
    """Do what somebody does who has the whole database in their hands."""
    with store._database.write() as connection:
        dialect = connection.dialect.name
        for trigger in UNLOCK[dialect]:
            of = "" if dialect == "sqlite" else " ON audit"
            connection.execute(text(f"DROP TRIGGER {trigger}{of}"))
        for statement in statements:
            connection.execute(statement)


def test_records_come_back_as_they_were_told_and_hang_together(store: Store) -> None:
    assert store.audit.head() == ROOT
    fill(store, 3)
    found = store.audit.newest(AuditFilter())
    assert [record.seq for record in found] == [3, 2, 1]
    assert found[-1] == link(act(0), ROOT)
    assert found[0].head == store.audit.head()
    assert store.audit.breaks() == ()
    with store.audit.records(after=1) as records:
        assert tuple(records) == (found[1], found[0])


def test_a_record_is_written_with_what_it_tells_of_or_not_at_all(store: Store) -> None:
    def fail() -> None:
        with store._database.write() as connection:
            tell(connection, act())
            note(connection, Topic.SYSTEM, "here", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (store.audit.head(), store.journal.last()) == (ROOT, 0)


REPLACING = insert(audit).prefix_with("OR REPLACE", dialect="sqlite")


@pytest.mark.parametrize(
    "statement",
    [
        update(audit).values(actor="wu"),
        delete(audit),
        text("TRUNCATE audit"),
        REPLACING.values(asdict(link(act(5), ROOT))),
    ],
    ids=["update", "delete", "truncate", "replace"],
)
def test_the_table_refuses_to_be_changed(store: Store, statement) -> None:
    fill(store, 2)
    with pytest.raises(StorageError, match=REFUSED), store._database.write() as connection:
        connection.execute(statement)
    assert store.audit.newest(AuditFilter())[1] == link(act(0), ROOT)


def test_writers_at_once_make_one_chain(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: store.audit.tell(act(number)), range(40)))
    assert store.audit.head().seq == 40
    assert store.audit.breaks() == ()


def test_what_was_forged_in_the_database_shows(store: Store) -> None:
    fill(store, 5)
    head = store.audit.head()
    forge(store, update(audit).where(audit.c.seq == 2).values(actor="wu"))
    assert store.audit.breaks(known=[head]) == (Break(2, Fault.ALTERED),)
    assert store.audit.breaks(since=NOW + timedelta(minutes=2)) == ()


def test_a_forged_past_with_all_hashes_made_anew_shows_by_a_head_noted_outside(
    store: Store,
) -> None:
    fill(store, 4)
    head = store.audit.head()
    end, anew = ROOT, []
    for number in range(4):
        record = link(replace(act(number), actor="wu"), end)
        anew.append(asdict(record))
        end = record.head
    forge(store, delete(audit), insert(audit).values(anew))
    assert store.audit.breaks() == ()
    assert store.audit.breaks(known=[head]) == (Break(4, Fault.FORKED),)


def test_a_cut_end_shows_by_a_head_noted_outside(store: Store) -> None:
    fill(store, 3)
    head = store.audit.head()
    forge(store, delete(audit).where(audit.c.seq == 3))
    assert store.audit.breaks() == ()
    assert store.audit.breaks(known=[head]) == (Break(3, Fault.CUT),)
    assert store.audit.breaks(known=[Head(9, head.hash)]) == (Break(9, Fault.CUT),)


def test_what_happens_often_is_told_once_an_hour_for_each_person_and_thing(store: Store) -> None:
    again = [
        act(),
        act(detail={"other": True}),
        act(actor="wu"),
        act(object="case/i-2"),
        replace(act(), at=NOW - timedelta(minutes=59)),
        replace(act(), at=NOW + timedelta(microseconds=1)),
    ]
    for one in again:
        store.audit.tell_hourly(one)
    told = [
        (record.actor, record.object, record.at.hour)
        for record in store.audit.newest(AuditFilter())
    ]
    assert told == [
        ("li", "case/i-1", 9),
        ("li", "case/i-2", 8),
        ("wu", "case/i-1", 8),
        ("li", "case/i-1", 8),
    ]


def test_records_are_found_by_person_deed_time_and_thing_with_what_is_below_it(
    store: Store,
) -> None:
    store.audit.tell(act(0))
    store.audit.tell(act(1, object="case/i-1/evidence/e", actor="wu"))
    store.audit.tell(act(2, object="case/i-10", action=AuditAction.CASE_HELD))
    store.audit.tell(act(3, object="case/i_1"))

    def seqs(**wanted: object) -> list[int]:
        return [record.seq for record in store.audit.newest(AuditFilter(**wanted))]  # type: ignore[arg-type]

    assert seqs() == [4, 3, 2, 1]
    assert seqs(object="case/i-1") == [2, 1]
    assert seqs(object="case/i_1") == [4]
    assert seqs(actor="wu") == [2]
    assert seqs(action="case_held") == [3]
    assert seqs(since=NOW + timedelta(minutes=2)) == [4, 3]
    assert [record.seq for record in store.audit.newest(AuditFilter(), before=3, limit=1)] == [2]
