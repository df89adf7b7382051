"""Drawing on pictures kept as evidence; the only drawing code.

OpenCV's fonts have ASCII glyphs only, so what is written is kinds, ids, scores and times; names in
other scripts belong beside the picture.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from vision.scene import Zone
from vision.types import FrameSize, Image, Kind, Track

Colour = tuple[int, int, int]
"""Blue, green, red, 0-255."""

KIND_COLOURS: Final[Mapping[Kind, Colour]] = MappingProxyType(
    {Kind.PERSON: (60, 190, 255), Kind.VEHICLE: (235, 190, 70)}
)
"""Amber for persons, sky blue for vehicles: told apart by colour-blind people too (Okabe & Ito)."""

ALARM_COLOUR: Final[Colour] = (60, 60, 245)
"""What an incident is about."""

ZONE_COLOUR: Final[Colour] = (200, 200, 90)
DARK_TEXT: Final[Colour] = (20, 20, 20)
LIGHT_TEXT: Final[Colour] = (255, 255, 255)
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
ZONE_TINT: Final = 0.16
"""Opacity of a zone's area."""


def draw(
    image: Image,
    tracks: Sequence[Track],
    zones: Sequence[Zone] = (),
    highlight: Collection[int] = (),
    at: datetime | None = None,
) -> Image:
    """Return a copy of the picture with zones, confirmed tracks, and the time when one is given.

    highlight: ids of the tracks the incident is about; they are drawn last, in red. Line width and
    text follow the picture's height.
    """
    pen = _Pen(image.copy())
    for zone in zones:
        pen.zone(zone)
    shown = [track for track in tracks if track.confirmed or track.id in highlight]
    for track in sorted(shown, key=lambda track: (track.id in highlight, track.id)):
        pen.track(track, alarming=track.id in highlight)
    if at is not None:
        pen.time(at)
    return pen.canvas


class _Pen:
    """A picture being drawn on, with widths to its size."""

    def __init__(self, canvas: Image) -> None:
        self.canvas = canvas
        height, width = canvas.shape[:2]
        self._size = FrameSize(width, height)
        scale = max(min(height, width) / 720, 0.5)
        self._line_px = max(1, round(1.6 * scale))
        self._font_scale = max(0.36, 0.5 * scale)
        self._font_px = 1 if self._font_scale < 0.7 else 2
        self._pad_px = max(2, round(4 * scale))

    def zone(self, zone: Zone) -> None:
        """Tint the zone's area and write its id in its first corner."""
        outline = np.round(zone.polygon.outline_px(self._size)).astype(np.int32)
        tinted = self.canvas.copy()
        cv2.fillPoly(tinted, [outline], ZONE_COLOUR, cv2.LINE_AA)
        cv2.addWeighted(tinted, ZONE_TINT, self.canvas, 1 - ZONE_TINT, 0, dst=self.canvas)
        cv2.polylines(self.canvas, [outline], True, ZONE_COLOUR, self._line_px, cv2.LINE_AA)  # noqa: FBT003
        x, y = (int(value) for value in outline[0])
        self._label(zone.id, x, y, ZONE_COLOUR, above=False)

    def track(self, track: Track, *, alarming: bool) -> None:
        """Draw a box and write what it is, its number and how sure."""
        colour = ALARM_COLOUR if alarming else KIND_COLOURS[track.kind]
        x1, y1, x2, y2 = (round(edge) for edge in track.xyxy)
        width = self._line_px + alarming
        cv2.rectangle(self.canvas, (x1, y1), (x2, y2), colour, width, cv2.LINE_AA)
        self._label(f"{track.kind} {track.id}  {track.score:.0%}", x1, y1, colour, above=True)

    def time(self, at: datetime) -> None:
        """Write the time, UTC, into the lower left corner."""
        text = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        self._label(text, 0, self._size.height, DARK_TEXT, above=True)

    def _label(self, text: str, x: int, y: int, colour: Colour, *, above: bool) -> None:
        """Write text on a plate of `colour` above or below (x, y), pushed inside the picture."""
        (width, height), below = cv2.getTextSize(text, FONT, self._font_scale, self._font_px)
        plate_width = width + 2 * self._pad_px
        plate_height = height + below + self._pad_px
        left = max(0, min(x, self._size.width - plate_width))
        top = max(0, min(y - plate_height if above else y, self._size.height - plate_height))
        corner = (left + plate_width, top + plate_height)
        cv2.rectangle(self.canvas, (left, top), corner, colour, cv2.FILLED)
        base = (left + self._pad_px, top + height + self._pad_px // 2 + 1)
        ink = DARK_TEXT if _is_bright(colour) else LIGHT_TEXT
        cv2.putText(
            self.canvas, text, base, FONT, self._font_scale, ink, self._font_px, cv2.LINE_AA
        )


def _is_bright(colour: Colour) -> bool:
    """Return whether dark text reads better on it (luma of ITU-R BT.601)."""
    blue, green, red = colour
    return 0.114 * blue + 0.587 * green + 0.299 * red > 128
