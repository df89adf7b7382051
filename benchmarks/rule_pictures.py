"""Pictures for the rules benchmark: real scenes with weather and dirt put over them.

The square without people is the median of vtest.avi; with people it is the film itself. Everything
goes through the real luma activity, detector, tracker, rules and incidents.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.footage import pictures
from benchmarks.scenes import FILM_FPS
from benchmarks.weather import Grey, Leaves, flicker, headlights, night_switch, noise, rain
from vision.activity import ActivityState, LumaActivity
from vision.detector import Detector
from vision.geometry import Polygon
from vision.pipeline import CameraPipeline
from vision.rule import RuleSpec
from vision.rules import RuleSet
from vision.rules.crossing import CrossingSpec
from vision.rules.crowd import CrowdSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.rules.stop import StopSpec
from vision.scene import Line, Zone
from vision.tracker import TrackerSettings
from vision.types import FrameSize, Image, Incident, Kind

LOOKS_PER_S = 5
ACTIVITY_WIDTH = 160
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Colour: TypeAlias = npt.NDArray[np.float32]
"""float32 (height, width, 3), BGR, 0-255."""
Trouble: TypeAlias = Callable[[Colour, float], Colour]
"""What lies between the scene and the picture at a second."""

FOOTPATH = Zone("footpath", Polygon.of([[0, 0.12], [0.35, 0.12], [0.35, 0.35], [0, 0.35]]))
"""One walker is on it, 10.4 to 17.0 s after the film begins."""
ACROSS = Line("across", (0.5, 0.0), (0.5, 1.0))
PERSONS, VEHICLES = (Kind.PERSON,), (Kind.VEHICLE,)

EVERY_RULE: tuple[RuleSpec, ...] = (
    PresenceSpec(id="somebody", kinds=PERSONS),
    LoiteringSpec(id="loitering", stay_s=10),
    CrossingSpec(id="crossing", line="across"),
    CrowdSpec(id="crowd", min_count=3),
    StopSpec(id="stop", stop_s=10),
)
"""Nothing of it happens where nobody is, and the cars in the background stand there all along."""
WALKER: tuple[RuleSpec, ...] = (PresenceSpec(id="footpath", zone="footpath", kinds=PERSONS),)
PARKED: tuple[RuleSpec, ...] = (StopSpec(id="stop", stop_s=10),)


@dataclass(frozen=True, slots=True)
class Pictured:
    """A scene of pictures. film: the film's own people are in it. expected: incidents."""

    name: str
    trouble: Trouble
    rules: tuple[RuleSpec, ...]
    expected: int
    film: bool = False
    length_s: float = 45.0


def clear(picture: Colour, at_s: float) -> Colour:  # noqa: ARG001 - the others need the time
    """Leave the picture as it is."""
    return picture


def grey(trouble: Callable[[Grey, float], Grey]) -> Trouble:
    """Return a trouble of luma as one of colour pictures: every channel changes alike."""

    def change(picture: Colour, at_s: float) -> Colour:
        luma = _luma(picture)
        return picture + (trouble(luma, at_s) - luma)[..., None]

    return change


def _luma(picture: Colour) -> Grey:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float32)


def infrared(picture: Colour, at_s: float) -> Colour:
    """Show the scene by infrared light: grey, bright in the middle, and noisy."""
    luma = _luma(picture)
    height, width = luma.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    seen = np.asarray(luma * (0.25 + 0.65 * np.exp(-(x**2 + y**2))), np.float32)
    seen += 2.5 * noise(np.zeros_like(seen), at_s)
    return np.asarray(np.repeat(seen[..., None], 3, axis=2), np.float32)


