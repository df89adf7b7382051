"""Whether a camera's view stands still, so that looking at it makes sense."""

import asyncio
from collections.abc import Callable

from gateway.clock import monotonic_s

SETTLE_S = 1.5
"""After a stop the picture still shakes, and exposure and focus find their way."""


class CameraMotion:
    """Told when a view will be moving until; tells when that begins and ends.

    Used on the pool's loop; `is_moving` may be read from any thread. on_moving: must not wait.
    """

    def __init__(self, on_moving: Callable[[bool], None]) -> None:
        self._on_moving = on_moving
        self._timer: asyncio.TimerHandle | None = None
        self._until_s = 0.0
        self.is_moving = False

    def moves_until(self, until_s: float) -> None:
        """Count the view as moving until a monotonic time and `SETTLE_S` more."""
        self._until_s = until_s + SETTLE_S
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0.0, self._until_s - monotonic_s()), self._rest)
        if not self.is_moving:
            self.is_moving = True
            self._on_moving(self.is_moving)

    def _rest(self) -> None:
        self._timer = None
        self.is_moving = False
        self._on_moving(self.is_moving)
