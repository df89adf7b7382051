"""The two processes of a running gridpatrol, each from its settings to its clean end."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from functools import partial
from importlib.metadata import version

import cv2
import structlog

from gateway.analysis.engine import AnalysisEngine
from gateway.api.app import create_app
from gateway.api.cameras import owner_of
from gateway.api.services import Services
from gateway.camera_commands import GoHome
from gateway.camera_unit import Bench
from gateway.case_watch import CaseWatch
from gateway.casefile.blur import PersonBlur
from gateway.clock import utc_now
from gateway.config import Settings
from gateway.detector_setup import open_detector, open_detectors, open_water_network
from gateway.dial_policy import DialPolicy
from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.message import MessageWriter
from gateway.dispatch.relay import Relay
from gateway.dispatch.shedder import Shedder
from gateway.dispatch.sinks import NamedSink, open_sinks
from gateway.dispatch.status_consumer import StatusConsumer
from gateway.dispatch.status_desk import StatusDesk
from gateway.dispatch.sweeper import Sweeper
from gateway.incident_writer import IncidentWriter
from gateway.notify.notifier import Notifier
from gateway.patrol_watch import PatrolWatch, Terms
from gateway.quarantine import Quarantine
from gateway.rain_feed.poller import Feed, RainPoller
from gateway.recording.orphans import Orphans
from gateway.recording.retention import Retention, RetentionThread
from gateway.secrets import SecretBox
from gateway.serving import listen, serving, stop_signal
from gateway.shell_actor import shell_actor
from gateway.site_health import SiteHealth
from gateway.site_watch import SiteWatch
from gateway.store import Store
from gateway.store.workers import Worker as WorkerRow
from gateway.water.places import Places
from gateway.worker import Shard, Worker
from gateway.worker_api import create_worker_app
from gateway.worker_client import WorkerClient
from gateway.worker_water_api import ReferenceFacts
from gateway.workflow.unasked import Policy

LOOPBACK = "127.0.0.1"

log = structlog.get_logger()


def open_box(settings: Settings) -> SecretBox:
    """Return the key of the data directory, made at the first use."""
    return SecretBox.open(settings.data_dir / "secret.key")


def open_store(settings: Settings) -> Store:
    """Return the store for a person's command, made or upgraded where needed; close it when done.

    The audit log tells what is changed under the name of this machine's user.
    """
    return Store.open(settings.database_url, open_box(settings)).acting_as(shell_actor())


def open_veil(settings: Settings) -> PersonBlur:
    """Return what makes persons in exported pictures unrecognisable.

    Raises ModelError, RuntimeUnavailableError.
    """
    return PersonBlur(open_detector(settings.analysis, settings.data_dir)[0])


def worker_token(box: SecretBox) -> str:
    """Return what `serve` shows to the workers' ports."""
    return box.derive("worker port")


def reload_workers(settings: Settings) -> None:
    """Have every running worker read the inventory again; one that is gone needs no telling."""
    box = open_box(settings)
    with Store.open(settings.database_url, box) as store:
        rows = store.workers.all()
    asyncio.run(_reload(rows, worker_token(box)))


def say_only_wet(settings: Settings, camera_id: str) -> ReferenceFacts:
    """Have the worker of a camera keep what it sees now as only wet.

    Raises NotFoundError, NoPictureError, WorkerUnreachableError.
    """
    box = open_box(settings)
    with Store.open(settings.database_url, box) as store:
        owner = owner_of(store, camera_id)
    return asyncio.run(_only_wet(owner, camera_id, worker_token(box)))


async def _only_wet(worker_url: str, camera_id: str, token: str) -> ReferenceFacts:
    async with _client(token) as workers:
        return await workers.only_wet(worker_url, camera_id)


async def _reload(rows: Iterable[WorkerRow], token: str) -> None:
    async with _client(token) as workers:
        await workers.reload_all(row.url for row in rows)


@contextlib.asynccontextmanager
async def _client(token: str) -> AsyncIterator[WorkerClient]:
    workers = WorkerClient(token)
    try:
        yield workers
    finally:
        await workers.close()


