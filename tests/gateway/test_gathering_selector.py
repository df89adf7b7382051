"""Few streams are read at once; many are gathered, and timers still come in time."""

import asyncio
import socket
import time
from contextlib import ExitStack

import pytest

from gateway.gathering_selector import GATHER_S, MANY, GatheringSelector


@pytest.fixture
def crowd():
    """A selector that watches as many sockets as asked for, and the other end of the first."""
    with ExitStack() as stack:
        selector = stack.enter_context(GatheringSelector())

        def watch(count: int) -> tuple[GatheringSelector, socket.socket]:
            pairs = [socket.socketpair() for _ in range(count)]
            for ours, theirs in pairs:
                stack.enter_context(ours)
                stack.enter_context(theirs)
                selector.register(ours, 1)
            return selector, pairs[0][1]

        yield watch


@pytest.mark.parametrize(
    ("streams", "timeout", "waits"),
    [(MANY - 1, 1.0, False), (MANY, 1.0, True), (MANY, None, True), (MANY, 0.0, False)],
)
def test_what_many_streams_send_is_gathered(crowd, monkeypatch, streams, timeout, waits) -> None:
    selector, other = crowd(streams)
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    other.send(b"packet")
    ((key, _events),) = selector.select(timeout)
    assert key.fileobj
    assert naps == ([GATHER_S] if waits else [])


def test_a_timer_due_sooner_is_not_waited_past(crowd, monkeypatch) -> None:
    selector, _other = crowd(MANY)
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    assert selector.select(GATHER_S / 4) == []
    assert naps == [GATHER_S / 4]


def test_a_loop_runs_on_it() -> None:
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(GatheringSelector())
    ) as runner:
        assert runner.run(asyncio.sleep(0.01, "done")) == "done"
