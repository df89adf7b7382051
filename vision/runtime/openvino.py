"""OpenVINO, the default on processors: asynchronous, throughput mode, normalisation in the graph.

A batch is computed in requests of BATCH pictures and what is left over one by one, each a graph of
fixed shape, 5-10 % faster than a dynamic one; files exported for a batch of one work as they are,
picture by picture. Pictures come scaled, in BGR: FFmpeg scales and converts 640x360 to the
default model's input in 0.4 CPU-ms, the same steps in the graph, from the decoder's own three
planes, cost 2 to 3.
"""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import openvino as ov
from openvino import opset13 as opset
from openvino.frontend import (
    FrontEndManager,
    GeneralFailure,
    InitializationFailure,
    NotImplementedFailure,
    OpConversionFailure,
    OpValidationFailure,
)
from openvino.preprocess import ColorFormat, PrePostProcessor

from vision.errors import ModelError, RuntimeUnavailableError
from vision.runtime.contract import (
    Batch,
    Capability,
    ModelFacts,
    Outputs,
    Result,
    RuntimeChoice,
)
from vision.runtime.metadata import labels_beside, labels_from_text
from vision.types import FrameSize, Image
from vision.weights import ModelSpec, class_span

DEVICES: Final = {"auto": "CPU", "cpu": "CPU", "gpu": "GPU"}
PRECISIONS: Final = {"BF16": "bf16", "FP16": "f16", "FP32": "f32", "INT8": "int8"}

WORTHWHILE_GAIN: Final = 1.25
"""A shorter precision is taken when it is this many times cheaper: with bf16 instructions bf16 is
2.7-3.4 times cheaper than f32, and where it is emulated it gains nothing and costs up to two points
of recall. Where there is no bf16, int8 is 1.6 times cheaper (AVX2) to 2.3 times (with VNNI) and
loses some boxes (the card); beside bf16 on tiles it gains nothing."""

BATCH: Final = 4
"""Pictures in one request where so many come at once and the file takes them: 5-14 % less processor
time in bf16 than one by one (416x256 and 640x384, two cores), neither gain nor loss in f32."""

TRIAL_RUNS: Final = 5

READ_ERRORS: Final = (
    RuntimeError,
    GeneralFailure,
    InitializationFailure,
    NotImplementedFailure,
    OpConversionFailure,
    OpValidationFailure,
)
"""What OpenVINO raises for a file it cannot read; its readers' failures share no base."""


def survey() -> Capability:
    """Return what OpenVINO can do on this machine."""
    core = ov.Core()
    found = {name.split(".")[0] for name in core.available_devices}
    native = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") if "CPU" in found else []
    return Capability(
        backend="openvino",
        version=ov.__version__.split("-")[0],
        devices=tuple(
            ours for ours, theirs in DEVICES.items() if theirs in found and ours != "auto"
        ),
        precisions=tuple(ours for theirs, ours in PRECISIONS.items() if theirs in native),
        note=str(core.get_property("CPU", "FULL_DEVICE_NAME"))
        if "CPU" in found
        else "no CPU plugin",
    )


def open_runtime(spec: ModelSpec, choice: RuntimeChoice) -> "OpenVinoRuntime":
    """Load an ONNX file or an OpenVINO pair.

    Raises ModelError when the file cannot be read, RuntimeUnavailableError when the device asked
    for is missing.
    """
    core = ov.Core()
    device = DEVICES.get(choice.device)
    if device is None or not any(name.startswith(device) for name in core.available_devices):
        raise RuntimeUnavailableError(
            f"OpenVINO has no device {choice.device} here, only {', '.join(core.available_devices)}"
        )
    if choice.precision == "int8" and (spec.int8 is None or device != "CPU"):
        raise RuntimeUnavailableError(
            f"model {spec.name} has no int8 weights for {device}; take another precision"
        )
    network = _Network(core, device, _read(core, spec.path), spec)
    size = _fixed_size(network.model) or spec.input_size
    precision = choice.precision if choice.precision != "auto" else network.best_precision(size)
    return OpenVinoRuntime(network, precision, _facts(network.model, spec.path), size)


class OpenVinoJob:
    """The pictures of one batch, in the requests they were parted into."""

    __slots__ = ("_lanes",)

    def __init__(self, lanes: list[tuple["_Pool", "_Lane"]]) -> None:
        self._lanes = lanes

    def read(self, reader: Callable[[Outputs], Result]) -> list[Result]:
        """See `Job.read`; each lane is free for another picture once its answer is read."""
        results: list[Result] = []
        for pool, lane in self._lanes:
            lane.request.wait()
            results += map(reader, lane.outputs)
            pool.idle.append(lane)
        return results


