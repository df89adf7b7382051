"""What a stream really is: opened, watched for some seconds, measured."""

from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from gateway.clock import monotonic_s
from gateway.errors import NotVideoError
from gateway.gop import GopMeter
from gateway.packets import TICKS_PER_S, ClockSource, StreamInfo, VideoPacket
from gateway.sources import (
    SCHEMES,
    AvSource,
    ClipSource,
    Credentials,
    Source,
    open_source,
    shown,
    split_credentials,
)

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
    "file".
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
    browser_playable: bool
    browser_reason: str
    watched_s: float


def probe(url: str, credentials: Credentials | None = None, seconds: float = 4.0) -> ProbeReport:
    """Measure a camera's stream or a file (a URL or a path) and return the report.

    seconds: of the stream to watch; up to three times as long when key frames are far apart.
    Raises the errors of `Source.open`, StreamLostError, NotVideoError when no picture comes.
    """
    source = _source(url, credentials)
    try:
        info = source.open()
        tally = _Tally()
        limit_s = monotonic_s() + PATIENCE * seconds
        for packet in takewhile(lambda _: monotonic_s() < limit_s, source.packets()):
            tally.see(packet)
            if tally.is_enough(seconds):
                break
    finally:
        source.close()
    return _report(shown(url), info, tally, source)


def playability(codec: str, profile: str | None, *, has_b_frames: bool) -> Playability:
    """Judge whether a browser plays the packets as they are over WebRTC."""
    if codec != "h264":
        return Playability(plays=False, reason=f"browsers do not play {codec}; use H.264")
    if has_b_frames:
        return Playability(plays=False, reason="B-frames arrive out of order; switch them off")
    if profile is not None and profile not in BROWSER_PROFILES:
        return Playability(plays=False, reason=f"profile {profile}; use Main or High")
    return Playability(plays=True, reason="H.264 without B-frames")


def _source(url: str, credentials: Credentials | None) -> Source:
    if "://" not in url:
        return ClipSource(Path(url))
    bare, inside = split_credentials(url)
    if bare.partition("://")[0] in SCHEMES:
        return AvSource(bare, credentials or inside, with_audio=True)
    return open_source(bare, credentials)


class _Tally:
    """Sums over the packets of a probe."""

    def __init__(self) -> None:
        self.gop = GopMeter()
        self.count = 0
        self.bytes = 0
        self.goes_back = False
        self.clock = ClockSource.ARRIVAL
        self._first_dts = self._last_dts = self._top_pts = 0
        self._last_bytes = 0

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

    def see(self, packet: VideoPacket) -> None:
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

    def is_enough(self, seconds: float) -> bool:
        wanted_s = seconds if self.gop.seconds is not None else seconds * PATIENCE
        return self.watched_s >= wanted_s


def _report(url: str, info: StreamInfo, tally: _Tally, source: Source) -> ProbeReport:
    if tally.count == 0:
        raise NotVideoError(f"{url} opened, but sent no picture; look at the camera's own page.")
    has_b_frames = info.has_b_frames or tally.goes_back
    browser = playability(info.codec, info.profile, has_b_frames=has_b_frames)
    gop_s, offset_s = tally.gop.seconds, source.clock_offset_s
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
        transport=source.transport,
        browser_playable=browser.plays,
        browser_reason=browser.reason,
        watched_s=round(tally.watched_s, 2),
    )
