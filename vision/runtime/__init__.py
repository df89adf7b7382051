"""Inference runtimes behind one contract: which exist, which to take, how to open a model."""

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from vision.errors import RuntimeUnavailableError
from vision.runtime.contract import (
    Adapter,
    Batch,
    Capability,
    Job,
    ModelFacts,
    Outputs,
    Runtime,
    RuntimeChoice,
)
from vision.runtime.vendors import quietly_imported
from vision.weights import ModelSpec

__all__ = [
    "BACKENDS",
    "Backend",
    "Batch",
    "Capability",
    "Job",
    "ModelFacts",
    "Outputs",
    "Runtime",
    "RuntimeChoice",
    "choose_backend",
    "open_runtime",
    "probe",
]

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
"""OpenVINO tells Google Analytics of each import, unless this package of its own is not there."""

os.environ.update(ORT_DISABLE_TELEMETRY="1", YOLO_OFFLINE="true")
"""ONNX Runtime tells Microsoft of each session unless told not to (its Privacy.md); Ultralytics
looks for the Internet when imported, reports there, and installs packages it would like to have."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One runtime: the module that adapts it, how to install it, what it can take."""

    module: str
    install: str
    suffixes: tuple[str, ...]
    devices: tuple[str, ...]

    def adapter(self) -> Adapter:
        """Import the module, and with it the vendor's package.

        Raises RuntimeUnavailableError when that is missing or broken.
        """
        try:
            with quietly_imported():
                return cast("Adapter", importlib.import_module(self.module))
        except ImportError as error:
            raise RuntimeUnavailableError(
                f"this runtime is not usable here ({error}); install it with: {self.install}"
            ) from error


BACKENDS: Final[Mapping[str, Backend]] = {
    "openvino": Backend(
        module="vision.runtime.openvino",
        install="pip install openvino",
        suffixes=(".onnx", ".xml"),
        devices=("auto", "cpu", "gpu"),
    ),
    "onnxruntime": Backend(
        module="vision.runtime.onnxruntime",
        install="pip install 'gridpatrol[onnxruntime]', or 'gridpatrol[nvidia]' for a GPU",
        suffixes=(".onnx",),
        devices=("auto", "cpu", "cuda", "tensorrt"),
    ),
    "ultralytics": Backend(
        module="vision.runtime.ultralytics",
        install="pip install 'gridpatrol[ultralytics]'",
        suffixes=(".pt", ".engine"),
        devices=("auto", "cpu", "cuda"),
    ),
}
"""In order of preference."""


def probe() -> list[Capability]:
    """Return every backend as found on this machine, installed or not."""
    return [_survey(name) for name in BACKENDS]


def choose_backend(spec: ModelSpec, choice: RuntimeChoice) -> str:
    """Return the backend to open a model with: the one asked for, else the first that can.

    Raises RuntimeUnavailableError when none takes this file on this device.
    """
    fitting = [name for name in BACKENDS if _fits(name, spec, choice)]
    if not fitting:
        raise RuntimeUnavailableError(
            f"{spec.path.name} cannot run with backend {choice.backend} on device {choice.device}; "
            f"backends are {', '.join(BACKENDS)}"
        )
    if len(fitting) == 1:
        return fitting[0]
    return next((name for name in fitting if _survey(name).version is not None), fitting[0])


def open_runtime(spec: ModelSpec, choice: RuntimeChoice | None = None) -> Runtime:
    """Load a model where `choice` says, by default where it runs best here.

    Raises ModelError for a file that cannot be read, RuntimeUnavailableError for a choice that is
    impossible on this machine. The fingerprint is not checked: `vision.weights.verify` does.
    """
    choice = choice or RuntimeChoice()
    return BACKENDS[choose_backend(spec, choice)].adapter().open_runtime(spec, choice)


def _fits(name: str, spec: ModelSpec, choice: RuntimeChoice) -> bool:
    """Return whether a backend is wanted and takes this file on this device."""
    backend = BACKENDS[name]
    wanted = choice.backend in ("auto", name)
    takes_file = spec.path.suffix.lower() in backend.suffixes
    return wanted and takes_file and choice.device in backend.devices


def _survey(name: str) -> Capability:
    """Return one backend as found here; without a version when it is not installed."""
    try:
        return BACKENDS[name].adapter().survey()
    except RuntimeUnavailableError as error:
        return Capability(name, None, note=str(error))