def headlights_in_the_lens(picture: Colour, at_s: float) -> Colour:
    """Show night, and a car that comes towards the camera: two lamps with haloes, and a veil."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    near = (at_s % 15) / 15
    middle, low, gap = (0.2 + 0.5 * near) * width, (0.35 + 0.45 * near) * height, 8 + 90 * near
    glow = np.zeros((height, width), np.float32)
    for lamp in (middle - gap / 2, middle + gap / 2):
        away = np.hypot(x - lamp, y - low)
        glow += 300 * np.exp(-((away / (6 + 25 * near)) ** 2)) + 120 * near * np.exp(-away / 60)
    night = infrared(picture, at_s) * np.float32(0.35)
    return np.asarray(night + (glow + 40 * near)[..., None], np.float32)


def spider(picture: Colour, at_s: float) -> Colour:
    """Hang a web before the lens, out of focus, and let the spider walk over it."""
    height, width = picture.shape[:2]
    veil = np.zeros((height, width), np.float32)
    sway = 5 * math.sin(1.3 * at_s)
    for number in range(7):
        end = (int(width * (0.1 + 0.13 * number) + sway), height)
        cv2.line(veil, (int(width * 0.4 + sway), 0), end, 70.0, 3, cv2.LINE_AA)
    body = np.zeros((height, width), np.float32)
    x = width * (0.5 + 0.35 * math.sin(0.35 * at_s))
    y = height * (0.5 + 0.3 * math.sin(0.23 * at_s + 1))
    cv2.ellipse(body, (int(x), int(y)), (45, 65), 20 * at_s, 0, 360, 1.0, cv2.FILLED)
    for leg in range(8):
        angle = math.tau * leg / 8 + 0.3 * math.sin(4 * at_s + leg)
        foot = (int(x + 130 * math.cos(angle)), int(y + 130 * math.sin(angle)))
        cv2.line(body, (int(x), int(y)), foot, 0.8, 9, cv2.LINE_AA)
    web, walker = (cv2.GaussianBlur(layer, (0, 0), 7)[..., None] for layer in (veil, body))
    lit = infrared(picture, at_s) + web
    return np.asarray(lit * (1 - 0.8 * walker) + 160 * walker, np.float32)


def moths(picture: Colour, at_s: float) -> Colour:
    """Let three moths fly through infrared light near the lens: bright, long, blurred."""
    height, width = picture.shape[:2]
    trails = np.zeros((height, width), np.float32)
    for number in range(3):
        chance = np.random.default_rng([round(at_s * LOOKS_PER_S), number])
        start = chance.uniform((0, 0), (width, height))
        path = start + np.cumsum(chance.normal(0, 25, (6, 2)), axis=0)
        cv2.polylines(trails, [path.astype(np.int32)], False, 230.0, 14, cv2.LINE_AA)  # noqa: FBT003
    return infrared(picture, at_s) + cv2.GaussianBlur(trails, (0, 0), 6)[..., None]


def _scenes() -> Iterator[Pictured]:
    alone = {
        "nobody, clear": clear,
        "rain": grey(rain),
        "headlights at night": headlights_in_the_lens,
        "beams over the ground at night": grey(headlights),
        "day/night switch": grey(night_switch),
        "swaying trees": grey(Leaves(reach=0.45)),
        "spider on the lens": spider,
        "moths in infrared light": moths,
        "flicker of 5 %": grey(flicker(0.05)),
    }
    for name, trouble in alone.items():
        yield Pictured(name, trouble, EVERY_RULE, expected=0)
    over = {"clear": clear, "rain": grey(rain), "infrared": infrared}
    for name, trouble in over.items():
        yield Pictured(f"one walker, {name}", trouble, WALKER, expected=1, film=True, length_s=25.0)
    yield Pictured("parked cars, passers-by", clear, PARKED, expected=0, film=True, length_s=79.0)


PICTURED = tuple(_scenes())


@cache
def _film() -> tuple[Image, ...]:
    """Return the film at the rate of looks."""
    return tuple(pictures("vtest"))[:: FILM_FPS // LOOKS_PER_S]


@cache
def _empty() -> Image:
    """Return the square without people."""
    return np.asarray(np.median(np.stack(_film()[::5]), axis=0), np.uint8)


def shown(scene: Pictured, seconds: float) -> Iterator[Image]:
    """Yield what the camera shows, at the rate of looks, with a sensor's noise."""
    for number in range(round(min(scene.length_s, seconds) * LOOKS_PER_S)):
        at_s = number / LOOKS_PER_S
        ground = (_film()[number] if scene.film else _empty()).astype(np.float32)
        picture = grey(noise)(scene.trouble(ground, at_s), at_s)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def incidents(
    scene: Pictured, detector: Detector, tracker: TrackerSettings, seconds: float
) -> tuple[list[Incident], int]:
    """Return the incidents of a scene, as they ended, and at how many looks the light changed."""
    pipeline = CameraPipeline("picture", RuleSet((FOOTPATH,), scene.rules, (ACROSS,)), tracker)
    activity = LumaActivity()
    found: dict[str, Incident] = {}
    at, changing = EPOCH, 0
    for number, picture in enumerate(shown(scene, seconds)):
        at = EPOCH + timedelta(seconds=number / LOOKS_PER_S)
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (ACTIVITY_WIDTH, ACTIVITY_WIDTH * height // width))
        luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        seen = activity.look(luma, at)
        changing += seen.state is ActivityState.GLOBAL
        (detections,) = detector.detect([picture])
        changes = pipeline.step(at, FrameSize(width, height), detections, seen).changes
        found |= {change.incident.id: change.incident for change in changes}
    found |= {change.incident.id: change.incident for change in pipeline.finish(at)}
    return list(found.values()), changing
