import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadUploadError
from gateway.photo import (
    LONGEST_SIDE_PX,
    MAX_BYTES,
    FrameShape,
    check_size,
    clean_picture,
    is_paper,
    stated_shape,
)


def _encoded(suffix: str, width_px: int = 96, height_px: int = 64) -> bytes:
    image = np.zeros((height_px, width_px, 3), np.uint8)
    image[:, : width_px // 2] = (0, 0, 255)
    return cv2.imencode(suffix, image)[1].tobytes()


def _with_exif(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an APP1 segment: one TIFF directory that holds the orientation, and a secret."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0) + b"GPS 30.1N 120.2E"
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def _decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_says_how_large_it_is(suffix: str) -> None:
    assert stated_shape(_encoded(suffix)) == FrameShape(96, 64)


def test_what_the_phone_wrote_beside_the_picture_is_gone_and_the_picture_upright() -> None:
    turned = _with_exif(_encoded(".jpg"), orientation=6)
    assert stated_shape(turned) == FrameShape(96, 64)
    clean = clean_picture(turned, "a.jpg")
    assert b"GPS" in turned
    assert b"GPS" not in clean
    assert b"Exif" not in clean
    assert _decoded(clean).shape == (96, 64, 3)
    assert _decoded(clean)[10, 32, 2] > 200, "its left half, which was red, is on top"


def test_a_png_becomes_a_jpeg_and_a_large_one_smaller() -> None:
    clean = clean_picture(_encoded(".png", 2 * LONGEST_SIDE_PX, 100), "wide.png")
    assert clean.startswith(b"\xff\xd8\xff")
    assert _decoded(clean).shape == (50, LONGEST_SIDE_PX, 3)


def _claiming(width_px: int, height_px: int) -> bytes:
    small = bytearray(_encoded(".png"))
    small[16:24] = struct.pack(">II", width_px, height_px)
    return bytes(small)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"GIF89a" + b"\0" * 99, "no picture"),
        (b"%PDF-1.7", "no picture"),
        (_claiming(60_000, 60_000), "60000 x 60000 pixels"),
        (_encoded(".png")[:60], "damaged"),
        (_encoded(".jpg") + b"\0" * MAX_BYTES, "8.0 MB"),
    ],
)
def test_what_is_no_good_is_refused_by_name(data: bytes, why: str) -> None:
    with pytest.raises(BadUploadError, match=rf"yard\.jpg .*{why}"):
        clean_picture(data, "yard.jpg")


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_after_a_jpeg_s_mark_are_read_without_a_fault(data: bytes) -> None:
    stated_shape(b"\xff\xd8\xff" + data)
    stated_shape(b"\x89PNG\r\n\x1a\n" + data)


def test_papers_are_known_by_their_mark() -> None:
    assert is_paper(b"%PDF-1.7\n...")
    assert not is_paper(b"<html>" + b" " * 2000 + b"%PDF-")
    check_size(b"%PDF-1.7", "a.pdf")
