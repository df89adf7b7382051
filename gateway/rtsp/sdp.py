"""Session descriptions as cameras write them (SDP, RFC 4566; in RTSP, RFC 2326 appendix C)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from gateway.rtsp.errors import RtspProtocolError

MAX_BYTES = 1 << 16
"""More is no description of a camera."""

MAX_TRACKS = 32
MAX_RATE = 1_000_000
"""RTP ticks a second; media clocks end far below."""

MAX_FPS = 240.0
VIDEO_RATE = 90_000

DIRECTIONS = frozenset(("sendonly", "recvonly", "sendrecv"))

CODECS: Mapping[str, str] = {
    # encoding names of the RTP payload formats, in capitals, and FFmpeg's names
    "H264": "h264",
    "H265": "hevc",
    "HEVC": "hevc",
    "MP4V-ES": "mpeg4",
    "JPEG": "mjpeg",
    "PCMA": "pcm_alaw",
    "PCMU": "pcm_mulaw",
    "MPEG4-GENERIC": "aac",
    "OPUS": "opus",
    "G726-16": "g726",
    "G726-24": "g726",
    "G726-32": "g726",
    "G726-40": "g726",
    "AAL2-G726-16": "g726",
    "AAL2-G726-24": "g726",
    "AAL2-G726-32": "g726",
    "AAL2-G726-40": "g726",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """What an rtpmap says of a payload type."""

    codec: str
    clock_rate: int
    channels: int = 1


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """One track a camera offers.

    kind: "video", "audio" or "application". codec: FFmpeg's short name, "" if unknown. clock_rate:
    RTP ticks a second. control: absolute URL for SETUP. fmtp: format parameters, names in lower
    case. direction: "sendonly", "recvonly", "sendrecv" or "" (as written, from the camera's side).
    framerate: pictures a second as announced, None if not. encodings: all payload types of the
    track that are known, of which `payload_type` is the first.
    """

    kind: str
    codec: str
    payload_type: int
    clock_rate: int
    channels: int
    control: str
    fmtp: Mapping[str, str] = field(default_factory=dict)
    direction: str = ""
    framerate: float | None = None
    encodings: Mapping[int, Encoding] = field(default_factory=dict, compare=False)


STATIC_TYPES: Mapping[int, Encoding] = {
    # RFC 3551 tables 4 and 5: what needs no rtpmap
    0: Encoding("pcm_mulaw", 8000),
    2: Encoding("g726", 8000),
    8: Encoding("pcm_alaw", 8000),
    26: Encoding("mjpeg", VIDEO_RATE),
}

_MEDIA_LINE = re.compile(r"(video|audio|application)\s+\S+\s+\S+\s*(.*)", re.IGNORECASE)
_RTPMAP = re.compile(r"(\d{1,3})\s+([^\s/]+)(?:\s*/\s*(\d{1,7}))?(?:\s*/\s*(\d{1,2}))?")
_PARAMETER = re.compile(r"\s*([^\s=;]+)\s*(?:=\s*([^;]*))?(?:;|$)")


@dataclass(slots=True)
class _Section:
    """The lines of one track: payload types as announced, and attributes."""

    kind: str
    types: list[int]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        return next((value for key, value in self.attributes if key == name), "")


def parse_sdp(text: bytes, base_url: str) -> tuple[MediaTrack, ...]:
    """Return the tracks of a description in its order.

    base_url: Content-Base, Content-Location or the URL asked for, without credentials; every
    control URL keeps its host and port, since cameras behind NAT name addresses nobody can reach.
    Lines that make no sense are skipped. Raises RtspProtocolError when no track is left.
    """
    session, sections = _Section("", []), list[_Section]()
    for line in text[:MAX_BYTES].decode("utf-8", "replace").splitlines():
        key, separator, value = line.strip(" \t\x00").partition("=")
        if not separator:
            continue
        if key == "m":
            sections.append(_media(value))
        elif key == "a":
            name, _, content = value.partition(":")
            owner = sections[-1] if sections else session
            owner.attributes.append((name.strip().lower(), content.strip()))
    base = control_url(session.get("control"), base_url)
    tracks = [_track(section, session, base) for section in sections[:MAX_TRACKS] if section.types]
    if not tracks:
        raise RtspProtocolError(
            f"the camera describes its stream in {len(text)} bytes without a single track; "
            "check the path of its address."
        )
    return tuple(tracks)


def control_url(control: str, base_url: str) -> str:
    """Return what SETUP or PLAY asks for. control: absolute, relative to the base, "*" or "".

    Relative ones are put behind the whole base, query included, as cameras expect; RFC 3986 would
    put them in place of its last part.
    """
    if control in ("", "*"):
        return base_url
    try:
        named, base = urlsplit(control), urlsplit(base_url)
        if named.scheme.lower() in ("rtsp", "rtsps") and named.netloc:
            return urlunsplit((base.scheme, base.netloc, named.path, named.query, ""))
    except ValueError:
        return base_url
    glue = "" if base_url.endswith("/") or control[0] in "/?" else "/"
    return base_url + glue + control


def _media(value: str) -> _Section:
    match = _MEDIA_LINE.match(value)
    if match is None:
        return _Section("", [])
    types = [int(word) for word in match[2].split() if word.isascii() and word.isdigit()]
    return _Section(match[1].lower(), [kind for kind in types if kind < 128])


def _track(section: _Section, session: _Section, base: str) -> MediaTrack:
    encodings = {**_static(section.types), **_rtpmaps(section)}
    known = [kind for kind in section.types if kind in encodings and encodings[kind].codec]
    payload_type = (known or section.types)[0]
    encoding = encodings.get(payload_type, Encoding("", VIDEO_RATE))
    return MediaTrack(
        kind=section.kind,
        codec=encoding.codec,
        payload_type=payload_type,
        clock_rate=encoding.clock_rate,
        channels=encoding.channels,
        control=control_url(section.get("control"), base),
        fmtp=_format_parameters(section, payload_type),
        direction=_direction(section) or _direction(session),
        framerate=_framerate(section),
        encodings={kind: encodings[kind] for kind in known},
    )


def _static(types: Sequence[int]) -> dict[int, Encoding]:
    return {kind: STATIC_TYPES[kind] for kind in types if kind in STATIC_TYPES}


def _rtpmaps(section: _Section) -> dict[int, Encoding]:
    found = {}
    for name, value in section.attributes:
        match = _RTPMAP.match(value) if name == "rtpmap" else None
        if match is None:
            continue
        default = VIDEO_RATE if section.kind == "video" else 8000
        rate = int(match[3] or 0)
        found[int(match[1])] = Encoding(
            codec=CODECS.get(match[2].upper(), ""),
            clock_rate=rate if 0 < rate <= MAX_RATE else default,
            channels=max(1, int(match[4] or 1)),
        )
    return found


def _format_parameters(section: _Section, payload_type: int) -> dict[str, str]:
    for name, value in section.attributes:
        if name != "fmtp":
            continue
        head, _, rest = value.partition(" ")
        if head != str(payload_type):
            continue
        pairs = _PARAMETER.findall(rest)
        return {key.lower(): content.strip() for key, content in pairs}
    return {}


def _direction(section: _Section) -> str:
    return next((name for name, _ in section.attributes if name in DIRECTIONS), "")


def _framerate(section: _Section) -> float | None:
    for name in ("framerate", "x-framerate"):
        try:
            rate = float(section.get(name).replace(",", "."))
        except ValueError:
            continue
        if 0 < rate <= MAX_FPS:
            return rate
    return None
