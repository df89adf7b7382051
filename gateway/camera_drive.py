"""A camera's drives under a person's hand and under a tour: every move ends, and is known about."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from gateway.camera_motion import CameraMotion
from gateway.camera_tour import Tour, TourClock
from gateway.clock import monotonic_s
from gateway.control_line import ControlLine
from gateway.control_pool import Urgency
from gateway.errors import GatewayError
from gateway.onvif.ptz import Motion, Ptz

HOLD_S = 1.2
"""A move nobody renews ends after this: the browser went away, or its link."""
RESEND_S = 1.0
"""The same move asked for again goes to the camera at most this often."""
SPACING_S = 0.1
"""Moves go to the camera no closer than this, however fast a person turns the stick."""
CAMERA_TIMEOUT_S = 3.0
"""When the camera stops by itself, should we go away too; some count in whole seconds."""
TRAVEL_S = 20.0
"""Longest way between two views of slow drives."""
LOOK_S = 0.5
"""How often a camera that travels is asked whether it has arrived."""
BLIND_TRAVEL_S = 6.0
"""Time granted to a camera that does not tell whether it moves."""
TOUR_RETRY_S = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Move:
    """The move that goes on, and when it was last sent (monotonic)."""

    motion: Motion
    sent_s: float


class CameraDrive:
    """The drives of one camera; for the pool's loop. Errors are those of `Ptz`."""

    def __init__(
        self, camera_id: str, line: ControlLine[Ptz], on_moving: Callable[[bool], None]
    ) -> None:
        self.motion = CameraMotion(on_moving)
        self._camera_id = camera_id
        self._line = line
        self._move: _Move | None = None
        self._wanted: Motion | None = None
        self._asked_s = 0.0
        self._is_sending = False
        self._deadline: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._clock = TourClock(Tour(), 0.0)
        self._touring: asyncio.Task[None] | None = None
        self._tour_changed = asyncio.Event()

    @property
    def tour(self) -> Tour:
        """The tour that runs when nobody moves the camera."""
        return self._clock.tour

    async def move(self, motion: Motion) -> None:
        """Turn at a speed until `stop`, or for `HOLD_S` when nobody says it again."""
        now_s = monotonic_s()
        self._by_person(now_s)
        self._arm(now_s)
        self._wanted, self._asked_s = motion, now_s
        if not self._is_sending:
            self._is_sending = True
            try:
                await self._send_wanted()
            finally:
                self._is_sending = False

    async def stop(self) -> None:
        """Stop every drive."""
        self._by_person(monotonic_s())
        await self._halt()

    async def travel(self, go: Callable[[Ptz], None]) -> None:
        """Let the camera go somewhere by itself, and know when it has arrived."""
        self._by_person(monotonic_s())
        await self._travel(go, Urgency.PERSON)

    def run_tour(self, tour: Tour) -> None:
        """Run a tour in place of another."""
        self._clock = TourClock(tour, monotonic_s())
        self._tour_changed.set()
        if self._touring is None and tour.runs:
            self._touring = asyncio.create_task(self._run_tours())

    async def close(self) -> None:
        """End the tour, and a move that goes on."""
        for task in (self._touring, *self._background):
            if task is not None:
                task.cancel()
        if self._move is not None:
            await self._halt()

    async def _send_wanted(self) -> None:
        """Send the latest move, and again while others have come meanwhile; no queue builds up.

        A camera that is slow to answer gets no move again that nobody asked for again.
        """
        while (motion := self._wanted) is not None:
            going = self._move
            if going is not None:
                if going.motion == motion and self._asked_s - going.sent_s < RESEND_S:
                    return
                await asyncio.sleep(SPACING_S - (monotonic_s() - going.sent_s))
            self._move = _Move(motion, monotonic_s())
            await self._line.ask(partial(Ptz.move, velocity=motion, timeout_s=CAMERA_TIMEOUT_S))

    def _by_person(self, now_s: float) -> None:
        self._clock.moved_by_person(now_s)
        self._tour_changed.set()

    def _arm(self, now_s: float) -> None:
        """Have the drives stopped unless another move comes in time."""
        if self._deadline is not None:
            self._deadline.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HOLD_S, self._in_background, self._halt)
        self.motion.moves_until(now_s + CAMERA_TIMEOUT_S)

    async def _halt(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._move = self._wanted = None
        await self._line.ask(Ptz.stop)
        if self._wanted is None:
            self.motion.moves_until(monotonic_s())

    async def _travel(self, go: Callable[[Ptz], None], urgency: Urgency) -> None:
        self._move = self._wanted = None
        self.motion.moves_until(monotonic_s() + TRAVEL_S)
        try:
            await self._line.ask(go, urgency)
        except GatewayError:
            self.motion.moves_until(monotonic_s())
            raise
        self._in_background(self._follow)

    async def _follow(self) -> None:
        """Wait until the camera says that it has arrived, or must have."""
        started_s = monotonic_s()
        moves: bool | None = True
        while moves and monotonic_s() < started_s + TRAVEL_S:
            await asyncio.sleep(LOOK_S)
            try:
                moves = await self._line.ask(Ptz.is_moving, Urgency.BACKGROUND)
            except GatewayError:
                moves = None
        if self._wanted is None:
            rests_s = monotonic_s() if moves is not None else started_s + BLIND_TRAVEL_S
            self.motion.moves_until(rests_s)

    async def _run_tours(self) -> None:
        while self.tour.runs:
            self._tour_changed.clear()
            wait_s = self._clock.wait_s(monotonic_s())
            if wait_s > 0:
                await _either(self._tour_changed, wait_s)
                continue
            preset = self._clock.take(monotonic_s())
            try:
                await self._travel(partial(Ptz.go_to, preset=preset), Urgency.BACKGROUND)
            except GatewayError as error:
                log.warning(
                    "a view of a tour is left out",
                    camera=self._camera_id,
                    preset=preset,
                    reason=str(error),
                )
                await _either(self._tour_changed, TOUR_RETRY_S)
        self._touring = None

    def _in_background(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except GatewayError as error:
            log.warning("a camera could not be stopped", camera=self._camera_id, reason=str(error))


async def _either(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for an event, or as long."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass
