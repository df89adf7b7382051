"""Where a model runs best on this machine, as `gridpatrol models benchmark` found it.

A choice holds for one model file on one processor with one set of packages; when any of them
changes it is passed over, until it is measured anew.
"""

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import StorageError
from vision.runtime import RuntimeChoice
from vision.runtime.contract import Device, Precision
from vision.weights import ModelSpec

RUNTIME_PACKAGES: Final = (
    "openvino",
    "onnxruntime",
    "onnxruntime-gpu",
    "ultralytics",
    "torch",
)
"""Whose versions decide how fast and how exactly a model runs."""

CPU_FACTS: Final = Path("/proc/cpuinfo")

log = structlog.get_logger()


class Record(BaseModel):
    """One frozen entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(Record):
    """The machine a choice was measured on."""

    processor: str
    versions: dict[str, str]


class MeasuredChoice(Record):
    """The fastest correct way to run one model, and what it was measured to do.

    batch: pictures in one job. frames_per_s: through the whole detector. recall, precision_share:
    agreement of its boxes with those of float32 on the same pictures, 0-1; None where float32 saw
    nothing.
    """

    model: str
    sha256: str
    place: Place
    backend: str
    device: Device
    precision: Precision
    batch: int = Field(ge=1)
    frames_per_s: float
    cpu_ms: float
    recall: float | None
    precision_share: float | None
    measured_at: AwareDatetime

    @property
    def runtime(self) -> RuntimeChoice:
        """Return it as a runtime is asked for."""
        return RuntimeChoice(self.backend, self.device, self.precision)


class _Book(Record):
    """The whole file."""

    choices: tuple[MeasuredChoice, ...] = ()


def this_place() -> Place:
    """Return this machine's processor and the runtime packages installed on it."""
    versions = {}
    for package in RUNTIME_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Place(processor=processor_name(), versions=versions)


def processor_name() -> str:
    """Return the processor's own name where the system tells it."""
    try:
        lines = CPU_FACTS.read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


class ModelChoices:
    """The choices kept under a data directory, in `models/choices.json`."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "models" / "choices.json"

    def find(self, spec: ModelSpec) -> MeasuredChoice | None:
        """Return what was measured for this very file on this very machine; None without."""
        here = this_place()
        fitting = (c for c in self._read() if c.sha256 == spec.sha256 and c.place == here)
        return next(fitting, None)

    def keep(self, choice: MeasuredChoice) -> None:
        """Write a choice in place of any other for the same file; raises StorageError."""
        others = tuple(one for one in self._read() if one.sha256 != choice.sha256)
        book = _Book(choices=(*others, choice))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            fresh.write_text(book.model_dump_json(indent=2) + "\n", "utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror}.") from error

    def _read(self) -> tuple[MeasuredChoice, ...]:
        """Return all choices; none, with a line in the log, from a file that cannot be used."""
        try:
            return _Book.model_validate(json.loads(self.path.read_text("utf-8"))).choices
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, ValidationError) as error:
            log.warning(
                "measured model choices cannot be read", path=str(self.path), error=str(error)
            )
            return ()
