"""The message parser: what cameras send and should not, however it is cut; no bytes raise."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.rtsp.messages import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MessageParser,
    Response,
    ServerRequest,
    frame_head,
    request_bytes,
    response_bytes,
)

RTP = b"\x80\x60" + bytes(10) + b"payload"
OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def frame(channel, data=RTP):
    return frame_head(channel, len(data)) + data


class Reader:
    """A parser with channels 0 and 1 open, and what came out of it in order."""

    def __init__(self):
        self.parser, self.out = MessageParser(), []
        for channel in (0, 1):
            self.parser.sinks[channel] = self.sink(channel)

    def sink(self, channel):
        return lambda frames, *_times: self.out.extend((channel, data) for data in frames)

    def feed(self, *parts):
        for part in parts:
            self.out += self.parser.feed(part, 1.0, 2.0)
        return self.out

    @property
    def held_bytes(self):
        return len(self.parser._rest)


ANSWERS = {
    "as the standard has it": (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nv=0\n",
        (200, "OK", "3", b"v=0\n"),
    ),
    "bare line feeds": (
        b"RTSP/1.0 200 OK\nCSeq: 3\nContent-Length: 4\n\nv=0\n",
        (200, "OK", "3", b"v=0\n"),
    ),
    "no reason": (b"RTSP/1.0 401\r\nCSeq: 3\r\n\r\n", (401, "", "3", b"")),
    "odd case and spaces": (
        b"RTSP/1.0  404  Stream Not Found \r\ncSEQ :3\r\n\r\n",
        (404, "Stream Not Found", "3", b""),
    ),
    "no headers": (b"RTSP/1.0 200 OK\r\n\r\n", (200, "OK", "", b"")),
    "a folded header": (b"RTSP/1.0 200 OK\r\nX: a\r\n b\r\nCSeq: 3\r\n\r\n", (200, "OK", "3", b"")),
    "a line that is no header": (
        b"RTSP/1.0 200 OK\r\n?!\r\nCSeq: 3\r\n\r\n",
        (200, "OK", "3", b""),
    ),
    "a length that is none": (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: -4\r\n\r\n",
        (200, "OK", "3", b""),
    ),
    "bytes that are no text": (
        b"RTSP/1.0 200 OK\r\nServer: \xff\xfe\r\nCSeq: 3\r\n\r\n",
        (200, "OK", "3", b""),
    ),
}


@pytest.mark.parametrize(("sent", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_answers(sent, expected):
    (answer,) = Reader().feed(sent)
    assert answer.protocol == "RTSP"
    assert (answer.status, answer.reason, answer.headers.get("CSeq"), answer.body) == expected


def test_repeated_fields_are_all_kept():
    sent = b"RTSP/1.0 401 No\r\nWWW-Authenticate: Basic\r\nwww-authenticate: Digest\r\n\r\n"
    (answer,) = Reader().feed(sent)
    assert answer.headers.all("WWW-Authenticate") == ("Basic", "Digest")


def test_a_web_server_is_told_apart():
    (answer,) = Reader().feed(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    assert (answer.protocol, answer.status) == ("HTTP", 400)


def test_requests_of_the_server():
    (request,) = Reader().feed(b"OPTIONS rtsp://c/s RTSP/1.0\r\nCSeq: 9\r\n\r\n")
    assert isinstance(request, ServerRequest)
    assert (request.method, request.url) == ("OPTIONS", "rtsp://c/s")


JUNK = {
    "nothing": b"",
    "line breaks": b"\r\n\r\n",
    "binary": bytes(range(128, 256)),
    "text": b"hello there\r\n",
    "text without an end": b"hello there",
    "a dollar": b"x$\x07\x00\x02zz",
    "half a frame": frame(0)[9:],
    "a bogus length": b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
    "a status line cut short": b"RTSP/1.0 2",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_after_junk_it_goes_on(junk):
    reader = Reader()
    out = reader.feed(frame(0), junk, frame(0), frame(1), OK, frame(0))
    assert [item[0] for item in out if isinstance(item, tuple)][-3:] == [0, 1, 0]
    assert [item.status for item in out if isinstance(item, Response)][-1:] == [200]
    assert out[-1] == (0, RTP)
    assert reader.parser.junk_bytes <= len(junk)


def test_frames_of_other_channels_are_strays():
    reader, strays = Reader(), []
    reader.feed(frame(7), frame(0))
    reader.parser.stray = lambda *frame_: strays.append(frame_)
    reader.feed(frame(7))
    assert reader.out == [(0, RTP)]
    assert strays == [(7, [RTP], 1.0, 2.0)]


MIXED = (
    frame(0)
    + OK
    + frame(1, b"")
    + b"\r\n"
    + frame(0, bytes(70_000)[:65_535])
    + ANSWERS["bare line feeds"][0]
    + frame(1)
)


@given(cuts=st.lists(st.integers(0, len(MIXED)), max_size=12))
def test_how_the_bytes_are_cut_does_not_matter(cuts):
    reader = Reader()
    for start, end in pairwise([0, *sorted(cuts), len(MIXED)]):
        reader.feed(memoryview(MIXED)[start:end])
    # Frames are handed on at once, messages after the bytes they came in.
    frames = [item for item in reader.out if isinstance(item, tuple)]
    messages = [item for item in reader.out if not isinstance(item, tuple)]
    assert frames == [(0, RTP), (1, b""), (0, bytes(65_535)), (1, RTP)]
    assert [message.body for message in messages] == [b"", b"v=0\n"]
    assert reader.parser.junk_bytes == 0


PIECES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            OK,
            frame(0),
            frame(1),
            b"$",
            b"RTSP/1.0 ",
            b"\r\n",
            b"\n\n",
            b"Content-Length: 70000",
            b":",
        ]
    ),
)


@given(st.lists(PIECES, max_size=30))
@example([b"RTSP/1.0 200 OK\r\nContent-Length: " + b"9" * 9000 + b"\r\n\r\n"])
@example([b"$\x00"])
def test_no_bytes_raise_and_little_is_held(pieces):
    reader = Reader()
    reader.feed(*pieces)
    assert reader.held_bytes <= MAX_HEAD_BYTES + MAX_BODY_BYTES
    # However lost it is, some good frames in a row bring it back.
    reader.feed(*[frame(0)] * (MAX_HEAD_BYTES // len(frame(0)) + MAX_BODY_BYTES // len(frame(0))))
    assert reader.feed(frame(1), frame(1))[-1] == (1, RTP)


def test_endless_headers_are_junk():
    reader = Reader()
    reader.feed(b"RTSP/1.0 200 OK\r\n", *[b"X: " + b"y" * 1000 + b"\r\n"] * 50)
    assert reader.held_bytes <= MAX_HEAD_BYTES
    assert reader.feed(frame(0)) == [(0, RTP)]


def test_what_is_sent_cannot_break_its_lines():
    sent = request_bytes("DESCRIBE", "rtsp://c/a b\r\nX: 1", [("User-Agent", "a\r\nEvil: 1")])
    assert sent == (
        b"DESCRIBE rtsp://c/a%20b%0D%0AX:%201 RTSP/1.0\r\nUser-Agent: a Evil: 1\r\n\r\n"
    )
    assert response_bytes(200, "OK", [("CSeq", "4")]) == b"RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n"
