"""The analysed streams of cameras tuned and set back: one at once, many as a job.

The encoder itself is asked over ONVIF from here, so it works for cameras no worker has taken yet.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, status
from pydantic import Field, model_validator

from gateway.api.encodings import ChangeBody, EncodingBody, change_body, encoding_body
from gateway.api.fields import Answer, Question
from gateway.api.onboarding_jobs import JobBody, job_body
from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.security import SignInDep, administrator, signed_in
from gateway.api.services import ServicesDep
from gateway.bulk_tuning import BulkTuning, cameras_meant
from gateway.http.errors import ErrorBody
from gateway.jobs import Job, JobStatus
from gateway.onvif.encoding import RateMode, Size, Tuning
from gateway.store.inventory import Camera
from gateway.stream_tuning import Deed, StreamTuner, TuningOutcome

MOST_CAMERAS = 5000
REFUSALS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorBody, "description": "not_found: no such camera, or not one by ONVIF"},
    409: {"model": ErrorBody, "description": "stream_shared: it serves for more than analysis"},
    502: {"model": ErrorBody, "description": "unreachable, unauthorized or onvif_fault"},
}

router = APIRouter(tags=["stream tuning"], dependencies=[Depends(signed_in)])
ADMINISTRATOR = [Depends(administrator)]


def tuner(services: ServicesDep, who: SignInDep) -> StreamTuner:
    """Return what tunes streams in the name of whoever asks."""
    return StreamTuner(services.store, who.user.username)


TunerDep = Annotated[StreamTuner, Depends(tuner)]


class TuningWish(Question):
    """How the analysed stream is wanted, as near as the camera can; empty: the default tuning.

    What is not said is as the default has it, and never dearer than it is now. key_s: seconds
    between key frames. width, height: both or neither; a picture is never made larger. shared: also
    a stream that is recorded all the time, or watched as the large picture.
    """

    fps: float | None = Field(None, ge=1, le=60)
    key_s: float | None = Field(None, ge=0.2, le=60)
    bit_rate_kbps: int | None = Field(None, ge=32, le=50_000)
    width: int | None = Field(None, ge=16, le=10_000)
    height: int | None = Field(None, ge=16, le=10_000)
    mode: RateMode | None = None
    quality: float | None = Field(None, ge=0, le=100)
    shared: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> "TuningWish":
        if (self.width is None) is not (self.height is None):
            raise ValueError("give width and height together, or neither")
        return self

    @property
    def tuning(self) -> Tuning:
        """The same for a tuner."""
        size = Size(self.width, self.height) if self.width and self.height else None
        return Tuning(self.fps, self.key_s, self.bit_rate_kbps, size, self.mode, self.quality)


class TuningDeed(StrEnum):
    """What is done to many: nothing but a look at what tuning would do, tuning, setting back."""

    PREVIEW = "preview"
    TUNE = "tune"
    RESTORE = "restore"


class ManyTunings(TuningWish):
    """Many at once. cameras: ids; none: all by ONVIF. Only what was tuned is set back."""

    cameras: tuple[Annotated[str, Field(max_length=48)], ...] = Field((), max_length=MOST_CAMERAS)
    do: TuningDeed = TuningDeed.PREVIEW


class EncoderBody(Answer):
    """How the analysed stream is encoded now, and before it was tuned: null where it was not.

    suggested: what the default tuning would do. obstacle: why it is done only with `shared`, "" for
    nothing in the way.
    """

    now: EncodingBody
    before: EncodingBody | None
    suggested: ChangeBody
    obstacle: str


@router.get("/api/cameras/{camera}/encoder", responses=REFUSALS)
def read_encoder(camera: str, tuner: TunerDep) -> EncoderBody:
    """Ask the camera how its analysed stream is encoded, and what could be saved."""
    view = tuner.view(camera)
    return EncoderBody(
        now=encoding_body(view.now),
        before=view.before and encoding_body(view.before),
        suggested=change_body(view.suggested),
        obstacle=view.obstacle,
    )


@router.put("/api/cameras/{camera}/encoder", responses=REFUSALS, dependencies=ADMINISTRATOR)
def tune(camera: str, wish: TuningWish, tuner: TunerDep) -> ChangeBody:
    """Encode the analysed stream otherwise; DELETE undoes it."""
    return change_body(tuner.tune(camera, wish.tuning, shared=wish.shared))


@router.delete("/api/cameras/{camera}/encoder", responses=REFUSALS, dependencies=ADMINISTRATOR)
def restore(camera: str, tuner: TunerDep) -> ChangeBody:
    """Encode the analysed stream exactly as before it was first tuned."""
    return change_body(tuner.restore(camera))


@router.post(
    "/api/onboarding/tunings", status_code=status.HTTP_202_ACCEPTED, dependencies=ADMINISTRATOR
)
def start_tunings(
    question: ManyTunings, tuner: TunerDep, services: ServicesDep, runtime: RuntimeDep
) -> JobBody:
    """Tune many, look at what it would do, or set back, as a job; it finds an outcome of each."""
    is_restore = question.do is TuningDeed.RESTORE
    cameras = cameras_meant(services.store, question.cameras, tuned=is_restore)
    return job_body(services, start_tuning(runtime, _deed(tuner, question), cameras))


def start_tuning(runtime: Runtime, deed: Deed, cameras: Sequence[Camera]) -> JobStatus[object]:
    """Do something to the streams of cameras as a job; it finds an outcome of each."""

    def work(job: Job[object]) -> None:
        def note(outcome: TuningOutcome) -> None:
            job.find(outcome)
            job.step(len(cameras))

        BulkTuning(deed, note, job.check).run(cameras)

    return runtime.jobs.start("tuning", work)


def _deed(tuner: StreamTuner, question: ManyTunings) -> Deed:
    """Return what is to be done to each camera."""
    if question.do is TuningDeed.RESTORE:
        return tuner.restore
    done = tuner.tune if question.do is TuningDeed.TUNE else tuner.preview
    return partial(done, wish=question.tuning, shared=question.shared)
