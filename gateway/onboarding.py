"""From what a person names (a URL, an ONVIF address, a file, a folder) to cameras in the inventory.

A connection is tried before it is saved. No stream address is typed in where ONVIF can be asked.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from gateway.errors import ConfigError, NotFoundError, NotVideoError
from gateway.onvif.onboard import onboard
from gateway.probe import ProbeReport, probe
from gateway.sources import SOURCES, Credentials, shown, split_credentials
from gateway.store import Store
from gateway.store.inventory import Camera

PASSWORD_VARIABLE = "GRIDPATROL_CAMERA_PASSWORD"  # noqa: S105 - a name, not a password
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".m4v", ".ts", ".flv", ".webm", ".mpg", ".mpeg")
TRY_S = 1.0
"""How much of a stream must come before it counts as working."""

log = structlog.get_logger()


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
    file, or a folder of them, of which those that cannot be played are left out. ask_password:
    gives the password of "user@host" where none is in the URL nor in $GRIDPATROL_CAMERA_PASSWORD.
    Raises ConfigError, NotFoundError, UnreachableError, UnauthorizedError, NotVideoError,
    OnvifError.
    """
    wanted = _understood(source, ask_password)
    if wanted.path is not None:
        yield from _films(wanted.path)
    elif wanted.scheme == "onvif":
        yield _ask_device(wanted)
    else:
        probe(wanted.url, wanted.credentials, TRY_S)
        name = urlsplit(wanted.url).hostname or shown(wanted.url)
        yield Finding(name, wanted.url, wanted.url, credentials=wanted.credentials)


def examine(source: str, ask_password: Callable[[str], str], seconds: float) -> ProbeReport:
    """Return what the stream of one source is; of an ONVIF device, the one that is analysed.

    Raises as `look_at`.
    """
    wanted = _understood(source, ask_password)
    if wanted.path is not None:
        return probe(str(wanted.path), None, seconds)
    url = wanted.url
    if wanted.scheme == "onvif":
        draft = onboard(urlsplit(url).netloc, wanted.credentials)
        url = draft.sub_uri or draft.main_uri
    return probe(url, wanted.credentials, seconds)


def adopt(store: Store, found: Finding, wish: Wish | None = None) -> Camera:
    """Put a finding into the inventory and return its camera.

    A camera of the same address is kept as people know it; how it is dialled is brought up to date.
    Raises ConfigError when the wished id is taken by another camera, or is none.
    """
    password = found.credentials.password if found.credentials else None
    username = found.credentials.user if found.credentials else ""
    known = next((c for c in store.inventory.cameras() if c.address == found.address), None)
    if known is not None:
        same = replace(known, username=username, main_uri=found.main_uri, sub_uri=found.sub_uri)
        store.inventory.replace(same)
        store.inventory.set_password(known.id, password)
        return store.inventory.get(known.id)
    wish = wish or Wish()
    try:
        camera = Camera(
            id=wish.camera_id or store.inventory.free_id(wish.name or found.name),
            name=wish.name or found.name,
            channel_code=wish.channel_code,
            unit=wish.unit,
            grid=wish.grid,
            address=found.address,
            username=username,
            main_uri=found.main_uri,
            sub_uri=found.sub_uri,
        )
    except ValueError as error:
        raise ConfigError(f"the camera cannot be saved: {error}") from error
    store.inventory.add(camera, password)
    return camera


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A source as understood: either a path, or a URL without its credentials."""

    path: Path | None
    scheme: str
    url: str
    credentials: Credentials | None


def _understood(source: str, ask_password: Callable[[str], str]) -> _Wanted:
    if not source.strip():
        raise ConfigError("no source is named; give rtsp://…, onvif://…, a file or a folder")
    if "://" not in source:
        return _Wanted(_existing(Path(source)), "", "", None)
    parts = _parts(source)
    scheme = parts.scheme.lower()
    if scheme == "file":
        return _Wanted(_existing(Path(unquote(parts.path))), "", "", None)
    if scheme not in (*SOURCES, "onvif"):
        known = ", ".join((*SOURCES, "onvif"))
        raise ConfigError(f"{shown(source)} has a scheme that is none of {known}")
    bare, credentials = split_credentials(source)
    return _Wanted(None, scheme, bare, _with_password(bare, credentials, ask_password))


def _existing(path: Path) -> Path:
    if path.exists():
        return path
    # Who forgets the scheme of user:password@host must not find the password in a log.
    named = str(path).rpartition("@")[2]
    raise NotFoundError(f"there is no file or folder {named}; a camera is rtsp://… or onvif://…")


def _parts(url: str) -> SplitResult:
    """Return the parts of a URL; what cannot be read is not shown, a password may be in it."""
    try:
        parts = urlsplit(url)
        is_sound = parts.port != 0 and bool(parts.hostname or parts.scheme == "file")
    except ValueError:
        is_sound = False
    if not is_sound:
        raise ConfigError(
            "the source is no URL with host and port; in a user or password write / as %2F,"
            " ? as %3F, # as %23 and [ as %5B"
        )
    return parts


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


def _ask_device(wanted: _Wanted) -> Finding:
    """Ask an ONVIF device for its streams, and try the one that will be analysed."""
    draft = onboard(urlsplit(wanted.url).netloc, wanted.credentials)
    probe(draft.sub_uri or draft.main_uri, wanted.credentials, TRY_S)
    address = f"onvif://{draft.address}"
    return Finding(draft.name, address, draft.main_uri, draft.sub_uri, wanted.credentials)


def _films(path: Path) -> Iterator[Finding]:
    """Yield a file, or the films of a folder; raises the first film's error when none plays."""
    if path.is_file():
        yield _film(path)
        return
    failures: list[NotVideoError] = []
    films = _listed(path)
    for film in films:
        try:
            yield _film(film)
        except NotVideoError as error:
            log.warning("a film is left out", detail=str(error))
            failures.append(error)
    if len(failures) == len(films):
        raise failures[0]


def _listed(path: Path) -> list[Path]:
    """Return the video files of a folder, by name."""
    try:
        films = [p for p in path.iterdir() if p.is_file() and p.suffix.lower() in VIDEO_SUFFIXES]
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read ({error.strerror})") from error
    if not films:
        raise NotFoundError(f"{path} holds no video file ({', '.join(VIDEO_SUFFIXES)})")
    return sorted(films)


def _film(path: Path) -> Finding:
    probe(str(path), None, TRY_S)
    url = path.resolve().as_uri()
    return Finding(path.stem, url, url)
