"""Cases go on by themselves while a site is served, also after its store refused for a while."""

import asyncio
from datetime import timedelta

from gateway.case_watch import CaseWatch
from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import StorageError
from gateway.workflow.case import Level, Step
from gateway.workflow.unasked import Policy
from vision.types import Severity

POLICY = Policy(frozenset({"waterlogging"}))


async def test_trusted_red_is_screened_within_a_look(store, samples):
    change = samples.change("w", kind="waterlogging", severity=Severity.RED)
    store.incidents.record(change, samples.origin, (), samples.compose)
    stop = asyncio.Event()
    running = asyncio.create_task(CaseWatch(store, POLICY, CaseWriter("site")).run(stop))
    async with asyncio.timeout(30):
        while store.cases.get("w").case.step is Step.DISCOVERED:
            await asyncio.sleep(0.02)
        stop.set()
        await running
    assert store.cases.get("w").case.step is Step.SCREENED


def test_a_store_that_refuses_is_asked_again(store, samples, monkeypatch):
    samples.fill(store, 1)
    late = utc_now() + timedelta(hours=3)
    watch = CaseWatch(store, POLICY, CaseWriter("site"), now=lambda: late)
    with monkeypatch.context() as full:

        def refuse(*_: object) -> None:
            raise StorageError("the disk is full")

        full.setattr(store.cases, "proceed", refuse)
        watch.look()
    watch.look()
    assert store.cases.get("i-0").case.level is Level.VILLAGE
