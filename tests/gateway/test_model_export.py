"""Files converted for speed answer as before; what cannot be converted says why."""

import importlib.util

import numpy as np
import pytest

from gateway.errors import MissingExtraError
from gateway.model_export import ExportOrder, export_model
from vision.detector import Detector
from vision.errors import ModelError
from vision.runtime import RuntimeChoice
from vision.types import FrameSize
from vision.weights import find_model

SIZE = FrameSize(160, 96)


def order(source, directory, **more):
    return ExportOrder(source, directory, SIZE, **more)


def test_an_onnx_file_becomes_openvinos_with_its_class_names(seeing_network, tmp_path):
    labels = {0: "person", 7: "straw: 'burning'"}
    source = seeing_network("town", labels, (0, 0.75, 10, 10, 30, 60))
    made = export_model(order(source, tmp_path / "models"))
    assert made == tmp_path / "models" / "town_openvino_model" / "town.xml"
    detector = Detector.open(find_model(str(made), {}), RuntimeChoice(precision="f32"))
    assert detector.runtime.facts.labels == labels
    (found,) = detector.detect([np.zeros((96, 160, 3), np.uint8)])
    np.testing.assert_allclose(found.xyxy, [[10, 10, 30, 60]])


def test_a_pt_file_becomes_onnx(tmp_path):
    ultralytics = pytest.importorskip("ultralytics", reason="needs gridpatrol[ultralytics]")
    source = tmp_path / "untrained.pt"
    network = ultralytics.YOLO("yolo26n.yaml")
    network.model.names |= {0: "person"}
    network.save(source)
    made = export_model(order(source, tmp_path / "models", end2end=True))
    detector = Detector.open(find_model(str(made), {}), RuntimeChoice(precision="f32"))
    assert detector.input_size == SIZE
    ((shape,),) = detector.runtime.start([np.zeros((96, 160, 3), np.uint8)]).read(
        lambda outputs: [output.shape for output in outputs]
    )
    assert shape == (300, 6)


@pytest.mark.skipif(
    importlib.util.find_spec("ultralytics") is not None, reason="the ultralytics extra is installed"
)
def test_without_the_extra_a_pt_file_says_what_to_install(tmp_path):
    source = tmp_path / "smoke.pt"
    source.touch()
    with pytest.raises(MissingExtraError, match=r"pip install 'gridpatrol\[ultralytics\]'"):
        export_model(order(source, tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"", "neither a .pt nor an .onnx"),
        ("none.onnx", None, "there is no file"),
        ("damaged.onnx", b"not a network", "cannot be read as a model"),
    ],
)
def test_what_cannot_be_exported(tmp_path, name, content, message):
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        export_model(order(source, tmp_path / "models"))
