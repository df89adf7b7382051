"""From what a person names (a URL, an ONVIF address, a brand, a file) to cameras in the inventory.

A connection is tried before it is saved. No stream address is typed in where ONVIF can be asked.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from gateway.brand_urls import Candidate, candidates
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotFoundError,
    NotVideoError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.named_source import ONVIF_SCHEMES, NamedSource, understood
from gateway.onvif.onboard import CameraDraft, onboard
from gateway.onvif.profile import Profile
from gateway.onvif.stream_choice import chosen_uris
from gateway.onvif.survey import Outcome
from gateway.packets import Transport
from gateway.probe import ProbeReport, probe
from gateway.session_limit import count_sessions
from gateway.sources import Credentials, LinkOptions, shown
from gateway.sources.back_channel import find_voice_codec
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.survey import Survey, survey_to_json

VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".m4v", ".ts", ".flv", ".webm", ".mpg", ".mpeg")
TRY_S = 1.0
"""How much of a stream must come before it counts as working."""
MEASURE_S = 4.0
"""How much of a stream is measured for a survey: two key frames of most cameras."""
BETWEEN_TRIES_S = 0.5
"""Pause between two guesses at a camera's address: some close their door to the impatient."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a source turned out to be: where it is, its streams, what it calls itself.

    profiles: the streams to choose from. device: maker, model, firmware. failed: what it could not
    do. clock_skew_s: its clock by ONVIF minus ours. All of these are for ONVIF devices.
    """

    name: str
    address: str
    main_uri: str | None
    sub_uri: str | None = None
    credentials: Credentials | None = field(default=None, repr=False)
    profiles: tuple[Profile, ...] = ()
    device: str = ""
    failed: tuple[str, ...] = ()
    clock_skew_s: float | None = None
    transport: Transport = Transport.AUTO


@dataclass(frozen=True, slots=True)
class Approach:
    """How to come from an address to streams, where the address alone does not say.

    brand: a key of `BRANDS`, or "any", for cameras without ONVIF; channel: a recorder's input.
    main_profile, sub_profile: tokens of ONVIF profiles; "" leaves the choice to the rule.
    """

    brand: str = ""
    channel: int = 1
    main_profile: str = ""
    sub_profile: str = ""


BY_RULE = Approach()


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants a new camera to be known; empty means: by what is found."""

    camera_id: str = ""
    name: str = ""
    channel_code: str = ""
    unit: str = ""
    grid: str = ""


def look_at(
    source: str, ask_password: Callable[[str], str], how: Approach = BY_RULE
) -> Iterator[Finding]:
    """Yield what a source is, each connection tried.

    source: rtsp://… or another scheme of `SOURCES`, onvif://[user[:password]@]host[:port], with a
    brand also [user[:password]@]host[:port], a video file, or a folder of them, of which those that
    cannot be played are left out. ask_password: gives the password of "user@host" where none is in
    the URL. Raises ConfigError, NotFoundError, UnreachableError,
    UnauthorizedError, NotVideoError, OnvifError.
    """
    if how.brand and "://" not in source:
        source = f"rtsp://{source}"
    wanted = understood(source, ask_password)
    if wanted.path is not None:
        yield from _films(wanted.path)
    elif how.brand:
        yield _guess(wanted, how)
    elif wanted.scheme in ONVIF_SCHEMES:
        yield _ask_device(wanted, how)
    else:
        probe(wanted.url, wanted.credentials, TRY_S)
        name = urlsplit(wanted.url).hostname or shown(wanted.url)
        yield Finding(name, wanted.url, wanted.url, credentials=wanted.credentials)


def examine(source: str, ask_password: Callable[[str], str], seconds: float) -> ProbeReport:
    """Return what the stream of one source is; of an ONVIF device, the one that is analysed.

    Raises as `look_at`.
    """
    wanted = understood(source, ask_password)
    if wanted.path is not None:
        return probe(str(wanted.path), None, seconds)
    url = wanted.url
    if wanted.scheme in ONVIF_SCHEMES:
        draft = onboard(url, wanted.credentials)
        url = draft.sub_uri or draft.main_uri
    return probe(url, wanted.credentials, seconds)


def measure(found: Finding, seconds: float = MEASURE_S) -> Survey:
    """Measure a camera's streams, and how many connections it holds at once.

    Raises what `probe` raises for the stream that is analysed; what else fails is noted.
    """
    analysed = found.sub_uri or found.main_uri
    if analysed is None:
        raise ConfigError(f"{found.name} has no stream to measure; give its main stream")
    failed = [*found.failed]
    first = probe(analysed, found.credentials, seconds, found.transport)
    reports = {analysed: first}
    if found.main_uri is not None and found.main_uri != analysed:
        try:
            main = probe(found.main_uri, found.credentials, seconds, found.transport)
            reports[found.main_uri] = main
        except GatewayError as error:
            failed.append(f"main stream: {error}")
    return Survey(
        main=reports.get(found.main_uri or ""),
        sub=reports.get(found.sub_uri or ""),
        sessions_allowed=_sessions(analysed, found, first.reader),
        clock_skew_s=found.clock_skew_s,
        device=found.device,
        talk=_talk(found, failed),
        failed=tuple(failed),
    )


