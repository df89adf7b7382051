"""The clips that a town's cameras show: streets quiet for most of the time, as cameras send them.

    python -m benchmarks.town_clips [found|tuned] [--quick]

makes what is not there yet in `var/town`. The same seed gives the same pictures. A busy clip has
people or cars in view for about a third of its time, a quiet one never; a town shows busy clips on
as many cameras as make it as busy as asked for.
"""

import argparse
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from benchmarks.encoding import Encoding, write_film
from benchmarks.footage import CACHE
from benchmarks.town_passages import (
    SIZE,
    VIEWS,
    Passage,
    View,
    empty,
    film_of,
    opacity,
    passages,
)
from benchmarks.town_weather import Air, Weather
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.types import Image, Kind

FOLDER = CACHE.parent / "town"
MAKE = 4
"""Number of the way clips are made; a change of the pictures asks for the next."""

RULE = "passers"
"""The one rule of each camera."""

BUSY_SHARE = 0.3
"""Of a busy clip's time, somebody is in view; the detector sees some of them late or never."""
QUIET_BEFORE_S, QUIET_BETWEEN_S = 12.0, 10.0
"""Until a clip's first visit, after its last, and between two: longer than clear_s and any track's
life, so that each visit is an incident of its own and a clip can be played round and round."""
SHORTEST_VISIT_S, LONGEST_VISIT_S = 4.0, 14.0
COMPANION_CHANCE = 0.5


FOUND = tuple(
    Encoding(15, gop_s, rate, crf, kbps)
    for gop_s in (2.0, 4.0)
    for rate, crf, kbps in (("crf", 26, 0), ("vbr", 24, 700), ("cbr", 0, 600), ("crf", 28, 0))
)
"""What cameras send that nobody has touched."""
TUNED_KBPS = 160
TUNED = tuple(
    Encoding(6, gop_s, "vbr", crf, TUNED_KBPS) for gop_s in (1.0, 2.0) for crf in (26, 28)
)
"""What gridpatrol asks cameras for at onboarding."""
ENCODINGS = {"found": FOUND, "tuned": TUNED}

NOISES = (2.0, 3.5, 5.0)
LEAVES_PX = (0.0, 2.5, 6.0)
LIGHTS = ("steady", "clouds", "lamp")
DROPS = (0, 0, 90)


@dataclass(frozen=True, slots=True)
class Library:
    """Which clips there are: how many of each kind, and how long they are."""

    busy: int
    quiet: int
    busy_length_s: float
    quiet_length_s: float


FULL = Library(busy=20, quiet=12, busy_length_s=120.0, quiet_length_s=60.0)
QUICK = Library(busy=3, quiet=2, busy_length_s=75.0, quiet_length_s=32.0)


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What is in a clip, and how it is coded."""

    seed: int
    is_busy: bool
    length_s: float
    view: View
    weather: Weather
    encoding: Encoding

    @property
    def path(self) -> Path:
        """Where the clip is kept."""
        kind = "busy" if self.is_busy else "quiet"
        name = f"{kind}-{self.seed:02}-{self.view.name}-{self.length_s:g}s-{self.encoding.fps}fps"
        return FOLDER / f"{name}-v{MAKE}.mp4"

    @property
    def kind(self) -> Kind:
        """What passes there."""
        return self.view.shot.kind


def rules_for(kind: Kind) -> RuleSet:
    """Return the rule of a camera where such things pass: presence, for so long as by default."""
    return RuleSet((), (PresenceSpec(id=RULE, kinds=(kind,)),))


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in view. from_s: of the clip; first, last: pictures of the film then shown."""

    from_s: float
    first: int
    last: int
    who: tuple[Passage, ...]

    def until_s(self, view: View) -> float:
        """When it is over."""
        return self.from_s + (self.last - self.first + 1) / view.shot.shown_fps


def clips(kind: str, library: Library) -> tuple[ClipSpec, ...]:
    """Return the clips of a kind of fleet ("found" or "tuned"): busy ones, then quiet ones."""
    made = []
    for seed in range(library.busy + library.quiet):
        random = np.random.default_rng(seed)
        is_busy = seed < library.busy
        encodings = ENCODINGS[kind]
        made.append(
            ClipSpec(
                seed=seed,
                is_busy=is_busy,
                length_s=library.busy_length_s if is_busy else library.quiet_length_s,
                view=VIEWS[seed % len(VIEWS)],
                weather=_weather(random),
                encoding=encodings[seed % len(encodings)],
            )
        )
    return tuple(made)


