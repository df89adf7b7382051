"""Pictures and papers that people send: looked at before they are believed, and made anew.

A picture is decoded and encoded again, upright and no larger than it needs to be: what came with it
(where and with what it was taken, a thumbnail of more than was cut, a program behind the picture)
is gone, and so is what would only show in one viewer. Papers are kept as they are.
"""

import struct
import threading
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.errors import BadUploadError

MAX_BYTES = 8_000_000
"""Of one file: the largest pictures of today's phones, as JPEG."""
MAX_PIXELS = 50_000_000
"""Of one picture: 150 MB while it is decoded, and one is decoded at a time."""
LONGEST_SIDE_PX = 2560
"""A number plate or a crack is as plain at this size, and ten pictures fit a thin link."""
JPEG_QUALITY = 88

_JPEG, _PNG, _PDF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"
_PDF_HEAD = 1024
"""A PDF's mark stands within its first 1024 bytes (ISO 32000-1, Annex H, note 13)."""
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that are followed by height and width (ITU-T T.81, table B.1)."""
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""
_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class FrameShape:
    """How large a picture says it is."""

    width_px: int
    height_px: int


def clean_picture(data: bytes, name: str) -> bytes:
    """Return a picture (JPEG or PNG) as a JPEG of ours; name: how errors call it.

    Raises BadUploadError: neither of the two, too large, or damaged.
    """
    check_size(data, name)
    shape = stated_shape(data)
    if shape is None:
        raise BadUploadError(f"{name} is no picture: send a JPEG or a PNG")
    if shape.width_px * shape.height_px > MAX_PIXELS:
        raise BadUploadError(
            f"{name} has {shape.width_px} x {shape.height_px} pixels: send one of at most "
            f"{MAX_PIXELS // 1_000_000} million"
        )
    with _turn:
        return _anew(data, name)


def is_paper(data: bytes) -> bool:
    """Say whether a file is a PDF."""
    return _PDF in data[:_PDF_HEAD]


def check_size(data: bytes, name: str) -> None:
    """Raise BadUploadError for an empty file, and one that is too large."""
    if not data:
        raise BadUploadError(f"{name} is empty: choose it again")
    if len(data) > MAX_BYTES:
        raise BadUploadError(
            f"{name} has {len(data) / 1e6:.1f} MB: send a file of at most {MAX_BYTES / 1e6:.0f} MB"
        )


def stated_shape(data: bytes) -> FrameShape | None:
    """Return the size in a picture's header, None for what is neither JPEG nor PNG.

    Before decoding: a few kilobytes can claim to be gigabytes of pixels.
    """
    if data.startswith(_PNG) and len(data) >= 24:
        return FrameShape(*struct.unpack_from(">II", data, 16))
    return _jpeg_shape(data) if data.startswith(_JPEG) else None


def _jpeg_shape(data: bytes) -> FrameShape | None:
    """Walk the segments up to the first frame header."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAME_MARKERS:
            height_px, width_px = struct.unpack_from(">HH", data, at + 5)
            return FrameShape(width_px, height_px)
        if marker == 0xFF:
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _anew(data: bytes, name: str) -> bytes:
    """Decode, turn upright (OpenCV heeds the EXIF orientation), make smaller, encode."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise BadUploadError(f"{name} is damaged and cannot be shown: take it again")
    ratio = LONGEST_SIDE_PX / max(image.shape[:2])
    if ratio < 1:
        image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return encoded.tobytes()
