"""Cameras turned, set and restarted from the console; the worker that owns one carries it out.

Moves end by themselves: a page that holds a button says so again at least once a second. Whoever is
signed in may turn a camera; what stays for everybody (views, tours, picture, clock) is for
administrators.
"""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, status
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from gateway.api.fields import Question
from gateway.api.security import administrator, signed_in
from gateway.api.services import Services, ServicesDep
from gateway.camera_commands import (
    NAME_LENGTH,
    Command,
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
from gateway.camera_tour import MAX_DWELL_S, MIN_DWELL_S, MOST_STOPS, Tour, TourStop
from gateway.http.errors import ErrorBody
from gateway.onvif.device_clock import ClockState
from gateway.onvif.imaging import ImagingState
from gateway.onvif.ptz import Motion, Preset
from gateway.worker_client import owner_of

REFUSALS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "not_found: no such camera, or not one to control"},
    502: {"model": ErrorBody, "description": "unreachable, unauthorized or onvif_fault"},
    503: {"model": ErrorBody, "description": "worker_unreachable: try again later"},
}

router = APIRouter(
    prefix="/api/cameras/{camera}",
    tags=["camera control"],
    dependencies=[Depends(signed_in)],
    responses=REFUSALS,
)
ADMINISTRATOR = [Depends(administrator)]
DONE = status.HTTP_204_NO_CONTENT
State = TypeVar("State", PtzState, ImagingState, ClockState, Features)
Share = Annotated[float, Field(ge=-1, le=1)]


class MotionBody(Question):
    """A speed, step or place: -1 to 1 of the camera's range; right, up and closer are above 0."""

    pan: Share = 0.0
    tilt: Share = 0.0
    zoom: Share = 0.0

    @property
    def motion(self) -> Motion:
        """The same for a command."""
        return Motion(self.pan, self.tilt, self.zoom)


class PresetBody(Question):
    """What a view is to be called."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH)


class TourStopBody(Question):
    """A view, by the camera's token, and the seconds to look at it."""

    preset: str = Field(min_length=1, max_length=NAME_LENGTH)
    dwell_s: float = Field(ge=MIN_DWELL_S, le=MAX_DWELL_S)


class TourBody(Question):
    """Views in turn; resume_s: quiet seconds after a person's last move."""

    stops: Sequence[TourStopBody] = Field((), max_length=MOST_STOPS)
    resume_s: float = Field(60.0, ge=0, le=MAX_DWELL_S)
    enabled: bool = True


class ImagingBody(Question):
    """The settings to change, by name; ir_cut: a mode the camera offers."""

    values: dict[str, float] = Field(default_factory=dict)
    ir_cut: str | None = None


async def _do(services: Services, camera: str, command: Command) -> None:
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    await services.workers.control(worker_url, camera, command)


async def _read(services: Services, camera: str, kind: type[State]) -> State:
    worker_url = await run_in_threadpool(owner_of, services.store, camera)
    return await services.workers.control_state(worker_url, camera, kind)


@router.get("/ptz")
async def read_ptz(camera: str, services: ServicesDep) -> PtzState:
    """Return what can be turned, the views kept, the tour, and whether the camera moves."""
    return await _read(services, camera, PtzState)


@router.post("/ptz/move", status_code=DONE)
async def move(camera: str, body: MotionBody, services: ServicesDep) -> None:
    """Turn at a speed; it ends within 1.2 s unless asked for again."""
    await _do(services, camera, Move(body.motion))


@router.post("/ptz/stop", status_code=DONE)
async def stop(camera: str, services: ServicesDep) -> None:
    """Stop turning."""
    await _do(services, camera, Stop())


@router.post("/ptz/step", status_code=DONE)
async def step(camera: str, body: MotionBody, services: ServicesDep) -> None:
    """Turn by a part of the range, where the camera offers it."""
    await _do(services, camera, Step(body.motion))


@router.post("/ptz/turn-to", status_code=DONE)
async def turn_to(camera: str, body: MotionBody, services: ServicesDep) -> None:
    """Turn to a place, where the camera offers it."""
    await _do(services, camera, TurnTo(body.motion))


@router.post("/ptz/home", status_code=DONE)
async def go_home(camera: str, services: ServicesDep) -> None:
    """Turn to the home view."""
    await _do(services, camera, GoHome())


@router.put("/ptz/home", status_code=DONE, dependencies=ADMINISTRATOR)
async def keep_home(camera: str, services: ServicesDep) -> None:
    """Make the present view the home view."""
    await _do(services, camera, KeepHome())


@router.post("/ptz/presets", status_code=status.HTTP_201_CREATED, dependencies=ADMINISTRATOR)
async def keep_preset(camera: str, body: PresetBody, services: ServicesDep) -> tuple[Preset, ...]:
    """Keep the present view under a name; returns all that are kept."""
    await _do(services, camera, KeepPreset(body.name))
    return (await _read(services, camera, PtzState)).presets


@router.put("/ptz/presets/{preset}", status_code=DONE, dependencies=ADMINISTRATOR)
async def replace_preset(camera: str, preset: str, body: PresetBody, services: ServicesDep) -> None:
    """Keep the present view in place of another."""
    await _do(services, camera, KeepPreset(body.name, preset))


@router.delete("/ptz/presets/{preset}", status_code=DONE, dependencies=ADMINISTRATOR)
async def forget_preset(camera: str, preset: str, services: ServicesDep) -> None:
    """Remove a view."""
    await _do(services, camera, ForgetPreset(preset))


@router.post("/ptz/presets/{preset}/go", status_code=DONE)
async def go_to_preset(camera: str, preset: str, services: ServicesDep) -> None:
    """Turn to a view."""
    await _do(services, camera, GoToPreset(preset))


@router.put("/ptz/tour", status_code=DONE, dependencies=ADMINISTRATOR)
async def set_tour(camera: str, body: TourBody, services: ServicesDep) -> None:
    """Run a tour of views in place of the present one; without stops, end it."""
    stops = tuple(TourStop(one.preset, one.dwell_s) for one in body.stops)
    await _do(services, camera, SetTour(Tour(stops, body.resume_s, body.enabled)))


@router.get("/imaging")
async def read_imaging(camera: str, services: ServicesDep) -> ImagingState:
    """Return the picture settings and their ranges."""
    return await _read(services, camera, ImagingState)


@router.patch("/imaging", status_code=DONE, dependencies=ADMINISTRATOR)
async def set_imaging(camera: str, body: ImagingBody, services: ServicesDep) -> None:
    """Set some of the picture settings."""
    await _do(services, camera, SetImaging(body.values, body.ir_cut))


@router.get("/clock")
async def read_clock(camera: str, services: ServicesDep) -> ClockState:
    """Return how far off the camera's clock is, and what sets it."""
    return await _read(services, camera, ClockState)


@router.post("/clock", status_code=DONE, dependencies=ADMINISTRATOR)
async def set_clock(camera: str, services: ServicesDep) -> None:
    """Set the camera to our time; its own NTP is off from then on."""
    await _do(services, camera, SetClock())


@router.post("/reboot", status_code=DONE, dependencies=ADMINISTRATOR)
async def reboot(camera: str, services: ServicesDep) -> None:
    """Start the camera anew."""
    await _do(services, camera, Reboot())


@router.get("/features")
async def read_features(camera: str, services: ServicesDep) -> Features:
    """Try what works on the camera, changing nothing; takes some seconds."""
    return await _read(services, camera, Features)
