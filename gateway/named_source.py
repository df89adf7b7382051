"""What people write to name a camera: a URL, an ONVIF address, a file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.errors import ConfigError, NotFoundError
from gateway.sources import SOURCES, Credentials, shown, split_credentials

ONVIF_SCHEMES = ("onvif", "onvifs")


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source as understood: either a path, or a URL without its credentials."""

    path: Path | None
    scheme: str
    url: str
    credentials: Credentials | None = field(repr=False)


def understood(source: str, ask_password: Callable[[str], str]) -> NamedSource:
    """Return what a person means by a source.

    ask_password: gives the password of "user@host" where none is in it.
    Raises ConfigError for what is no source, NotFoundError for a path that is not there; neither
    shows a password.
    """
    if not source.strip():
        raise ConfigError("no source is named; give rtsp://…, onvif://…, a file or a folder")
    if "://" not in source:
        return NamedSource(_existing(Path(source)), "", "", None)
    parts = _parts(source)
    scheme = parts.scheme.lower()
    if scheme == "file":
        return NamedSource(_existing(Path(unquote(parts.path))), "", "", None)
    if scheme not in (*SOURCES, *ONVIF_SCHEMES):
        known = ", ".join((*SOURCES, *ONVIF_SCHEMES))
        raise ConfigError(f"{shown(source)} has a scheme that is none of {known}")
    bare, credentials = split_credentials(source)
    return NamedSource(None, scheme, bare, _with_password(bare, credentials, ask_password))


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
    password = ask_password(f"{credentials.user}@{urlsplit(url).hostname}")
    return Credentials(credentials.user, password)
