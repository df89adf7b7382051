"""From a picture at the camera to the event in the Redis stream, and to the picture in a browser.

The product runs as a person starts it: `gridpatrol run`, with its worker, its console and its own
queue, on one RTSP camera. That camera shows an empty square, and people on it now and then; it says
when the first picture with people was made, before encoding, and draws each picture's time of
birth into it (`clock_camera`). The queue's entry id is the time of XADD; the evidence picture tells
which picture made the rule sure. All on one machine: one clock, and a network that is loopback.

Two rules watch, with confirm_s 0 and with the default. Both first need the tracker's word: an
object counts once seen for 0.3 s, and each camera is looked at 5 times a second.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import httpx
import numpy as np
from redis import Redis

from benchmarks.clock_camera import BIT_RATE, ClockCamera, age_ms, clock_camera, read_stamp
from benchmarks.live import LIVE, Watched, chromium, open_tab, percentile, watch
from benchmarks.report import Figure, Outcome
from benchmarks.scenes import FPS, HEIGHT, WIDTH
from benchmarks.site import Site, running_site
from gateway.dispatch.message import IncidentEvent
from gateway.dispatch.redis_sink import FIELD, STREAM
from gateway.rules_file import rules_to_json
from gateway.store.evidence import EvidenceType
from gateway.store.inventory import Camera
from gateway.whep import SDP_TYPE
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.types import Kind

CAMERA = "clock"
AT_ONCE, DEFAULT = "at-once", "default"
CLEAR_S = 0.2
"""So that each visit is an incident of its own."""
RULES = RuleSet(
    (),
    (
        PresenceSpec(id=AT_ONCE, kinds=(Kind.PERSON,), confirm_s=0.0, clear_s=CLEAR_S),
        PresenceSpec(id=DEFAULT, kinds=(Kind.PERSON,), clear_s=CLEAR_S),
    ),
)
ALL = ">= 1"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many visits are timed, and how long the browser watches after them."""

    visits: int
    watching_s: float


QUICK, FULL = Plan(visits=4, watching_s=6), Plan(visits=40, watching_s=60)


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident's way into the queue; milliseconds since 1970.

    sure_ms: when the picture was made that made the rule sure. kept_ms: when that picture was on
    the disk as evidence. posted_ms: when the queue took the event.
    """

    rule: str
    sure_ms: float
    kept_ms: float
    posted_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """A visit, and the first incident about it. came_ms: when its first picture was made."""

    came_ms: float
    opening: Opening

    @property
    def total_ms(self) -> float:
        """From the first picture with people to the event in the stream."""
        return self.opening.posted_ms - self.came_ms


def run(*, quick: bool) -> Outcome:
    """Measure; raises MissingExtraError without ipycam or Chromium."""
    plan = QUICK if quick else FULL
    with clock_camera("visits") as camera, running_site(_inventoried(camera)) as site:
        visits_ms = _visits_ms(camera, plan.visits)
        openings = list(_openings(site))
        watched = asyncio.run(_watch(site, plan.watching_s))
    at_once, default = (_matched(visits_ms, openings, rule) for rule in (AT_ONCE, DEFAULT))
    figures = (
        *_event_figures(at_once),
        *_default_figures(at_once, default),
        Figure("visits reported", len(at_once) / plan.visits, "share", ALL),
        Figure("capture to picture in Chromium, p50", percentile(watched.ages_ms, 50), "ms"),
        Figure("capture to picture in Chromium, p95", percentile(watched.ages_ms, 95), "ms", LIVE),
    )
    return Outcome(figures, _notes(plan, watched))


def _inventoried(camera: ClockCamera) -> Camera:
    return Camera(
        id=CAMERA,
        name="clock",
        address=camera.url,
        main_uri=camera.url,
        rules=rules_to_json(RULES),
    )


def _visits_ms(camera: ClockCamera, count: int) -> list[int]:
    """Return when visits begin from now on, and one more: by then all is told of the others."""
    now_ms = time.time() * 1000
    begun_ms = (camera.next_visit_ms() for _ in itertools.count())
    return list(itertools.islice((one for one in begun_ms if one > now_ms), count + 1))


def _openings(site: Site) -> Iterator[Opening]:
    """Yield the incidents that the queue holds, as they came."""
    with Redis.from_url(site.queue_url, protocol=2, decode_responses=True) as queue:
        entries = cast("list[tuple[str, dict[str, str]]]", queue.xrange(STREAM))
    for queue_id, fields in entries:
        event = IncidentEvent.model_validate_json(fields[FIELD])
        if event.type == "gridpatrol.incident.opened":
            yield _opening(site, event, float(queue_id.partition("-")[0]))


def _opening(site: Site, event: IncidentEvent, posted_ms: float) -> Opening:
    pieces = site.store.incidents.get(event.subject).evidence
    raw = next(piece for piece in pieces if piece.type is EvidenceType.RAW)
    luma = cv2.imread(str(site.data_dir / raw.path), cv2.IMREAD_GRAYSCALE)
    stamp = read_stamp(np.asarray(luma, np.uint8))
    sure_ms = float("nan") if stamp is None else posted_ms - age_ms(posted_ms, stamp)
    kept_ms = raw.created_at.timestamp() * 1000
    return Opening(event.data.incident.rule.id, sure_ms, kept_ms, posted_ms)


def _matched(visits_ms: Sequence[int], openings: list[Opening], rule: str) -> dict[int, Report]:
    """Return the visits that a rule reported, by number; an unreadable evidence picture is none."""
    reports = {}
    for number, (came_ms, next_ms) in enumerate(itertools.pairwise(visits_ms)):
        for opening in openings:
            if opening.rule == rule and came_ms <= opening.sure_ms < next_ms:
                reports[number] = Report(came_ms, opening)
                break
    return reports


async def _watch(site: Site, seconds: float) -> Watched:
    """Return what a tab shows that plays the camera by way of the console's API."""
    headers = {"Origin": site.url}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, trust_env=False) as client:
        await site.sign_in(client)

        async def answer(offer: str) -> str:
            reply = await client.post(
                f"/api/cameras/{CAMERA}/whep",
                content=offer,
                headers={"Content-Type": SDP_TYPE},
                timeout=20,
            )
            return reply.raise_for_status().text

        async with chromium() as browser:
            return await watch(await open_tab(browser, answer), seconds)


