"""Luma activity on composed footage, a row for each rung: who is found, how soon, what wakes it.

Real people, cut out of vtest.avi by what the detector finds on every picture of it, walk over the
same square without anybody, at their own size or far away, through noise, flicker, wind, light and
rain; the pictures are coded as cameras code them, decoded, shrunk and looked at. A presence is
recalled when a look while it lasts names a region on it; a quiet look is falsely awake when it says
motion while nobody is there.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median

import av
import cv2
import numpy as np
from av.video.frame import PictureType

from benchmarks.report import Figure, Outcome
from benchmarks.town_passages import SIZE, Box
from benchmarks.visitors import Visit, square_with_visits, visits
from benchmarks.weather import TROUBLES, Trouble, noise
from vision.activity import ACTIVITY_SIZE, Activity, ActivityState, LumaActivity, Region
from vision.furniture import Furniture
from vision.luma.cells import Luma
from vision.packet_hint import PacketHint
from vision.types import Detections, FrameSize, Kind, ObjectClass

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LINGER_S = 1.0
"""After a visit, looks count as quiet again only from here on."""
SETTLED_S = 10.0
"""And only from here on after the clip began."""
QUICK_FROM, QUICK_STEP = 0, 3
"""Troubles of a quick run, in the order of their table."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a camera codes. options: of x264."""

    name: str
    options: Mapping[str, str]


CODINGS = (
    Coding("CRF", {"crf": "26"}),
    Coding("capped VBR", {"crf": "23", "maxrate": "350k", "bufsize": "350k"}),
    Coding("CBR", {"b": "300k", "minrate": "300k", "maxrate": "300k", "bufsize": "150k"}),
)


@dataclass(frozen=True, slots=True)
class Rung:
    """How often one looks. fps, gop_s: of the stream. keys: every n-th key picture only."""

    name: str
    fps: int
    gop_s: int
    keys: int | None = None


RUNGS = (
    Rung("full", 15, 2),
    Rung("tuned", 6, 1),
    Rung("keys/2s", 15, 2, 1),
    Rung("keys/4s", 15, 2, 2),
)


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """One decoded picture, small."""

    at_s: float
    luma: Luma
    is_key: bool
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Score:
    """How looks compare with who was there. false: quiet looks awake, of `quiet`."""

    visits: int
    delays_s: tuple[float, ...]
    quiet: int
    false: int

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.visits + other.visits,
            self.delays_s + other.delays_s,
            self.quiet + other.quiet,
            self.false + other.false,
        )

    @property
    def recall(self) -> float:
        """Share of the visits that were found."""
        return len(self.delays_s) / self.visits

    @property
    def awake(self) -> float:
        """Share of the quiet looks that were falsely awake."""
        return self.false / max(self.quiet, 1)


def run(*, quick: bool) -> Outcome:
    """Judge every trouble; quick: each third, which are the worst ones."""
    names = list(TROUBLES)[QUICK_FROM::QUICK_STEP] if quick else list(TROUBLES)
    scores: dict[Rung, list[Score]] = {rung: [] for rung in RUNGS}
    figures: list[Figure] = []
    hints: list[str] = []
    clip: list[Shrunk] = []
    for index, name in enumerate(names):
        clips = {}
        for turn, (fps, gop_s) in enumerate(sorted({(one.fps, one.gop_s) for one in RUNGS})):
            coding = CODINGS[(index + turn) % len(CODINGS)]
            clips[fps] = clip = shrunk(coded(TROUBLES[name](), coding, fps, gop_s), fps)
            hints.append(f"{name}, {coding.name}, {fps}/s: {_hint(clip)}")
        for rung in RUNGS:
            score = judge(looks(on_rung(clips[rung.fps], rung)))
            scores[rung].append(score)
            figures += _figures(f"{rung.name}, {name}", score)
    totals = [
        figure
        for rung, some in scores.items()
        for figure in _figures(f"{rung.name}, all", sum(some[1:], some[0]), is_total=True)
    ]
    cost = (*_cost(clip), _hint_cost(clip), _furniture_cost())
    return Outcome((*totals, *cost, *figures), tuple(hints))


def _figures(name: str, score: Score, *, is_total: bool = False) -> Iterator[Figure]:
    yield Figure(f"{name}: recall", score.recall, "0-1", ">= 0.95" if is_total else None)
    yield Figure(f"{name}: falsely awake", score.awake, "share of quiet looks")
    if is_total and score.delays_s:
        delay_ms = 1000 * sum(score.delays_s) / len(score.delays_s)
        yield Figure(f"{name}: found after, mean", delay_ms, "ms")


def _hint(clip: list[Shrunk]) -> str:
    """Return what packet sizes alone would have told."""
    hint, woken, false, quiet = PacketHint(), set(), 0, 0
    for one in clip:
        wakes = hint.see(one.size_bytes, one.is_key, _at(one.at_s))
        here = [visit.begins_s for visit in visits() if visit.box(one.at_s) is not None]
        if wakes:
            woken.update(here)
        if one.at_s >= SETTLED_S and not _is_busy(one.at_s):
            quiet += 1
            false += wakes
    return f"{len(woken)} of {len(visits())} found, awake {false / quiet:.2f}; {hint.explain()}"


def _cost(clip: list[Shrunk]) -> Iterator[Figure]:
    """Measure a look against decoding a picture of the same clip, in processor time, in turns."""
    packets = list(coded(TROUBLES["noise only"](), CODINGS[0], 6, 1))
    ratios, looks_ms = [], []
    for _ in range(5):
        began_s = time.process_time()
        for _frame in decode(packets):
            pass
        decoded_s = time.process_time()
        looks(clip)
        looked_s = time.process_time() - decoded_s
        looks_ms.append(1000 * looked_s / len(clip))
        ratios.append(looked_s / len(clip) / ((decoded_s - began_s) / len(packets)))
    yield Figure("a look: processor time", median(looks_ms), "ms", "<= 0.15")
    yield Figure("a look against decoding a picture of 640x360", median(ratios), "ratio")


