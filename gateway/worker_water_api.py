"""The part of a worker's port that shows what its cameras learnt of their places, and mends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, Request, Response, status


@dataclass(frozen=True, slots=True)
class ReferenceFacts:
    """One state of a place that a camera knows, as `vision.water.reference.Reference` has it."""

    id: str
    kind: str
    infrared: bool
    made_at: datetime
    seen_at: datetime
    looks: int
    taught: bool


class CameraWaters(Protocol):
    """What a worker does with the water of its cameras, on the event loop of its port.

    Methods raise NotFoundError for a camera that is not this worker's or watches no water, and for
    a state that it does not know; NoPictureError before the first look; StorageError.
    """

    async def only_wet(self, camera: str) -> ReferenceFacts:
        """Keep what was seen last as only wet."""

    async def water_references(self, camera: str) -> tuple[ReferenceFacts, ...]:
        """Return the states a camera knows."""

    async def water_reference_jpeg(self, camera: str, reference: str) -> bytes:
        """Return the picture of a state."""

    async def forget_water_reference(self, camera: str, reference: str) -> None:
        """Drop a state."""


def _waters(request: Request) -> CameraWaters:
    return cast(CameraWaters, request.app.state.control)


Waters = Annotated[CameraWaters, Depends(_waters)]

router = APIRouter(prefix="/cameras/{camera}/water")


@router.post("/only-wet")
async def say_only_wet(waters: Waters, camera: str) -> ReferenceFacts:
    """Keep what was seen last as only wet."""
    return await waters.only_wet(camera)


@router.get("/references")
async def list_references(waters: Waters, camera: str) -> tuple[ReferenceFacts, ...]:
    """Return the states a camera knows."""
    return await waters.water_references(camera)


@router.get("/references/{reference}/picture.jpg")
async def read_reference(waters: Waters, camera: str, reference: str) -> Response:
    """Return the picture of a state."""
    jpeg = await waters.water_reference_jpeg(camera, reference)
    return Response(jpeg, media_type="image/jpeg")


@router.delete("/references/{reference}", status_code=status.HTTP_204_NO_CONTENT)
async def forget_reference(waters: Waters, camera: str, reference: str) -> None:
    """Drop a state."""
    await waters.forget_water_reference(camera, reference)