class OpenVinoRuntime:
    """A model on OpenVINO, compiled once for each picture size it meets. See `Runtime`."""

    backend = "openvino"

    def __init__(
        self, network: "_Network", precision: str, facts: ModelFacts, size: FrameSize
    ) -> None:
        self.device = network.device.lower()
        self.precision = precision
        self.facts = facts
        self._network = network
        self._pools = {(size, 1): _Pool(network.compile(size, precision))}
        self.in_flight = self._pools[size, 1].streams
        self.batch = BATCH if network.takes_batches and precision == "bf16" else 1

    def start(self, batch: Batch) -> OpenVinoJob:
        """See `Runtime.start`."""
        height, width = batch[0].shape[:2]
        size = FrameSize(width, height)
        together = len(batch) - len(batch) % self.batch if self.batch > 1 else 0
        parts = [batch[at : at + self.batch] for at in range(0, together, self.batch)]
        parts += [[picture] for picture in batch[together:]]
        pools = [self._pool(size, len(part)) for part in parts]
        return OpenVinoJob(
            [(pool, pool.start(part)) for pool, part in zip(pools, parts, strict=True)]
        )

    def compiled(self, size: FrameSize, batch: int = 1) -> ov.CompiledModel:
        """Return OpenVINO's own handle of the model at one size, to measure this class against.

        batch: pictures in one request; ModelError where the file does not take so many.
        """
        return self._pool(size, batch).compiled

    def _pool(self, size: FrameSize, batch: int) -> "_Pool":
        """Return the model for pictures of one size, so many at once; compiled when first met.

        A file fixed to one size is refused others: its anchors are fixed too.
        """
        known = self._pools.get((size, batch))
        if known is not None:
            return known
        fixed = self.facts.input_size
        if fixed not in (None, size):
            raise ModelError(f"the model takes pictures of {fixed}, not {size}")
        pool = _Pool(self._network.compile(size, self.precision, batch))
        self._pools[size, batch] = pool
        return pool


class _Lane:
    """A request with views of its own memory, which stays where it is while shapes are fixed.

    Pixels are copied in: sharing the caller's array crashed OpenVINO 2026.4 once that was gone.
    """

    __slots__ = ("outputs", "pixels", "request")

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self.request = compiled.create_infer_request()
        pixels = self.request.get_input_tensor().data
        tensors = [tensor.data for tensor in self.request.output_tensors]
        self.pixels: list[Image] = list(pixels)
        self.outputs: list[Outputs] = [
            tuple(tensor[row] for tensor in tensors) for row in range(len(pixels))
        ]


class _Pool:
    """A compiled model and its free lanes; a deque makes taking and giving atomic."""

    __slots__ = ("compiled", "idle", "streams")

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self.compiled = compiled
        self.streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self.idle: deque[_Lane] = deque()

    def start(self, pictures: Batch) -> _Lane:
        """Start as many pictures as this was compiled for and return their lane."""
        try:
            lane = self.idle.popleft()
        except IndexError:
            lane = _Lane(self.compiled)
        for pixels, picture in zip(lane.pixels, pictures, strict=True):
            pixels[:] = picture
        lane.request.start_async()
        return lane