def _hint_cost(clip: list[Shrunk]) -> Figure:
    """Measure what taking in the size of a packet costs, in processor time."""
    packets = [(one.size_bytes, one.is_key, _at(one.at_s)) for one in clip]
    costs_us = []
    for _ in range(20):
        hint, began_s = PacketHint(), time.process_time()
        for packet in packets:
            hint.see(*packet)
        costs_us.append(1e6 * (time.process_time() - began_s) / len(packets))
    return Figure("a packet's size: processor time", median(costs_us), "us", "<= 2")


def _furniture_cost() -> Figure:
    """Measure what sifting the detections of a busy look costs, in processor time."""
    count, looks_, size = 8, 200, FrameSize(SIZE.width, SIZE.height)
    corners = np.arange(count, dtype=np.float32)[:, None] * 70.0
    found = Detections(
        np.hstack([corners, corners / 2, corners + 30.0, corners / 2 + 60.0]),
        np.full(count, 0.4, np.float32),
        np.zeros(count, np.int16),
        {0: ObjectClass(0, "person", Kind.PERSON)},
    )
    region = (Region(0.0, 0.0, 0.2, 0.3),)
    costs_ms = []
    for _ in range(10):
        furniture, began_s = Furniture(), time.process_time()
        for number in range(looks_):
            at = _at(number / 2)
            furniture.sift(found, Activity(at, ActivityState.MOTION, region, 0.1), at, size)
        costs_ms.append(1000 * (time.process_time() - began_s) / looks_)
    return Figure(f"sifting {count} detections: processor time", median(costs_ms), "ms", "<= 0.1")


def _at(at_s: float) -> datetime:
    return EPOCH + timedelta(seconds=at_s)


def coded(trouble: Trouble, coding: Coding, fps: int, gop_s: int) -> Iterator[bytes]:
    """Yield the clip's packets as a camera would send them."""
    stream = av.CodecContext.create("libx264", "w")
    assert isinstance(stream, av.VideoCodecContext)
    stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
    stream.time_base, stream.framerate = Fraction(1, fps), Fraction(fps)
    stream.gop_size = fps * gop_s
    stream.options = {
        "preset": "veryfast", "tune": "zerolatency", "sc_threshold": "0", "threads": "1",
        **coding.options,
    }  # fmt: skip
    for number, (at_s, clean) in enumerate(square_with_visits(fps)):
        seen = np.clip(noise(trouble(clean.astype(np.float32), at_s), at_s), 0, 255).astype(
            np.uint8
        )
        frame = av.VideoFrame.from_ndarray(seen, "gray").reformat(format="yuv420p")
        frame.pts, frame.time_base, frame.pict_type = number, stream.time_base, PictureType.NONE
        yield from map(bytes, stream.encode(frame))
    yield from map(bytes, stream.encode(None))


def decode(packets: Iterable[bytes]) -> Iterator[av.VideoFrame]:
    """Yield the pictures of packets."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_type = "NONE"
    for packet in packets:
        yield from decoder.decode(av.Packet(packet))


def shrunk(packets: Iterable[bytes], fps: int) -> list[Shrunk]:
    """Decode packets, one to a picture, and keep small grey pictures."""
    sent = list(packets)
    size = (ACTIVITY_SIZE.width, ACTIVITY_SIZE.height)
    return [
        Shrunk(
            at_s=number / fps,
            luma=np.asarray(cv2.resize(_luma(frame), size, interpolation=cv2.INTER_AREA), np.uint8),
            is_key=frame.key_frame,
            size_bytes=len(packet),
        )
        for number, (frame, packet) in enumerate(zip(decode(sent), sent, strict=True))
    ]


def _luma(frame: av.VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.asarray(rows[: frame.height, : frame.width], np.uint8)


def on_rung(clip: Iterable[Shrunk], rung: Rung) -> list[Shrunk]:
    """Return the pictures that a rung looks at."""
    if rung.keys is None:
        return list(clip)
    return [picture for picture in clip if picture.is_key][:: rung.keys]


def looks(pictures: Iterable[Shrunk]) -> list[tuple[float, Activity]]:
    """Look at pictures in turn."""
    eye = LumaActivity()
    return [(one.at_s, eye.look(one.luma, _at(one.at_s))) for one in pictures]


def judge(seen: list[tuple[float, Activity]]) -> Score:
    """Compare looks with who was there."""
    delays = [delay for visit in visits() if (delay := _delay_s(seen, visit)) is not None]
    quiet = [one for at_s, one in seen if at_s >= SETTLED_S and not _is_busy(at_s)]
    false = sum(one.state is ActivityState.MOTION for one in quiet)
    return Score(len(visits()), tuple(delays), len(quiet), false)


def _is_busy(at_s: float) -> bool:
    return any(one.begins_s <= at_s <= one.ends_s + LINGER_S for one in visits())


def _delay_s(seen: list[tuple[float, Activity]], visit: Visit) -> float | None:
    """Return the seconds from a visitor's coming to the first look that names the place."""
    for at_s, one in seen:
        box = visit.box(at_s)
        if box is not None and any(_touches(region, box) for region in one.regions):
            return at_s - visit.begins_s
    return None


def _touches(region: Region, box: Box) -> bool:
    """Say whether a region is on a visitor."""
    x1, y1, x2, y2 = box
    across = region.x1 * SIZE.width < x2 and region.x2 * SIZE.width > x1
    return across and region.y1 * SIZE.height < y2 and region.y2 * SIZE.height > y1
