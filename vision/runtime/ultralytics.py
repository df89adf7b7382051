"""Ultralytics, for its own `.pt` and `.engine` files: thin, and only with its extra installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
import ultralytics
from ultralytics.nn.autobackend import AutoBackend

from vision.errors import ModelError, RuntimeUnavailableError
from vision.runtime.contract import (
    Batch,
    Capability,
    ModelFacts,
    Outputs,
    Result,
    RuntimeChoice,
)
from vision.runtime.metadata import labels_from
from vision.weights import YOLO_PIXELS, ModelSpec

DEVICES: Final = {"auto": "cpu", "cpu": "cpu", "cuda": "cuda:0"}


def survey() -> Capability:
    """Return what Ultralytics can do on this machine."""
    devices = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    return Capability("ultralytics", ultralytics.__version__, devices, ("f32",))


def open_runtime(spec: ModelSpec, choice: RuntimeChoice) -> "UltralyticsRuntime":
    """Load a `.pt` or `.engine` file.

    Raises ModelError when it cannot be read, RuntimeUnavailableError when the device is
    missing.
    """
    available = survey().devices
    device = DEVICES.get(choice.device)
    if device is None or device.partition(":")[0] not in available:
        raise RuntimeUnavailableError(
            f"Ultralytics has no device {choice.device} here, only {', '.join(available)}"
        )
    if choice.precision not in ("auto", "f32"):
        raise RuntimeUnavailableError(f"Ultralytics runs in f32 here, not in {choice.precision}")
    if spec.pixels != YOLO_PIXELS:
        raise ModelError(
            f"{spec.path} runs on Ultralytics, so its pixels must be RGB scaled to 0-1"
        )
    return UltralyticsRuntime(_load(spec.path, device), device)


class UltralyticsJob:
    """A result that is already there: PyTorch computed it in `start`."""

    __slots__ = ("_answers",)

    def __init__(self, answers: Outputs) -> None:
        self._answers = answers

    def read(self, reader: Callable[[Outputs], Result]) -> list[Result]:
        """See `Job.read`."""
        return [reader(picture) for picture in zip(*self._answers, strict=True)]


class UltralyticsRuntime:
    """A model on PyTorch by Ultralytics. See `Runtime`; it is not safe for several threads."""

    backend = "ultralytics"
    precision = "f32"
    in_flight = 1
    batch = 1

    def __init__(self, model: AutoBackend, device: str) -> None:
        self.device = device.partition(":")[0]
        self.facts = ModelFacts(labels_from(dict(model.names)))
        self._model = model
        self._place = torch.device(device)

    def start(self, batch: Batch) -> UltralyticsJob:
        """See `Runtime.start`."""
        rgb = np.ascontiguousarray(np.stack(batch)[..., ::-1].transpose(0, 3, 1, 2))
        with torch.inference_mode():
            pixels = torch.from_numpy(rgb).to(self._place).float() / 255
            answer = self._model(pixels)
        first = answer[0] if isinstance(answer, list | tuple) else answer
        parts = first if isinstance(first, list | tuple) else (first,)
        return UltralyticsJob(tuple(part.float().cpu().numpy() for part in parts))


def _load(path: Path, device: str) -> AutoBackend:
    """Return the callable network in a file, whatever its format, by Ultralytics' own loader."""
    try:
        model = AutoBackend(str(path), device=torch.device(device), verbose=False)
    except (RuntimeError, ValueError, TypeError, KeyError, EOFError, OSError) as error:
        raise ModelError(f"{path} cannot be read as a model: {error}") from error
    return model.eval()
