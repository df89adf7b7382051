"""The command line called as a shell calls it, in this process, its two streams kept apart."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli import main, output
from vision.weights import load_manifest, shipped_manifest


@dataclass(frozen=True)
class Outcome:
    """What a command did. out, err: all that was written to the two streams, also by libraries."""

    exit_code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict]:
        """What `--json` printed; fails on anything that is no JSON object a line."""
        found = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(one, dict) for one in found)
        return found


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return the data directory of every command of this test."""
    return tmp_path / "var"


@pytest.fixture
def gridpatrol(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], data_dir: Path
) -> Callable[..., Outcome]:
    """Return what runs a command with these words."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("GRIDPATROL_DATA_DIR", str(data_dir))
    monkeypatch.setenv("GRIDPATROL_ANALYSIS__PRECISION", "f32")
    for console in (output.out, output.err):
        monkeypatch.setattr(console, "width", 300)

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["gridpatrol", *map(str, words)])
        capfd.readouterr()
        try:
            main()
            exit_code = 0
        except SystemExit as leaving:
            exit_code = leaving.code or 0
        said = capfd.readouterr()
        return Outcome(exit_code, said.out, said.err)

    return run


@pytest.fixture
def refused(gridpatrol) -> Callable[..., str]:
    """Return what runs a command that must fail: nothing on standard output, one sentence beside.

    Given the exit code and the words; returns the sentence.
    """

    def run(exit_code: int, *words: object) -> str:
        outcome = gridpatrol(*words)
        assert outcome.exit_code == exit_code, outcome
        assert outcome.out == ""
        sentence = outcome.err.strip()
        assert sentence.startswith("gridpatrol: ")
        assert "Traceback" not in sentence
        return sentence.removeprefix("gridpatrol: ")

    return run


@pytest.fixture
def altered_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put one changed byte into a copy of the default model, and use that; return its path."""
    original = shipped_manifest()
    copy = tmp_path / "models"
    copy.mkdir()
    shutil.copy(original, copy)
    model = copy / load_manifest(original)["nanodet-g"].path.name
    data = bytearray(load_manifest(original)["nanodet-g"].path.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    for user in ("vision.weights", "gateway.detector_setup"):
        monkeypatch.setattr(f"{user}.shipped_manifest", lambda: copy / original.name)
    return model
