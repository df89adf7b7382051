"""Where packets come from. Adding a protocol is one file here and one row in `SOURCES`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gateway.errors import ConfigError
from gateway.sources.address import shown, split_credentials, with_credentials
from gateway.sources.av import SCHEMES, AvSource, Limits
from gateway.sources.clip import AS_CAMERA, ONCE, ClipSource, Playback
from gateway.sources.source import Credentials, Source

__all__ = [
    "AS_CAMERA",
    "ONCE",
    "SCHEMES",
    "SOURCES",
    "AvSource",
    "ClipSource",
    "Credentials",
    "Limits",
    "Playback",
    "Source",
    "open_source",
    "shown",
    "split_credentials",
    "with_credentials",
]

Opener = Callable[[str, Credentials | None], Source]


def _file(url: str, _credentials: Credentials | None) -> Source:
    return ClipSource(Path(unquote(urlsplit(url).path)), AS_CAMERA)


SOURCES: Mapping[str, Opener] = {"file": _file, **dict.fromkeys(SCHEMES, AvSource)}
"""What makes a source, by the scheme of its URL."""


def open_source(url: str, credentials: Credentials | None = None) -> Source:
    """Return the source for a URL or a plain path, not yet opened; files play as cameras do.

    Credentials inside the URL are taken out of it and used when none are given. Raises ConfigError
    for a scheme that is not in `SOURCES`.
    """
    if "://" not in url:
        return ClipSource(Path(url), AS_CAMERA)
    bare, inside = split_credentials(url)
    scheme = urlsplit(bare).scheme.lower()
    opener = SOURCES.get(scheme)
    if opener is None:
        raise ConfigError(
            f"{shown(url)} cannot be opened: {scheme!r} is none of {', '.join(SOURCES)}."
        )
    return opener(bare, credentials or inside)
