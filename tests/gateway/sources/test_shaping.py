from datetime import UTC, datetime

import pytest

from gateway.packets import ClockSource, VideoPacket
from gateway.parameter_sets import START_CODE
from gateway.sources.shaping import PictureJoiner

SETS = START_CODE + b"\x67\x42" + START_CODE + b"\x68\xce"
HEAD, TAIL = START_CODE + b"\x65\x88\x01", START_CODE + b"\x65\x04\x02"
DELTA = START_CODE + b"\x41\x9a\x03"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def packet(data):
    return VideoPacket(
        data=data,
        pts=0,
        dts=0,
        is_key=b"\x65" in data,
        captured_at=NOON,
        clock=ClockSource.ARRIVAL,
        received_s=0.0,
    )


def joined(*datas, codec="h264"):
    joiner = PictureJoiner(codec)
    return [[out.data for out in joiner.feed(packet(data))] for data in datas]


WHOLE, PIECE = SETS + HEAD, SETS + TAIL
BOTH = SETS + HEAD + TAIL[1:]


@pytest.mark.parametrize(
    ("arriving", "leaving"),
    [
        # The first key picture waits for its successor, later ones do not.
        ([WHOLE, DELTA, WHOLE, DELTA], [[], [WHOLE, DELTA], [WHOLE], [DELTA]]),
        # In two pieces, and in three, each time.
        ([WHOLE, PIECE, DELTA, WHOLE, PIECE, DELTA], [[], [], [BOTH, DELTA]] * 2),
        ([WHOLE, PIECE, PIECE, DELTA], [[], [], [], [BOTH + TAIL[1:], DELTA]]),
        # Nothing but key pictures.
        ([WHOLE, WHOLE, WHOLE], [[], [WHOLE, WHOLE], [WHOLE]]),
        # In pieces only from the second on: the first piece nobody waited for is left out.
        (
            [WHOLE, DELTA, WHOLE, PIECE, DELTA, WHOLE, PIECE, DELTA],
            [[], [WHOLE, DELTA], [WHOLE], [], [DELTA], [], [], [BOTH, DELTA]],
        ),
        ([DELTA, DELTA], [[DELTA], [DELTA]]),
    ],
)
def test_pieces_of_key_pictures_are_joined(arriving, leaving):
    assert joined(*arriving) == leaving


def test_other_codecs_pass():
    assert joined(b"\x65", b"\x01", codec="mjpeg") == [[b"\x65"], [b"\x01"]]
