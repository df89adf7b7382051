"""Drawing on pictures kept as evidence; the only drawing code.

Names are written as people gave them, in Chinese too: OpenCV 5 carries a font of its own for that
(WenQuanYi Micro Hei, Apache-2.0), so none is shipped or looked for.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vision.scene import Line, Zone
from vision.types import Boxes, FrameSize, Image, Kind, Track

Colour = tuple[int, int, int]
"""Blue, green, red, 0-255."""

KIND_COLOURS: Final[Mapping[Kind, Colour]] = MappingProxyType(
    {Kind.PERSON: (60, 190, 255), Kind.VEHICLE: (235, 190, 70)}
)
"""Amber for persons, sky blue for vehicles: told apart by colour-blind people too (Okabe & Ito)."""

OTHER_COLOUR: Final[Colour] = (160, 200, 120)
"""Bluish green, for the kinds of other models."""

ALARM_COLOUR: Final[Colour] = (60, 60, 245)
"""What an incident is about."""

ZONE_COLOUR: Final[Colour] = (200, 200, 90)
DARK: Final[Colour] = (20, 20, 20)
LIGHT: Final[Colour] = (255, 255, 255)
FONT: Final = "sans"
"""OpenCV's own; it takes what it lacks, Chinese among it, from the other one it carries."""
FONT_PX: Final = 16
"""Height of a line of text in a picture of 720 lines."""
LEAST_FONT_PX: Final = 13
"""Chinese is not read any smaller."""
ASCENT: Final = 0.9
"""How much of a line's height lies above its base."""

NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})
ZONE_TINT: Final = 0.16
"""Opacity of a zone's area."""

ARROW_RATIO: Final = 0.03
"""Length of the tip at the end of a line, as a share of the picture's height."""


def draw(
    image: Image,
    tracks: Sequence[Track],
    zones: Sequence[Zone | Line] = (),
    highlight: Collection[int] = (),
    at: datetime | None = None,
    kind_words: Mapping[str, str] = NO_WORDS,
) -> Image:
    """Return a copy of the picture with zones and lines, confirmed tracks, and the time if given.

    highlight: ids of the tracks the incident is about; they are drawn in red, over the others.
    kind_words: what kinds are called; those it lacks are written as they are. Line width and text
    follow the picture's height. Where labels would cover each other, those of other tracks are left
    out.
    """
    shown = [track for track in tracks if track.confirmed or track.id in highlight]
    shown.sort(key=lambda track: (track.id not in highlight, track.id))
    pen = _Pen(image.copy())
    for place in zones:
        if isinstance(place, Line):
            pen.line(place)
        else:
            pen.zone(place)
    for track in reversed(shown):
        pen.box(track, alarming=track.id in highlight)
    if at is not None:
        pen.time(at)
    for place in zones:
        if isinstance(place, Line):
            pen.line_label(place)
        else:
            pen.zone_label(place)
    for track in shown:
        word = kind_words.get(track.kind, track.kind)
        pen.label(track, word, alarming=track.id in highlight)
    return pen.canvas