def _talk(found: Finding, failed: list[str]) -> str | None:
    """Return what the camera's loudspeaker takes, as in `Survey`; notes why it is not known."""
    uris = [uri for uri in (found.main_uri, found.sub_uri) if uri is not None]
    options = LinkOptions(found.transport)
    try:
        return asyncio.run(find_voice_codec(uris, found.credentials, options))
    except GatewayError as error:
        failed.append(f"talk: {error}")
        return None


def _sessions(uri: str, found: Finding, reader: str) -> int | None:
    """Return how many connections the camera holds; reader: what could read the stream."""
    if reader == "file":
        return None
    options = LinkOptions(found.transport, through_ffmpeg=reader == "ffmpeg")
    return count_sessions(uri, found.credentials, options)


def adopt(
    store: Store, found: Finding, wish: Wish | None = None, survey: Survey | None = None
) -> Camera:
    """Put a finding into the inventory and return its camera.

    A camera of the same address is kept as people know it; how it is dialled is brought up to date.
    Raises ConfigError when the wished id is taken by another camera, or is none.
    """
    password = found.credentials.password if found.credentials else None
    username = found.credentials.user if found.credentials else ""
    known = next((c for c in store.inventory.cameras() if _is_same(c, found)), None)
    if known is not None:
        same = replace(known, username=username, main_uri=found.main_uri, sub_uri=found.sub_uri)
        if survey is not None:
            same = replace(same, survey=survey_to_json(survey))
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
            survey=survey_to_json(survey),
        )
    except ValueError as error:
        raise ConfigError(f"the camera cannot be saved: {error}") from error
    store.inventory.add(camera, password)
    return camera


def _is_same(camera: Camera, found: Finding) -> bool:
    """Say whether a camera is the one found: the inputs of a recorder share their address."""
    if camera.address != found.address:
        return False
    return found.address.startswith(ONVIF_SCHEMES) or camera.main_uri == found.main_uri


def _ask_device(wanted: NamedSource, how: Approach) -> Finding:
    """Ask an ONVIF device for its streams, and try the one that will be analysed."""
    draft = onboard(wanted.url, wanted.credentials)
    found = _drafted(draft, wanted.credentials)
    if how.main_profile:
        found = replace(found, main_uri=_chosen(draft, wanted, how.main_profile))
    if how.sub_profile:
        found = replace(found, sub_uri=_chosen(draft, wanted, how.sub_profile))
    probe(found.sub_uri or found.main_uri or "", wanted.credentials, TRY_S)
    return found


def _drafted(draft: CameraDraft, credentials: Credentials | None) -> Finding:
    device = draft.device
    broken = (one for one in draft.features if one.outcome is Outcome.FAILED)
    skew = draft.clock_skew
    return Finding(
        draft.name,
        draft.url,
        draft.main_uri,
        draft.sub_uri,
        credentials,
        profiles=draft.profiles,
        device=" ".join(filter(None, (device.manufacturer, device.model, device.firmware))),
        failed=(*draft.failed, *(f"{one.name}: {one.why}" for one in broken)),
        clock_skew_s=None if skew is None else round(skew.total_seconds(), 3),
    )


def _chosen(draft: CameraDraft, wanted: NamedSource, token: str) -> str:
    (uri,) = chosen_uris(draft.url, wanted.credentials, [token])
    return uri


def _guess(wanted: NamedSource, how: Approach) -> Finding:
    """Try a brand's known addresses against the camera; the first that plays is taken.

    A refused password ends it at once, for cameras lock accounts after a few.
    """
    parts = urlsplit(wanted.url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    tried = 0
    for candidate in candidates(how.brand, host, parts.port, how.channel):
        try:
            probe(candidate.main_uri, wanted.credentials, TRY_S)
        except UnauthorizedError:
            raise
        except GatewayError as error:
            if isinstance(error, UnreachableError) and tried == 0:
                raise
            tried += 1
            time.sleep(BETWEEN_TRIES_S)
            continue
        return _guessed(candidate, parts.hostname or host, wanted.credentials)
    raise NotVideoError(
        f"{host} plays none of the {tried} addresses known of {how.brand}; look into the camera's"
        " own pages for its RTSP address"
    )


def _guessed(candidate: Candidate, host: str, credentials: Credentials | None) -> Finding:
    sub_uri = candidate.sub_uri
    if sub_uri is not None:
        try:
            probe(sub_uri, credentials, TRY_S)
        except GatewayError:
            sub_uri = None
    address = candidate.main_uri
    return Finding(host, address, candidate.main_uri, sub_uri, credentials)


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
