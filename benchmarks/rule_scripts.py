"""Scripted boxes for the rules benchmark: what a detector would say, with what goes wrong in it.

They go through the real tracker, rules and incidents. Times are seconds since the scene began; a
script is asked at any rate and gives the same boxes at the same time.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np

from vision.arming import Arming
from vision.crossings import Direction
from vision.geometry import Polygon
from vision.pipeline import CameraPipeline
from vision.rule import RuleSpec
from vision.rules import RuleSet
from vision.rules.checkpoint import CheckpointSpec
from vision.rules.crossing import CrossingSpec
from vision.rules.crowd import CrowdSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.rules.stop import StopSpec
from vision.rules.wrong_way import WrongWaySpec
from vision.scene import Line, Zone
from vision.types import Detections, FrameSize, Incident, Kind, ObjectClass

SIZE = FrameSize(640, 360)
LANE = Zone("lane", Polygon.of([[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]))
WIRE = Line("wire", (0.5, 0.0), (0.5, 1.0))
"""Down the middle; who goes to the right goes from B to A."""
ONWARDS = Line("onwards", (0.1, 0.8), (0.9, 0.8))
"""To the right: the way allowed."""
LABELS = ("person", "car", "truck")
CLASSES = {
    index: ObjectClass(index, label, Kind.VEHICLE if index else Kind.PERSON)
    for index, label in enumerate(LABELS)
}
EPOCH = datetime(2026, 1, 1, 21, tzinfo=UTC)
"""When each scene begins: an hour before the night's restricted hours."""
TREMBLE = 0.012
"""Standard deviation of a box's edges against its longer side, as the default model's on vtest."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One box a detector gives. feet: where it stands, pixels; size: width and height."""

    label: str
    feet: tuple[float, float]
    size: tuple[float, float]
    score: float = 0.7


