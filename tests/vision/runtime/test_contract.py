"""One suite for every inference runtime that runs on a processor: same model, same answers."""

import dataclasses
import os
import platform
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from vision.errors import ModelError, RuntimeUnavailableError
from vision.runtime import BACKENDS, RuntimeChoice, choose_backend, open_runtime, probe
from vision.types import FrameSize
from vision.weights import YOLO_PIXELS, find_model, load_manifest, shipped_manifest

SPEC = load_manifest(shipped_manifest())["nanodet-g"]
SPAN = slice(0, 8)
"""COCO's person to truck: what a runtime keeps of the scores."""

CPU_BACKENDS = ("openvino", "onnxruntime")

F32_TOLERANCE = 2e-3
"""Between two runtimes in float32; scores are 0-1, distance logits about -10 to 10."""

BF16_SCORE_TOLERANCE = 0.1
"""bfloat16 keeps 8 bits of mantissa; over NanoDet's depth a score moves by a few hundredths."""


def noise(count=1, height=256, width=416, seed=0):
    """Smooth coloured noise: less extreme than white noise, nowhere flat."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, height // 32, width // 32, 3))
    return np.kron(coarse, np.ones((1, 32, 32, 1))).astype(np.uint8)


def reference(batch):
    """The network's answer to pixels normalised in NumPy as its card says, classes that count."""
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(str(SPEC.path), providers=["CPUExecutionProvider"])
    mean, std = np.float32(SPEC.pixels.mean), np.float32(SPEC.pixels.std)
    blob = ((batch.astype(np.float32) - mean) / std).transpose(0, 3, 1, 2)
    outputs = session.run(None, {"images": np.ascontiguousarray(blob)})
    return [scores[..., SPAN] for scores in outputs[:3]] + outputs[3:]


