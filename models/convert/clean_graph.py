"""From NanoDet's TensorFlow.js graph to a clean ONNX graph: NCHW, any batch, any height and width.

The source came from PyTorch by way of ONNX and TensorFlow, which left its marks: explicit padding
nodes, a transposition before and after every convolution, resizing to fixed pixel counts, reshaping
to a batch of one. Here padding goes into the convolutions, biases too, transpositions of pictures
vanish, resizing becomes a factor of two, and reshaping keeps the batch. Weights stay float16, as
they are in the source, with a cast that runtimes fold away when they load the model: nothing is
rounded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.convert.tfjs import GraphModel, Node

OUTPUTS: Final = {
    "Identity": "cls8",
    "Identity_1": "cls16",
    "Identity_2": "cls32",
    "Identity_3": "dist8",
    "Identity_4": "dist16",
    "Identity_5": "dist32",
}
"""TensorFlow's name of each output → ours: class scores and side distances at strides 8, 16, 32."""

CLASSES: Final = 80
DISTANCES: Final = 44
INPUT_SIDE: Final = 416
OPSET: Final = 17
IR_VERSION: Final = 8

NUMBERS_BEFORE: Final = {
    "Conv2D": 2,
    "MaxPool": 1,
    "Pad": 1,
    "PadV2": 2,
    "ResizeBilinear": 7,
    "Reshape": 1,
    "SplitV": 1,
}
NUMBERS_AFTER: Final = {"Conv2D": 1, "MaxPool": 1, "ResizeBilinear": 1}
"""How many tensors a word-by-word translation of an operation makes before and after its result.

Tensors are numbered as that translation would number them, because that is how the tensors of the
file in use got their names: so the outcome can be compared with it by sha256.
"""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the new graph. side: its height and width at an input of INPUT_SIDE, pixels.

    pads: top, left, bottom, right, still to be put into the operation that reads it.
    """

    name: str
    side: int = 0
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)


def clean_graph(source: GraphModel) -> onnx.ModelProto:
    """Return the ONNX model; raises ValueError for a graph of another make."""
    model = _Translation(source).model()
    onnx.checker.check_model(model, full_check=True)
    return model


class _Translation:
    """The state of one translation: depth first from the outputs, each node once."""

    def __init__(self, source: GraphModel) -> None:
        self._source = source
        self._built: dict[str, tuple[Value, ...]] = {}
        self._number = 0
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []
        self._casts: list[onnx.NodeProto] = []
        self._operations: Mapping[str, Callable[[Node], tuple[Value, ...]]] = {
            "Add": self._add,
            "AddV2": self._shape_arithmetic,
            "ConcatV2": self._concat,
            "Const": self._shape_arithmetic,
            "Conv2D": self._convolution,
            "LeakyRelu": self._leaky_relu,
            "MaxPool": self._max_pool,
            "Pad": self._pad,
            "PadV2": self._pad,
            "Placeholder": lambda _: (Value("images", INPUT_SIDE),),
            "Reshape": self._reshape,
            "ResizeBilinear": self._resize,
            "Sigmoid": self._sigmoid,
            "SparseToDense": self._shape_arithmetic,
            "SplitV": self._split,
            "Transpose": self._transpose,
        }

    def model(self) -> onnx.ModelProto:
        """Translate everything the outputs need."""
        self._constant("one2", np.array([1, 1, 2, 2], np.float32))
        self._constant("shp80", np.array([0, CLASSES, -1], np.int64))
        self._constant("shp44", np.array([0, DISTANCES, -1], np.int64))
        last = {
            self._value(self._source.nodes[theirs].inputs[0]).name: ours
            for theirs, ours in OUTPUTS.items()
        }
        for node in self._nodes:
            node.output[:] = [last.get(name, name) for name in node.output]
        graph = helper.make_graph(
            self._casts + self._nodes,
            "nanodet_g",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])],
            [_output_info(name) for name in OUTPUTS.values()],
            self._tensors,
        )
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)

    def _value(self, reference: str) -> Value:
        """Return the tensor that "node" or "node:output" refers to, built first if need be."""
        name, _, output = reference.partition(":")
        if name not in self._built:
            node = self._source.nodes[name]
            if node.operation not in self._operations:
                raise ValueError(f"{name}: no translation of {node.operation}")
            self._built[name] = self._operations[node.operation](node)
        return self._built[name][int(output or 0)]

    def _take_number(self, operation: str) -> int:
        """Return the number of an operation's result, counting what comes before and after it."""
        number = self._number + NUMBERS_BEFORE.get(operation, 0) + 1
        self._number = number + NUMBERS_AFTER.get(operation, 0)
        return number

    def _constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _weight(self, name: str, values: npt.NDArray[np.float32]) -> str:
        """Store weights as float16 with a cast; raises ValueError if that would round them."""
        brief = values.astype(np.float16)
        if not np.array_equal(brief.astype(np.float32), values):
            raise ValueError(f"{name} does not fit into float16")
        stored = self._constant(f"{name}16", brief)
        self._casts.append(
            helper.make_node("Cast", [stored], [name], f"{name}_c", to=TensorProto.FLOAT)
        )
        return name

    def _pad(self, node: Node) -> tuple[Value, ...]:
        value = self._value(node.inputs[0])
        self._take_number(node.operation)
        (_, _, (top, bottom), (left, right)) = self._source.weights[node.inputs[1]]
        return (replace(value, pads=(int(top), int(left), int(bottom), int(right))),)

    def _transpose(self, node: Node) -> tuple[Value, ...]:
        """Drop transpositions of pictures, which only say how memory is laid out; keep the rest."""
        value = self._value(node.inputs[0])
        number = self._take_number("Transpose")
        order = [int(axis) for axis in self._source.weights[node.inputs[1]]]
        if len(order) == 4:
            return (value,)
        name = f"Transpose_{number}"
        self._nodes.append(helper.make_node("Transpose", [value.name], [name], name, perm=order))
        return (Value(name),)

    def _convolution(self, node: Node) -> tuple[Value, ...]:
        """Name the result; `_add` makes the node, once the bias is known."""
        value = self._value(node.inputs[0])
        if node.text("padding") != "VALID" or node.text("data_format") != "NHWC":
            raise ValueError(f"{node.name}: unexpected padding or layout")
        kernel = self._source.weights[node.inputs[1]].shape[0]
        side = _shrunk(value, kernel, node.integers("strides")[1])
        return (Value(f"Conv_{self._take_number('Conv2D')}", side),)

    def _add(self, node: Node) -> tuple[Value, ...]:
        left, right = (self._source.nodes[name] for name in node.inputs)
        first, second = self._value(left.name), self._value(right.name)
        number = self._take_number("Add")
        if right.operation == "Const":
            self._make_convolution(left, first.name, self._source.weights[right.name].reshape(-1))
            return (first,)
        name = f"Add_{number}"
        self._nodes.append(helper.make_node("Add", [first.name, second.name], [name], name))
        return (replace(first, name=name),)

    def _make_convolution(self, node: Node, name: str, bias: npt.NDArray[np.generic]) -> None:
        value = self._value(node.inputs[0])
        weight = self._source.weights[node.inputs[1]].transpose(3, 2, 0, 1).astype(np.float32)
        inputs = [value.name, self._weight(f"{name}_w", weight), self._constant(f"{name}_b", bias)]
        self._nodes.append(
            helper.make_node(
                "Conv",
                inputs,
                [name],
                name,
                kernel_shape=weight.shape[2:],
                strides=node.integers("strides")[1:3],
                dilations=node.integers("dilations")[1:3],
                group=1,
                pads=value.pads,
            )
        )

    def _max_pool(self, node: Node) -> tuple[Value, ...]:
        value = self._value(node.inputs[0])
        name = f"MaxPool_{self._take_number('MaxPool')}"
        kernel, strides = node.integers("ksize")[1:3], node.integers("strides")[1:3]
        self._nodes.append(
            helper.make_node(
                "MaxPool",
                [value.name],
                [name],
                name,
                kernel_shape=kernel,
                strides=strides,
                pads=value.pads,
            )
        )
        return (Value(name, _shrunk(value, kernel[0], strides[0])),)

    def _leaky_relu(self, node: Node) -> tuple[Value, ...]:
        value = self._value(node.inputs[0])
        name = f"LeakyRelu_{self._take_number('LeakyRelu')}"
        self._nodes.append(
            helper.make_node("LeakyRelu", [value.name], [name], name, alpha=node.number("alpha"))
        )
        return (replace(value, name=name),)

    def _concat(self, node: Node) -> tuple[Value, ...]:
        values = [self._value(reference) for reference in node.inputs[:-1]]
        name = f"Concat_{self._take_number('ConcatV2')}"
        inputs = [value.name for value in values]
        self._nodes.append(helper.make_node("Concat", inputs, [name], name, axis=1))
        return (replace(values[0], name=name),)

    def _resize(self, node: Node) -> tuple[Value, ...]:
        """Make a doubling, or a halving, which with pixel centres at the half is a mean of four."""
        value = self._value(node.inputs[0])
        name = f"Resize_{self._take_number('ResizeBilinear')}"
        side = int(self._source.weights[node.inputs[1]][0])
        if not node.flag("half_pixel_centers") or value.side not in (2 * side, side // 2):
            raise ValueError(f"{node.name}: neither a doubling nor a halving")
        if side > value.side:
            entry = helper.make_node(
                "Resize",
                [value.name, "", "one2"],
                [name],
                name,
                mode="linear",
                coordinate_transformation_mode="half_pixel",
            )
        else:
            entry = helper.make_node(
                "AveragePool", [value.name], [name], name, kernel_shape=[2, 2], strides=[2, 2]
            )
        self._nodes.append(entry)
        return (Value(name, side),)

    def _split(self, node: Node) -> tuple[Value, ...]:
        value = self._value(node.inputs[0])
        first = self._take_number("SplitV")
        names = [f"Split_{first}", f"Split_{self._take_number('')}"]
        sizes = self._constant(
            f"{names[0]}_s", self._source.weights[node.inputs[1]].astype(np.int64)
        )
        self._nodes.append(helper.make_node("Split", [value.name, sizes], names, names[0], axis=1))
        return tuple(Value(name) for name in names)

    def _sigmoid(self, node: Node) -> tuple[Value, ...]:
        value = self._value(node.inputs[0])
        name = f"Sigmoid_{self._take_number('Sigmoid')}"
        self._nodes.append(helper.make_node("Sigmoid", [value.name], [name], name))
        return (Value(name),)

    def _reshape(self, node: Node) -> tuple[Value, ...]:
        """Flatten height and width; the batch, fixed to one in the source, is kept as it comes."""
        value = self._value(node.inputs[0])
        self._value(node.inputs[1])
        name = f"Reshape_{self._take_number('Reshape')}"
        shape = "shp80" if value.name.startswith("Sigmoid") else "shp44"
        self._nodes.append(helper.make_node("Reshape", [value.name, shape], [name], name))
        return (Value(name),)

    def _shape_arithmetic(self, node: Node) -> tuple[Value, ...]:
        """Count a constant, or the sum that gave a fixed shape; nothing of it is kept."""
        if node.operation == "AddV2":
            for reference in node.inputs:
                self._value(reference)
        self._take_number(node.operation)
        return (Value(""),)


def _shrunk(value: Value, kernel: int, stride: int) -> int:
    """Return the side of what a kernel makes of a padded tensor."""
    top, _, bottom, _ = value.pads
    return (value.side + top + bottom - kernel) // stride + 1


def _output_info(name: str) -> onnx.ValueInfoProto:
    kind, stride = name.rstrip("0123456789"), name.lstrip("clsdit")
    width = CLASSES if kind == "cls" else DISTANCES
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", f"a{stride}", width])
