"""The network wrapped for Ultralytics is the same network."""

from dataclasses import replace

import numpy as np
import onnx

from benchmarks.ultralytics_predict import as_yolo
from vision.detector import Detector
from vision.runtime import RuntimeChoice
from vision.types import KNOWN_KINDS
from vision.weights import find_model, load_manifest, shipped_manifest


def test_the_wrapped_network_sees_the_same(tmp_path):
    spec = find_model("nanodet-g", load_manifest(shipped_manifest()))
    path = tmp_path / "wrapped.onnx"
    onnx.save(as_yolo(spec, spec.input_size), path)
    rng = np.random.default_rng(3)
    picture = np.kron(rng.integers(0, 256, (8, 13, 3)), np.ones((32, 32, 1))).astype(np.uint8)
    choice = RuntimeChoice(precision="f32")
    low = dict.fromkeys(KNOWN_KINDS, 0.02)

    def see(one):
        return Detector.open(replace(one, thresholds=low), choice).detect([picture])[0]

    plain, wrapped = see(spec), see(find_model(str(path), {}))
    assert len(plain) > 3
    assert [plain.label(row) for row in range(len(plain))] == [
        wrapped.label(row) for row in range(len(wrapped))
    ]
    np.testing.assert_allclose(wrapped.score, plain.score, atol=1e-4)
    np.testing.assert_allclose(wrapped.xyxy, plain.xyxy, atol=0.05)