def tiny_network(path, *, shape, names=None, output=("n", 3), inputs=1):
    """A network whose answer is the mean of each channel it was given."""
    entries = [
        helper.make_tensor_value_info(f"images{i or ''}", TensorProto.FLOAT, shape)
        for i in range(inputs)
    ]
    node = helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0)
    answer = helper.make_tensor_value_info("means", TensorProto.FLOAT, list(output))
    graph = helper.make_graph([node], "means", entries, [answer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if names:
        model.metadata_props.add(key="names", value=names)
    onnx.save(model, path)
    return dataclasses.replace(
        find_model(str(path), {}), pixels=YOLO_PIXELS, input_size=FrameSize(64, 32)
    )


def answers(runtime, batch):
    """The network's outputs for a batch, copied: one array per output, pictures first."""
    return collect(runtime.start(batch))


def collect(job):
    pictures = job.read(lambda outputs: [output.copy() for output in outputs])
    return [np.stack(parts) for parts in zip(*pictures, strict=True)]


@pytest.fixture(scope="module", params=CPU_BACKENDS)
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def runtime(backend):
    return open_runtime(SPEC, RuntimeChoice(backend=backend, precision="f32"))


def test_it_says_what_it_is(runtime, backend):
    assert (runtime.backend, runtime.device, runtime.precision) == (backend, "cpu", "f32")
    assert runtime.in_flight >= 1
    assert runtime.facts.input_size is None


def test_the_answer_is_the_networks(runtime):
    batch = noise()
    for mine, theirs in zip(answers(runtime, batch), reference(batch), strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, atol=F32_TOLERANCE)


def test_without_known_classes_nothing_is_cut(backend):
    spec = dataclasses.replace(SPEC, classes=())
    runtime = open_runtime(spec, RuntimeChoice(backend, precision="f32"))
    assert answers(runtime, noise())[0].shape == (1, 1664, 80)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_batch_is_answered_picture_by_picture(runtime, count):
    batch = noise(count)
    together = answers(runtime, batch)
    for row in range(count):
        alone = answers(runtime, batch[row : row + 1])
        for all_of_them, one in zip(together, alone, strict=True):
            assert len(all_of_them) == count
            np.testing.assert_allclose(all_of_them[row], one[0], atol=F32_TOLERANCE)


@pytest.mark.parametrize(("height", "width"), [(256, 416), (192, 320), (384, 640)])
def test_a_dynamic_network_takes_any_size(runtime, height, width):
    batch = noise(1, height, width)
    scores = answers(runtime, batch)[0]
    assert scores.shape == (1, (height // 8) * (width // 8), 8)
    np.testing.assert_allclose(scores, reference(batch)[0], atol=F32_TOLERANCE)


def test_jobs_in_flight_do_not_mix(runtime):
    batches = [noise(1, seed=seed) for seed in range(3 * runtime.in_flight)]
    expected = [answers(runtime, batch) for batch in batches]
    jobs = [runtime.start(batch) for batch in batches]
    for job, answer in zip(reversed(jobs), reversed(expected), strict=True):
        for mine, theirs in zip(collect(job), answer, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=F32_TOLERANCE)


def test_the_callers_array_may_be_reused_at_once(runtime):
    batch = noise()
    expected = answers(runtime, batch)
    job = runtime.start(batch)
    batch[:] = 0
    np.testing.assert_allclose(collect(job)[0], expected[0], atol=F32_TOLERANCE)


def test_colours_reach_the_network_in_its_order(backend, tmp_path):
    spec = tiny_network(tmp_path / "means.onnx", shape=["n", 3, "h", "w"])
    bgr = np.empty((1, 32, 64, 3), np.uint8)
    bgr[:] = (51, 102, 255)
    (means,) = answers(open_runtime(spec, RuntimeChoice(backend, precision="f32")), bgr)
    np.testing.assert_allclose(means, [[1.0, 0.4, 0.2]], atol=1e-6)


def test_class_names_and_fixed_size_come_from_the_file(backend, tmp_path):
    spec = tiny_network(
        tmp_path / "means.onnx", shape=[1, 3, 96, 160], names="{0: 'person', 1: 'car'}"
    )
    runtime = open_runtime(spec, RuntimeChoice(backend))
    assert runtime.facts.labels == {0: "person", 1: "car"}
    assert runtime.facts.input_size == FrameSize(160, 96)
    assert answers(runtime, noise(1, 96, 160))[0].shape == (1, 3)
    with pytest.raises(ModelError, match="the model takes pictures"):
        runtime.start(noise(1, 64, 64))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"<html>404</html>" * 50), id="html"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:3_000_000]), id="cut off"),
        pytest.param(lambda path: path.unlink(), id="missing"),
    ],
)
def test_a_corrupt_file_is_one_clear_error(backend, tmp_path, spoil, capfd):
    path = tmp_path / "spoilt.onnx"
    shutil.copy(SPEC.path, path)
    spoil(path)
    spec = dataclasses.replace(SPEC, path=path)
    with pytest.raises(ModelError, match=r"spoilt\.onnx cannot be read as a model"):
        open_runtime(spec, RuntimeChoice(backend))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("shape", "inputs"), [(["n", 4, "h", "w"], 1), (["n", 3, "h", "w"], 2), ([2, 3, 4, 5, 6], 1)]
)
def test_a_network_that_does_not_take_a_picture(backend, tmp_path, shape, inputs):
    spec = tiny_network(
        tmp_path / "means.onnx", shape=shape, inputs=inputs, output=[None] * (len(shape) - 2)
    )
    with pytest.raises(ModelError, match="not a picture detector"):
        open_runtime(spec, RuntimeChoice(backend))


def test_the_brief_precision_stays_close():
    pytest.importorskip("openvino")
    plain = open_runtime(SPEC, RuntimeChoice("openvino", precision="f32"))
    brief = open_runtime(SPEC, RuntimeChoice("openvino", precision="bf16"))
    batch = noise()
    for level in range(3):
        np.testing.assert_allclose(
            answers(brief, batch)[level],
            answers(plain, batch)[level],
            atol=BF16_SCORE_TOLERANCE,
        )


