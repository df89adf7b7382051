"""From what a person names (a URL, an ONVIF address, a file, a folder) to cameras in the inventory.

A connection is tried before it is saved. No stream address is typed in where ONVIF can be asked.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import ConfigError, NotFoundError
from gateway.onvif.onboard import onboard
from gateway.probe import ProbeReport, probe
from gateway.sources import SOURCES, Credentials, shown, split_credentials
from gateway.store import Store
from gateway.store.inventory import Camera

PASSWORD_VARIABLE = "GRIDPATROL_CAMERA_PASSWORD"  # noqa: S105 - a name, not a password
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".m4v", ".ts", ".flv", ".webm", ".mpg", ".mpeg")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a source turned out to be: where it is, its streams, what it calls itself."""

    name: str
    address: str
    main_uri: str | None
    sub_uri: str | None = None
    credentials: Credentials | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants a new camera to be known; empty means: by what is found."""

    camera_id: str = ""
    name: str = ""
    channel_code: str = ""
    unit: str = ""
    grid: str = ""


def look_at(source: str, ask_password: Callable[[str], str]) -> Iterator[Finding]:
    """Yield what a source is, each connection tried.

    source: rtsp://… or another scheme of `SOURCES`, onvif://[user[:password]@]host[:port], a video
    file, or a folder of them. ask_password: gives the password of "user@host" where none is in the
    URL nor in $GRIDPATROL_CAMERA_PASSWORD. Raises ConfigError, NotFoundError, UnreachableError,
    UnauthorizedError, NotVideoError, OnvifError.
    """
    bare, credentials = split_credentials(source)
    scheme = urlsplit(bare).scheme.lower() if "://" in bare else ""
    credentials = _with_password(bare, credentials, ask_password)
    if scheme == "onvif":
        yield _ask_device(bare, credentials)
    elif scheme in SOURCES:
        probe(bare, credentials)
        yield Finding(urlsplit(bare).hostname or shown(bare), bare, bare, credentials=credentials)
    elif scheme:
        known = ", ".join((*SOURCES, "onvif"))
        raise ConfigError(f"{shown(source)} has a scheme that is none of {known}")
    else:
        yield from map(_film, _films(Path(source)))


def examine(source: str, ask_password: Callable[[str], str], seconds: float) -> ProbeReport:
    """Return what the stream of one source is; of an ONVIF device, the one that is analysed.

    Raises as `look_at`.
    """
    bare, credentials = split_credentials(source)
    credentials = _with_password(bare, credentials, ask_password)
    if bare.startswith("onvif://"):
        draft = onboard(urlsplit(bare).netloc, credentials)
        bare = draft.sub_uri or draft.main_uri
    return probe(bare, credentials, seconds)


def adopt(store: Store, found: Finding, wish: Wish | None = None) -> Camera:
    """Put a finding into the inventory and return its camera; one of the same address is kept.

    Raises ConfigError when the wished id is taken by another camera.
    """
    known = next((c for c in store.inventory.cameras() if c.address == found.address), None)
    if known is not None:
        return known
    wish = wish or Wish()
    camera = Camera(
        id=wish.camera_id or store.inventory.free_id(wish.name or found.name),
        name=wish.name or found.name,
        channel_code=wish.channel_code,
        unit=wish.unit,
        grid=wish.grid,
        address=found.address,
        username=found.credentials.user if found.credentials else "",
        main_uri=found.main_uri,
        sub_uri=found.sub_uri,
    )
    store.inventory.add(camera, found.credentials.password if found.credentials else None)
    return camera


def _with_password(
    url: str, credentials: Credentials | None, ask_password: Callable[[str], str]
) -> Credentials | None:
    """Return the credentials with a password; a URL without a user needs none."""
    if credentials is None or credentials.password:
        return credentials
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        password = ask_password(f"{credentials.user}@{urlsplit(url).hostname}")
    return Credentials(credentials.user, password)


def _ask_device(url: str, credentials: Credentials | None) -> Finding:
    """Ask an ONVIF device for its streams, and try the one that will be analysed."""
    address = urlsplit(url).netloc
    draft = onboard(address, credentials)
    probe(draft.sub_uri or draft.main_uri, credentials)
    return Finding(draft.name, url, draft.main_uri, draft.sub_uri, credentials)


def _films(path: Path) -> list[Path]:
    if not path.exists():
        raise NotFoundError(f"there is no file or folder {path}; a camera is rtsp://… or onvif://…")
    if path.is_file():
        return [path]
    films = sorted(p for p in path.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
    if not films:
        raise NotFoundError(f"{path} holds no video file ({', '.join(VIDEO_SUFFIXES)})")
    return films


def _film(path: Path) -> Finding:
    url = path.resolve().as_uri()
    probe(url, None)
    return Finding(path.stem, url, url)