async def run_serve(settings: Settings, queue_url: str) -> None:
    """Be the console, the API and the relay, until SIGTERM or SIGINT.

    Raises PortTakenError, StorageError, and ConfigError for a queue URL that is none.
    """
    stop = stop_signal()
    box = open_box(settings)
    listener = listen(settings.serve.host, settings.serve.port)
    sinks = open_sinks(settings, queue_url)
    with Store.open(settings.database_url, box) as store, _retention(settings, store):
        async with _client(worker_token(box)) as workers:
            relays = _relays(store, sinks)
            services = Services(
                store=store,
                workers=workers,
                data_dir=settings.data_dir,
                relay_state=lambda: relays[0].state,
                site=settings.site,
                serve=settings.serve,
                live=settings.live,
                onboarding=settings.onboarding,
                open_veil=partial(open_veil, settings),
                platform=settings.platform,
                joins=settings.joins,
                rain=settings.rain,
            )
            async with serving(create_app(services), listener):
                log.info("serving", host=settings.serve.host, port=settings.serve.port)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_site_watch(settings, store, workers).run(stop))
                    tasks.create_task(_case_watch(settings, store).run(stop))
                    tasks.create_task(_patrol_watch(settings, store, workers).run(stop))
                    tasks.create_task(_statuses(settings, store, queue_url).run(stop))
                    tasks.create_task(Notifier(store, settings.site).run(stop))
                    tasks.create_task(_shedder(settings, store, sinks).run(stop))
                    tasks.create_task(_sweeper(settings, store).run(stop))
                    for relay in relays:
                        tasks.create_task(relay.run(stop))
                    for feed in rain_feeds(settings):
                        tasks.create_task(RainPoller(feed, store).run(stop))


def _relays(store: Store, sinks: Sequence[NamedSink]) -> tuple[Relay, ...]:
    """Return a relay for each sink, the dispatch queue's first."""
    for gone in store.deliveries.register([named.name for named in sinks]):
        log.warning("sink is no more; what waited for it is forgotten", sink=gone)
    return tuple(Relay(store, named.sink, named.name) for named in sinks)


def rain_feeds(settings: Settings) -> tuple[Feed, ...]:
    """Return the rain feeds of the settings, ready to be asked."""
    dial = DialPolicy(settings.onboarding.allowed_networks)
    zone = settings.site.zone
    return tuple(Feed(name, one, dial, zone) for name, one in settings.rain.feeds.items())


def _shedder(settings: Settings, store: Store, sinks: Sequence[NamedSink]) -> Shedder:
    return Shedder(store, [named.name for named in sinks], settings.sinks.most_waiting)


def _sweeper(settings: Settings, store: Store) -> Sweeper:
    return Sweeper(store, timedelta(days=settings.sinks.keep_delivered_days))


def _retention(settings: Settings, store: Store) -> RetentionThread:
    return RetentionThread(
        Retention(store, settings.data_dir, settings.recording, settings.retention),
        Orphans(store, settings.data_dir),
    )


def _site_watch(settings: Settings, store: Store, workers: WorkerClient) -> SiteWatch:
    return SiteWatch(
        store=store,
        data_dir=settings.data_dir,
        health=SiteHealth(settings.site.name, settings.health),
        compose=MessageWriter(settings.site.id),
        snapshot=workers.snapshot,
        version=version("gridpatrol"),
    )


def _case_watch(settings: Settings, store: Store) -> CaseWatch:
    policy = Policy(frozenset(settings.cases.trusted_kinds), settings.joins)
    return CaseWatch(store, policy, CaseWriter(settings.site.id))


def _patrol_watch(settings: Settings, store: Store, workers: WorkerClient) -> PatrolWatch:
    async def turn_home(camera: str) -> None:
        worker_url = await asyncio.to_thread(owner_of, store, camera)
        await workers.control(worker_url, camera, GoHome())

    terms = Terms(
        data_dir=settings.data_dir,
        zone=settings.site.zone,
        keep=timedelta(days=settings.recording.evidence_keep_days),
        version=version("gridpatrol"),
    )
    return PatrolWatch(store, terms, MessageWriter(settings.site.id), turn_home)


def _statuses(settings: Settings, store: Store, queue_url: str) -> StatusConsumer:
    site = settings.site.id
    desk = StatusDesk(store, site)
    return StatusConsumer(queue_url, desk, site, settings.platform.status_stream)


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
    box = open_box(settings)
    with Store.open(settings.database_url, box) as store:
        bench = Bench(
            settings=settings,
            store=store,
            engine=AnalysisEngine(detectors, settings.analysis, shard.count),
            tracker=tracker,
            writer=IncidentWriter(store, settings.data_dir, MessageWriter(settings.site.id)),
            version=version("gridpatrol"),
            quarantine=Quarantine(
                settings.data_dir / "quarantine", f"worker-{shard.number}", utc_now()
            ),
            water_network=water_network,
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