class _Network:
    """A network as read, from which a compiled one is made for each picture size."""

    def __init__(self, core: ov.Core, device: str, model: ov.Model, spec: ModelSpec) -> None:
        self.device = device
        self.model = model
        self._core = core
        self._spec = spec

    @property
    def takes_batches(self) -> bool:
        """Whether the file leaves open how many pictures it is given at once."""
        return bool(self.model.inputs[0].partial_shape[0].is_dynamic)

    def compile(self, size: FrameSize, precision: str, batch: int = 1) -> ov.CompiledModel:
        """Return the network compiled for uint8 pictures [batch, height, width, 3] BGR."""
        model, computed = self.model, precision
        if precision == "int8" and self._spec.int8:
            model, computed = _read(self._core, self._spec.int8.path), "f32"
        hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": computed}
        try:
            ready = self._with_pixels(model, size, batch)
            return self._core.compile_model(ready, self.device, hints)
        except RuntimeError as error:
            raise ModelError(
                f"the model cannot be compiled for {size.width}x{size.height} in {precision} "
                f"on {self.device}: {_last_line(error)}"
            ) from error

    def best_precision(self, size: FrameSize) -> str:
        """Return f32, or bf16 or int8 where a processor computes it cheaper by WORTHWHILE_GAIN.

        What a processor says it has and then does not compile is passed over. Graphics take f16,
        which they all compute natively.
        """
        if self.device != "CPU":
            return "f16"
        has_bf16 = "BF16" in self._core.get_property(self.device, "OPTIMIZATION_CAPABILITIES")
        shorter = (("bf16", has_bf16), ("int8", self._spec.int8 is not None))
        best, cost_s = "f32", _cost_s(self.compile(size, "f32"))
        for precision in (name for name, is_there in shorter if is_there):
            try:
                less_s = _cost_s(self.compile(size, precision))
            except ModelError:
                continue
            if cost_s >= WORTHWHILE_GAIN * less_s:
                best, cost_s = precision, less_s
        return best

    def _with_pixels(self, network: ov.Model, size: FrameSize, batch: int) -> ov.Model:
        """Return a copy of a network that takes camera pixels and answers with what is read."""
        model = network.clone()
        model.reshape([batch, 3, size.height, size.width])
        builder = PrePostProcessor(model)
        entry = builder.input()
        entry.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        entry.tensor().set_color_format(ColorFormat.BGR)
        entry.model().set_layout(ov.Layout("NCHW"))
        steps = entry.preprocess().convert_element_type(ov.Type.f32)
        pixels = self._spec.pixels
        if pixels.order == "rgb":
            steps = steps.convert_color(ColorFormat.RGB)
        steps.mean(list(pixels.mean)).scale(list(pixels.std))
        for number in range(self._spec.score_outputs):
            builder.output(number).postprocess().custom(self._cut_to_classes)
        return builder.build()

    def _cut_to_classes(self, scores: ov.Output) -> ov.Output:
        """Add a slice of the last axis to the classes that count."""
        span = class_span(self._spec.classes)
        return opset.slice(scores, [span.start], [span.stop], [1], [-1]).output(0)


def _read(core: ov.Core, path: Path) -> ov.Model:
    """Return the network in a file.

    An ONNX file goes straight to the ONNX reader: asked in general, OpenVINO tries every reader it
    has on a damaged file and prints their complaints.
    """
    try:
        if path.suffix.lower() == ".onnx":
            onnx = FrontEndManager().load_by_framework("onnx")
            model = onnx.convert(onnx.load(str(path)))
        else:
            model = core.read_model(path)
    except READ_ERRORS as error:
        raise ModelError(f"{path} cannot be read as a model: {_last_line(error)}") from error
    if not model.inputs:
        raise ModelError(f"{path} cannot be read as a model: there is no network in it")
    shape = model.inputs[0].partial_shape if len(model.inputs) == 1 else ov.PartialShape([])
    if len(shape) != 4 or not shape[1].relaxes(ov.Dimension(3)):
        raise ModelError(f"{path} is not a picture detector: its input is {shape}, not [n,3,h,w]")
    return model


def _fixed_size(model: ov.Model) -> FrameSize | None:
    """Return the one picture size a network is fixed to, None when it takes any."""
    shape = model.inputs[0].partial_shape
    if shape[2].is_dynamic or shape[3].is_dynamic:
        return None
    return FrameSize(shape[3].get_length(), shape[2].get_length())


def _facts(model: ov.Model, path: Path) -> ModelFacts:
    """Return what the file says of itself: ONNX properties, or a `metadata.yaml` beside it."""
    if path.suffix.lower() == ".xml":
        labels = labels_beside(path)
    elif model.has_rt_info(["framework", "names"]):
        labels = labels_from_text(model.get_rt_info(["framework", "names"]).astype(str))
    else:
        labels = {}
    return ModelFacts(labels, _fixed_size(model))


def _cost_s(compiled: ov.CompiledModel) -> float:
    """Return the processor time of the cheapest of a few runs on a blank picture.

    Not the time taken: on a busy machine that says more of the neighbours than of the precision.
    """
    request = compiled.create_infer_request()
    request.infer()
    costs = []
    for _ in range(TRIAL_RUNS):
        before = time.process_time()
        request.infer()
        costs.append(time.process_time() - before)
    return min(costs)


def _last_line(error: Exception) -> str:
    """Return the telling end of OpenVINO's many-line messages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else repr(error)
