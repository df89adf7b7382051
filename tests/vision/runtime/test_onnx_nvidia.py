"""What NVIDIA's providers are told; tensors that stay on a device, tried on the processor."""

import dataclasses

import numpy as np
import pytest

from vision.runtime import RuntimeChoice
from vision.types import FrameSize
from vision.weights import load_manifest, shipped_manifest

adapter = pytest.importorskip("vision.runtime.onnxruntime")
ort = pytest.importorskip("onnxruntime")

SPEC = load_manifest(shipped_manifest())["nanodet-g"]
SIZE = FrameSize(416, 256)
CUDA = ("CUDAExecutionProvider", {"device_id": "0"})


@dataclasses.dataclass
class Entry:
    name: str
    shape: list


ANY_SHAPE = Entry("images", ["n", 3, "h", "w"])
FIXED_SHAPE = Entry("images", [1, 3, 256, 416])


def test_cuda_is_taken_as_it_is():
    choice = RuntimeChoice(device="cuda")
    assert adapter.nvidia_providers(ANY_SHAPE, SIZE, choice) == [CUDA]


def test_tensorrt_keeps_its_engines_and_takes_every_batch(tmp_path):
    choice = RuntimeChoice(device="tensorrt", precision="f16", cache_dir=tmp_path)
    (name, options), fallback = adapter.nvidia_providers(ANY_SHAPE, SIZE, choice)
    assert (name, fallback) == ("TensorrtExecutionProvider", CUDA)
    assert options == {
        "device_id": "0",
        "trt_fp16_enable": "1",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(tmp_path),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(tmp_path),
        "trt_profile_min_shapes": "images:1x3x256x416",
        "trt_profile_opt_shapes": "images:4x3x256x416",
        "trt_profile_max_shapes": "images:16x3x256x416",
    }


def test_tensorrt_needs_no_profile_for_a_fixed_shape():
    choice = RuntimeChoice(device="tensorrt", precision="f32")
    (_, options), _ = adapter.nvidia_providers(FIXED_SHAPE, SIZE, choice)
    assert options == {"device_id": "0", "trt_fp16_enable": "0"}


@pytest.fixture(scope="module")
def session():
    return ort.InferenceSession(str(SPEC.path), providers=["CPUExecutionProvider"])


def noise(seed, count):
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 6, 3))
    return np.kron(coarse, np.ones((1, 32, 32, 1))).astype(np.uint8)


def scores(runtime, jobs):
    return [job.read(lambda outputs: outputs[0].copy()) for job in jobs]


def test_runs_from_tensors_that_stay_do_not_mix(session):
    plain = adapter.OnnxRuntime(session, SPEC, "cpu", "f32")
    bound = adapter.OnnxRuntime(session, SPEC, "cpu", "f32", adapter.DeviceInputs("cpu"))
    batches = [noise(seed, 1 + seed % 2) for seed in range(8)]
    expected = scores(plain, [plain.start(batch) for batch in batches])
    for _ in range(2):
        jobs = [bound.start(batch) for batch in batches]
        for mine, theirs in zip(scores(bound, jobs), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=2e-3)


def test_a_tensor_is_used_again_once_it_is_given_back():
    inputs = adapter.DeviceInputs("cpu")
    ones = np.ones((1, 3, 32, 32), np.float32)
    first, second = inputs.take(ones), inputs.take(ones * 2)
    assert first is not second
    assert second.numpy().max() == 2
    inputs.give_back(first)
    assert inputs.take(ones * 3) is first
    assert first.numpy().min() == 3
