"""The machine as a whole: what the console's status line and a health check need to know."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Depends

from gateway.api.cameras import SILENT_AFTER
from gateway.api.fields import Answer, UtcTime
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.dispatch.relay import QueueState
from gateway.store.loads import WorkerLoad

router = APIRouter(prefix="/api/system", tags=["system"], dependencies=[Depends(signed_in)])


class QueueBody(Answer):
    """The dispatch queue, as the relay finds it. waiting: messages in the outbox."""

    state: QueueState
    waiting: int


class StorageBody(Answer):
    """The disk that evidence is kept on."""

    free_bytes: int
    total_bytes: int


class LoadBody(Answer):
    """How busy all workers are with the pictures, in processors (1.0 is one of them all the time).

    overloaded_since: since when cameras need more than there is, so that they are looked at less
    often; null while there is enough. budget: what may be spent on pictures. decode, detect, other:
    what is spent on decoding, on the detector, on everything else. cameras: how many are watched.
    full: of how many everything is decoded; keys: key frames only. stirred: at how many something
    may be happening.
    """

    overloaded_since: UtcTime | None
    budget: float
    decode: float
    detect: float
    other: float
    cameras: int
    full: int
    keys: int
    stirred: int


class SystemBody(Answer):
    """The site, its clock, its queue, its disk. load: null while no worker reports."""

    site: str
    version: str
    time_zone: str
    now: UtcTime
    queue: QueueBody
    storage: StorageBody
    load: LoadBody | None
    default_language: str


@router.get("")
def read_system(services: ServicesDep) -> SystemBody:
    """Return how the site is doing."""
    return system_body(services)


def system_body(services: Services) -> SystemBody:
    """Return how the site is doing at this moment. Reads the store and the disk."""
    now = services.now()
    usage = shutil.disk_usage(_existing(services.evidence_dir))
    return SystemBody(
        site=services.site.name,
        version=services.version,
        time_zone=services.site.time_zone,
        now=now,
        queue=QueueBody(
            state=services.relay_state().state, waiting=services.store.outbox.backlog().waiting
        ),
        storage=StorageBody(free_bytes=usage.free, total_bytes=usage.total),
        load=load_of(services.store.loads.after(now - SILENT_AFTER)),
        default_language=services.site.language,
    )


def load_of(workers: Sequence[WorkerLoad]) -> LoadBody | None:
    """Return the sum of what workers report, None where none does."""
    if not workers:
        return None
    since = [load.overloaded_since for load in workers if load.overloaded_since]
    cameras, full = sum(load.cameras for load in workers), sum(load.full for load in workers)
    return LoadBody(
        overloaded_since=min(since, default=None),
        budget=round(sum(load.budget for load in workers), 2),
        decode=round(sum(load.decode for load in workers), 2),
        detect=round(sum(load.detect for load in workers), 2),
        other=round(sum(load.other for load in workers), 2),
        cameras=cameras,
        full=full,
        keys=cameras - full,
        stirred=sum(load.stirred for load in workers),
    )


def _existing(directory: Path) -> Path:
    """Return a directory or its nearest parent that exists."""
    return next(path for path in (directory, *directory.absolute().parents) if path.exists())
