"""NanoDet's weights in the shape Ultralytics expects, so that its own `predict` runs them.

Ultralytics reads an ONNX file with one output, (1, 4 + classes, A) in pixels, and feeds RGB 0-1. So
pixel scaling goes in front of the network and box decoding behind it; the weights are untouched.
"""

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from vision.detector import NANODET_BINS, NANODET_STRIDES
from vision.types import FrameSize, Image
from vision.weights import ModelSpec

CLASSES = 80


class _Graph:
    """Nodes and constants being added to a network; every result gets a name of its own."""

    def __init__(self, prefix: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._names: Iterator[str] = (f"{prefix}_{number}" for number in count())

    def constant(self, values: npt.ArrayLike) -> str:
        """Add a constant and return its name."""
        name = next(self._names)
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, operation: str, *inputs: str, to: str = "", **attributes: int | list[int]) -> str:
        """Add a node with one output and return the output's name."""
        name = to or next(self._names)
        node = helper.make_node(operation, list(inputs), [name])
        node.attribute.extend(
            helper.make_attribute(key, value) for key, value in sorted(attributes.items())
        )
        self.nodes.append(node)
        return name


def predictor(spec: ModelSpec, size: FrameSize) -> Callable[[Image], None]:
    """Return a function that runs Ultralytics' `predict` on one picture, at our thresholds."""
    from ultralytics import YOLO

    folder = Path(tempfile.mkdtemp(prefix="gridpatrol-benchmark-"))
    path = folder / "nanodet_g_as_yolo.onnx"
    onnx.save(as_yolo(spec, size), path)
    model = YOLO(str(path), task="detect")
    wanted = [one.index for one in spec.classes]
    confidence = min(spec.thresholds.values())

    def predict(image: Image) -> None:
        model.predict(
            image,
            imgsz=(size.height, size.width),
            conf=confidence,
            iou=spec.nms_iou,
            classes=wanted,
            device="cpu",
            verbose=False,
        )

    return predict


def as_yolo(spec: ModelSpec, size: FrameSize, batch: int = 1) -> onnx.ModelProto:
    """Return the network of a NanoDet specification with a YOLO's input and output, of one size.

    batch: so many pictures at once, no more and no fewer.
    """
    core = onnx.load(spec.path)
    before, behind = _Graph("scale"), _Graph("decode")
    _scale_pixels(before, spec)
    _decode_boxes(behind, size)
    behind.constants += before.constants
    shape = [batch, 3, size.height, size.width]
    graph = helper.make_graph(
        [*before.nodes, *_renamed(core.graph.node), *behind.nodes],
        "nanodet_as_yolo",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch, 4 + CLASSES, None])],
        [*core.graph.initializer, *behind.constants],
    )
    model = helper.make_model(graph, opset_imports=core.opset_import, ir_version=core.ir_version)
    labels = {index: f"class {index}" for index in range(CLASSES)}
    labels |= {one.index: one.label for one in spec.classes}
    facts = {"task": "detect", "stride": "32", "batch": str(batch), "names": str(labels)}
    facts["imgsz"] = str([size.height, size.width])
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    return model


def _renamed(nodes: Iterator[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Yield the network's nodes, reading scaled pixels where they read pictures."""
    for node in nodes:
        node.input[:] = ["scaled" if name == "images" else name for name in node.input]
        yield node


def _scale_pixels(graph: _Graph, spec: ModelSpec) -> None:
    """Turn RGB 0-1 into what the network was trained on."""
    pixels, shape = spec.pixels, (1, 3, 1, 1)
    picture = "images"
    if pixels.order == "bgr":
        picture = graph.add("Gather", picture, graph.constant(np.array([2, 1, 0])), axis=1)
    std, mean = np.array(pixels.std, np.float32), np.array(pixels.mean, np.float32)
    stretched = graph.add("Mul", picture, graph.constant((255 / std).reshape(shape)))
    graph.add("Sub", stretched, graph.constant((mean / std).reshape(shape)), to="scaled")


def _decode_boxes(graph: _Graph, size: FrameSize) -> None:
    """Turn scores and distance distributions into (1, 4 + classes, A): centre and sides, pixels."""
    scores = graph.add("Concat", *(f"cls{stride}" for stride in NANODET_STRIDES), axis=1)
    logits = graph.add("Concat", *(f"dist{stride}" for stride in NANODET_STRIDES), axis=1)
    by_side = graph.add("Reshape", logits, graph.constant(np.array([0, -1, 4, NANODET_BINS])))
    weights = graph.add("Softmax", by_side, axis=3)
    bins = graph.constant(np.arange(NANODET_BINS, dtype=np.float32).reshape(NANODET_BINS, 1))
    steps = graph.add("Squeeze", graph.add("MatMul", weights, bins), graph.constant(np.array([3])))
    centres, strides = _cells(size)
    reach = graph.add("Mul", steps, graph.constant(strides))
    start, end = graph.constant(np.array([0])), graph.constant(np.array([2]))
    last, axis = graph.constant(np.array([4])), graph.constant(np.array([2]))
    cell = graph.constant(centres)
    top_left = graph.add("Sub", cell, graph.add("Slice", reach, start, end, axis))
    bottom_right = graph.add("Add", cell, graph.add("Slice", reach, end, last, axis))
    half = graph.constant(np.float32(0.5))
    centre = graph.add("Mul", graph.add("Add", top_left, bottom_right), half)
    sides = graph.add("Sub", bottom_right, top_left)
    rows = graph.add("Concat", centre, sides, scores, axis=2)
    graph.add("Transpose", rows, to="output0", perm=[0, 2, 1])


def _cells(size: FrameSize) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return each cell's centre (1, A, 2) and stride (1, A, 1), pixels, over all three grids."""
    centres, strides = [], []
    for stride in NANODET_STRIDES:
        row, column = np.mgrid[: size.height // stride, : size.width // stride]
        cells = np.stack([column.ravel(), row.ravel()], axis=1)
        centres.append((cells + 0.5) * stride)
        strides.append(np.full((len(cells), 1), stride))
    return (
        np.concatenate(centres)[None].astype(np.float32),
        np.concatenate(strides)[None].astype(np.float32),
    )
