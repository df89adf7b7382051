"""Reading TensorFlow.js graphs; the whole conversion is checked by its own command."""

import base64
import json

import numpy as np
import pytest

from models.convert.clean_graph import clean_graph
from models.convert.tfjs import read_graph_model


def document(nodes, weights):
    return json.dumps(
        {
            "modelTopology": {"node": nodes},
            "weightsManifest": [{"paths": ["model.bin"], "weights": weights}],
        }
    ).encode()


WEIGHTS = [
    {"name": "kernel", "shape": [2, 2], "dtype": "float32", "quantization": {"dtype": "float16"}},
    {"name": "sides", "shape": [], "dtype": "int32"},
]
BLOB = np.float16([1, 0.5, -2, 65504]).tobytes() + np.int32(7).tobytes()


def test_weights_follow_each_other():
    model = read_graph_model(document([], WEIGHTS), BLOB)
    assert model.weights["kernel"].dtype == np.float32
    assert model.weights["kernel"].tolist() == [[1.0, 0.5], [-2.0, 65504.0]]
    assert model.weights["sides"].tolist() == 7


def test_bytes_that_belong_to_nothing():
    with pytest.raises(ValueError, match="3 bytes of the weights belong to no tensor"):
        read_graph_model(document([], WEIGHTS), BLOB + b"abc")


def test_attributes_of_every_sort():
    attributes = {
        "strides": {"list": {"i": ["1", "2"]}},
        "alpha": {"f": 0.1},
        "half_pixel_centers": {"b": True},
        "padding": {"s": base64.b64encode(b"VALID").decode()},
    }
    nodes = [{"name": "conv", "op": "Conv2D", "input": ["images", "kernel"], "attr": attributes}]
    node = read_graph_model(document(nodes, []), b"").nodes["conv"]
    assert node.inputs == ("images", "kernel")
    assert node.integers("strides") == [1, 2]
    assert node.number("alpha") == 0.1
    assert node.flag("half_pixel_centers")
    assert node.text("padding") == "VALID"


def test_an_operation_nanodet_does_not_have_is_named():
    nodes = [
        {"name": f"Identity{suffix}", "op": "Identity", "input": ["odd"]}
        for suffix in ("", "_1", "_2", "_3", "_4", "_5")
    ]
    nodes.append({"name": "odd", "op": "FusedBatchNorm"})
    with pytest.raises(ValueError, match="odd: no translation of FusedBatchNorm"):
        clean_graph(read_graph_model(document(nodes, []), b""))
