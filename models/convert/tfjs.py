"""Reading a TensorFlow.js graph model: a JSON file of nodes and a binary file of weights."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Node:
    """One TensorFlow operation. inputs: names of nodes, ":1" after one is its second output."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def integers(self, key: str) -> list[int]:
        """Return a list-of-integers attribute."""
        return [int(value) for value in self.attributes[key]["list"]["i"]]

    def number(self, key: str) -> float:
        """Return a float attribute."""
        return float(self.attributes[key]["f"])

    def flag(self, key: str) -> bool:
        """Return a boolean attribute."""
        return bool(self.attributes[key]["b"])

    def text(self, key: str) -> str:
        """Return a string attribute, which the format stores in base64."""
        return base64.b64decode(self.attributes[key]["s"]).decode()


@dataclass(frozen=True, slots=True)
class GraphModel:
    """The nodes by name, and the values of the constant ones."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, Array]


def read_graph_model(topology: bytes, weights: bytes) -> GraphModel:
    """Return the model in a JSON file and its one binary file."""
    document = json.loads(topology)
    (group,) = document["weightsManifest"]
    nodes = [
        Node(entry["name"], entry["op"], tuple(entry.get("input", ())), entry.get("attr", {}))
        for entry in document["modelTopology"]["node"]
    ]
    return GraphModel({node.name: node for node in nodes}, _split(group["weights"], weights))


def _split(entries: list[dict[str, Any]], blob: bytes) -> dict[str, Array]:
    """Return each weight by name; they follow each other in the file, floats stored as float16."""
    arrays: dict[str, Array] = {}
    offset = 0
    for entry in entries:
        stored = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        flat = np.frombuffer(blob, stored, count, offset)
        arrays[entry["name"]] = flat.astype(entry["dtype"]).reshape(entry["shape"])
        offset += flat.nbytes
    if offset != len(blob):
        raise ValueError(f"{len(blob) - offset} bytes of the weights belong to no tensor")
    return arrays
