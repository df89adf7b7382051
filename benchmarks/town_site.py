"""The product on a town: started as people start it, and what it told and cost meanwhile."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import httpx
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from benchmarks.fleet_server import LOOPBACK
from benchmarks.process_cost import cost_of, family, parent
from benchmarks.site import Site, running_site
from benchmarks.town import Resident
from benchmarks.town_clips import RULE, rules_for
from benchmarks.town_score import Told
from gateway.config import Settings
from gateway.dispatch.message import IncidentEvent
from gateway.dispatch.redis_sink import FIELD, STREAM
from gateway.errors import UnreachableError
from gateway.packets import Transport
from gateway.rules_file import rules_to_json
from gateway.session import SessionState
from gateway.store.inventory import Camera
from gateway.worker_orders import reload_workers

ONLINE_S, ONLINE_EACH_S = 180.0, 0.5
"""Longest until all cameras are online: the product paces connecting on purpose."""
POLL_S = 0.5
SETTLE_S = 5.0
"""After which a worker without cameras has given back what compiling its model took."""
SPLIT_BY = ("rung", "reason")
"""Labels whose values are kept apart."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """The site at one moment. at_s: monotonic. worker_mib: the workers' proportional set size.

    worker_s, others_s: processor seconds of the workers, and of all else that the product runs.
    counts: the product's own metrics, "name" or "name rung", summed over the cameras.
    """

    at_s: float
    worker_s: float
    others_s: float
    worker_mib: float
    counts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TownSite:
    """A site that looks at a town. empty_mib: its workers' memory before they had a camera."""

    site: Site
    workers: frozenset[int]
    empty_mib: float

    def gauges(self) -> Gauges:
        """Return how it stands now."""
        worker = cost_of(self.workers)
        others = cost_of(set(family(parent(min(self.workers)))) - self.workers)
        return Gauges(
            at_s=time.monotonic(),
            worker_s=worker.processor_s,
            others_s=others.processor_s,
            worker_mib=worker.memory_kib / 1024,
            counts=_counts(self.site.url),
        )

    def told(self) -> list[Told]:
        """Return the rule's incidents in the queue, as the last message about each has them."""
        posted: dict[str, float] = {}
        newest: dict[str, IncidentEvent] = {}
        for queue_id, event in self._events():
            if event.type == "gridpatrol.incident.opened":
                posted.setdefault(event.subject, float(queue_id.partition("-")[0]) / 1000)
            newest[event.subject] = event
        by_rule = ((newest[subject], at_s) for subject, at_s in posted.items())
        return [_told(event, at_s) for event, at_s in by_rule if _is_of_town(event)]

    def others(self) -> Mapping[str, int]:
        """Return how many incidents no rule made, by kind: health, the cameras' own alarms."""
        events = {event.subject: event for _, event in self._events()}.values()
        return Counter(e.data.incident.kind for e in events if not _is_of_town(e))

    def _events(self) -> Iterator[tuple[str, IncidentEvent]]:
        with Redis.from_url(self.site.queue_url, protocol=2, decode_responses=True) as queue:
            entries = cast("list[tuple[str, dict[str, str]]]", queue.xrange(STREAM))
        for queue_id, fields in entries:
            yield queue_id, IncidentEvent.model_validate_json(fields[FIELD])


@contextmanager
def town_site(
    url: str, town: Sequence[Resident], devices: Mapping[str, int], workers: int
) -> Iterator[TownSite]:
    """Run the product on a town's cameras, all of them online.

    url: of their server. devices: ports of those that are ONVIF devices too. Raises
    UnreachableError.
    """
    with running_site(workers=workers) as site:
        processes = _wait_for_workers(site, workers)
        time.sleep(SETTLE_S)
        empty_mib = cost_of(processes).memory_kib / 1024
        for resident in town:
            camera = _inventoried(f"{url}/{resident.camera}", resident)
            port = devices.get(camera.id)
            address = camera.address if port is None else f"onvif://{LOOPBACK}:{port}"
            site.store.inventory.add(replace(camera, address=address))
        reload_workers(Settings(data_dir=site.data_dir))
        _wait_until_online(site, len(town))
        yield TownSite(site, processes, empty_mib)


def _inventoried(url: str, resident: Resident) -> Camera:
    return Camera(
        id=resident.camera,
        name=resident.camera,
        address=url,
        main_uri=url,
        rules=rules_to_json(rules_for(resident.clip.kind)),
        transport=Transport.TCP,
    )


def _wait_for_workers(site: Site, count: int) -> frozenset[int]:
    """Return the process ids of the workers."""
    deadline_s = time.monotonic() + ONLINE_S
    while time.monotonic() < deadline_s:
        running = frozenset(worker.pid for worker in site.store.workers.all())
        if len(running) == count:
            return running
        time.sleep(POLL_S)
    raise UnreachableError(f"not all {count} workers started within {ONLINE_S:g} s")


def _wait_until_online(site: Site, count: int) -> None:
    deadline_s = time.monotonic() + ONLINE_S + count * ONLINE_EACH_S
    online = 0
    while time.monotonic() < deadline_s:
        states = site.store.camera_states.by_camera().values()
        online = sum(state.state == SessionState.ONLINE.value for state in states)
        if online == count:
            return
        time.sleep(POLL_S)
    raise UnreachableError(f"{online} of {count} cameras came online in time")


def _is_of_town(event: IncidentEvent) -> bool:
    return event.data.incident.rule.id == RULE


def _told(event: IncidentEvent, posted_s: float) -> Told:
    incident = event.data.incident
    return Told(
        camera=incident.camera.id,
        kind=incident.kind,
        began_s=_seconds(incident.opened_at),
        ended_s=_seconds(incident.last_seen_at),
        posted_s=posted_s,
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _counts(url: str) -> dict[str, float]:
    """Return the product's metrics, summed over cameras and processes."""
    reply = httpx.get(f"{url}/metrics", timeout=10, trust_env=False).raise_for_status()
    counts: dict[str, float] = {}
    for metric in text_string_to_metric_families(reply.text):
        for sample in metric.samples:
            kept = (sample.labels[name] for name in SPLIT_BY if name in sample.labels)
            key = " ".join((sample.name, *kept))
            counts[key] = counts.get(key, 0.0) + sample.value
    return counts