@pytest.mark.parametrize("count", [4, 6, 9])
def test_pictures_computed_together_are_answered_as_alone(count):
    pytest.importorskip("openvino")
    runtime = open_runtime(SPEC, RuntimeChoice("openvino", precision="bf16"))
    assert runtime.batch == 4
    batch = noise(count)
    jobs = [runtime.start(batch), runtime.start(batch[::-1])]
    forth, back = (collect(job)[0] for job in jobs)
    for row in range(count):
        alone = answers(runtime, batch[row : row + 1])[0][0]
        np.testing.assert_allclose(forth[row], alone, atol=BF16_SCORE_TOLERANCE)
        np.testing.assert_allclose(back[count - 1 - row], alone, atol=BF16_SCORE_TOLERANCE)


def test_a_file_for_one_picture_takes_batches_one_by_one(tmp_path):
    spec = tiny_network(tmp_path / "means.onnx", shape=[1, 3, 32, 64], output=(1, 3))
    runtime = open_runtime(spec, RuntimeChoice("openvino", precision="bf16"))
    assert runtime.batch == 1
    batch = noise(5, 32, 64)
    (means,) = answers(runtime, batch)
    expected = batch[..., ::-1].mean(axis=(1, 2)) / 255
    np.testing.assert_allclose(means, expected, atol=0.01)


def test_precision_is_chosen_by_probing():
    runtime = open_runtime(SPEC)
    native = next(one for one in probe() if one.backend == "openvino").precisions
    assert runtime.backend == "openvino"
    assert runtime.precision in ("f32", "bf16", "int8")
    assert runtime.precision in native


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are instructions of x86-64")
def test_a_processor_without_brief_numbers_computes_in_eight_bits():
    """oneDNN, on which OpenVINO computes, leaves out the instructions of newer processors."""
    script = (
        "from vision.runtime import open_runtime\n"
        "from vision.weights import load_manifest, shipped_manifest\n"
        "print(open_runtime(load_manifest(shipped_manifest())['nanodet-g']).precision)"
    )
    older = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    said = subprocess.run(
        [sys.executable, "-c", script], env=older, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["int8"]


def test_eight_bits_need_weights_of_their_own():
    plain = dataclasses.replace(SPEC, int8=None)
    with pytest.raises(RuntimeUnavailableError, match="nanodet-g has no int8 weights"):
        open_runtime(plain, RuntimeChoice("openvino", precision="int8"))
    with pytest.raises(RuntimeUnavailableError, match="does not compute in int8"):
        open_runtime(SPEC, RuntimeChoice("onnxruntime", precision="int8"))


def test_the_probe_names_every_backend():
    found = {one.backend: one for one in probe()}
    assert list(found) == list(BACKENDS)
    for name in CPU_BACKENDS:
        assert found[name].version
        assert "cpu" in found[name].devices


@pytest.mark.parametrize(
    ("suffix", "choice", "expected"),
    [
        (".onnx", RuntimeChoice(), "openvino"),
        (".onnx", RuntimeChoice(backend="onnxruntime"), "onnxruntime"),
        (".onnx", RuntimeChoice(device="cuda"), "onnxruntime"),
        (".onnx", RuntimeChoice(device="tensorrt"), "onnxruntime"),
        (".onnx", RuntimeChoice(device="gpu"), "openvino"),
        (".xml", RuntimeChoice(), "openvino"),
        (".pt", RuntimeChoice(), "ultralytics"),
        (".engine", RuntimeChoice(device="cuda"), "ultralytics"),
    ],
)
def test_the_backend_follows_file_and_device(tmp_path, suffix, choice, expected):
    spec = dataclasses.replace(SPEC, path=tmp_path / f"model{suffix}")
    assert choose_backend(spec, choice) == expected


@pytest.mark.parametrize(
    "choice",
    [
        RuntimeChoice(backend="tensorflow"),
        RuntimeChoice(backend="ultralytics"),
        RuntimeChoice(backend="openvino", device="cuda"),
        RuntimeChoice(backend="onnxruntime", device="cuda"),
        RuntimeChoice(backend="onnxruntime", precision="bf16"),
        RuntimeChoice(backend="openvino", device="gpu"),
    ],
)
def test_an_impossible_choice_is_refused(choice):
    found = {device for one in probe() for device in one.devices}
    if choice.device in found:
        pytest.skip(f"this machine has {choice.device}")
    with pytest.raises(RuntimeUnavailableError):
        open_runtime(SPEC, choice)
