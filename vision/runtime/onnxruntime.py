"""ONNX Runtime: processors without OpenVINO, and NVIDIA by CUDA or TensorRT.

The NVIDIA providers come with the `nvidia` extra. They are unmeasured: the tests exercise their
options and the way pictures reach them, on the processor's provider.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state

from vision.errors import ModelError, RuntimeUnavailableError
from vision.runtime.contract import (
    Batch,
    Capability,
    ModelFacts,
    Outputs,
    Result,
    RuntimeChoice,
)
from vision.runtime.metadata import labels_from_text
from vision.types import FrameSize
from vision.weights import ModelSpec, PixelScale, class_span

Provider: TypeAlias = tuple[str, dict[str, str]]
"""A provider's name and its options."""

PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
PRECISIONS: Final = {"cpu": ("f32",), "cuda": ("f32",), "tensorrt": ("f32", "f16")}

IN_FLIGHT: Final = 2
"""One job computing, one waiting: the session's own threads already spread a job over all cores."""

OPTIMAL_BATCH: Final = 4
LARGEST_BATCH: Final = 16
"""Batches that a TensorRT engine of a network without fixed shape is tuned for and takes; any other
shape would have it built anew, which takes minutes."""

LOAD_ERRORS: Final[tuple[type[Exception], ...]] = tuple(
    kind
    for kind in vars(onnxruntime_pybind11_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
)
"""ONNX Runtime's exceptions; they share no base of their own."""


def survey() -> Capability:
    """Return what ONNX Runtime can do on this machine."""
    offered = ort.get_available_providers()
    devices = tuple(ours for ours, theirs in PROVIDERS.items() if theirs in offered)
    note = "CUDA and TensorRT need a working NVIDIA driver" if "cuda" in devices else ""
    return Capability("onnxruntime", ort.__version__, devices, ("f32",), note)


def open_runtime(spec: ModelSpec, choice: RuntimeChoice) -> "OnnxRuntime":
    """Load an ONNX file.

    Raises ModelError when it cannot be read, RuntimeUnavailableError when the device or the
    precision asked for is missing.
    """
    device = "cpu" if choice.device == "auto" else choice.device
    precision = "f32" if choice.precision == "auto" else choice.precision
    if PROVIDERS.get(device) not in ort.get_available_providers():
        raise RuntimeUnavailableError(
            f"ONNX Runtime here has no {device} provider; NVIDIA's come with gridpatrol[nvidia]"
        )
    if precision not in PRECISIONS[device]:
        raise RuntimeUnavailableError(f"ONNX Runtime does not compute in {precision} on {device}")
    session = _load(spec.path, [(PROVIDERS["cpu"], {})])
    if device == "cpu":
        return OnnxRuntime(session, spec, device, precision)
    entry = _picture_input(session, spec.path)
    session = _load(spec.path, nvidia_providers(entry, spec.input_size, choice))
    if session.get_providers()[0] != PROVIDERS[device]:
        raise RuntimeUnavailableError(
            f"the {device} provider of ONNX Runtime did not start; check the driver with nvidia-smi"
        )
    return OnnxRuntime(session, spec, device, precision, DeviceInputs("cuda"))


class DeviceInputs:
    """Input tensors that stay allocated on a device, each for one run at a time.

    Bound this way, a run allocates nothing there and copies its pictures once. device: "cuda", or
    "cpu", where it is of no use but can be tried.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._idle: dict[tuple[int, ...], deque[ort.OrtValue]] = {}

    def take(self, blob: npt.NDArray[np.float32]) -> ort.OrtValue:
        """Return a tensor filled with a blob; the blob may be reused at once."""
        try:
            value = self._idle.setdefault(blob.shape, deque()).popleft()
        except IndexError:
            shape = list(blob.shape)
            value = ort.OrtValue.ortvalue_from_shape_and_type(shape, np.float32, self._device, 0)
        value.update_inplace(blob)
        return value

    def give_back(self, value: ort.OrtValue) -> None:
        """Free a tensor for another run."""
        self._idle[tuple(value.shape())].append(value)


class OnnxJob:
    """One run in progress on the session's own threads. release: called once it is over."""

    __slots__ = ("_done", "_release", "_score_outputs", "_span")

    def __init__(self, spec: ModelSpec, release: Callable[[], None]) -> None:
        self._release = release
        self._score_outputs = spec.score_outputs
        self._span = class_span(spec.classes) if spec.score_outputs else slice(None)
        self._done: Future[list[npt.NDArray[np.float32]]] = Future()

    def finish(self, outputs: list[npt.NDArray[Any]], _: object, error: str) -> None:
        """Take the answer; ONNX Runtime calls this from its own thread."""
        self._release()
        if error:
            self._done.set_exception(ModelError(f"the model failed on a picture: {error}"))
        else:
            self._done.set_result([np.asarray(out, dtype=np.float32) for out in outputs])

    def read(self, reader: Callable[[Outputs], Result]) -> list[Result]:
        """See `Job.read`."""
        outputs = self._done.result()
        for number in range(self._score_outputs):
            outputs[number] = outputs[number][..., self._span]
        return [reader(picture) for picture in zip(*outputs, strict=True)]


class OnnxRuntime:
    """A model on ONNX Runtime. See `Runtime`."""

    backend = "onnxruntime"
    in_flight = IN_FLIGHT

    def __init__(
        self,
        session: ort.InferenceSession,
        spec: ModelSpec,
        device: str,
        precision: str,
        inputs: DeviceInputs | None = None,
    ) -> None:
        """Take a loaded session; inputs: where its device has memory of its own."""
        self.device = device
        self.batch = 1 if device == "cpu" else OPTIMAL_BATCH
        self._inputs = inputs
        self.precision = precision
        self._session = session
        self._spec = spec
        self._input = _picture_input(session, spec.path)
        self._pixels = _blob_params(spec.pixels)
        self.facts = _facts(session, self._input)

    def start(self, batch: Batch) -> OnnxJob:
        """See `Runtime.start`."""
        blob = np.asarray(
            cv2.dnn.blobFromImagesWithParams(list(batch), self._pixels), dtype=np.float32
        )
        self._check_shape(blob.shape)
        if self._inputs is None:
            return self._run(blob, lambda: None)
        value = self._inputs.take(blob)
        return self._run(value, partial(self._inputs.give_back, value))

    def _run(
        self, value: npt.NDArray[np.float32] | ort.OrtValue, release: Callable[[], None]
    ) -> OnnxJob:
        job = OnnxJob(self._spec, release)
        self._session.run_async(None, {self._input.name: value}, job.finish, None)
        return job

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ModelError for a batch that a graph of fixed shape does not take."""
        wrong = [
            (want, have)
            for want, have in zip(self._input.shape, shape, strict=True)
            if isinstance(want, int) and want != have
        ]
        if wrong:
            raise ModelError(f"the model takes pictures {self._input.shape}, not {list(shape)}")


def nvidia_providers(entry: ort.NodeArg, size: FrameSize, choice: RuntimeChoice) -> list[Provider]:
    """Return providers and their options, in order of preference.

    What TensorRT cannot take of a network is left to CUDA. Its engines are kept in `cache_dir`,
    and serve every batch up to LARGEST_BATCH where the network's shape is not fixed.
    """
    cuda: Provider = (PROVIDERS["cuda"], {"device_id": "0"})
    if choice.device != "tensorrt":
        return [cuda]
    options = {"device_id": "0", "trt_fp16_enable": str(int(choice.precision == "f16"))}
    if choice.cache_dir is not None:
        for kept in ("trt_engine_cache", "trt_timing_cache"):
            options |= {f"{kept}_enable": "1", f"{kept}_path": str(choice.cache_dir)}
    if not all(isinstance(side, int) for side in entry.shape):
        batches = {"min": 1, "opt": OPTIMAL_BATCH, "max": LARGEST_BATCH}
        sides = f"3x{size.height}x{size.width}"
        options |= {
            f"trt_profile_{bound}_shapes": f"{entry.name}:{batch}x{sides}"
            for bound, batch in batches.items()
        }
    return [(PROVIDERS["tensorrt"], options), cuda]


def _load(path: Path, providers: list[Provider]) -> ort.InferenceSession:
    """Return a session; at least two threads, since asynchronous runs need one to run on."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = max(2, len(os.sched_getaffinity(0)))
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=providers)
    except LOAD_ERRORS as error:
        raise ModelError(f"{path} cannot be read as a model: {error}") from error


def _picture_input(session: ort.InferenceSession, path: Path) -> ort.NodeArg:
    """Return the one input of a picture detector, [n, 3, h, w]."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] not in (3, None):
        shapes = [entry.shape for entry in inputs]
        raise ModelError(f"{path} is not a picture detector: its input is {shapes}, not [n,3,h,w]")
    return inputs[0]


def _blob_params(pixels: PixelScale) -> cv2.dnn.Image2BlobParams:
    """Return OpenCV's one-pass conversion to float NCHW, twice as fast as NumPy's."""
    params = cv2.dnn.Image2BlobParams()
    params.ddepth = cv2.CV_32F
    params.swapRB = pixels.order == "rgb"
    params.mean = (*pixels.mean, 0.0)
    params.scalefactor = (*(1.0 / std for std in pixels.std), 1.0)
    return params


def _facts(session: ort.InferenceSession, entry: ort.NodeArg) -> ModelFacts:
    """Return what the file says of itself."""
    names = session.get_modelmeta().custom_metadata_map.get("names")
    height, width = entry.shape[2:]
    fixed = isinstance(height, int) and isinstance(width, int)
    return ModelFacts(
        labels_from_text(names) if names else {}, FrameSize(width, height) if fixed else None
    )
