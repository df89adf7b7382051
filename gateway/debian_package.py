"""One file out of a Debian package that is not installed; root is not needed.

apt-get fetches and checks the package, with the machine's own mirrors and proxies; only the file
wanted is unpacked.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.clock import monotonic_s
from gateway.errors import GatewayError

FETCH_S = 1800.0
"""A download that takes longer is given up: 96 MB need that long at 0.4 Mbit/s."""
ANSWER_S = 60.0
"""How long apt-get may look into the lists it has."""
REPORT_S = 2.0
PATIENCE = ("-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=2")

Say = Callable[[str], None]


class PackageUnavailableError(GatewayError):
    """A package cannot be had; the text says why."""

    code = "no_package"


@dataclass(frozen=True, slots=True)
class _Listing:
    """A package in apt's lists. options: what apt-get needs to find it. size: bytes."""

    name: str
    options: tuple[str, ...]
    size: int


def extract(package: str, member: str, target: Path, say: Say) -> None:
    """Write one file of a package to `target`; its folder takes the package meanwhile.

    member: the path as installed, "/usr/share/…". Raises PackageUnavailableError and OSError.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise PackageUnavailableError(f"this machine has no {program}")
    folder = target.parent
    listing = _find(package, folder, say)
    say(f"Fetching Debian's {package}, {_megabytes(listing.size)} MB, once, for {target.name}")
    _download(listing, folder, say)
    (archive,) = folder.glob("*.deb")
    _unpack(archive, f".{member}", target)


def _find(package: str, folder: Path, say: Say) -> _Listing:
    """Find a package in the machine's lists; where there are none, as in images, fetch our own."""
    size = _size(package, PATIENCE)
    if size is not None:
        return _Listing(package, PATIENCE, size)
    say(f"apt's lists do not know {package}; fetching lists of our own")
    state, cache = folder / "state", folder / "cache"
    (state / "lists" / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    options = (*PATIENCE, "-o", f"Dir::State={state}", "-o", f"Dir::Cache={cache}")
    _run(("apt-get", *options, "update"), FETCH_S)
    size = _size(package, options)
    if size is None:
        raise PackageUnavailableError(f"apt-get knows no package {package}")
    return _Listing(package, options, size)


def _size(package: str, options: tuple[str, ...]) -> int | None:
    """Return a package's size in bytes, None when apt does not know it."""
    try:
        printed = _run(("apt-get", *options, "download", "--print-uris", package), ANSWER_S)
    except PackageUnavailableError:
        return None
    words = printed.split()  # apt-get(8), --print-uris: 'URI' FILE SIZE HASH
    return int(words[2]) if len(words) > 2 and words[2].isdigit() else None


def _download(listing: _Listing, folder: Path, say: Say) -> None:
    command = ("apt-get", *listing.options, "-q", "download", listing.name)
    log = folder / "apt.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - fixed words, no shell
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _report_growth(process, folder, listing.size, say)
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise PackageUnavailableError(f"apt-get download failed: {_last_line(log.read_text())}")


def _report_growth(process: subprocess.Popen[bytes], folder: Path, size: int, say: Say) -> None:
    """Wait for a download, saying how far it is at each tenth of it."""
    deadline_s = monotonic_s() + FETCH_S
    told = 0
    while True:
        try:
            process.wait(REPORT_S)
        except subprocess.TimeoutExpired:
            if monotonic_s() > deadline_s:
                raise PackageUnavailableError(f"no end in {FETCH_S:.0f} s") from None
        else:
            return
        done = sum(file.stat().st_size for file in folder.glob("*.deb*"))
        if (tenth := done * 10 // size) > told:
            told = tenth
            say(f"  {_megabytes(done)} of {_megabytes(size)} MB")


def _unpack(archive: Path, member: str, target: Path) -> None:
    """Copy one file out of a package without laying out the rest."""
    command = ("dpkg-deb", "--fsys-tarfile", str(archive))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            _copy_member(process, member, target)
        except tarfile.TarError as error:
            raise PackageUnavailableError(f"{archive.name} is damaged: {error}") from error
        finally:
            process.kill()


def _copy_member(process: subprocess.Popen[bytes], member: str, target: Path) -> None:
    with tarfile.open(fileobj=process.stdout, mode="r|") as files:
        for entry in files:
            source = files.extractfile(entry) if entry.name == member else None
            if source is not None:
                with target.open("wb") as output:
                    shutil.copyfileobj(source, output)
                return
    raise PackageUnavailableError(f"the package holds no {member}")


def _run(command: tuple[str, ...], limit_s: float) -> str:
    """Return what a command printed; raise PackageUnavailableError with its last words."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise PackageUnavailableError(f"{command[0]}: no answer in {limit_s:.0f} s") from None
    if done.returncode != 0:
        raise PackageUnavailableError(f"{command[0]} failed: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    return next(reversed(text.strip().splitlines()), "no reason given")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f}"
