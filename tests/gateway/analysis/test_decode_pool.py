"""Turns on the decoding threads: everyone's comes, nobody has two at once, who quits is left."""

import threading
import time

import pytest

from gateway.analysis.decode_pool import HEAD_START_S, DecodePool, Urgency

PATIENCE_S = 30.0


class Worker:
    """Something with turns to take: `left` of them, each as long as `hold` is held."""

    def __init__(self, left=1, *, urgency=Urgency.KEYS, log=None, name=""):
        self.left, self.urgency, self.name = left, urgency, name
        self.log = [] if log is None else log
        self.turns = 0
        self.inside = self.most = 0
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Event()

    def work(self, keys):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        self.hold.wait(PATIENCE_S)
        self.turns += 1
        self.left -= 1
        self.log.append(self.name)
        self.inside -= 1
        return self.left > 0


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


@pytest.fixture
def start():
    pools = []

    def make(threads=2):
        pool = DecodePool(threads)
        pools.append(pool)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.stop()


def test_who_has_more_to_do_has_another_turn(start):
    worker = Worker(left=5)
    start().ready(worker)
    wait_until(lambda: worker.turns == 5)


def test_nobody_has_two_turns_at_once_and_no_call_is_lost(start):
    pool, worker = start(), Worker(left=0)
    worker.hold.clear()
    pool.ready(worker)
    worker.entered.wait(PATIENCE_S)
    for _ in range(10):
        pool.ready(worker)
    worker.hold.set()
    wait_until(lambda: worker.turns == 2)
    time.sleep(0.02)
    assert (worker.turns, worker.most) == (2, 1)


@pytest.fixture
def order(start):
    """Return how to have turns taken after a blocker's, and in what order that was."""

    def take(*parts):
        pool, log = start(threads=1), []
        blocker = Worker()
        blocker.hold.clear()
        pool.ready(blocker)
        blocker.entered.wait(PATIENCE_S)
        for pause_s, name, urgency in parts:
            time.sleep(pause_s)
            pool.ready(Worker(urgency=urgency, log=log, name=name))
        blocker.hold.set()
        wait_until(lambda: len(log) == len(parts))
        return log

    return take


def test_the_most_urgent_go_first(order):
    waiting = (("spare", Urgency.SPARE), ("key", Urgency.KEYS), ("awake", Urgency.AWAKE))
    assert order(*((0.0, name, urgency) for name, urgency in (*waiting, ("b", Urgency.KEYS)))) == [
        "awake",
        "key",
        "b",
        "spare",
    ]


def test_who_has_waited_for_long_goes_before_the_more_urgent(order):
    long_s = 1.2 * HEAD_START_S
    assert order((0.0, "key", Urgency.KEYS), (long_s, "awake", Urgency.AWAKE)) == ["key", "awake"]
    assert order((0.0, "spare", Urgency.SPARE), (long_s, "awake", Urgency.AWAKE)) == [
        "awake",
        "spare",
    ]


def test_the_others_are_not_forgotten_while_the_urgent_never_end(start):
    pool, log = start(threads=1), []
    busy = Worker(left=10**9, urgency=Urgency.AWAKE, log=log, name="urgent")
    busy.hold = threading.Event()
    busy.hold.wait = lambda timeout: time.sleep(0.01)
    pool.ready(busy)
    pool.ready(Worker(log=log, name="quiet"))
    wait_until(lambda: "quiet" in log)
    busy.left = 1


def test_one_with_much_to_do_does_not_hold_up_the_others(start):
    pool, log = start(threads=1), []
    pool.ready(Worker(left=20, log=log, name="busy"))
    pool.ready(Worker(log=log, name="brief"))
    wait_until(lambda: len(log) == 21)
    assert log.index("brief") <= 2


def test_who_quits_has_no_turn_any_more(start):
    pool, blocker, quitter = start(threads=1), Worker(), Worker()
    blocker.hold.clear()
    pool.ready(blocker)
    blocker.entered.wait(PATIENCE_S)
    pool.ready(quitter)
    pool.quit(quitter)
    blocker.hold.set()
    wait_until(lambda: blocker.turns == 1)
    last = Worker()
    pool.ready(last)
    wait_until(lambda: last.turns == 1)
    assert quitter.turns == 0


def test_quitting_waits_for_the_end_of_a_turn(start):
    pool, worker = start(), Worker(left=100)
    worker.hold.clear()
    pool.ready(worker)
    worker.entered.wait(PATIENCE_S)
    quitting = threading.Thread(target=pool.quit, args=(worker,))
    quitting.start()
    assert quitting.is_alive()
    worker.hold.set()
    quitting.join(PATIENCE_S)
    turns = worker.turns
    time.sleep(0.02)
    assert worker.turns == turns


def test_says_how_long_the_first_waits(start):
    pool, blocker = start(threads=1), Worker()
    assert pool.waiting_s() == 0.0
    blocker.hold.clear()
    pool.ready(blocker)
    blocker.entered.wait(PATIENCE_S)
    pool.ready(Worker())
    time.sleep(0.01)
    assert pool.waiting_s() >= 0.01
    blocker.hold.set()
    wait_until(lambda: pool.waiting_s() == 0.0)


def test_who_quits_is_waited_for_no_more(start):
    pool, blocker, quitter = start(threads=1), Worker(), Worker()
    blocker.hold.clear()
    pool.ready(blocker)
    blocker.entered.wait(PATIENCE_S)
    pool.ready(quitter)
    time.sleep(0.05)
    since_s = time.monotonic()
    pool.ready(Worker())
    pool.quit(quitter)
    assert pool.waiting_s() <= time.monotonic() - since_s
    blocker.hold.set()
