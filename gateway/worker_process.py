"""The process of the cameras of one shard, from its settings to its clean end."""

import asyncio
import os
from importlib.metadata import version

import cv2
import structlog

from gateway.analysis.engine import AnalysisEngine
from gateway.camera_unit import Bench
from gateway.clock import utc_now
from gateway.config import Settings
from gateway.counts.table import DOMAIN
from gateway.data_directory import open_box, worker_token
from gateway.detector_setup import open_detectors, open_water_models, open_water_network
from gateway.dispatch.message import MessageWriter
from gateway.incident_writer import IncidentWriter
from gateway.quarantine import Quarantine
from gateway.serving import listen, serving, stop_signal
from gateway.sheet_words import SheetWords
from gateway.store import Store
from gateway.store.workers import Worker as WorkerRow
from gateway.water.places import Places
from gateway.worker import Shard, Worker
from gateway.worker_api import create_worker_app

LOOPBACK = "127.0.0.1"

log = structlog.get_logger()


async def run_worker(settings: Settings, shard: Shard) -> None:
    """Be the worker of one shard, until SIGTERM or SIGINT.

    Raises StorageError, ConfigError, and ModelError or RuntimeUnavailableError for the detector.
    """
    stop = stop_signal()
    cv2.setNumThreads(1)  # a picture is too small to be shared out, and the cameras are many
    detectors, tracker = await asyncio.to_thread(
        open_detectors, settings.analysis, settings.data_dir
    )
    for member in detectors.members:
        runtime = member.detector.runtime
        model = member.detector.spec.name
        log.info("detector", model=model, runtime=runtime.backend, on=runtime.device)
    water_network = await asyncio.to_thread(open_water_network, settings.data_dir)
    water_models = await asyncio.to_thread(open_water_models, settings.analysis, settings.data_dir)
    site, box = settings.site, open_box(settings)
    words = SheetWords.load(DOMAIN, site.language, site.zone)
    with Store.open(settings.database_url, box) as store:
        bench = Bench(
            settings=settings,
            store=store,
            engine=AnalysisEngine(detectors, settings.analysis, shard.count),
            tracker=tracker,
            writer=IncidentWriter(
                store, settings.data_dir, MessageWriter(site.id), words.translations
            ),
            version=version("gridpatrol"),
            quarantine=Quarantine(
                settings.data_dir / "quarantine", f"worker-{shard.number}", utc_now()
            ),
            water_network=water_network,
            water_models=water_models,
            places=Places(store),
        )
        await _watch(Worker(bench, shard), shard, store, worker_token(box), stop)


async def _watch(
    worker: Worker, shard: Shard, store: Store, token: str, stop: asyncio.Event
) -> None:
    """Run a worker with its port until `stop`, known to the others as long as it runs."""
    listener = listen(LOOPBACK, 0)
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    row = WorkerRow(shard.number, url, os.getpid(), utc_now())
    async with serving(create_worker_app(worker, token), listener):
        try:
            await asyncio.to_thread(worker.start, url)
            store.workers.enter(row)
            await stop.wait()
            await worker.close_viewers()
        finally:
            await asyncio.to_thread(worker.stop)
    store.workers.leave(row)
