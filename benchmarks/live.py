"""Live pictures: the age of what a browser shows, what one viewer costs, how a wall of 16 runs.

Each picture of the camera carries the time it was made, in pixels (`clock_camera`). It is encoded,
served by RTSP, pulled by our source, passed through hub and WebRTC, decoded and put on screen by
Chromium, and read there (`live_viewer.html`): the age counts all of it, encoder and screen too.
Everything runs on one machine, so one clock tells both times and the network is loopback.

The processor time of a viewer is what this process (source, hub, WebRTC) takes more than without
viewers, each with a tab of its own; Chromium's and the camera's own time is not in it.

The wall is one tab with 16 players of the same stream: smooth when the pictures that were made are
shown, and no tile stands still; Chromium decodes all of it on the same cores.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.clock_camera import BIT_RATE, LOOPBACK, age_ms, clock_camera, read_stamp
from benchmarks.report import Figure, Outcome
from benchmarks.scenes import FPS, HEIGHT, WIDTH
from gateway.camera_stream import CameraStream
from gateway.config import LiveSettings
from gateway.errors import GatewayError, MissingExtraError
from gateway.hub import Hub
from gateway.live import LiveViewers, SteadySource
from gateway.session import Pull
from gateway.session_loop import SessionLoop
from gateway.sources import open_link

FIRST_PICTURE_S = 20.0

VIEWER = Path(__file__).with_name("live_viewer.html")
WALL = Path(__file__).with_name("live_wall.html")
TILES = 16
"""The largest wall of the console."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required")
SETTLING_S = 3.0
"""What a browser shows before is hurried through, and not counted."""

LIVE = "<= 150"
"""Milliseconds, 95th percentile on loopback: later than this, steering a camera feels detached."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each part takes, and how many tabs share the cost."""

    arriving_s: float
    watching_s: float
    costing_s: float
    viewers: int
    wall_s: float


QUICK = Plan(arriving_s=4, watching_s=10, costing_s=5, viewers=2, wall_s=8)
FULL = Plan(arriving_s=10, watching_s=60, costing_s=20, viewers=4, wall_s=30)


@dataclass(frozen=True, slots=True)
class Wall:
    """How 16 tiles in one tab fared.

    shown: share of the pictures made that a tile showed, mean and worst tile. gap_ms: longest
    standstill of each tile, the worst. cost_ms: processor milliseconds a second for each, here.
    """

    shown: float
    worst_shown: float
    gap_ms: float
    cost_ms: float


@dataclass(frozen=True, slots=True)
class Watched:
    """What a tab saw. ages_ms: of every picture it put on screen and could read."""

    ages_ms: list[float]
    unreadable: int


def run(*, quick: bool) -> Outcome:
    """Measure; raises MissingExtraError without ipycam or Chromium."""
    plan = QUICK if quick else FULL
    with clock_camera("drift") as camera, _pulled(camera.url) as hub:
        arrivals_ms = _arrivals_ms(hub, plan.arriving_s)
        watched, cost_ms = asyncio.run(_watch_hub(hub, plan))
        wall = asyncio.run(_watch_wall(hub, plan))
    ages_ms = watched.ages_ms
    shown = len(ages_ms) / (FPS * plan.watching_s)
    return Outcome(
        (
            Figure("capture to picture in Chromium, p50", percentile(ages_ms, 50), "ms"),
            Figure("capture to picture in Chromium, p95", percentile(ages_ms, 95), "ms", LIVE),
            Figure("capture to packet in the hub, p50", percentile(arrivals_ms, 50), "ms"),
            Figure("capture to packet in the hub, p95", percentile(arrivals_ms, 95), "ms"),
            Figure("pictures on screen", shown, "share of those made"),
            Figure("processor time of one viewer", cost_ms, "ms/s"),
            Figure(f"{TILES} tiles: pictures on screen, mean", wall.shown, "share of those made"),
            Figure(f"{TILES} tiles: the worst tile", wall.worst_shown, "share of those made"),
            Figure(f"{TILES} tiles: longest standstill", wall.gap_ms, "ms"),
            Figure(f"{TILES} tiles: processor time of one", wall.cost_ms, "ms/s"),
        ),
        (
            f"{WIDTH}x{HEIGHT} at {FPS} pictures a second, {BIT_RATE}bit/s H.264, a key frame each "
            f"2 s; {len(ages_ms)} pictures timed, {watched.unreadable} unreadable",
            "capture to hub is the camera (x264, ipycam's RTSP server) and our RTSP client; the "
            "rest is hub, WebRTC, Chromium's decoder and its 60 Hz screen",
            f"cost: {plan.viewers} tabs for {plan.costing_s:g} s against none for as long",
        ),
    )


