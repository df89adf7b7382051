import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.clock_camera import (
    BLOCK_PX,
    CHECK_BITS,
    STAMP_BITS,
    STAMP_MODULUS,
    STRIP_PX,
    draw_stamp,
    read_stamp,
)
from benchmarks.scenes import HEIGHT, WIDTH

STAMPS = st.integers(0, STAMP_MODULUS - 1)


def picture_of(stamp: int):
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    draw_stamp(picture, stamp)
    return picture


@given(STAMPS)
def test_a_stamp_is_read_as_it_was_drawn(stamp):
    picture = picture_of(stamp)
    assert read_stamp(picture[..., 0]) == stamp
    assert (picture[STRIP_PX:] == 128).all()


@given(STAMPS, st.integers(0, STAMP_BITS + CHECK_BITS - 1))
def test_a_spoilt_block_is_noticed(stamp, block):
    luma = picture_of(stamp)[..., 0]
    luma[:STRIP_PX, block * BLOCK_PX : (block + 1) * BLOCK_PX] ^= 255
    assert read_stamp(luma) is None
