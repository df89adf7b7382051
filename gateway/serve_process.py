"""The process of the console, the API and the relays, from its settings to its clean end."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from importlib.metadata import version

import structlog

from gateway.api.app import create_app
from gateway.api.services import Services
from gateway.camera_commands import GoHome
from gateway.case_watch import CaseWatch
from gateway.config import Settings
from gateway.data_directory import open_box, worker_token
from gateway.detector_setup import open_veil
from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.message import MessageWriter
from gateway.dispatch.relay import Relay
from gateway.dispatch.shedder import Shedder
from gateway.dispatch.sinks import NamedSink, open_sinks
from gateway.dispatch.status_consumer import StatusConsumer
from gateway.dispatch.status_desk import StatusDesk
from gateway.dispatch.sweeper import Sweeper
from gateway.notify.notifier import Notifier
from gateway.patrol_watch import PatrolWatch, Terms
from gateway.rain_feed.poller import RainPoller, rain_feeds
from gateway.recording.orphans import Orphans
from gateway.recording.retention import Retention, RetentionThread
from gateway.serving import listen, serving, stop_signal
from gateway.site_health import SiteHealth
from gateway.site_watch import SiteWatch
from gateway.store import Store
from gateway.worker_client import WorkerClient, owner_of
from gateway.workflow.unasked import Policy

log = structlog.get_logger()


async def run_serve(settings: Settings, queue_url: str) -> None:
    """Be the console, the API and the relay, until SIGTERM or SIGINT.

    Raises PortTakenError, StorageError, and ConfigError for a queue URL that is none.
    """
    stop = stop_signal()
    box = open_box(settings)
    listener = listen(settings.serve.host, settings.serve.port)
    sinks = open_sinks(settings, queue_url)
    with Store.open(settings.database_url, box) as store, _retention(settings, store):
        async with WorkerClient(worker_token(box)) as workers:
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
                open_veil=partial(open_veil, settings.analysis, settings.data_dir),
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
