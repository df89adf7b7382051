"""One ONVIF camera under control: commands, states to read, its own alarms, its tour."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from gateway.camera_commands import (
    STATES,
    Command,
    ControlState,
    Features,
    ForgetPreset,
    GoHome,
    GoToPreset,
    KeepHome,
    KeepPreset,
    Move,
    PtzState,
    Reboot,
    SetClock,
    SetImaging,
    SetTour,
    Step,
    Stop,
    TurnTo,
)
from gateway.camera_drive import CameraDrive
from gateway.camera_events import CameraEvents
from gateway.camera_tour import Tour
from gateway.control_line import ControlLine
from gateway.control_pool import ControlPool
from gateway.errors import GatewayError, NotFoundError
from gateway.onvif.alarms import CameraAlarm
from gateway.onvif.client import OnvifClient
from gateway.onvif.device_clock import ClockState, read_clock, set_clock
from gateway.onvif.imaging import Imaging, ImagingState
from gateway.onvif.ptz import Ptz
from gateway.onvif.survey import survey
from gateway.sources import Credentials
from gateway.store.camera_controls import CameraControls
from gateway.store.inventory import Camera

SCHEMES = ("onvif://", "onvifs://")
STOP_S = 8.0
"""Longest wait for a moving camera to be stopped and a subscription to be ended."""

_TOUR = TypeAdapter(Tour)

log = structlog.get_logger()


def is_controllable(camera: Camera) -> bool:
    """Say whether a camera was onboarded by ONVIF."""
    return camera.address.startswith(SCHEMES)


class CameraControl:
    """One camera's controls, from `start` to `stop`; both from any thread.

    on_alarm, on_moving: called on the pool's loop, must not wait. `do` and `read` are for any event
    loop; they raise UnreachableError, UnauthorizedError, OnvifError, NotFoundError, StorageError.
    """

    def __init__(
        self,
        camera: Camera,
        credentials: Credentials | None,
        pool: ControlPool,
        records: CameraControls,
        on_alarm: Callable[[CameraAlarm], None],
        on_moving: Callable[[bool], None],
    ) -> None:
        self.camera = camera
        self._pool = pool
        self._records = records
        drives = ControlLine(camera.address, credentials, pool, Ptz)
        self._line = ControlLine(camera.address, credentials, pool, _itself)
        self._drive = CameraDrive(camera.id, drives, on_moving)
        self._drives = drives
        self._events = CameraEvents(camera.address, credentials, pool, on_alarm)
        self._listening: Future[None] | None = None

    @property
    def is_moving(self) -> bool:
        """Whether the view moves, or has not settled yet; for any thread."""
        return self._drive.motion.is_moving

    @property
    def events_fault(self) -> str:
        """Why the camera's own alarms are not heard at the moment, "" while they are."""
        return self._events.fault

    def start(self) -> None:
        """Listen for alarms, and run the tour kept for the camera."""
        self._listening = self._pool.submit(self._events.run())
        tour = self._kept(self._records.get(self.camera.id).tour)
        self._pool.submit(self._run_tour(tour))

    def stop(self) -> None:
        """Stop a move that goes on, the tour, and listening; also one that never started."""
        if self._listening is None:
            return
        ending = self._pool.submit(self._drive.close())
        with suppress(TimeoutError, GatewayError):
            ending.result(STOP_S)
        self._listening.cancel()

    async def do(self, command: Command) -> None:
        """Carry out a command; it has been when this returns."""
        await asyncio.wrap_future(self._pool.submit(COMMANDS[type(command)](self, command)))

    async def read(self, state: str) -> ControlState:
        """Ask the camera how something stands; state: a name in `STATES`."""
        if state not in STATES:
            raise NotFoundError(f"there is no state {state!r}; there are: {', '.join(STATES)}")
        return await asyncio.wrap_future(self._pool.submit(READERS[STATES[state]](self)))

    async def _run_tour(self, tour: Tour) -> None:
        self._drive.run_tour(tour)

    def _kept(self, tour: str) -> Tour:
        try:
            return _TOUR.validate_json(tour) if tour else Tour()
        except ValidationError as error:
            log.error("a tour cannot be read", camera=self.camera.id, reason=str(error))
            return Tour()

    async def _move(self, command: Move) -> None:
        await self._drive.move(command.motion)

    async def _step(self, command: Step) -> None:
        await self._drive.travel(lambda ptz: ptz.step(command.motion))

    async def _turn_to(self, command: TurnTo) -> None:
        await self._drive.travel(lambda ptz: ptz.turn_to(command.motion))

    async def _stop(self, _: Stop) -> None:
        await self._drive.stop()

    async def _go_home(self, _: GoHome) -> None:
        await self._drive.travel(Ptz.go_home)

    async def _keep_home(self, _: KeepHome) -> None:
        await self._drives.ask(Ptz.keep_home)

    async def _go_to(self, command: GoToPreset) -> None:
        await self._drive.travel(lambda ptz: ptz.go_to(command.preset))

    async def _keep(self, command: KeepPreset) -> None:
        await self._drives.ask(lambda ptz: ptz.keep(command.name, command.preset))

    async def _forget(self, command: ForgetPreset) -> None:
        await self._drives.ask(lambda ptz: ptz.forget(command.preset))

    async def _set_tour(self, command: SetTour) -> None:
        kept = _TOUR.dump_json(command.tour).decode()
        await asyncio.to_thread(self._records.put_tour, self.camera.id, kept)
        self._drive.run_tour(command.tour)

    async def _set_imaging(self, command: SetImaging) -> None:
        await self._line.ask(lambda client: Imaging(client).set(command.values, command.ir_cut))

    async def _set_clock(self, _: SetClock) -> None:
        await self._line.ask(set_clock)

    async def _reboot(self, _: Reboot) -> None:
        await self._line.ask(OnvifClient.reboot)

    async def _ptz_state(self) -> PtzState:
        abilities, presets = await self._drives.ask(
            lambda ptz: (ptz.abilities, ptz.presets() if ptz.abilities.presets else ())
        )
        return PtzState(abilities, presets, self._drive.tour, self.is_moving)

    async def _imaging_state(self) -> ImagingState:
        return await self._line.ask(lambda client: Imaging(client).state())

    async def _clock_state(self) -> ClockState:
        return await self._line.ask(read_clock)

    async def _features(self) -> Features:
        return Features(await self._line.ask(survey))


def _itself(client: OnvifClient) -> OnvifClient:
    return client


COMMANDS: Mapping[type, Callable[[CameraControl, Any], Coroutine[Any, Any, None]]] = {
    Move: CameraControl._move,
    Step: CameraControl._step,
    TurnTo: CameraControl._turn_to,
    Stop: CameraControl._stop,
    GoHome: CameraControl._go_home,
    KeepHome: CameraControl._keep_home,
    GoToPreset: CameraControl._go_to,
    KeepPreset: CameraControl._keep,
    ForgetPreset: CameraControl._forget,
    SetTour: CameraControl._set_tour,
    SetImaging: CameraControl._set_imaging,
    SetClock: CameraControl._set_clock,
    Reboot: CameraControl._reboot,
}
READERS: Mapping[
    type[ControlState], Callable[[CameraControl], Coroutine[Any, Any, ControlState]]
] = {
    PtzState: CameraControl._ptz_state,
    ImagingState: CameraControl._imaging_state,
    ClockState: CameraControl._clock_state,
    Features: CameraControl._features,
}
