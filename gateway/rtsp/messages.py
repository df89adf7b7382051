"""RTSP on the wire (RFC 2326), without I/O: bytes in; answers, requests and media frames out.

Made for cameras as they are: lines may end in a bare LF, reasons may be missing, names of headers
come in any case, and there may be rubbish between messages. No bytes can raise: what cannot be
understood is counted as junk, and reading goes on at the next thing that can. What the parser
holds back is bounded by the longest message or frame it accepts.
"""

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MAX_HEAD_BYTES = 16 << 10
MAX_BODY_BYTES = 256 << 10
"""A message with more is junk. Descriptions with every extension have some 4 KiB."""

FRAME_HEAD_BYTES = 4
_DOLLAR = 0x24
_SHORTEST_FRAME_BYTES = 8
"""An RTCP packet's fixed part (RFC 3550 §6.4.2); RTP has 12."""

_read_frame_head = struct.Struct(">HH").unpack_from
"""A dollar and the channel; the length of what follows (RFC 2326 §10.12)."""

_BLANK = re.compile(rb"[\r\n]+")
_LINE = re.compile(rb"[A-Za-z][\x20-\x7e\t]*(\r?\n)?")
_STATUS = re.compile(rb"([A-Za-z]+)/\d\.\d[ \t]+(\d{3})\b[ \t]*([^\r\n]*)\r?\n")
_REQUEST = re.compile(rb"([A-Z_]+)[ \t]+(\S+)[ \t]+RTSP/\d\.\d[ \t]*\r?\n")
_HEAD_END = re.compile(rb"\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_BREAK = re.compile(r"[\r\n\0]+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_START = re.compile(
    rb"\$|RTSP/|(?:OPTIONS|ANNOUNCE|GET_PARAMETER|SET_PARAMETER|REDIRECT|TEARDOWN)[ \t]"
)
"""Where reading may go on after junk: a frame, an answer, or a request that servers make."""

_LONGEST_START = len("SET_PARAMETER ")

FrameSink = Callable[[Sequence[bytes], float, float], object]
"""Takes frames that came at once, when that was (monotonic seconds), and the same in seconds of
1970."""

StraySink = Callable[[int, Sequence[bytes], float, float], object]
"""Takes the channel too."""


class Headers:
    """The header fields of a message: names in any case, repeated fields in their order."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple((name.lower(), value) for name, value in fields)

    def get(self, name: str) -> str:
        """Return the first value of a field, "" where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        wanted = name.lower()
        return tuple(value for known, value in self._fields if known == wanted)

    def number(self, name: str) -> int | None:
        """Return a field that is a number from 0 to 999999999; None where it is not."""
        value = self.get(name)
        return int(value) if _NUMBER.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. protocol: "RTSP", or what a server of another kind calls its own ("HTTP")."""

    protocol: str
    status: int
    reason: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request of the other side, such as an OPTIONS to see whether we are alive."""

    method: str
    url: str
    headers: Headers
    body: bytes


Message = Response | ServerRequest


class MessageParser:
    """Cuts one connection's bytes into messages and interleaved frames (RFC 2326 §10.12).

    sinks: who takes the frames of which channel (0-255); may change at any time. stray: who takes
    the frames of other channels, None to drop them. junk_bytes: what was thrown away so far.
    junk_start: how the first of it began.
    """

    def __init__(self) -> None:
        self.sinks: dict[int, FrameSink] = {}
        self.stray: StraySink | None = None
        self.junk_bytes = 0
        self.junk_start = b""
        self._rest = b""
        self._is_lost = False

    def feed(
        self, received: bytes | memoryview, received_s: float, arrival_s: float
    ) -> list[Message]:
        """Return the messages that are whole now; frames go to their sinks on the way.

        received_s: monotonic seconds. arrival_s: seconds since 1970. Nothing of `received` is kept.
        """
        data = self._rest + received
        at = 0
        messages: list[Message] = []
        while at + FRAME_HEAD_BYTES <= len(data):
            if self._is_lost:
                at = self._seek(data, at)
                if self._is_lost:
                    break
                continue
            if data[at] == _DOLLAR:
                end = self._read_frames(data, at, received_s, arrival_s)
            else:
                end = self._read_text(data, at, messages)
            if end == at:
                break
            at = end
        self._rest = data[at:]
        return messages

    def _read_frames(self, data: bytes, at: int, received_s: float, arrival_s: float) -> int:
        """Hand on the whole frames of one channel that begin at `at`; return where they end."""
        size, channel = len(data), data[at + 1]
        mark = _DOLLAR << 8 | channel
        frames: list[bytes] = []
        while at + FRAME_HEAD_BYTES <= size:
            found, length = _read_frame_head(data, at)
            end = at + FRAME_HEAD_BYTES + length
            if found != mark or end > size:
                break
            frames.append(data[at + FRAME_HEAD_BYTES : end])
            at = end
        sink = self.sinks.get(channel)
        if not frames:
            pass
        elif sink is not None:
            sink(frames, received_s, arrival_s)
        elif self.stray is not None:
            self.stray(channel, frames, received_s, arrival_s)
        return at

    def _read_text(self, data: bytes, at: int, messages: list[Message]) -> int:
        """Return where what begins at `at` ends: `at` itself if more bytes are needed."""
        blank = _BLANK.match(data, at)
        if blank:
            return blank.end()
        line = _LINE.match(data, at)
        if line is None:
            return self._throw_away(data, at, at + 1)
        if line.group(1) is None:
            is_under_way = data[line.end() :] in (b"", b"\r") and line.end() - at < MAX_HEAD_BYTES
            return at if is_under_way else self._throw_away(data, at, at + 1)
        first = _STATUS.fullmatch(data, at, line.end()) or _REQUEST.fullmatch(data, at, line.end())
        if first is None:
            return self._throw_away(data, at, line.end())
        return self._read_message(data, first, messages)

    def _read_message(self, data: bytes, first: re.Match[bytes], messages: list[Message]) -> int:
        at = first.start()
        blank = _HEAD_END.search(data, first.end() - 1, at + MAX_HEAD_BYTES)
        if blank is None:
            is_under_way = len(data) - at < MAX_HEAD_BYTES
            return at if is_under_way else self._throw_away(data, at, at + 1)
        headers = _headers(data[first.end() : blank.start() + 1])
        end = blank.end() + _body_bytes(headers)
        if end - blank.end() > MAX_BODY_BYTES:
            return self._throw_away(data, at, blank.end())
        if end > len(data):
            return at
        messages.append(_message(first, headers, data[blank.end() : end]))
        return end

    def _seek(self, data: bytes, at: int) -> int:
        """Return where something begins that can be understood, else what to look at again."""
        for found in _START.finditer(data, at):
            start = found.start()
            if data[start] != _DOLLAR or self._is_likely_frame(data, start):
                self._is_lost = False
                return self._count_junk(data, at, start)
        return self._count_junk(data, at, max(at, len(data) - _LONGEST_START))

    def _is_likely_frame(self, data: bytes, at: int) -> bool:
        payload = at + FRAME_HEAD_BYTES
        if payload >= len(data) or data[payload] & 0xC0 != 0x80:
            return False
        length = data[at + 2] << 8 | data[at + 3]
        follower = data[payload + length : payload + length + 1]
        return (
            data[at + 1] in self.sinks
            and length >= _SHORTEST_FRAME_BYTES
            and follower in (b"", b"$", b"R")
        )

    def _throw_away(self, data: bytes, at: int, end: int) -> int:
        self._is_lost = True
        return self._count_junk(data, at, end)

    def _count_junk(self, data: bytes, at: int, end: int) -> int:
        if not self.junk_bytes:
            self.junk_start = data[at : at + _LONGEST_START]
        self.junk_bytes += end - at
        return end


def request_bytes(method: str, url: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """Return a request without a body; what would break its lines is percent-encoded."""
    return _head_bytes(f"{method} {_UNSAFE.sub(_percent, url)} RTSP/1.0", fields)


def response_bytes(status: int, reason: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """Return an answer without a body."""
    return _head_bytes(f"RTSP/1.0 {status} {reason}", fields)


def frame_head(channel: int, size: int) -> bytes:
    """Return what goes before `size` bytes (to 65535) of RTP or RTCP sent on a channel."""
    return bytes((_DOLLAR, channel)) + size.to_bytes(2, "big")


def _head_bytes(first: str, fields: Sequence[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {_BREAK.sub(' ', value)}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode()


def _percent(unsafe: re.Match[str]) -> str:
    return f"%{ord(unsafe.group()):02X}"


def _headers(head: bytes) -> Headers:
    text = _FOLD.sub(" ", head.decode("utf-8", "replace"))
    parted = (line.partition(":") for line in text.split("\n"))
    return Headers((name.strip(), value.strip()) for name, colon, value in parted if colon)


def _body_bytes(headers: Headers) -> int:
    return headers.number("content-length") or 0


def _message(first: re.Match[bytes], headers: Headers, body: bytes) -> Message:
    if first.re is _REQUEST:
        method, url = (part.decode("utf-8", "replace") for part in first.groups())
        return ServerRequest(method, url, headers, body)
    protocol, status, reason = (part.decode("utf-8", "replace") for part in first.groups())
    return Response(protocol.upper(), int(status), reason.strip(), headers, body)
