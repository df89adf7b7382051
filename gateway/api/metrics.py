"""Figures of this process and of all workers for Prometheus, from one address."""

import asyncio
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from gateway.api.runtime import Runtime, RuntimeDep
from gateway.api.services import Services, ServicesDep
from gateway.api.system import system_body
from gateway.errors import WorkerUnreachableError
from gateway.http.errors import UnauthenticatedError
from gateway.store.deliveries import SinkStatus
from gateway.store.incident_list import IncidentFilter, IncidentState
from gateway.store.workers import Worker

PROXY_HEADERS = ("forwarded", "x-forwarded-for")
"""Their presence means that the caller is not where the connection comes from."""

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def read_metrics(request: Request, services: ServicesDep, runtime: RuntimeDep) -> Response:
    """Return all figures in Prometheus' text form, to this machine or a bearer of the token."""
    if not (_is_local(request) or _bears_token(request, services)):
        raise UnauthenticatedError(
            "Metrics are for this machine only, or for bearers of the metrics token."
        )
    texts = {"serve": generate_latest().decode()}
    workers = await run_in_threadpool(services.store.workers.all)
    found = await asyncio.gather(*(_worker_text(services, worker) for worker in workers))
    texts |= {
        f"worker-{worker.shard}": text
        for worker, text in zip(workers, found, strict=True)
        if text is not None
    }
    return Response(
        await run_in_threadpool(_written, services, runtime, texts),
        media_type=CONTENT_TYPE_LATEST,
    )


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _bears_token(request: Request, services: Services) -> bool:
    if services.metrics_token is None:
        return False
    expected = f"Bearer {services.metrics_token.get_secret_value()}"
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), expected.encode())


async def _worker_text(services: Services, worker: Worker) -> str | None:
    try:
        return await services.workers.metrics(worker.url)
    except WorkerUnreachableError:
        return None


def _written(services: Services, runtime: Runtime, texts: Mapping[str, str]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Site(services, runtime, workers=len(texts) - 1))
    registry.register(_Processes(texts))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, eq=False)
class _Site(Collector):
    """What the store and the server know, at the moment of asking. workers: that answered."""

    services: Services
    runtime: Runtime
    workers: int

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of the site."""
        system = system_body(self.services)
        open_incidents = self.services.store.incident_list.count(
            IncidentFilter(state=IncidentState.OPEN)
        )
        yield from _sinks(self.services.store.deliveries.status(), self.services.now())
        yield from (
            GaugeMetricFamily(name, text, value=value)
            for name, text, value in (
                ("gridpatrol_incidents_open", "Incidents going on", open_incidents),
                ("gridpatrol_outbox_messages", "Messages not yet queued", system.queue.waiting),
                ("gridpatrol_storage_free_bytes", "Free disk", system.storage.free_bytes),
                ("gridpatrol_event_channels", "Open consoles", len(self.runtime.broadcaster)),
                ("gridpatrol_live_sessions", "Live pictures watched", len(self.runtime.live)),
                ("gridpatrol_workers", "Workers that answer", self.workers),
            )
        )


def _sinks(found: Iterable[SinkStatus], now: datetime) -> tuple[Metric, ...]:
    """Return what the store knows of each sink; see docs/how-to/send-incidents.md."""
    of_sink = ["sink"]
    waiting = GaugeMetricFamily(
        "gridpatrol_sink_waiting_messages", "Messages that wait", labels=of_sink
    )
    oldest = GaugeMetricFamily(
        "gridpatrol_sink_oldest_seconds", "Age of the oldest that waits", labels=of_sink
    )
    parked = GaugeMetricFamily(
        "gridpatrol_sink_parked_messages", "Messages refused and set aside", labels=of_sink
    )
    down = GaugeMetricFamily(
        "gridpatrol_sink_down_ratio", "1 while it cannot be reached", labels=of_sink
    )
    shed = CounterMetricFamily(
        "gridpatrol_sink_shed_messages", "Messages given up, as too many waited", labels=of_sink
    )
    for one in found:
        waited = 0.0 if one.oldest_at is None else (now - one.oldest_at).total_seconds()
        waiting.add_metric([one.name], one.waiting)
        oldest.add_metric([one.name], max(waited, 0.0))
        parked.add_metric([one.name], one.parked)
        down.add_metric([one.name], float(one.down_since is not None))
        shed.add_metric([one.name], one.shed)
    return waiting, oldest, parked, down, shed


@dataclass(frozen=True, slots=True, eq=False)
class _Processes(Collector):
    """The processes' own figures, one family each, every sample labelled with its process."""

    texts: Mapping[str, str]

    def collect(self) -> Iterator[Metric]:
        """Return the families of all processes, merged by name."""
        merged: dict[str, Metric] = {}
        for process, text in self.texts.items():
            for family in text_string_to_metric_families(text):
                into = merged.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    into.samples.append(
                        sample._replace(labels={**sample.labels, "process": process})
                    )
        return iter(merged.values())
