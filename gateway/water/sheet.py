"""A sheet of all states that a camera knows, to be looked at by a person."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from gateway.water.pictures import FONT
from vision.overlay import DARK
from vision.types import Image
from vision.water.reference import Reference

ACROSS: Final = 3
LABEL_PX: Final = 26
MARGIN_PX: Final = 6


def reference_sheet(references: Sequence[Reference]) -> Image:
    """Return the states side by side with their ids; an empty white picture without any."""
    if not references:
        return np.full((LABEL_PX, 320, 3), 255, np.uint8)
    height, width = references[0].image.shape[:2]
    cell = (height + LABEL_PX + MARGIN_PX, width + MARGIN_PX)
    rows = -(-len(references) // ACROSS)
    columns = min(ACROSS, len(references))
    sheet = np.full((rows * cell[0] + MARGIN_PX, columns * cell[1] + MARGIN_PX, 3), 255, np.uint8)
    for number, reference in enumerate(references):
        top = MARGIN_PX + number // ACROSS * cell[0]
        left = MARGIN_PX + number % ACROSS * cell[1]
        sheet[top : top + height, left : left + width] = reference.image
        taught = " taught" if reference.taught else ""
        text = f"{reference.id} {reference.kind}{taught} {reference.made_at:%Y-%m-%d %H:%M}Z"
        base = (left, top + height + 18)
        cv2.putText(sheet, text, base, FONT, 0.42, DARK, 1, cv2.LINE_AA)
    return sheet
