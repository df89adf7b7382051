"""A water network small enough to be written by hand: dark beside its reference is water."""

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vision.types import FrameSize
from vision.water.network import CELL_PX, WaterNetwork
from vision.weights import PixelScale, find_model

STEEPNESS = 30.0
"""Odds by the change of light, which is 0-1: a tenth darker is e to the third."""


@pytest.fixture(scope="session")
def tiny_spec(tmp_path_factory):
    """Six features, the means of both pictures' channels, and one answer: how much darker it is."""
    path = tmp_path_factory.mktemp("water") / "tiny.onnx"
    weight = np.array([-1, 1] * 3, np.float32).reshape(1, 6, 1, 1) * STEEPNESS / 3
    side = [CELL_PX, CELL_PX]
    constants = {
        "shape": np.array([0, 6, -1, 0], np.int64),
        "weight": weight,
        "bias": np.array([-3.0], np.float32),
    }
    nodes = [
        helper.make_node("Reshape", ["pictures", "shape"], ["both"]),
        helper.make_node("AveragePool", ["both"], ["features"], kernel_shape=side, strides=side),
        helper.make_node("Conv", ["features", "weight", "bias"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["water"]),
    ]
    entry = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, "h", "w"])
    exits = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", count, "r", "c"])
        for name, count in (("water", 1), ("features", 6))
    ]
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [entry], exits, kept)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return dataclasses.replace(
        find_model(str(path), {}),
        head="water",
        pixels=PixelScale("bgr", (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
        input_size=FrameSize(320, 384),
    )


@pytest.fixture(scope="session")
def tiny_network(tiny_spec):
    """Return it, loaded."""
    return WaterNetwork.open(tiny_spec)
