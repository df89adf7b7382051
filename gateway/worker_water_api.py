"""The part of a worker's port that shows what its cameras learnt of their places, and mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, TypeAlias, cast

from fastapi import APIRouter, Depends, Request, Response, status

from vision.water.eye_trial import EyeFigures
from vision.water.types import Unseen

Corners: TypeAlias = tuple[tuple[float, float], ...]
"""Of an outline; x, y, normalised 0-1."""


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


@dataclass(frozen=True, slots=True)
class LookFacts:
    """What the last look with a picture saw.

    unseen: why it says nothing, None when it does. area_ratio: flooded share of the zones, of a
    slope the share that moved, 0-1. reference: the state it was compared with, "" for none. votes:
    area_ratio by each witness alone. text_masks: where the camera was found to write, the largest
    first; empty where the site says it.
    """

    at: datetime
    unseen: Unseen | None
    area_ratio: float
    depth_cm: float | None
    error_cm: float | None
    reference: str
    votes: Mapping[str, float]
    text_masks: tuple[Corners, ...]


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """How a camera's own eye was taught. kept: whether it was better than what was there before."""

    at: datetime
    kept: bool
    before: EyeFigures
    after: EyeFigures


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A training that goes on, or failed. share: done of it, 0-1. error: "" while it goes on."""

    started_at: datetime
    share: float
    error: str


@dataclass(frozen=True, slots=True)
class Teaching:
    """How a camera is taught. last: the last training that ended; run: one that goes on, or failed.

    None: there was none.
    """

    last: TrainingFacts | None
    run: TrainingRun | None


class CameraWaters(Protocol):
    """What a worker does with the water of its cameras, on the event loop of its port.

    Methods raise NotFoundError for a camera that is not this worker's or watches no water, and for
    a state that it does not know; NoPictureError before the first look; GroundUnseenError;
    StorageError; BusyError while another camera is being taught.
    """

    async def only_wet(self, camera: str) -> ReferenceFacts:
        """Keep what was seen last as only wet."""

    async def water_references(self, camera: str) -> tuple[ReferenceFacts, ...]:
        """Return the states a camera knows."""

    async def water_reference_jpeg(self, camera: str, reference: str) -> bytes:
        """Return the picture of a state."""

    async def forget_water_reference(self, camera: str, reference: str) -> None:
        """Drop a state."""

    async def water_look(self, camera: str) -> LookFacts:
        """Return what the last look saw."""

    async def water_look_jpeg(self, camera: str) -> bytes:
        """Return the picture of the last look, with the water drawn into it."""

    async def water_training(self, camera: str) -> Teaching:
        """Return how the camera is, and was last, taught."""

    async def teach_water(self, camera: str) -> None:
        """Begin to teach the camera an eye of its own."""


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


@router.get("/look")
async def read_look(waters: Waters, camera: str) -> LookFacts:
    """Return what the last look saw."""
    return await waters.water_look(camera)


@router.get("/look/picture.jpg")
async def read_look_picture(waters: Waters, camera: str) -> Response:
    """Return the picture of the last look, with the water drawn into it."""
    return Response(await waters.water_look_jpeg(camera), media_type="image/jpeg")


@router.get("/training")
async def read_training(waters: Waters, camera: str) -> Teaching:
    """Return how the camera is, and was last, taught."""
    return await waters.water_training(camera)


@router.post("/training", status_code=status.HTTP_202_ACCEPTED)
async def begin_training(waters: Waters, camera: str) -> None:
    """Begin to teach the camera an eye of its own."""
    await waters.teach_water(camera)
