"""The machine as a whole: what the console's status line and a health check need to know."""

import shutil
from pathlib import Path

from fastapi import APIRouter, Depends

from gateway.api.fields import Answer, UtcTime
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.dispatch.relay import QueueState

router = APIRouter(prefix="/api/system", tags=["system"], dependencies=[Depends(signed_in)])


class QueueBody(Answer):
    """The dispatch queue, as the relay finds it. waiting: messages in the outbox."""

    state: QueueState
    waiting: int


class StorageBody(Answer):
    """The disk that evidence is kept on."""

    free_bytes: int
    total_bytes: int


class SystemBody(Answer):
    """The site, its clock, its queue and its disk."""

    site: str
    version: str
    time_zone: str
    now: UtcTime
    queue: QueueBody
    storage: StorageBody
    default_language: str


@router.get("")
def read_system(services: ServicesDep) -> SystemBody:
    """Return how the site is doing."""
    return system_body(services)


def system_body(services: Services) -> SystemBody:
    """Return how the site is doing at this moment. Reads the store and the disk."""
    usage = shutil.disk_usage(_existing(services.evidence_dir))
    return SystemBody(
        site=services.site.name,
        version=services.version,
        time_zone=services.site.time_zone,
        now=services.now(),
        queue=QueueBody(
            state=services.relay_state().state, waiting=services.store.outbox.backlog().waiting
        ),
        storage=StorageBody(free_bytes=usage.free, total_bytes=usage.total),
        default_language=services.site.language,
    )


def _existing(directory: Path) -> Path:
    """Return a directory or its nearest parent that exists."""
    return next(path for path in (directory, *directory.absolute().parents) if path.exists())
