"""Cameras taken in, changed, switched and removed: for administrators, and never a password out."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, SecretStr, StringConstraints

from gateway.api.encoders import TunerDep, start_tuning
from gateway.api.fields import Answer, Question
from gateway.api.onboarding_jobs import Tested
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import ActingDep, administrator
from gateway.api.services import Services, ServicesDep
from gateway.bulk_onboarding import DIALLED, check_camera
from gateway.errors import ConfigError, NotFoundError
from gateway.http.errors import BadRequestError, ErrorBody
from gateway.inventory_columns import MAX_TEXT, MAX_URI
from gateway.jobs import JobState
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.sources import split_credentials
from gateway.store.inventory import Camera
from gateway.survey import Survey, survey_from_json, survey_to_json

Words = Annotated[str, StringConstraints(max_length=MAX_TEXT, strip_whitespace=True)]
Uri = Annotated[str, StringConstraints(max_length=MAX_URI, strip_whitespace=True)]

router = APIRouter(
    prefix="/api/cameras", tags=["camera settings"], dependencies=[Depends(administrator)]
)


class CameraFields(Question):
    """What may be said of a camera; what is not said stays.

    test: the id of a finished test of just these streams, user and transport; it proves that the
    camera gives pictures, and its survey is kept. skip_test: keep it untried.
    """

    name: Words | None = None
    channel_code: Words | None = None
    unit: Words | None = None
    grid: Words | None = None
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    address: Uri | None = None
    username: Words | None = None
    password: SecretStr | None = Field(None, max_length=MAX_TEXT)
    main_uri: Uri | None = None
    sub_uri: Uri | None = None
    record: RecordMode | None = None
    transport: Transport | None = None
    enabled: bool | None = None
    test: str = ""
    skip_test: bool = False


class NewCamera(CameraFields):
    """A camera to take in. id: by default made from its name.

    tune: consent to having its analysed stream made cheaper, see `PUT …/encoder`.
    """

    id: str = ""
    tune: bool = False
    name: Words
    main_uri: Uri


class CameraSettings(Answer):
    """A camera as administrators see it; its password is never shown, only whether there is one."""

    id: str
    name: str
    channel_code: str
    unit: str
    grid: str
    latitude: float | None
    longitude: float | None
    address: str
    username: str
    has_password: bool
    main_uri: str | None
    sub_uri: str | None
    record: RecordMode
    transport: Transport
    enabled: bool
    survey: Survey | None


class AddedCamera(CameraSettings):
    """A camera taken in. tuning: the job that tunes its stream, "" where that was not wished."""

    tuning: str


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_camera(
    question: NewCamera, services: ActingDep, runtime: RuntimeDep, tuner: TunerDep
) -> AddedCamera:
    """Take a camera in; workers take it up at once."""
    camera = await run_in_threadpool(_add, services, runtime, question)
    await reload_workers(services)
    body = _body(services, camera)
    tuning = start_tuning(runtime, tuner.tune, [camera]).id if question.tune else ""
    return AddedCamera(**dict(body), tuning=tuning)


@router.get("/{camera}/settings", responses={404: {"model": ErrorBody}})
def read_settings(camera: str, services: ServicesDep) -> CameraSettings:
    """Return all that is kept of a camera but its password."""
    return _body(services, services.store.inventory.get(camera))


@router.patch("/{camera}", responses={404: {"model": ErrorBody}})
async def change_camera(
    camera: str, change: CameraFields, services: ActingDep, runtime: RuntimeDep
) -> CameraSettings:
    """Change what is said; workers are told at once. A new way to dial it must have been tested."""
    changed = await run_in_threadpool(_change, services, runtime, camera, change)
    await reload_workers(services)
    return changed


@router.delete(
    "/{camera}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": ErrorBody}}
)
async def remove_camera(camera: str, services: ActingDep) -> None:
    """Forget a camera; its incidents and their evidence stay."""
    await run_in_threadpool(services.store.inventory.remove, camera)
    await reload_workers(services)


async def reload_workers(services: Services) -> None:
    """Have every worker read the inventory again."""
    workers = await run_in_threadpool(services.store.workers.all)
    await services.workers.reload_all(worker.url for worker in workers)


def _add(services: Services, runtime: Runtime, question: NewCamera) -> Camera:
    inventory = services.store.inventory
    wished = question.id or inventory.free_id(question.name)
    try:
        blank = Camera(wished, question.name)
    except ValueError as error:
        raise ConfigError(f"the camera cannot be saved: {error}") from error
    camera = _merged(blank, question)
    camera = replace(camera, address=camera.address or camera.main_uri or "")
    camera = _proven(services, runtime, camera, question)
    password = question.password.get_secret_value() if question.password else None
    inventory.add(camera, password or None)
    return camera


def _change(
    services: Services, runtime: Runtime, camera_id: str, change: CameraFields
) -> CameraSettings:
    inventory = services.store.inventory
    before = inventory.get(camera_id)
    camera = _merged(before, change)
    is_dialled = any(getattr(before, name) != getattr(camera, name) for name in _DIALLED_FIELDS)
    if is_dialled or change.password is not None or change.test:
        camera = _proven(services, runtime, camera, change)
    inventory.replace(camera)
    if change.password is not None:
        inventory.set_password(camera_id, change.password.get_secret_value() or None)
    return _body(services, inventory.get(camera_id))


_DIALLED_FIELDS = tuple(sorted(DIALLED - {"password"}))
_KEPT = (
    "name", "channel_code", "unit", "grid", "latitude", "longitude", "address", "username",
    "main_uri", "sub_uri", "record", "transport", "enabled",
)  # fmt: skip


def _merged(before: Camera, said: CameraFields) -> Camera:
    """Return the camera with what was said; credentials inside an address are refused."""
    values = {name: getattr(said, name) for name in _KEPT if getattr(said, name) is not None}
    for name in ("address", "main_uri", "sub_uri"):
        uri = values.get(name)
        if uri and "://" in uri and split_credentials(uri)[1] is not None:
            raise BadRequestError(f"{name}: write user and password in their own fields")
    if "sub_uri" in values:
        values["sub_uri"] = values["sub_uri"] or None
    try:
        return replace(before, **values)
    except ValueError as error:
        raise ConfigError(f"the camera cannot be saved: {error}") from error


def _proven(services: Services, runtime: Runtime, camera: Camera, said: CameraFields) -> Camera:
    """Return the camera with the survey of the test that proves it.

    Raises BadRequestError without such a test, ConfigError for addresses nobody may dial.
    """
    check_camera(services.dial_policy, camera)
    if said.skip_test:
        return replace(camera, survey="")
    try:
        job = runtime.jobs.get(said.test)
    except NotFoundError:
        raise BadRequestError("test the camera first, and give the test's id") from None
    for found in job.found if job.state is JobState.DONE else ():
        if isinstance(found, Tested) and found.proves(camera):
            return replace(camera, survey=survey_to_json(found.survey))
    raise BadRequestError("this test is not done, or was of other streams: test the camera again")


def _body(services: Services, camera: Camera) -> CameraSettings:
    return CameraSettings(
        **{name: getattr(camera, name) for name in ("id", *_KEPT)},
        has_password=services.store.inventory.password(camera.id) is not None,
        survey=survey_from_json(camera.survey),
    )