@dataclass(frozen=True, slots=True)
class _Plate:
    """The rectangle that a text stands on, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def covers(self, other: "_Plate") -> bool:
        """Return whether the two share any pixel."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class _Pen:
    """A picture being drawn on, with widths to its size."""

    def __init__(self, canvas: Image) -> None:
        self.canvas = canvas
        height, width = canvas.shape[:2]
        self._size = FrameSize(width, height)
        scale = max(min(height, width) / 720, 0.5)
        self._line_px = max(1, round(1.6 * scale))
        self._font = cv2.FontFace(FONT)
        self._font_px = max(LEAST_FONT_PX, round(FONT_PX * scale))
        self._pad_px = max(2, round(4 * scale))
        self._plates: list[_Plate] = []

    def zone(self, zone: Zone) -> None:
        """Tint the zone's area and draw its outline."""
        outline = np.round(zone.polygon.outline_px(self._size)).astype(np.int32)
        tinted = self.canvas.copy()
        cv2.fillPoly(tinted, [outline], ZONE_COLOUR, cv2.LINE_AA)
        cv2.addWeighted(tinted, ZONE_TINT, self.canvas, 1 - ZONE_TINT, 0, dst=self.canvas)
        cv2.polylines(
            self.canvas,
            [outline],
            isClosed=True,
            color=ZONE_COLOUR,
            thickness=self._line_px,
            lineType=cv2.LINE_AA,
        )

    def zone_label(self, zone: Zone) -> None:
        """Write the zone's name, its id where it has none, at its first corner."""
        x, y = (int(value) for value in zone.polygon.outline_px(self._size)[0])
        self._write(zone.name or zone.id, [(x, y)], ZONE_COLOUR, always=True)

    def line(self, line: Line) -> None:
        """Draw a line as an arrow from its start to its end."""
        start, end = ((round(x), round(y)) for x, y in self._ends(line))
        tip_ratio = ARROW_RATIO * self._size.height / max(math.dist(start, end), 1.0)
        cv2.arrowedLine(
            self.canvas, start, end, ZONE_COLOUR, self._line_px + 1, cv2.LINE_AA, 0, tip_ratio
        )

    def line_label(self, line: Line) -> None:
        """Write the line's name or id at its start, the letters of its sides beside its middle."""
        (x1, y1), (x2, y2) = self._ends(line)
        self._write(line.name or line.id, [(round(x1), round(y1))], ZONE_COLOUR, always=True)
        length = math.dist((x1, y1), (x2, y2))
        off_px = 1.5 * self._plate_px
        left_x, left_y = (y2 - y1) / length * off_px, (x1 - x2) / length * off_px
        for letter, side in (("A", 1), ("B", -1)):
            x = (x1 + x2 - self._width_px(letter)) / 2 + side * left_x - self._pad_px
            y = (y1 + y2 - self._plate_px) / 2 + side * left_y
            self._write(letter, [(round(x), round(y))], ZONE_COLOUR, always=True)

    def _ends(self, line: Line) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ends in pixels, inside the picture."""
        width, height = self._size.width, self._size.height
        (x1, y1), (x2, y2) = line.start, line.end
        return (x1 * (width - 1), y1 * (height - 1)), (x2 * (width - 1), y2 * (height - 1))

    def box(self, track: Track, *, alarming: bool) -> None:
        """Draw where a track is."""
        x1, y1, x2, y2 = (round(edge) for edge in track.xyxy)
        width = self._line_px + alarming
        colour = _colour(track, alarming=alarming)
        cv2.rectangle(self.canvas, (x1, y1), (x2, y2), colour, width)

    def label(self, track: Track, word: str, *, alarming: bool) -> None:
        """Write what a track is, its number and how sure, above its box, below, or inside."""
        x1, y1, _, y2 = (round(edge) for edge in track.xyxy)
        corners = [(x1, y1 - self._plate_px), (x1, y2), (x1, y1)]
        text = f"{word} {track.id}  {track.score:.0%}"
        self._write(text, corners, _colour(track, alarming=alarming), always=alarming)

    def time(self, at: datetime) -> None:
        """Write the time, UTC, into the lower left corner."""
        text = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        self._write(text, [(0, self._size.height)], DARK, always=True)

    @property
    def _plate_px(self) -> int:
        return int(self._font_px + self._pad_px)

    def _width_px(self, text: str) -> int:
        _, _, width, _ = cv2.getTextSize(
            (self._size.width, self._size.height), text, (0, 0), self._font, self._font_px
        )
        return width

    def _write(
        self, text: str, corners: Sequence[tuple[int, int]], colour: Colour, *, always: bool
    ) -> None:
        """Write text on a plate at the first upper left corner that is free.

        Plates are pushed inside the picture. Without a free corner, the first is taken if `always`.
        """
        plates = [self._plate(text, *corner) for corner in corners]
        free = [p for p in plates if not any(p.covers(other) for other in self._plates)]
        if not free and not always:
            return
        plate = (free or plates)[0]
        self._plates.append(plate)
        corner = (plate.right - 1, plate.bottom - 1)
        cv2.rectangle(self.canvas, (plate.left, plate.top), corner, colour, cv2.FILLED)
        top = plate.top + self._pad_px // 2
        base = (plate.left + self._pad_px, top + round(ASCENT * self._font_px))
        ink = DARK if _is_bright(colour) else LIGHT
        cv2.putText(self.canvas, text, base, ink, self._font, self._font_px)

    def _plate(self, text: str, left: int, top: int) -> _Plate:
        width = self._width_px(text) + 2 * self._pad_px
        left = max(0, min(left, self._size.width - width))
        top = max(0, min(top, self._size.height - self._plate_px))
        return _Plate(left, top, left + width, top + self._plate_px)


def _colour(track: Track, *, alarming: bool) -> Colour:
    return ALARM_COLOUR if alarming else KIND_COLOURS.get(track.kind, OTHER_COLOUR)


def _is_bright(colour: Colour) -> bool:
    """Return whether dark text reads better on it (luma of ITU-R BT.601)."""
    blue, green, red = colour
    return 0.114 * blue + 0.587 * green + 0.299 * red > 128


VEIL_CELLS: Final = 6
"""A veiled box is left with so many patches along its longer side: neither face nor clothes."""
VEIL_MARGIN: Final = 0.15
"""How much wider and higher than its box something is veiled, as a share: detectors cut close."""


def veil(image: Image, xyxy: Boxes) -> Image:
    """Return a copy of the picture in which nobody is recognised inside the boxes (pixels).

    Each is averaged into a few patches, so that no sharpening brings back what was there.
    """
    canvas = image.copy()
    for box in xyxy:
        left, top, right, bottom = _widened(box, FrameSize(image.shape[1], image.shape[0]))
        part = image[top:bottom, left:right]
        if part.size == 0:
            continue
        scale = VEIL_CELLS / max(part.shape[:2])
        cells = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        patches = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        size = (right - left, bottom - top)
        canvas[top:bottom, left:right] = cv2.resize(patches, size, interpolation=cv2.INTER_LINEAR)
    return canvas


def _widened(box: npt.NDArray[np.float32], size: FrameSize) -> tuple[int, int, int, int]:
    """Return a box with its margin in whole pixels, inside the picture."""
    x1, y1, x2, y2 = (float(edge) for edge in box)
    wide, high = (x2 - x1) * VEIL_MARGIN / 2, (y2 - y1) * VEIL_MARGIN / 2
    return (
        max(0, math.floor(x1 - wide)),
        max(0, math.floor(y1 - high)),
        min(size.width, math.ceil(x2 + wide)),
        min(size.height, math.ceil(y2 + high)),
    )
