"""Ultralytics' own files: the same network from `.pt` by PyTorch and from its ONNX export."""

import numpy as np
import pytest

from vision.detector import Detector
from vision.errors import ModelError, RuntimeUnavailableError
from vision.runtime import RuntimeChoice, open_runtime, probe
from vision.weights import find_model

pytestmark = pytest.mark.ultralytics

REASON = "the ultralytics extra is not installed: pip install 'gridpatrol[ultralytics]'"
TOLERANCE = 1e-2
"""Of boxes in pixels of a picture 160 wide; scores agree far more closely."""


@pytest.fixture(scope="module", params=["yolo11n.yaml", "yolo26n.yaml"])
def weights(request, tmp_path_factory):
    """An untrained network as Ultralytics saves it, of an older and of the newest family."""
    ultralytics = pytest.importorskip("ultralytics", reason=REASON)
    path = tmp_path_factory.mktemp("weights") / request.param.replace(".yaml", ".pt")
    network = ultralytics.YOLO(request.param)
    network.model.names |= {0: "person", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
    network.save(path)
    return path


def outputs(path, picture):
    """The raw answer to one picture, and the runtime that gave it."""
    runtime = open_runtime(find_model(str(path), {}), RuntimeChoice(precision="f32"))
    ((answer,),) = runtime.start([picture]).read(lambda arrays: [array.copy() for array in arrays])
    return answer, runtime


def test_a_pt_file_answers_as_its_export(weights, monkeypatch):
    monkeypatch.setenv("YOLO_AUTOINSTALL", "false")
    ultralytics = pytest.importorskip("ultralytics", reason=REASON)
    picture = np.random.default_rng(0).integers(0, 256, (96, 160, 3)).astype(np.uint8)
    mine, runtime = outputs(weights, picture)
    assert (runtime.backend, runtime.facts.labels[0]) == ("ultralytics", "person")
    exported = ultralytics.YOLO(weights).export(format="onnx", imgsz=(96, 160), verbose=False)
    theirs, other = outputs(exported, picture)
    assert (other.backend, other.facts.labels[0]) == ("openvino", "person")
    assert mine.shape == theirs.shape == (84, 315)
    np.testing.assert_allclose(mine, theirs, atol=TOLERANCE)
    assert Detector.open(find_model(str(weights), {})).classes.keys() == {0, 2, 3, 5, 7}
    assert Detector.open(find_model(exported, {})).input_size.width == 160


def test_a_damaged_file(tmp_path):
    pytest.importorskip("ultralytics", reason=REASON)
    path = tmp_path / "damaged.pt"
    path.write_bytes(b"not weights")
    with pytest.raises(ModelError, match=r"damaged\.pt cannot be read as a model"):
        open_runtime(find_model(str(path), {}))


def test_without_the_extra_it_says_what_to_install(tmp_path):
    if next(one for one in probe() if one.backend == "ultralytics").version:
        pytest.skip("the ultralytics extra is installed")
    path = tmp_path / "yolo.pt"
    path.touch()
    with pytest.raises(RuntimeUnavailableError, match=r"pip install 'gridpatrol\[ultralytics\]'"):
        open_runtime(find_model(str(path), {}))
