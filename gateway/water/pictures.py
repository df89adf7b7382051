"""Pictures that prove what was said of the water: what was flooded, and how it went.

The chart says numbers and times only, so that it needs no language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from gateway.store.water import WaterMoment
from vision.overlay import ALARM_COLOUR, DARK, LIGHT, Colour, draw
from vision.scene import Zone
from vision.types import Image
from vision.water.types import Evidence, Mask, WaterLines, WaterState

WATER_COLOUR: Final[Colour] = (235, 120, 20)
UNSEEN_COLOUR: Final[Colour] = (110, 110, 110)
WATER_TINT: Final = 0.45
UNSEEN_TINT: Final = 0.35

STATE_COLOURS: Final[dict[WaterState, Colour]] = {
    WaterState.NORMAL: (110, 160, 70),
    WaterState.WATCH: (190, 130, 40),
    WaterState.YELLOW: (30, 170, 225),
    WaterState.RED: (50, 50, 220),
}
"""Blue, green, red: those of the console."""

FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
SIZE: Final = (640, 360)
LEFT, RIGHT, TOP, BOTTOM = 52, 52, 16, 34
"""Pixels around the plot."""
LEAST_CM = 20.0
"""The axis of depth reaches at least so far."""


def overlay(image: Image, evidence: Evidence, zones: Sequence[Zone]) -> Image:
    """Return a copy of a picture with the zones, the water and what could not be judged in them.

    image: of any size, laid over the reference as the evidence is.
    """
    shape = evidence.water.shape
    outside = _inside(zones, shape) & ~evidence.seen
    drawn = _tinted(image, outside, UNSEEN_COLOUR, UNSEEN_TINT)
    drawn = _tinted(drawn, evidence.water, WATER_COLOUR, WATER_TINT)
    _outline(drawn, evidence.water)
    return draw(drawn, (), zones)


def moved(image: Image, where: Mask, zones: Sequence[Zone]) -> Image:
    """Return a copy of a picture with the zones and what moved in them; where: of any size."""
    drawn = _tinted(image, where, ALARM_COLOUR, WATER_TINT)
    return draw(drawn, (), zones)


def curve(
    moments: Sequence[WaterMoment],
    lines: WaterLines,
    zone: tzinfo = UTC,
    span: timedelta | None = None,
) -> Image:
    """Return the course of the water as a chart: extent on the left axis, depth on the right.

    moments: oldest first. lines: drawn across, at their extents. span: of time shown at least,
    before the newest moment. Grey stripes are looks that saw nothing.
    """
    canvas = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    if not moments:
        return canvas
    chart = _Chart.over(moments, span or timedelta(minutes=10))
    for at, until in _blind(moments):
        _fill(canvas, chart, at, until, (225, 225, 225))
    for moment, after in pairwise(moments):
        _state_bar(canvas, chart, moment, after.at)
    _grid(canvas, chart, zone)
    for state, ratio in _line_ratios(lines):
        y = chart.y_of_ratio(ratio)
        cv2.line(canvas, (LEFT, y), (SIZE[0] - RIGHT, y), STATE_COLOURS[state], 1, cv2.LINE_AA)
    _stroke(canvas, chart, [(m.at, m.area_ratio if m.unseen is None else None) for m in moments])
    depths = [(m.at, m.depth_cm if m.unseen is None else None) for m in moments]
    shares = [(at, None if cm is None else cm / chart.most_cm) for at, cm in depths]
    _stroke(canvas, chart, shares, DARK)
    if any(share is not None for _, share in shares):
        _write(canvas, f"{chart.most_cm:g} cm", (SIZE[0] - RIGHT + 4, TOP + 10))
        _write(canvas, "0 cm", (SIZE[0] - RIGHT + 4, SIZE[1] - BOTTOM))
    return canvas


@dataclass(frozen=True, slots=True)
class _Chart:
    """The axes. most_cm: depth at the top of the plot."""

    start: datetime
    end: datetime
    most_cm: float

    @classmethod
    def over(cls, moments: Sequence[WaterMoment], span: timedelta) -> "_Chart":
        end = moments[-1].at
        deepest = max((m.depth_cm or 0.0 for m in moments), default=0.0)
        most_cm = max(LEAST_CM, 20.0 * np.ceil(deepest / 20.0))
        return cls(min(moments[0].at, end - span), end, float(most_cm))

    def x_of(self, at: datetime) -> int:
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + share * (SIZE[0] - LEFT - RIGHT))

    def y_of_ratio(self, ratio: float) -> int:
        height = SIZE[1] - TOP - BOTTOM
        return round(SIZE[1] - BOTTOM - min(max(ratio, 0.0), 1.0) * height)

    def point(self, at: datetime, share: float) -> tuple[int, int]:
        return self.x_of(at), self.y_of_ratio(share)


def _inside(zones: Sequence[Zone], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for zone in zones:
        corners = np.asarray(zone.polygon.corners) * (shape[1], shape[0])
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    return mask.view(np.bool_)


def _tinted(image: Image, mask: Mask, colour: Colour, tint: float) -> Image:
    large = _enlarged(mask, image)
    mixed = image.astype(np.float32) * (1.0 - tint) + np.asarray(colour, np.float32) * tint
    return np.where(large[:, :, None] > 0, mixed, image).astype(np.uint8)


def _outline(image: Image, mask: Mask) -> None:
    edges, _ = cv2.findContours(_enlarged(mask, image), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    width_px = max(1, image.shape[0] // 300)
    cv2.drawContours(image, edges, -1, WATER_COLOUR, width_px, cv2.LINE_AA)


def _enlarged(mask: Mask, image: Image) -> npt.NDArray[np.uint8]:
    """Return a mask at the size of a picture, 1 where it was true."""
    height, width = image.shape[:2]
    large = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(large, np.uint8)


def _line_ratios(lines: WaterLines) -> tuple[tuple[WaterState, float], ...]:
    return (
        (WaterState.WATCH, lines.watch_ratio),
        (WaterState.YELLOW, lines.yellow_ratio),
        (WaterState.RED, lines.red_ratio),
    )


def _blind(moments: Sequence[WaterMoment]) -> list[tuple[datetime, datetime]]:
    """Return the spans from a look that saw nothing to the next look."""
    return [(one.at, after.at) for one, after in pairwise(moments) if one.unseen is not None]


def _fill(canvas: Image, chart: _Chart, at: datetime, until: datetime, colour: Colour) -> None:
    corner, opposite = (chart.x_of(at), TOP), (chart.x_of(until), SIZE[1] - BOTTOM)
    cv2.rectangle(canvas, corner, opposite, colour, cv2.FILLED)


def _state_bar(canvas: Image, chart: _Chart, moment: WaterMoment, until: datetime) -> None:
    base = SIZE[1] - BOTTOM
    corner, opposite = (chart.x_of(moment.at), base + 2), (chart.x_of(until), base + 7)
    cv2.rectangle(canvas, corner, opposite, STATE_COLOURS[moment.state], cv2.FILLED)


def _grid(canvas: Image, chart: _Chart, zone: tzinfo) -> None:
    base = SIZE[1] - BOTTOM
    cv2.rectangle(canvas, (LEFT, TOP), (SIZE[0] - RIGHT, base), UNSEEN_COLOUR, 1)
    for percent in (0, 25, 50, 75, 100):
        y = chart.y_of_ratio(percent / 100)
        cv2.line(canvas, (LEFT - 4, y), (LEFT, y), UNSEEN_COLOUR, 1)
        _write(canvas, f"{percent}%", (6, y + 4))
    for part in range(5):
        at = chart.start + (chart.end - chart.start) * part / 4
        x = chart.x_of(at)
        cv2.line(canvas, (x, base), (x, base + 4), UNSEEN_COLOUR, 1)
        _write(canvas, f"{at.astimezone(zone):%H:%M}", (x - 18, base + 22))


def _stroke(
    canvas: Image,
    chart: _Chart,
    course: Sequence[tuple[datetime, float | None]],
    colour: Colour = WATER_COLOUR,
) -> None:
    """Draw a line through what is known, with gaps where it is not, and a dot at its end."""
    points = [None if share is None else chart.point(at, share) for at, share in course]
    for one, after in pairwise(points):
        if one and after:
            cv2.line(canvas, one, after, colour, 2, cv2.LINE_AA)
    newest = next((point for point in reversed(points) if point), None)
    if newest:
        cv2.circle(canvas, newest, 4, colour, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(canvas, newest, 4, LIGHT, 1, cv2.LINE_AA)


def _write(canvas: Image, text: str, base: tuple[int, int]) -> None:
    cv2.putText(canvas, text, base, FONT, 0.42, DARK, 1, cv2.LINE_AA)