Script: TypeAlias = Callable[[float], list[Sighted] | None]
"""What is seen at a second; None: the camera gives no picture."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """A scene of boxes. expected: how many incidents it is. rates: looks a second, each tried.

    turns_s: from when to when the camera turns away and back; None: never.
    """

    name: str
    script: Script
    rule: RuleSpec
    length_s: float
    expected: int
    rates: tuple[float, ...] = (0.5, 2.0, 5.0, 15.0)
    turns_s: tuple[float, float] | None = None


PERSON, CAR = (40.0, 100.0), (110.0, 60.0)
FAST_ENOUGH = (2.0, 5.0, 15.0)
"""Looks a second for what is in view for some seconds only."""


def _chance(at_s: float, salt: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{salt}{at_s:.3f}".encode()))


def _seen(at_s: float, share: float, salt: str) -> bool:
    """Return whether a detector that finds something in that share of its pictures does now."""
    return bool(_chance(at_s, salt).random() < share)


def person(x: float, y: float = 300.0) -> Sighted:
    """Return somebody."""
    return Sighted("person", (x, y), PERSON)


def car(x: float, y: float = 320.0, label: str = "car") -> Sighted:
    """Return a vehicle."""
    return Sighted(label, (x, y), CAR)


def parked_and_flickering(at_s: float) -> list[Sighted]:
    """Return a car that stands there from the start, seen now and then, and passers-by."""
    passers = [person((at_s * 60 + 200 * n) % 900 - 100) for n in range(3)]
    return [*([car(300)] if _seen(at_s, 0.5, "parked") else []), *passers]


def comes_and_is_hidden(at_s: float) -> list[Sighted]:
    """Return a car that comes, stays, and is hidden for 8 to 50 s at a time by what passes."""
    hidden = any(start <= at_s < start + long for start, long in ((60, 8), (90, 25), (150, 50)))
    return [] if hidden else [car(420 - 70 * max(6 - at_s, 0))]


def comes_and_passed_by_cars(at_s: float) -> list[Sighted]:
    """Return a car that stands there, and cars that hide it for a second as they drive past."""
    x = (at_s % 10) * 160 - 200
    return [car(x, 335), *([] if abs(x - 300) < 80 else [car(300)])]


def halts_twice(at_s: float) -> list[Sighted]:
    """Return a car that comes, leaves after a minute, and comes again later."""
    since = at_s % 200
    x = 420 - 70 * max(6 - since, 0) + 70 * max(since - 80, 0)
    return [car(x)] if x < 800 else []


def sways_on_the_line(at_s: float) -> list[Sighted]:
    """Return somebody who stands on the line and shifts from foot to foot."""
    return [person(320 + 7 * math.sin(0.7 * at_s) + 2 * math.sin(3.1 * at_s))]


def to_and_fro(at_s: float) -> list[Sighted]:
    """Return five people to the right and five back, one each 30 s, 40 pixels a second."""
    number, since = divmod(at_s, 30)
    if number >= 10:
        return []
    x = 40 * since + 20
    return [person(x if number % 2 == 0 else 640 - x)] if x < 620 else []


def loses_him(at_s: float) -> list[Sighted]:
    """Return a loiterer whom the detector loses for 4 s in every 9 s: a new track each time."""
    return [] if at_s % 9 < 4 else [person(300 + 25 * math.sin(at_s / 8))]


def passers_by(at_s: float) -> list[Sighted]:
    """Return people who walk through, one each 2 s, 10 s each, in three files."""
    first = int(at_s // 2)
    starts = ((n, at_s - 2 * n) for n in range(max(first - 6, 0), first + 1))
    return [person(64 * s, 230 + 50 * (n % 3)) for n, s in starts if s < 10]


def about_five(at_s: float) -> list[Sighted]:
    """Return five or six people, of whom the detector misses each in one picture of five."""
    count = 6 if at_s % 40 < 20 else 5
    return [
        person(100 + 90 * n) for n in range(count) if _seen(at_s, 0.8 if n else 1.0, f"crowd{n}")
    ]


def one_against_ten(at_s: float) -> list[Sighted]:
    """Return a car each 8 s to the right; the fifth goes to the left."""
    number, since = divmod(at_s, 8)
    x = 110 * since - 60
    return [car(580 - x if number == 4 else x)] if x < 700 and number < 10 else []


def queue(at_s: float) -> list[Sighted]:
    """Return cars in a jam: a length forward each ten seconds, trembling back between."""
    roll = 25 * (at_s // 10) + min(25, 12 * (at_s % 10)) - 4 * math.sin(at_s)
    return [car((roll + 150 * n) % 800 - 80) for n in range(4)]


def lorries(at_s: float) -> list[Sighted]:
    """Return a lorry each ten minutes, and a car soon after each."""
    since = at_s % 600
    seen = [("truck", 50 * since), ("car", 50 * (since - 20))]
    return [car(x, label=label) for label, x in seen if 0 <= x < 640]


def moths(at_s: float) -> list[Sighted]:
    """Return one false box in every tenth picture, each somewhere else."""
    chance = _chance(at_s, "moth")
    if chance.random() < 0.9:
        return []
    height = float(chance.uniform(60, 250))
    feet = (float(chance.uniform(50, 590)), float(chance.uniform(height, 360)))
    return [Sighted("person", feet, (0.6 * height, height), 0.6)]


def lost_for_an_hour(at_s: float) -> list[Sighted] | None:
    """Return a parked car, and no picture for an hour."""
    return None if 60 <= at_s < 3660 else [car(420 - 70 * max(6 - at_s, 0))]


def stands_there(_: float) -> list[Sighted]:
    """Return a car that comes into view as the camera turns to it."""
    return [car(420)]


VEHICLES = (Kind.VEHICLE,)
PERSONS = (Kind.PERSON,)
_STOP = StopSpec(id="r", zone="lane", stop_s=20)
_WIRE = CrossingSpec(id="r", line="wire", kinds=PERSONS)
_LOITER = LoiteringSpec(id="r", zone="lane", stay_s=40)
_NIGHT = Arming(hours=("22:00-06:00",))

SCRIPTS = (
    Scripted("parked car, flickering detector", parked_and_flickering, _STOP, 300, 0),
    Scripted(
        "the same, as presence",
        parked_and_flickering,
        PresenceSpec(id="r", zone="lane", kinds=VEHICLES, clear_s=10),
        300,
        1,
    ),
    Scripted("parked car hidden by passers-by", comes_and_is_hidden, _STOP, 300, 1),
    Scripted("cars drive past a parked one", comes_and_passed_by_cars, _STOP, 120, 0),
    Scripted("a car halts, leaves, halts again", halts_twice, _STOP, 380, 2),
    Scripted("picture lost for an hour, parked car", lost_for_an_hour, _STOP, 3800, 1),
    Scripted(
        "camera turns to a parked car and back", stands_there, _STOP, 200, 0, turns_s=(60, 75)
    ),
    Scripted("flicker on the line", sways_on_the_line, _WIRE, 180, 0),
    Scripted("ten walkers over the line", to_and_fro, _WIRE, 320, 10),
    Scripted(
        "ten walkers, one way counts",
        to_and_fro,
        CrossingSpec(id="r", line="wire", kinds=PERSONS, direction=Direction.A_TO_B),
        320,
        5,
    ),
    Scripted("id switch while loitering", loses_him, _LOITER, 150, 1),
    Scripted("stream of passers-by is no loitering", passers_by, _LOITER, 120, 0, FAST_ENOUGH),
    Scripted("crowd about its number", about_five, CrowdSpec(id="r", min_count=5), 120, 1),
    Scripted(
        "one of ten goes the wrong way",
        one_against_ten,
        WrongWaySpec(id="r", line="onwards", kinds=VEHICLES),
        90,
        1,
        FAST_ENOUGH,
    ),
    Scripted("queue is no wrong way", queue, WrongWaySpec(id="r", line="onwards"), 120, 0),
    Scripted(
        "lorries at night only",
        lorries,
        CheckpointSpec(id="r", line="wire", labels=("truck",), arming=_NIGHT),
        5400,
        3,
        (2.0,),
    ),
    Scripted("moths: false boxes never twice", moths, PresenceSpec(id="r"), 300, 0),
    Scripted("moths over a tripwire", moths, _WIRE, 300, 0),
)


def incidents(scene: Scripted, rate: float) -> list[Incident]:
    """Return the incidents of a scene looked at so many times a second, as they ended."""
    rules = RuleSet((LANE,), (scene.rule,), (WIRE, ONWARDS))
    pipeline = CameraPipeline("script", rules)
    found: dict[str, Incident] = {}
    at = EPOCH
    for number in range(round(scene.length_s * rate)):
        at_s = number / rate
        at = EPOCH + timedelta(seconds=at_s)
        seen = scene.script(at_s)
        if scene.turns_s and scene.turns_s[0] <= at_s < scene.turns_s[1]:
            pipeline.blind()
        elif seen is not None:
            changes = pipeline.step(at, SIZE, _detections(seen, at_s)).changes
            found |= {change.incident.id: change.incident for change in changes}
    found |= {change.incident.id: change.incident for change in pipeline.finish(at)}
    return list(found.values())


def _detections(seen: list[Sighted], at_s: float) -> Detections:
    """Return boxes as a detector gives them: trembling, cut off at the picture's border."""
    boxes = np.zeros((len(seen), 4), np.float32)
    for row, one in enumerate(seen):
        (x, y), (width, height) = one.feet, one.size
        edges = np.array([x - width / 2, y - height, x + width / 2, y])
        tremble = _chance(at_s, f"box{row}").normal(0, TREMBLE * max(one.size), 4)
        boxes[row] = np.clip(edges + tremble, 0, (SIZE.width, SIZE.height) * 2)
    whole = np.all(boxes[:, 2:] - boxes[:, :2] > 4, axis=1)
    kept = [one for one, is_whole in zip(seen, whole.tolist(), strict=True) if is_whole]
    return Detections(
        boxes[whole],
        np.array([one.score for one in kept], np.float32),
        np.array([LABELS.index(one.label) for one in kept], np.int16),
        CLASSES,
    )
