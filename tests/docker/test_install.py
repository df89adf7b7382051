"""`docker/install.sh`, which fills the image and the bare machine, and what it installs."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "docker" / "install.sh"
START_S, STOP_S = 90.0, 30.0

pytestmark = pytest.mark.timeout(900)
"""The packages come over the network, or out of pip's cache."""


def install(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [INSTALL, "--python", sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Installed:
    """A prefix that install.sh filled, and an empty directory to work in."""

    prefix: Path
    work: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return ours without what would lead the installed program back into this tree."""
        strange = ("PYTHON", "GRIDPATROL_", "REDIS_URL", "VIRTUAL_ENV", "CI")
        ours = {key: value for key, value in os.environ.items() if not key.startswith(strange)}
        return {**ours, "HOME": str(self.prefix)}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self.prefix / "bin" / words[0], *words[1:]]
        return subprocess.run(
            command,
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def objects(self, *words: str) -> list[dict[str, str]]:
        """Return what a command prints with --json, one object a line."""
        done = self.run("gridpatrol", *words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = install("--wheel-dir", folder, "wheel")
    assert done.returncode == 0, done.stderr
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def members(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    prefix = tmp_path_factory.mktemp("prefix") / "gridpatrol"
    done = install("--prefix", prefix, "--wheel", wheel, "packages", "app")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"Installed: {prefix}/bin/gridpatrol"
    yield Installed(prefix, tmp_path_factory.mktemp("work"))
    shutil.rmtree(prefix)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "pattern", "place"),
    [
        pytest.param("vision", "**/*.py", "vision", id="vision"),
        pytest.param("gateway", "[!c]*/**/*.py", "gateway", id="gateway"),
        pytest.param("gateway/store/migrations", "**/*.py", "gateway/store/migrations", id="store"),
        pytest.param("gateway/locale", "**/*.po", "gateway/locale", id="locale"),
        pytest.param("gateway/console", "[!n]*/**/*.js", "gateway/console", id="console-js"),
        pytest.param("gateway/console", "*.html", "gateway/console", id="console-html"),
        pytest.param("gateway/console", "*.css", "gateway/console", id="console-css"),
        pytest.param(
            "gateway/console/vendor", "**/LICENSE", "gateway/console/vendor", id="console-licences"
        ),
        pytest.param("models", "*.*", "gateway/_models", id="models"),
        pytest.param("models/licences", "*", "gateway/_models/licences", id="model-licences"),
    ],
)
def test_the_wheel_carries_what_runs(
    members: frozenset[str], folder: str, pattern: str, place: str
) -> None:
    source = ROOT / folder
    wanted = {f"{place}/{file.relative_to(source)}" for file in source.glob(pattern)}
    assert wanted
    assert wanted <= members


@pytest.mark.slow
def test_the_wheel_carries_nothing_else(members: frozenset[str]) -> None:
    foreign = re.compile(
        r"node_modules|/convert/|package.*\.json|install\.py|\.npmrc|^(?!vision/|gateway/|gridpatrol-)"
    )
    assert sorted(name for name in members if foreign.search(name)) == []


@pytest.mark.slow
def test_the_doctor_finds_the_installation_whole(installed: Installed) -> None:
    findings = installed.objects("doctor")
    good = {finding["topic"] for finding in findings if finding["verdict"] == "good"}
    assert {"opencv", "codec", "runtime", "model", "queue", "console"} <= good


@pytest.mark.slow
def test_the_models_are_whole_and_inside_the_prefix(installed: Installed) -> None:
    assert all(model["whole"] for model in installed.objects("models", "verify"))
    assert {
        Path(model["file"]).is_relative_to(installed.prefix)
        for model in installed.objects("models", "list")
    } == {True}


@pytest.mark.slow
def test_the_packages_fit_together(installed: Installed) -> None:
    done = installed.run("python", "-m", "pip", "check")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_it_runs_and_serves_the_console(installed: Installed) -> None:
    """Store, queue, worker and console start from an empty directory, and stop when told.

    Nothing is written but the data directory, not at home either.
    """
    before = sorted(installed.prefix.iterdir())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [installed.prefix / "bin" / "gridpatrol", "run"],
        cwd=installed.work,
        env={**installed.environment, "GRIDPATROL_SERVE__PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
            assert "importmap" in browser.get("/").text
            assert browser.get("/static/vendor/lit/index.js").is_success
            assert "全部摄像机" in browser.get("/api/locales/zh-CN.json").text
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_S)
    assert code == 0
    assert [entry.name for entry in installed.work.iterdir()] == ["var"]
    assert sorted(installed.prefix.iterdir()) == before


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"gridpatrol ended with code {process.returncode}"
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer")


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "forged.lock"
    lock.write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n")
    done = install("--prefix", tmp_path / "prefix", "--lock", lock, "packages")
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not list(tmp_path.glob("prefix/lib/python*/site-packages/idna"))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--prefx", "x"], 2, "--prefx is neither a step nor an option"),
        (["everything"], 2, "everything is neither a step nor an option"),
        (["--prefix"], 2, "--prefix needs a value"),
        (["--python", "/nowhere/python", "packages"], 1, "/nowhere/python is not Python 3.11"),
        (["--lock", "/nowhere/run.lock", "packages"], 1, "there is no lock file /nowhere/run.lock"),
        (["--prefix", "/nowhere", "app"], 1, "/nowhere has no virtual environment"),
    ],
)
def test_a_wrong_demand_is_told_in_one_sentence(words: list[str], code: int, says: str) -> None:
    done = install(*words)
    assert done.returncode == code
    assert done.stderr.startswith(f"install.sh: {says}")
    assert done.stderr.count("\n") == 1


def test_help_names_every_step_and_option() -> None:
    text = install("--help").stdout
    script = INSTALL.read_text("utf-8")
    for word in re.findall(r"--[a-z-]+(?= [|)])", script):
        assert word in text
    for step in re.findall(r"wanted (\w+)", script):
        assert f"  {step} " in text
