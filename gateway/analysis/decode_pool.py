"""A thread for each core, and the eyes of all cameras take turns on them."""

import threading
from collections import deque
from enum import IntEnum
from typing import Protocol

from gateway.clock import monotonic_s
from gateway.decode import KeyPictures

HEAD_START_S = 0.5
"""Each urgency goes before the next one where that has waited up to so much longer: a camera where
something happens is soon looked at, and on a machine short of time quiet ones are not forgotten."""


class Urgency(IntEnum):
    """Whose turn it is, first to last."""

    AWAKE = 0
    """Something may be happening there now."""
    KEYS = 1
    """A key frame of a camera that is quiet: it may be what wakes it."""
    SPARE = 2
    """A quiet camera is decoded because there is time."""


class Turn(Protocol):
    """Something with packets to decode."""

    @property
    def urgency(self) -> Urgency:
        """How soon it should be."""
        ...

    def work(self, keys: KeyPictures) -> bool:
        """Decode some of what lies ready; say whether more does. One thread at a time.

        keys: the thread's own decoders of single key frames.
        """
        ...


class _Line:
    """Those that wait for their turn; for use under the pool's lock."""

    def __init__(self) -> None:
        self._lines: dict[Urgency, deque[tuple[Turn, float]]] = {u: deque() for u in Urgency}
        self._queued: set[Turn] = set()
        self._again: set[Turn] = set()
        self.running: set[Turn] = set()

    def __len__(self) -> int:
        return len(self._queued)

    def add(self, turn: Turn, since_s: float) -> bool:
        """Put one in the line, unless it is there; say whether a thread is wanted for it."""
        if turn in self._queued:
            return False
        if turn in self.running:
            self._again.add(turn)
            return False
        self._queued.add(turn)
        self._lines[turn.urgency].append((turn, since_s))
        return True

    def take(self) -> Turn:
        """Take the next one out of the line and call it running. The line must not be empty.

        That is who has waited longest, each urgency given a start before the next.
        """
        firsts = {urgency: line[0][1] for urgency, line in self._lines.items() if line}
        urgency = min(firsts, key=lambda one: firsts[one] + one * HEAD_START_S)
        turn, _ = self._lines[urgency].popleft()
        self._queued.discard(turn)
        self.running.add(turn)
        return turn

    def done(self, turn: Turn, since_s: float, *, more: bool) -> None:
        """Take one back after its turn, to the end of the line where there is more to do."""
        self.running.discard(turn)
        if more or turn in self._again:
            self._again.discard(turn)
            self.add(turn, since_s)

    def drop(self, turn: Turn) -> None:
        """Take one out of the line, wherever it stands."""
        self._queued.discard(turn)
        self._again.discard(turn)
        for urgency, line in self._lines.items():
            self._lines[urgency] = deque(place for place in line if place[0] is not turn)

    def since_s(self) -> float | None:
        """Return since when the one that has waited longest waits, None when none does."""
        return min((line[0][1] for line in self._lines.values() if line), default=None)


class DecodePool:
    """Decodes for all cameras of a worker. Every method but `start` and `stop` is for any thread.

    Work is done by turns: whoever has packets is `ready`, the most urgent go first, and nobody is
    given a second turn while another of the same urgency waits for the first.
    """

    def __init__(self, threads: int) -> None:
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)
        self._ended = threading.Condition(self._lock)
        self._line = _Line()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._run, name=f"decode-{number}") for number in range(threads)
        ]

    def start(self) -> None:
        """Begin, with the threads asked for."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads and wait for them; what waits is not done."""
        with self._lock:
            self._stopping = True
            self._wanted.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def ready(self, turn: Turn) -> None:
        """Say that there is something to decode; its turn comes. Never waits long."""
        with self._lock:
            if self._line.add(turn, monotonic_s()):
                self._wanted.notify()

    def quit(self, turn: Turn) -> None:
        """Give it no turn any more, and wait for the end of the one it has."""
        with self._lock:
            self._line.drop(turn)
            self._ended.wait_for(lambda: turn not in self._line.running)
            self._line.drop(turn)

    def waiting_s(self) -> float:
        """Return for how many seconds the one that has waited longest has been waiting."""
        with self._lock:
            since_s = self._line.since_s()
        return 0.0 if since_s is None else monotonic_s() - since_s

    def _run(self) -> None:
        keys = KeyPictures()
        while (turn := self._next()) is not None:
            more = False
            try:
                more = turn.work(keys)
            finally:
                with self._lock:
                    self._line.done(turn, monotonic_s(), more=more)
                    self._ended.notify_all()

    def _next(self) -> Turn | None:
        with self._lock:
            self._wanted.wait_for(lambda: self._line or self._stopping)
            return None if self._stopping else self._line.take()
