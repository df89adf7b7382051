"""Jobs of taking cameras in, as they go over the wire: what they found, how far they are."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api.encodings import TuningBody, tuning_body
from gateway.api.fields import Answer
from gateway.api.runtime import RuntimeDep
from gateway.api.security import administrator
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import ErrorBody, TongueDep
from gateway.http.tongue import PLAIN, Tongue
from gateway.jobs import JobState, JobStatus
from gateway.network_scan import Answering
from gateway.onboarding import Finding
from gateway.onvif.discovery import Discovered
from gateway.onvif.profile import Profile
from gateway.packets import Transport
from gateway.store.inventory import Camera
from gateway.stream_tuning import TuningOutcome
from gateway.survey import Survey

router = APIRouter(
    prefix="/api/onboarding/jobs", tags=["onboarding"], dependencies=[Depends(administrator)]
)


class DeviceBody(Answer):
    """Somebody who answered. camera: the id of the camera we know there, "" if none."""

    type: Literal["device"] = "device"
    address: str
    protocol: str
    name: str
    hardware: str
    camera: str


class ProfileBody(Answer):
    """A stream to choose."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float | None
    bit_rate_kbps: int | None


class DraftBody(Answer):
    """What an address turned out to be: streams chosen by rule, and those to choose from."""

    type: Literal["draft"] = "draft"
    name: str
    address: str
    username: str
    main_uri: str | None
    sub_uri: str | None
    profiles: tuple[ProfileBody, ...]
    device: str
    failed: tuple[str, ...]
    clock_skew_s: float | None


class TestBody(Answer):
    """A camera as tested."""

    type: Literal["test"] = "test"
    main_uri: str
    sub_uri: str | None
    survey: Survey


class RowBody(Answer):
    """A row of an import. code, text: why it was not stored, "" when it was.

    tuning: what became of its stream, null where that was not wished for.
    """

    type: Literal["row"] = "row"
    row: int
    camera: str
    name: str
    action: str
    code: str
    text: str
    survey: Survey | None
    tuning: TuningBody | None


class JobError(Answer):
    """Why a job failed, as in any error."""

    code: str
    message: str


Found = Annotated[
    DeviceBody | DraftBody | TestBody | RowBody | TuningBody, Field(discriminator="type")
]


class JobBody(Answer):
    """A job as it stands. found: what there is so far."""

    id: str
    kind: str
    state: JobState
    done: int
    total: int
    found: tuple[Found, ...]
    error: JobError | None


class JobsBody(Answer):
    """Every job still known, the oldest first."""

    jobs: tuple[JobBody, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that went well: what it was of, and what it measured."""

    main_uri: str
    sub_uri: str | None
    username: str
    transport: Transport
    survey: Survey

    def proves(self, camera: Camera) -> bool:
        """Say whether it was of just these streams, signed in as the same user."""
        ours = (self.main_uri, self.sub_uri, self.username, self.transport)
        return ours == (camera.main_uri, camera.sub_uri, camera.username, camera.transport)


@router.get("")
def list_jobs(services: ServicesDep, runtime: RuntimeDep, tongue: TongueDep) -> JobsBody:
    """Return every job still known."""
    return JobsBody(jobs=tuple(job_body(services, job, tongue) for job in runtime.jobs.all()))


@router.get("/{job}", responses={404: {"model": ErrorBody}})
def read_job(job: str, services: ServicesDep, runtime: RuntimeDep, tongue: TongueDep) -> JobBody:
    """Return a job as it stands; ask again in a second or so."""
    return job_body(services, runtime.jobs.get(job), tongue)


@router.delete("/{job}", responses={404: {"model": ErrorBody}})
def cancel_job(job: str, services: ServicesDep, runtime: RuntimeDep, tongue: TongueDep) -> JobBody:
    """Have a job end at its next step; what it has done stays."""
    return job_body(services, runtime.jobs.cancel(job), tongue)


def job_body(services: Services, job: JobStatus[object], tongue: Tongue = PLAIN) -> JobBody:
    """Return a job as it goes over the wire; what went wrong in the reader's language."""
    known = _known_addresses(services) if job.kind in {"discovery", "scan"} else {}
    error = job.error and JobError(code=job.error.code, message=tongue.say(str(job.error)))
    return JobBody(
        id=job.id,
        kind=job.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        found=tuple(_found(one, known, tongue) for one in job.found),
        error=error,
    )


def _found(item: object, known: dict[str, str], tongue: Tongue) -> Found:
    match item:
        case Discovered():
            return DeviceBody(
                address=item.address,
                protocol="onvif",
                name=item.name,
                hardware=item.hardware,
                camera=known.get(item.address, ""),
            )
        case Answering():
            return DeviceBody(
                address=item.address,
                protocol=item.protocol,
                name="",
                hardware=item.server,
                camera=known.get(item.address, ""),
            )
        case Finding():
            return _draft(item)
        case Tested():
            return TestBody(main_uri=item.main_uri, sub_uri=item.sub_uri, survey=item.survey)
        case RowBody():
            return item.model_copy(update={"text": tongue.say(item.text)})
        case TuningOutcome():
            body = tuning_body(item)
            return body.model_copy(update={"text": tongue.say(body.text)})
        case _:
            raise TypeError(f"no job finds a {type(item).__name__}")


def _draft(found: Finding) -> DraftBody:
    return DraftBody(
        name=found.name,
        address=found.address,
        username=found.credentials.user if found.credentials else "",
        main_uri=found.main_uri,
        sub_uri=found.sub_uri,
        profiles=tuple(map(_profile, found.profiles)),
        device=found.device,
        failed=found.failed,
        clock_skew_s=found.clock_skew_s,
    )


def _profile(profile: Profile) -> ProfileBody:
    return ProfileBody(
        token=profile.token,
        name=profile.name,
        codec=profile.codec,
        width=profile.width,
        height=profile.height,
        fps=profile.fps,
        bit_rate_kbps=profile.bit_rate_kbps,
    )


def _known_addresses(services: Services) -> dict[str, str]:
    """Return the ids of known cameras by each host:port they are dialled at."""
    known = {}
    for camera in services.store.inventory.cameras():
        for uri in filter(None, (camera.address, camera.main_uri)):
            known[uri.partition("://")[2].partition("/")[0].partition("?")[0]] = camera.id
    return known
