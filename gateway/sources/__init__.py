"""Where packets come from. Adding a protocol is one file here and one row in `SOURCES`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gateway.errors import ConfigError
from gateway.sources.address import filled, shown, split_credentials, with_credentials
from gateway.sources.av import SCHEMES, AvSource, Limits
from gateway.sources.clip import AS_CAMERA, ONCE, ClipSource, Playback
from gateway.sources.link import Link, LinkOptions, PacketSink
from gateway.sources.rtsp import RtspLink
from gateway.sources.source import Credentials, Source
from gateway.sources.thread_link import ThreadLink

__all__ = [
    "AS_CAMERA",
    "ONCE",
    "SCHEMES",
    "SOURCES",
    "AvSource",
    "ClipSource",
    "Credentials",
    "Limits",
    "Link",
    "LinkOptions",
    "PacketSink",
    "Playback",
    "RtspLink",
    "Source",
    "ThreadLink",
    "open_link",
    "play",
    "shown",
    "split_credentials",
    "with_credentials",
]

Opener = Callable[[str, Credentials | None, LinkOptions], Link]


def _file(url: str, _credentials: Credentials | None, options: LinkOptions) -> Link:
    path = Path(unquote(urlsplit(url).path))
    return play(path, AS_CAMERA, with_audio=options.with_audio)


def _ffmpeg(url: str, credentials: Credentials | None, options: LinkOptions) -> Link:
    source = AvSource(
        url,
        credentials,
        limits=Limits(options.open_s, options.silence_s),
        transport=options.transport,
        with_audio=options.with_audio,
    )
    return ThreadLink(source, "ffmpeg", f"ffmpeg-{urlsplit(url).netloc}")


def _rtsp(url: str, credentials: Credentials | None, options: LinkOptions) -> Link:
    opener = _ffmpeg if options.through_ffmpeg else RtspLink
    return opener(url, credentials, options)


SOURCES: Mapping[str, Opener] = {
    **dict.fromkeys(SCHEMES, _ffmpeg),
    "file": _file,
    "rtsp": _rtsp,
    "rtsps": _rtsp,
}
"""What makes a link, by the scheme of its URL."""


def play(path: Path, playback: Playback, *, with_audio: bool = False) -> Link:
    """Return a link that plays a file."""
    source = ClipSource(path, playback, with_audio=with_audio)
    return ThreadLink(source, "file", f"file-{path.name}")


def open_link(
    url: str, credentials: Credentials | None = None, options: LinkOptions | None = None
) -> Link:
    """Return the link for a URL or a plain path, not yet connected; files play as cameras do.

    Credentials inside the URL are taken out of it and used when none are given. Raises ConfigError
    for a scheme that is not in `SOURCES`.
    """
    options = options or LinkOptions()
    if "://" not in url:
        return play(Path(url), AS_CAMERA, with_audio=options.with_audio)
    bare, inside = split_credentials(url)
    scheme = urlsplit(bare).scheme.lower()
    opener = SOURCES.get(scheme)
    if opener is None:
        raise ConfigError(
            f"{shown(url)} cannot be opened: {scheme!r} is none of {', '.join(SOURCES)}."
        )
    credentials = credentials or inside
    return opener(filled(bare, credentials), credentials, options)
