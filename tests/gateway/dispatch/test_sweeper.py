import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.clock import utc_now
from gateway.dispatch.sweeper import Sweeper
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.outbox import QUEUE
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType


@pytest.fixture
def old(store: Store, samples) -> Store:
    """Return a store in which three messages of an incident may go, taken ten days ago."""
    for sequence, kind in enumerate((ChangeType.OPENED, ChangeType.UPDATED, ChangeType.CLOSED)):
        change = samples.change("old", kind, sequence, after_s=sequence)
        store.incidents.record(change, samples.origin, (), samples.compose)
    deed = Deed(Action.DISMISS, Actor(Party.OPERATOR, "li"), utc_now(), reason=FalseAlarm.ANIMAL)
    store.cases.take("old", deed, 0, lambda _: "{}")
    store.incidents.record(samples.change("new"), samples.origin, (), samples.compose)
    *first, last = store.deliveries.due(QUEUE, 100, utc_now())
    for some, days in ((first, 10), ([last], 0)):
        taken = {one.seq: f"1700000000000-{one.seq}" for one in some}
        store.deliveries.settle(QUEUE, taken, (), utc_now() - timedelta(days=days))
    return store


def kept(store: Store) -> list[str]:
    return [one.event_id for one in store.outbox.of_incident("old")]


async def test_what_is_older_than_wished_goes(old: Store) -> None:
    await Sweeper(old, timedelta(days=11)).look(asyncio.Event())
    assert len(kept(old)) == 4
    with capture_logs() as lines:
        await Sweeper(old, timedelta(days=9)).look(asyncio.Event())
    assert kept(old) == ["old/0"]
    assert [line["count"] for line in lines] == [3]


async def test_store_that_fails_does_not_end_it(
    old: Store, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatch.sweeper.LOOK_S", 0.01)
    forget, failures = old.deliveries.forget, iter([StorageError("full")])

    def fail_once(before):
        for failure in failures:
            raise failure
        yield from forget(before)

    monkeypatch.setattr(old.deliveries, "forget", fail_once)
    stop = asyncio.Event()
    with capture_logs() as lines:
        running = asyncio.create_task(Sweeper(old, timedelta(days=9)).run(stop))
        await until(lambda: len(kept(old)) == 1)
        stop.set()
        await running
    assert [line["log_level"] for line in lines][:1] == ["error"]
