"""Ending FFmpeg's blocking calls from outside: at once by another thread, or at a movable deadline.

FFmpeg asks an interrupt callback, several times a second, whether to go on. PyAV installs one that
compares `time.monotonic()` with a limit fixed before the call, and offers no other way in. So the
`time` that PyAV's module sees is replaced, once, by a clock that jumps ahead for the thread whose
call is to end, and keeps true time for every other. Should PyAV stop asking this clock, its own
limit (`FALLBACK_S`) still ends the call; the tests of `AvSource.close` would fail.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from av.container import core

FALLBACK_S = 60.0
"""PyAV's own limit for one blocking call, in seconds."""

_JUMP_S = 1000 * FALLBACK_S


class Interrupt:
    """The end of one source's blocking calls: by `closing`, or at `deadline_s` (monotonic)."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self.deadline_s = float("inf")
        self._ahead_s = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let this interrupt end what the calling thread does with FFmpeg inside the block."""
        _here.interrupt = self
        try:
            yield
        finally:
            _here.interrupt = None

    @property
    def has_fired(self) -> bool:
        """Whether a call was told to end. FFmpeg then fails with whatever it was doing."""
        return self._ahead_s > 0

    def clock_s(self) -> float:
        """Return monotonic seconds, or once the end has come, a later time at each call."""
        now_s = time.monotonic()
        if self.closing.is_set() or now_s > self.deadline_s:
            self._ahead_s += _JUMP_S
        return now_s + self._ahead_s


class _Here(threading.local):
    interrupt: Interrupt | None = None


_here = _Here()


class _Clock:
    """Stands where PyAV's container module expects the `time` module."""

    @staticmethod
    def monotonic() -> float:
        interrupt = _here.interrupt
        return interrupt.clock_s() if interrupt else time.monotonic()


core.time = _Clock  # type: ignore[attr-defined]
