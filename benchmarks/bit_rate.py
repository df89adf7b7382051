"""How little a tuned stream may send before something is missed.

The streets of `fleet` are coded anew at lower and lower rates from the same pictures, before any
loss. Every picture of each is given to the detector, tracker and rules of the product; what is
found at the highest rate is what should be found at the others. Decoding is measured in one thread,
one stream after the other, and told against the highest rate.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
from rich.console import Console

from benchmarks.encoding import Encoding, write_film
from benchmarks.report import Figure, Outcome
from benchmarks.town_clips import (
    QUICK,
    TUNED,
    TUNED_KBPS,
    ClipSpec,
    clips,
    streets,
)
from benchmarks.town_reference import Event, Reference
from vision.types import Image

CAPS_KBPS = (400, 256, TUNED_KBPS, 96, 64)
"""Highest rates tried, falling; the first is what the others are held against."""
SAME_S = 4.0
"""Events that begin within this time of one another are the same visit."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One street at one rate. key_kb: of a key frame; seconds: of one processor, to decode."""

    events: tuple[Event, ...]
    key_kb: float
    keys: int
    keys_s: float
    pictures: int
    pictures_s: float


def run(*, quick: bool) -> Outcome:
    """Try every street at every rate; quick: one street, the first rate and the tuned one."""
    specs = [spec for spec in clips("tuned", QUICK) if spec.is_busy][: 1 if quick else None]
    caps = (CAPS_KBPS[0], TUNED_KBPS) if quick else CAPS_KBPS
    found: dict[int, list[Coded]] = {cap: [] for cap in caps}
    reference = Reference()
    with tempfile.TemporaryDirectory(prefix="gridpatrol-benchmark-") as folder:
        for spec in specs:
            Console(stderr=True).print(f"{spec.view.name}: {spec.weather.words}")
            pictures = list(streets(spec))
            for cap in caps:
                encoding = replace(spec.encoding, kbps=cap)
                found[cap].append(_coded(spec, encoding, pictures, reference, Path(folder)))
    return Outcome(tuple(_figures(found)), tuple(_notes(specs)))


def _coded(
    spec: ClipSpec,
    encoding: Encoding,
    pictures: Sequence[Image],
    reference: Reference,
    folder: Path,
) -> Coded:
    path = folder / f"{spec.seed}-{encoding.kbps}.mp4"
    write_film(path, pictures, encoding)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        setup = stream.codec_context.extradata or b""
    keys = [packet for packet in packets if packet.is_keyframe]
    return Coded(
        events=reference.events_in(path, replace(spec, encoding=encoding)),
        key_kb=sum(packet.size for packet in keys) / len(keys) / 1000,
        keys=len(keys),
        keys_s=_decoding_s(keys, setup),
        pictures=len(packets),
        pictures_s=_decoding_s(packets, setup),
    )


def _decoding_s(packets: Sequence["av.Packet[av.VideoStream]"], setup: bytes) -> float:
    """Return the processor seconds that decoding takes on one thread."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count, decoder.extradata = 1, setup
    began_s = time.thread_time()
    for packet in packets:
        decoder.decode(av.Packet(bytes(packet)))
    decoder.decode(None)
    return time.thread_time() - began_s


def _figures(found: dict[int, list[Coded]]) -> Iterator[Figure]:
    dearest = found[CAPS_KBPS[0]]
    for cap, coded in found.items():
        due = sum(len(one.events) for one in dearest)
        same = sum(_shared(a.events, b.events) for a, b in zip(dearest, coded, strict=True))
        more = sum(len(one.events) for one in coded) - same
        aim = ">= 1" if cap == TUNED_KBPS else None
        name = f"{cap} kbit/s"
        yield Figure(f"{name}: of the events at {CAPS_KBPS[0]} found", same / due, "0-1", aim)
        yield Figure(f"{name}: other events", more, "events", "<= 0" if aim else None)
        yield Figure(f"{name}: a key frame", sum(one.key_kb for one in coded) / len(coded), "KB")
        key_s = [sum(one.keys_s for one in each) for each in (coded, dearest)]
        yield Figure(
            f"{name}: decoding key frames, against the first", key_s[0] / key_s[1], "ratio"
        )
        all_s = [sum(one.pictures_s for one in each) for each in (coded, dearest)]
        yield Figure(
            f"{name}: decoding everything, against the first", all_s[0] / all_s[1], "ratio"
        )
        key_ms = 1000 * key_s[0] / sum(one.keys for one in coded)
        yield Figure(f"{name}: processor for a key frame", key_ms, "ms")


def _shared(due: Sequence[Event], found: Sequence[Event]) -> int:
    """Return how many of the events due are among those found, each answering for one."""
    left = list(found)
    for event in due:
        near = [one for one in left if abs(one.began_s - event.began_s) <= SAME_S]
        if near:
            left.remove(near[0])
    return len(found) - len(left)


def _notes(specs: Sequence[ClipSpec]) -> Iterator[str]:
    fps = TUNED[0].fps
    yield f"640x360 at {fps} pictures a second, capped variable rate, as cameras are tuned"
    for spec in specs:
        gop_s = spec.encoding.gop_s
        yield f"{spec.view.name}: {spec.weather.words}; {gop_s:g} s between key frames"
