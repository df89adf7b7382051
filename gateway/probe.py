"""What a stream really is: opened, watched for some seconds, measured."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gateway.clock import monotonic_s
from gateway.errors import NotVideoError, UnsupportedServerError
from gateway.gop import GopMeter
from gateway.packets import (
    TICKS_PER_S,
    AudioPacket,
    ClockSource,
    StreamInfo,
    Transport,
    VideoPacket,
)
from gateway.sources import ONCE, Credentials, Link, LinkOptions, open_link, play, shown

LOOK_S = 0.05
"""How often a probe looks whether it has seen enough."""

PATIENCE = 3.0
"""How many times longer than asked a probe goes on to see a second key frame."""

BROWSER_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Constrained High")
"""H.264 profiles that browsers decode over WebRTC (RFC 7742 §6.2 demands the first two)."""


@dataclass(frozen=True, slots=True)
class Playability:
    """Whether browsers can play a stream's packets untouched, and why or why not."""

    plays: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """A stream as measured; JSON-ready by `dataclasses.asdict`. Unknown values are None.

    url: without secrets. fps, gop_s, bit_rate_kbps: measured over watched_s, not announced.
    has_b_frames: pictures came out of order. clock: where `captured_at` comes from, "rtcp",
    "arrival" or "file". clock_offset_s: the camera's clock minus ours. transport: "tcp", "udp" or
    "file". reader: "rtsp" (our client), "ffmpeg" or "file"; note: why not the usual one, "" when it
    is.
    """

    url: str
    codec: str
    profile: str | None
    width: int
    height: int
    fps: float | None
    gop_s: float | None
    bit_rate_kbps: float | None
    has_b_frames: bool
    audio_codec: str | None
    clock: str
    clock_offset_s: float | None
    transport: str | None
    reader: str
    browser_playable: bool
    browser_reason: str
    watched_s: float
    note: str = ""


def probe(
    url: str,
    credentials: Credentials | None = None,
    seconds: float = 4.0,
    transport: Transport = Transport.AUTO,
) -> ProbeReport:
    """Measure a camera's stream or a file (a URL or a path) and return the report.

    The stream is read as a session would read it. seconds: of the stream to watch; up to three
    times as long when key frames are far apart. Raises the errors of `Link.run`, NotVideoError when
    no picture comes.
    """
    options = LinkOptions(transport=transport, with_audio=True)
    return asyncio.run(_probe(url, partial(_link, url, credentials), options, seconds))


async def _probe(
    url: str, open_: Callable[[LinkOptions], Link], options: LinkOptions, seconds: float
) -> ProbeReport:
    try:
        return await _measure(url, open_(options), seconds)
    except UnsupportedServerError as error:
        report = await _measure(url, open_(replace(options, through_ffmpeg=True)), seconds)
        return replace(report, note=str(error))


async def _measure(url: str, link: Link, seconds: float) -> ProbeReport:
    """Run a link until enough was seen, or for as long as patience lasts."""
    tally = _Tally(seconds)
    reading = asyncio.create_task(link.run(tally))
    try:
        while not (reading.done() or tally.is_enough or tally.is_late):
            await asyncio.wait([reading], timeout=LOOK_S)
    finally:
        ended_itself = reading.done()
        reading.cancel()
        await asyncio.wait([reading])
    if ended_itself and not tally.is_enough:
        reading.result()
    return _report(shown(url), tally, link)


def playability(codec: str, profile: str | None, *, has_b_frames: bool) -> Playability:
    """Judge whether a browser plays the packets as they are over WebRTC."""
    if codec != "h264":
        return Playability(plays=False, reason=f"browsers do not play {codec}; use H.264")
    if has_b_frames:
        return Playability(plays=False, reason="B-frames arrive out of order; switch them off")
    if profile is not None and profile not in BROWSER_PROFILES:
        return Playability(plays=False, reason=f"profile {profile}; use Main or High")
    return Playability(plays=True, reason="H.264 without B-frames")


def _link(url: str, credentials: Credentials | None, options: LinkOptions) -> Link:
    if "://" not in url:
        return play(Path(url), ONCE, with_audio=True)
    return open_link(url, credentials, options)


class _Tally:
    """A sink that sums over the packets of a probe until it has seen enough of them."""

    def __init__(self, seconds: float) -> None:
        self.info: StreamInfo | None = None
        self.gop = GopMeter()
        self.count = 0
        self.bytes = 0
        self.goes_back = False
        self.clock = ClockSource.ARRIVAL
        self._seconds = seconds
        self._opened_s: float | None = None
        self._first_dts = self._last_dts = self._top_pts = 0
        self._last_bytes = 0

    @property
    def is_late(self) -> bool:
        """Whether the stream was opened so long ago that more is not waited for."""
        opened_s = self._opened_s
        return opened_s is not None and monotonic_s() - opened_s > PATIENCE * self._seconds

    @property
    def is_enough(self) -> bool:
        wanted_s = self._seconds * (PATIENCE if self.gop.seconds is None else 1.0)
        return self.watched_s >= wanted_s

    @property
    def watched_s(self) -> float:
        return (self._last_dts - self._first_dts) / TICKS_PER_S

    @property
    def fps(self) -> float | None:
        return round((self.count - 1) / self.watched_s, 2) if self.watched_s > 0 else None

    @property
    def bit_rate_kbps(self) -> float | None:
        if self.watched_s <= 0:
            return None
        return round((self.bytes - self._last_bytes) * 8 / 1000 / self.watched_s, 1)

    def start(self, info: StreamInfo) -> None:
        self.info = info
        self._opened_s = self._opened_s or monotonic_s()

    def publish(self, packet: VideoPacket) -> None:
        if self.is_enough:
            return
        if self.count == 0:
            self._first_dts, self._top_pts = packet.dts, packet.pts
        self.gop.see(packet)
        self.count += 1
        self._last_bytes = len(packet.data)
        self.bytes += self._last_bytes
        self.goes_back = self.goes_back or packet.pts < self._top_pts
        self._top_pts = max(self._top_pts, packet.pts)
        self._last_dts = packet.dts
        self.clock = packet.clock

    def publish_audio(self, packet: AudioPacket) -> None:
        """Pass over: that there is sound is in the stream's description."""


def _report(url: str, tally: _Tally, link: Link) -> ProbeReport:
    info = tally.info
    if info is None or tally.count == 0:
        raise NotVideoError(f"{url} opened, but sent no picture; look at the camera's own page.")
    has_b_frames = info.has_b_frames or tally.goes_back
    browser = playability(info.codec, info.profile, has_b_frames=has_b_frames)
    gop_s, offset_s = tally.gop.seconds, link.clock_offset_s
    return ProbeReport(
        url=url,
        codec=info.codec,
        profile=info.profile,
        width=info.width,
        height=info.height,
        fps=tally.fps,
        gop_s=None if gop_s is None else round(gop_s, 2),
        bit_rate_kbps=tally.bit_rate_kbps,
        has_b_frames=has_b_frames,
        audio_codec=info.audio.codec if info.audio else None,
        clock=tally.clock.value,
        clock_offset_s=None if offset_s is None else round(offset_s, 3),
        transport=link.transport,
        reader=link.reader,
        browser_playable=browser.plays,
        browser_reason=browser.reason,
        watched_s=round(tally.watched_s, 2),
    )
