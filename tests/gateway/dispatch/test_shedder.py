import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.dispatch.shedder import Shedder
from gateway.errors import StorageError
from gateway.store import Store
from gateway.store.outbox import QUEUE
from vision.types import Severity


def test_what_is_given_up_is_said_with_what_it_was(store: Store, samples) -> None:
    samples.fill(store, 5)
    shedder = Shedder(store, [QUEUE], most=3)
    with capture_logs() as lines:
        shedder.look()
        shedder.look()
    (line,) = lines
    assert (line["log_level"], line["sink"], line["count"]) == ("warning", QUEUE, 2)
    assert line["what"] == {"yellow incidents": 2}


def test_too_many_red_ones_are_kept_and_said_once(store: Store, samples) -> None:
    for number in range(3):
        change = samples.change(f"i-{number}", severity=Severity.RED)
        store.incidents.record(change, samples.origin, (), samples.compose)
    shedder = Shedder(store, [QUEUE], most=1)
    with capture_logs() as lines:
        shedder.look()
        shedder.look()
    assert [(line["log_level"], line["over"]) for line in lines] == [("error", 2)]
    assert store.outbox.backlog().waiting == 3


async def test_store_that_fails_does_not_end_it(
    store: Store, samples, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatch.shedder.LOOK_S", 0.01)
    samples.fill(store, 2)
    shed, failures = store.deliveries.shed, iter([StorageError("full")])

    def fail_once(*arguments: object) -> object:
        for failure in failures:
            raise failure
        return shed(*arguments)

    monkeypatch.setattr(store.deliveries, "shed", fail_once)
    stop = asyncio.Event()
    with capture_logs() as lines:
        running = asyncio.create_task(Shedder(store, [QUEUE], most=1).run(stop))
        await until(lambda: store.outbox.backlog().waiting == 1)
        stop.set()
        await running
    assert [line["log_level"] for line in lines] == ["error", "warning"]
