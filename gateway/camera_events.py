"""Listening to what a camera notices by itself, for as long as it is watched."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from gateway.clock import monotonic_s, utc_now
from gateway.control_pool import ControlPool, Urgency
from gateway.errors import GatewayError, OnvifError, UnauthorizedError
from gateway.onvif.alarms import CameraAlarm, CameraAlarms
from gateway.onvif.client import OnvifClient
from gateway.onvif.pull_point import PULL_S, PullPoint
from gateway.sources import Credentials

FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
"""Between tries; each doubles the wait. A refusal waits the longest at once: cameras lock users."""
SPACING_S = 1.0
"""Between polls of a camera that answers at once that nothing happened."""
TICK_S = 1.0
"""How often it is looked whether something is over by itself."""

log = structlog.get_logger()


class CameraEvents:
    """The events of one camera; runs on the pool's loop until cancelled.

    on_alarm: called there with each beginning and end; must not wait.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials | None,
        pool: ControlPool,
        on_alarm: Callable[[CameraAlarm], None],
        pull_s: float = PULL_S,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._pool = pool
        self._on_alarm = on_alarm
        self._pull_s = pull_s
        self._alarms = CameraAlarms()
        self._wait_s = FIRST_WAIT_S
        self.fault = ""
        """Why nothing is heard at the moment, "" while it is."""

    async def run(self) -> None:
        """Listen; return when the camera has no events at all."""
        ticking = asyncio.create_task(self._tick())
        try:
            while await self._listen_once():
                await asyncio.sleep(self._wait_s)
                self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        finally:
            ticking.cancel()
            self._tell(self._alarms.end_all(utc_now()))

    async def _listen_once(self) -> bool:
        """Listen until something fails; say whether to try again."""
        try:
            client = await self._pool.call(Urgency.BACKGROUND, self._connected)
            if not client.has("events"):
                self.fault = "the camera names no events service"
                return False
            async with PullPoint(client, self._pull_s) as point:
                while True:
                    await self._subscription(point, client)
        except UnauthorizedError as error:
            self._failed(error)
            self._wait_s = LONGEST_WAIT_S
        except GatewayError as error:
            self._failed(error)
        return True

    def _connected(self) -> OnvifClient:
        client = OnvifClient(self._address, self._credentials)
        client.connect()
        return client

    async def _subscription(self, point: PullPoint, client: OnvifClient) -> None:
        """Listen by one subscription until it nears its end."""
        await point.subscribe()
        self._alarms.resubscribed(utc_now())
        try:
            while True:
                asked_s = monotonic_s()
                found = await point.pull()
                self.fault, self._wait_s = "", FIRST_WAIT_S
                self._tell(self._alarms.take(found, utc_now(), client.clock_skew))
                if not found:
                    await asyncio.sleep(max(0.0, SPACING_S - (monotonic_s() - asked_s)))
                if point.is_ending:
                    return
        finally:
            with suppress(GatewayError):
                await point.unsubscribe()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._tell(self._alarms.pass_time(utc_now()))

    def _tell(self, changes: Iterable[CameraAlarm]) -> None:
        for change in changes:
            self._on_alarm(change)

    def _failed(self, error: OnvifError | GatewayError) -> None:
        """Log what keeps us from listening, once."""
        if str(error) != self.fault:
            log.info("a camera's events are not heard", reason=str(error))
        self.fault = str(error)