@contextmanager
def _pulled(url: str) -> Iterator[Hub]:
    """Pull the camera into a hub, as a worker does."""
    sessions = SessionLoop()
    sessions.start()
    stream = CameraStream(sessions, Pull("clock", "sub", partial(open_link, url, None)))
    try:
        with stream.lease(), stream.hub.reader("benchmark", 1) as reader:
            if reader.get(FIRST_PICTURE_S) is None:
                raise GatewayError(f"{url} sent no picture in {FIRST_PICTURE_S:g} s")
            reader.close()
            yield stream.hub
    finally:
        stream.close()
        sessions.stop()


def _arrivals_ms(hub: Hub, seconds: float) -> list[float]:
    """Return how old pictures are when their packets reach the hub."""
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.thread_count, decoder.flags = 1, decoder.flags | Flags.low_delay
    ages_ms = []
    ends_s = time.monotonic() + seconds
    with hub.reader("arrivals", 1000, from_last_key=False) as reader:
        while time.monotonic() < ends_s:
            delivery = reader.get(1.0)
            if delivery is None:
                continue
            arrived_s = time.time() - time.monotonic() + delivery.packet.received_s
            for frame in decoder.decode(av.Packet(delivery.packet.data)):
                stamp = read_stamp(np.asarray(frame.to_ndarray(format="gray"), np.uint8))
                if stamp is not None:
                    ages_ms.append(age_ms(arrived_s * 1000, stamp))
    return ages_ms


async def _watch_hub(hub: Hub, plan: Plan) -> tuple[Watched, float]:
    """Return what one tab saw, and the milliseconds a second that each of several costs."""
    viewers = LiveViewers(LiveSettings(bind_hosts=(LOOPBACK,)))
    alone_ms = await _cpu_ms_per_s(plan.costing_s)

    async def answer(offer: str) -> str:
        return (await viewers.offer(SteadySource(hub), offer)).sdp

    async with chromium() as browser:
        watched = await watch(await open_tab(browser, answer), plan.watching_s)
        for _ in range(plan.viewers - 1):
            await open_tab(browser, answer)
        await asyncio.sleep(SETTLING_S)
        shared_ms = await _cpu_ms_per_s(plan.costing_s)
        await viewers.close_all()
    return watched, (shared_ms - alone_ms) / plan.viewers


async def _watch_wall(hub: Hub, plan: Plan) -> Wall:
    """Return how one tab with many players of the stream fares."""
    viewers = LiveViewers(LiveSettings(bind_hosts=(LOOPBACK,)))
    alone_ms = await _cpu_ms_per_s(plan.costing_s)
    async with chromium() as browser:
        page = await browser.new_page()
        await page.set_content(WALL.read_text("utf-8"))
        for tile in range(TILES):
            answer = await viewers.offer(SteadySource(hub), await page.evaluate("offer()"))
            await page.evaluate("([tile, sdp]) => accept(tile, sdp)", [tile, answer.sdp])
        await page.wait_for_function("tiles.every((tile) => tile.shown > 0)")
        await asyncio.sleep(SETTLING_S)
        await page.evaluate("begin()")
        busy_ms = await _cpu_ms_per_s(plan.wall_s)
        tiles = await page.evaluate("end()")
        await viewers.close_all()
    made = FPS * plan.wall_s
    return Wall(
        shown=sum(tile["shown"] for tile in tiles) / (TILES * made),
        worst_shown=min(tile["shown"] for tile in tiles) / made,
        gap_ms=max(tile["gapMs"] for tile in tiles),
        cost_ms=(busy_ms - alone_ms) / TILES,
    )


async def _cpu_ms_per_s(seconds: float) -> float:
    cpu_s, began_s = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return 1000 * (time.process_time() - cpu_s) / (time.monotonic() - began_s)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run the Chromium on PATH; raises MissingExtraError when there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise MissingExtraError(
            "there is no Chromium on PATH to watch with; on Debian: apt-get install chromium"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def open_tab(browser: Browser, answer: Callable[[str], Awaitable[str]]) -> Page:
    """Return a tab that plays a clock camera; `answer` gets its WebRTC offer and answers it."""
    page = await browser.new_page()
    await page.set_content(VIEWER.read_text("utf-8"))
    sdp = await answer(await page.evaluate("offer()"))
    await page.evaluate("(sdp) => accept(sdp)", sdp)
    await page.wait_for_function("ages.length > 0")
    return page


async def watch(page: Page, seconds: float) -> Watched:
    """Return what a tab shows from when it has settled, for so long."""
    await asyncio.sleep(SETTLING_S)
    await page.evaluate("ages.length = unreadable = 0")
    await asyncio.sleep(seconds)
    return Watched(await page.evaluate("ages"), await page.evaluate("unreadable"))


def percentile(values: list[float], share: float) -> float:
    """Return a percentile (0-100); raises GatewayError when nothing was measured."""
    if not values:
        raise GatewayError("nothing was measured: is the machine too busy for its own camera?")
    return float(np.percentile(values, share))