def make(specs: Sequence[ClipSpec]) -> None:
    """Make the clips that are not there yet."""
    missing = [spec for spec in specs if not spec.path.exists()]
    say = Console(stderr=True).print
    for number, spec in enumerate(missing, 1):
        say(f"clip {number} of {len(missing)}: {spec.path.name} ({spec.weather.words})")
        _write(spec)


def visits(spec: ClipSpec) -> tuple[Visit, ...]:
    """Return who comes when in a clip."""
    if not spec.is_busy:
        return ()
    random = np.random.default_rng((spec.seed, 1))
    wanted_s, room_s = BUSY_SHARE * spec.length_s, spec.length_s - 2 * QUIET_BEFORE_S
    planned: list[Visit] = []
    while min(wanted_s, room_s) >= SHORTEST_VISIT_S:
        visit = _visit(spec.view, random, min(LONGEST_VISIT_S, wanted_s, room_s))
        lasts_s = visit.until_s(spec.view)
        wanted_s, room_s = wanted_s - lasts_s, room_s - lasts_s - QUIET_BETWEEN_S
        planned.append(visit)
    spare_s = max(0.0, room_s + QUIET_BETWEEN_S) / max(1, len(planned) - 1)
    return tuple(_one_after_another(planned, spec.view, QUIET_BETWEEN_S + spare_s))


def _one_after_another(planned: list[Visit], view: View, gap_s: float) -> Iterator[Visit]:
    at_s = QUIET_BEFORE_S
    for visit in planned:
        yield Visit(at_s, visit.first, visit.last, visit.who)
        at_s += visit.until_s(view) + gap_s


def _visit(view: View, random: np.random.Generator, longest_s: float) -> Visit:
    """Return somebody's visit at time 0, perhaps with one who was there in the same seconds."""
    everybody = passages(view)
    lead = everybody[int(random.integers(len(everybody)))]
    first = lead.first
    last = min(lead.last, first + max(1, math.ceil(longest_s * view.shot.shown_fps)) - 1)
    with_them = [
        one for one in everybody if one is not lead and first <= one.first <= last <= one.last
    ]
    who = [_until(lead, last)]
    if with_them and random.random() < COMPANION_CHANCE:
        who.append(_until(with_them[int(random.integers(len(with_them)))], last))
    return Visit(0.0, first, last, tuple(who))


def _until(passage: Passage, last: int) -> Passage:
    """Return a passage that ends at a picture of the film."""
    return Passage(passage.first, passage.boxes[: last - passage.first + 1])


def _weather(random: np.random.Generator) -> Weather:
    return Weather(
        noise=float(random.choice(NOISES)),
        leaves_px=float(random.choice(LEAVES_PX)),
        light=str(random.choice(LIGHTS)),
        drops=int(random.choice(DROPS)),
    )


def streets(spec: ClipSpec) -> Iterator[Image]:
    """Yield the pictures of a clip before they are coded."""
    air = Air(spec.weather, SIZE, spec.length_s, spec.seed)
    quiet = empty(spec.view)
    planned, view = visits(spec), spec.view
    numbers = itertools.chain.from_iterable(range(v.first, v.last + 1) for v in planned)
    film = film_of(view, numbers)
    for number in range(round(spec.length_s * spec.encoding.fps)):
        at_s = number / spec.encoding.fps
        street = quiet
        for visit in planned:
            if visit.from_s <= at_s < visit.until_s(view):
                shown = visit.first + int((at_s - visit.from_s) * view.shot.shown_fps)
                cover = opacity(view, film[shown], shown, visit.who)
                if cover is not None:
                    street = np.asarray(
                        cv2.blendLinear(film[shown], quiet, cover, 1 - cover), np.uint8
                    )
        yield air.through(street.astype(np.float32), at_s)


def _write(spec: ClipSpec) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    spec.path.with_suffix(".json").write_text(json.dumps(_facts(spec), indent=1), "utf-8")
    write_film(spec.path, streets(spec), spec.encoding)


def _facts(spec: ClipSpec) -> dict[str, object]:
    """Return what a person who looks at a clip wants to know."""
    shown = [
        {"from_s": v.from_s, "until_s": v.until_s(spec.view), "who": len(v.who)}
        for v in visits(spec)
    ]
    coded = asdict(spec.encoding)
    return {"view": spec.view.name, "weather": spec.weather.words, "coded": coded, "visits": shown}


def main() -> None:
    """Make the clips of a kind of fleet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.town_clips", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=sorted(ENCODINGS), default="found")
    parser.add_argument("--quick", action="store_true", help="a few short clips")
    asked = parser.parse_args()
    make(clips(asked.kind, QUICK if asked.quick else FULL))


if __name__ == "__main__":
    main()