def _event_figures(reports: dict[int, Report]) -> Iterator[Figure]:
    """Yield the way of an event as a whole and in its three parts."""
    ways = [(one.came_ms, one.opening) for one in reports.values()]
    parts = {
        "appearance to event": [one.total_ms for one in reports.values()],
        "of it: until the rule is sure": [way.sure_ms - came_ms for came_ms, way in ways],
        "of it: that picture to evidence on disk": [way.kept_ms - way.sure_ms for _, way in ways],
        "of it: evidence on disk to event": [way.posted_ms - way.kept_ms for _, way in ways],
        "picture that makes sure to event": [way.posted_ms - way.sure_ms for _, way in ways],
    }
    for name, values in parts.items():
        for share in (50, 95):
            yield Figure(f"{name}, p{share}", percentile(values, share), "ms")


def _default_figures(at_once: dict[int, Report], default: dict[int, Report]) -> Iterator[Figure]:
    """Yield what waiting for the default confirm_s costs, visit by visit."""
    added = [
        default[number].total_ms - at_once[number].total_ms
        for number in at_once.keys() & default.keys()
    ]
    yield Figure("the default confirm_s adds, p50", percentile(added, 50), "ms")


def _notes(plan: Plan, watched: Watched) -> tuple[str, ...]:
    confirm_s = PresenceSpec(id=DEFAULT).confirm_s
    return (
        f"{WIDTH}x{HEIGHT} at {FPS} pictures a second, {BIT_RATE}bit/s H.264, 5 looks a second; "
        f"{plan.visits} visits, confirm_s 0 unless said; the default is {confirm_s:g} s",
        "appearance: the first picture with people, before the camera encodes it; event: XADD done "
        "by the queue. Between them: x264, ipycam's RTSP server, our source, decoding, detector, "
        "tracker, rule, two evidence JPEGs, the transaction with its outbox row, the relay",
        f"Chromium: by the console's API and WHEP, while analysis goes on; {len(watched.ages_ms)} "
        f"pictures timed, {watched.unreadable} unreadable; screen and camera's encoder are in it",
    )
