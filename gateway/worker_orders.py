"""What a person's command has the running workers do, whether or not `serve` runs."""

import asyncio
from collections.abc import Iterable

from gateway.config import Settings
from gateway.data_directory import open_box, worker_token
from gateway.store import Store
from gateway.store.workers import Worker as WorkerRow
from gateway.worker_client import WorkerClient, owner_of
from gateway.worker_water_api import ReferenceFacts


def reload_workers(settings: Settings) -> None:
    """Have every running worker read the inventory again; one that is gone needs no telling."""
    box = open_box(settings)
    with Store.open(settings.database_url, box) as store:
        rows = store.workers.all()
    asyncio.run(_reload(rows, worker_token(box)))


def say_only_wet(settings: Settings, camera_id: str) -> ReferenceFacts:
    """Have the worker of a camera keep what it sees now as only wet.

    Raises NotFoundError, NoPictureError, GroundUnseenError, WorkerUnreachableError.
    """
    box = open_box(settings)
    with Store.open(settings.database_url, box) as store:
        owner = owner_of(store, camera_id)
    return asyncio.run(_only_wet(owner, camera_id, worker_token(box)))


async def _only_wet(worker_url: str, camera_id: str, token: str) -> ReferenceFacts:
    async with WorkerClient(token) as workers:
        return await workers.only_wet(worker_url, camera_id)


async def _reload(rows: Iterable[WorkerRow], token: str) -> None:
    async with WorkerClient(token) as workers:
        await workers.reload_all(row.url for row in rows)
