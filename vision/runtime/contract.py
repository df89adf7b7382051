"""What every inference runtime offers, whatever vendor is underneath."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from vision.types import FrameSize, Image
from vision.weights import ModelSpec

Batch: TypeAlias = Sequence[Image]
"""At least one letterboxed picture: uint8 (height, width, 3), BGR, all of one size."""

Outputs: TypeAlias = tuple[npt.NDArray[np.float32], ...]
"""A network's answers to one picture, in the order the file declares them, without a batch axis;
of the first `ModelSpec.score_outputs` only the columns of classes that count."""

Result = TypeVar("Result")

Device: TypeAlias = Literal["auto", "cpu", "gpu", "cuda", "tensorrt"]
Precision: TypeAlias = Literal["auto", "f32", "bf16", "f16", "int8"]


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """Where to run a model. "auto" lets the runtime probe and choose.

    backend: "auto" or a key of `vision.runtime.BACKENDS`. device: gpu is an Intel GPU by OpenVINO;
    cuda and tensorrt are NVIDIA by ONNX Runtime or Ultralytics. cache_dir: where a runtime that
    compiles for minutes may keep what it made (TensorRT), None for nowhere. precision: int8 only
    for models whose entry in the manifest names such a file.
    """

    backend: str = "auto"
    device: Device = "auto"
    precision: Precision = "auto"
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model file says of itself; both may be absent.

    labels: class index → label. input_size: the one size it accepts, or the one it was exported
    for; None when it takes any.
    """

    labels: Mapping[int, str] = field(default_factory=dict)
    input_size: FrameSize | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """One backend as found on this machine, for `gridpatrol doctor`.

    version: None when it is not installed. devices: names as in `Device`, those that can run here.
    precisions: what the processor computes natively. note: what to do or to know, for a person.
    """

    backend: str
    version: str | None
    devices: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    note: str = ""


class Job(Protocol):
    """A batch being computed."""

    def read(self, reader: Callable[[Outputs], Result]) -> list[Result]:
        """Block until done and return what `reader` makes of each picture's outputs. Call it once.

        The arrays are the runtime's own memory, valid during the call only: copying them out would
        cost a tenth of the inference.
        """
        ...


class Runtime(Protocol):
    """A model loaded and ready. `start` may be called from several threads."""

    @property
    def backend(self) -> str:
        """The key in `vision.runtime.BACKENDS`."""
        ...

    @property
    def device(self) -> str:
        """What it runs on, as in `Device` but never "auto"."""
        ...

    @property
    def precision(self) -> str:
        """What it computes in, as in `Precision` but never "auto"."""
        ...

    @property
    def in_flight(self) -> int:
        """How many jobs to keep started so that the device never waits."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures in one job use the device best; any other number works too."""
        ...

    @property
    def facts(self) -> ModelFacts:
        """What the model file says of itself."""
        ...

    def start(self, batch: Batch) -> Job:
        """Begin computing a batch; pixels are normalised here, not by the caller.

        The batch may be reused as soon as this returns. Raises ModelError when the model does not
        take this size.
        """
        ...


class Adapter(Protocol):
    """The module of one backend."""

    def open_runtime(self, spec: ModelSpec, choice: RuntimeChoice) -> Runtime:
        """Load a model.

        Raises ModelError for a bad file, RuntimeUnavailableError for a choice impossible here.
        """
        ...

    def survey(self) -> Capability:
        """Return what the backend can do on this machine."""
        ...
