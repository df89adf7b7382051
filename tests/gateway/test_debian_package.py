"""A file out of a real Debian package, from a real archive on disk, with the real apt-get."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.debian_package import PackageUnavailableError, extract

MEMBER = "/usr/share/doc/street/film.txt"
CONTENT = b"people on a path\n"

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("apt-get", "dpkg-deb"))), reason="no apt-get or dpkg-deb: not Debian"
)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian archive with one package, which this process's apt-get knows and has no lists of."""
    built = tmp_path / "build" / "street"
    film = built / MEMBER.lstrip("/")
    film.parent.mkdir(parents=True)
    film.write_bytes(CONTENT)
    control = "Package: street\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
    control += "Description: a street\n"
    (built / "DEBIAN").mkdir()
    (built / "DEBIAN" / "control").write_text(control)
    folder = tmp_path / "archive"
    folder.mkdir()
    package = folder / "street_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", built, package], check=True, capture_output=True)
    _publish(folder, control, package)
    _configure_apt(tmp_path, f"deb [trusted=yes] file:{folder} ./", monkeypatch)
    return folder


def _publish(folder: Path, control: str, package: Path) -> None:
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    place = f"Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
    (folder / "Packages").write_text(control + place)


def _configure_apt(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "machine"
    (state / "lists" / "partial").mkdir(parents=True)
    sources = tmp_path / "sources.list"
    sources.write_text(source + "\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::State "{state}";\nDir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "-";\n'
        'APT::Sandbox::User "";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder / "film.txt"


def test_one_file_is_taken_out_without_lists_or_root(archive: Path, target: Path) -> None:
    said: list[str] = []
    extract("street", MEMBER, target, said.append)
    assert target.read_bytes() == CONTENT
    assert any("lists of our own" in line for line in said)
    assert any("street" in line and "MB" in line for line in said)


def test_lists_of_the_machine_are_used_where_they_know_the_package(
    archive: Path, target: Path
) -> None:
    subprocess.run(["apt-get", "update"], check=True, capture_output=True, env=os.environ)
    said: list[str] = []
    extract("street", MEMBER, target, said.append)
    assert target.read_bytes() == CONTENT
    assert not any("lists of our own" in line for line in said)


def test_unknown_package_is_named(archive: Path, target: Path) -> None:
    with pytest.raises(PackageUnavailableError, match="no package avenue"):
        extract("avenue", MEMBER, target, print)


def test_missing_file_is_named(archive: Path, target: Path) -> None:
    with pytest.raises(PackageUnavailableError, match=r"holds no \./usr/other"):
        extract("street", "/usr/other", target, print)


def test_damaged_package_is_refused_by_apt(archive: Path, target: Path) -> None:
    package = archive / "street_1_all.deb"
    package.write_bytes(package.read_bytes()[:-1] + b"?")
    with pytest.raises(PackageUnavailableError, match="apt-get download failed"):
        extract("street", MEMBER, target, print)


def test_machine_without_apt_says_so(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackageUnavailableError, match="no apt-get"):
        extract("street", MEMBER, target, print)
