"""The part of a worker's port that controls cameras: commands in, states out."""

from collections.abc import Mapping
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Body, Depends, Request, Response, status
from pydantic import TypeAdapter

from gateway.camera_commands import STATES, Command, ControlState

_WRITERS: Mapping[str, TypeAdapter[ControlState]] = {
    name: TypeAdapter(kind) for name, kind in STATES.items()
}


class CameraControls(Protocol):
    """What a worker does with the controls of its cameras, on the event loop of its port.

    Methods raise NotFoundError (not a camera of this worker, or not one that can be controlled),
    UnreachableError, UnauthorizedError and OnvifError.
    """

    async def control(self, camera: str, command: Command) -> None:
        """Carry out a command."""

    async def control_state(self, camera: str, state: str) -> ControlState:
        """Ask the camera how something stands; state: a name in `STATES`."""


def _controls(request: Request) -> CameraControls:
    return cast(CameraControls, request.app.state.control)


Controls = Annotated[CameraControls, Depends(_controls)]

router = APIRouter(prefix="/cameras/{camera}/control")


@router.post("", status_code=status.HTTP_204_NO_CONTENT)
async def carry_out(controls: Controls, camera: str, command: Annotated[Command, Body()]) -> None:
    """Carry out a command."""
    await controls.control(camera, command)


@router.get("/{state}")
async def read_state(controls: Controls, camera: str, state: str) -> Response:
    """Return how something stands."""
    found = await controls.control_state(camera, state)
    return Response(_WRITERS[state].dump_json(found), media_type="application/json")
