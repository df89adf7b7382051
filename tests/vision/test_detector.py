"""Known answers through small networks of every head, on both runtimes."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import pytest
from onnx import TensorProto, helper, numpy_helper

from vision.detector import MAX_CANDIDATES, Detector, recognise_head
from vision.errors import ModelError
from vision.geometry import iou_matrix
from vision.runtime import RuntimeChoice
from vision.types import FrameSize, Kind
from vision.weights import find_model, load_manifest, shipped_manifest

NANODET = load_manifest(shipped_manifest())["nanodet-g"]
LABELS = {0: "person", 1: "bicycle", 2: "car", 3: "truck"}
SIZE = FrameSize(160, 96)


def constant_network(path, answers, *, labels=None, size=SIZE):
    """Write a network that gives every picture the same answers; return its specification."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Constant", [], ["none"], value=tensor(np.float32([0.0]))),
        helper.make_node("Mul", ["mean", "none"], ["zero"]),
        helper.make_node("Constant", [], ["column"], value=tensor(np.int64([-1, 1, 1]))),
        helper.make_node("Reshape", ["zero", "column"], ["zeros"]),
    ]
    outputs = []
    for name, answer in answers.items():
        nodes.append(helper.make_node("Constant", [], [f"{name}_c"], value=tensor(answer[None])))
        nodes.append(helper.make_node("Add", [f"{name}_c", "zeros"], [name]))
        shape = ["n", *answer.shape]
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    shape = ["n", 3, size.height, size.width]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "constant", [images], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if labels:
        model.metadata_props.add(key="names", value=str(labels))
    onnx.save(model, path)
    return find_model(str(path), {})


def tensor(values):
    return numpy_helper.from_array(np.ascontiguousarray(values))


def yolo_answer(*objects, anchors=64):
    """One-to-many (4 + 4, anchors) from (centre x, centre y, width, height, {class: score})."""
    answer = np.zeros((4 + len(LABELS), anchors), np.float32)
    for anchor, (*box, scores) in enumerate(objects):
        answer[:4, anchor] = box
        for index, score in scores.items():
            answer[4 + index, anchor] = score
    return answer


def end2end_answer(*objects):
    """End-to-end (300, 6) from (x1, y1, x2, y2, score, class)."""
    answer = np.zeros((300, 6), np.float32)
    answer[: len(objects)] = objects
    return answer


def rows(found):
    """Detections as (label, score, box) with rounded numbers."""
    return [
        (found.label(row), round(float(found.score[row]), 2), found.xyxy[row].round().tolist())
        for row in range(len(found))
    ]


def picture(size=SIZE):
    return np.zeros((size.height, size.width, 3), np.uint8)


@pytest.fixture(params=["openvino", "onnxruntime"])
def choice(request):
    return RuntimeChoice(request.param, precision="f32")


def test_one_to_many_head(choice, tmp_path):
    answer = yolo_answer(
        (40, 48, 20, 40, {0: 0.9}),
        (41, 48, 20, 40, {0: 0.8}),
        (100, 50, 40, 20, {2: 0.7}),
        (150, 90, 10, 10, {1: 0.99}),
        (20, 20, 10, 10, {0: 0.34}),
    )
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": answer}, labels=LABELS)
    (found,) = Detector.open(spec, choice).detect([picture()])
    assert rows(found) == [("person", 0.9, [30, 28, 50, 68]), ("car", 0.7, [80, 40, 120, 60])]
    assert found.kind(1) == Kind.VEHICLE


def test_two_labels_of_one_vehicle_are_one_box_and_a_person_in_front_stays(choice, tmp_path):
    answer = yolo_answer(
        (80, 48, 60, 40, {2: 0.6, 3: 0.65, 0: 0.4}),
        (81, 48, 60, 40, {2: 0.5}),
    )
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": answer}, labels=LABELS)
    (found,) = Detector.open(spec, choice).detect([picture()])
    assert [(label, score) for label, score, _ in rows(found)] == [("truck", 0.65), ("person", 0.4)]


def test_end_to_end_head(choice, tmp_path):
    answer = end2end_answer(
        (10, 10, 30, 60, 0.9, 0), (80, 20, 140, 60, 0.8, 3), (80, 20, 140, 60, 0.99, 1)
    )
    spec = constant_network(tmp_path / "end2end.onnx", {"output0": answer}, labels=LABELS)
    (found,) = Detector.open(spec, choice).detect([picture()])
    assert rows(found) == [("person", 0.9, [10, 10, 30, 60]), ("truck", 0.8, [80, 20, 140, 60])]


def nanodet_answers(size, *objects):
    """NanoDet's six outputs from (class, score, stride, column, row, sides in strides)."""
    answers = {}
    for stride in (8, 16, 32):
        cells = (size.width // stride) * (size.height // stride)
        answers[f"cls{stride}"] = np.zeros((cells, 80), np.float32)
    for stride in (8, 16, 32):
        answers[f"dist{stride}"] = np.zeros((len(answers[f"cls{stride}"]), 4, 11), np.float32)
    for index, score, stride, column, row, sides in objects:
        cell = row * (size.width // stride) + column
        answers[f"cls{stride}"][cell, index] = score
        for side, steps in enumerate(sides):
            answers[f"dist{stride}"][cell, side, steps] = 50.0
    return {name: answer.reshape(len(answer), -1) for name, answer in answers.items()}


def test_nanodet_head(choice, tmp_path):
    answers = nanodet_answers(
        SIZE,
        (0, 0.9, 8, 3, 5, (1, 2, 1, 2)),
        (2, 0.8, 32, 2, 1, (1, 1, 2, 1)),
        (0, 0.39, 16, 8, 1, (1, 1, 1, 1)),
    )
    spec = constant_network(tmp_path / "nanodet.onnx", answers)
    spec = dataclasses.replace(NANODET, path=spec.path, sha256=spec.sha256)
    (found,) = Detector.open(spec, choice).detect([picture()])
    assert rows(found) == [("person", 0.9, [20, 28, 36, 60]), ("car", 0.8, [48, 16, 144, 80])]


def test_boxes_come_back_in_pixels_of_the_source(choice, tmp_path):
    answer = yolo_answer((80, 48, 160, 96, {0: 0.9}), (80, 48, 16, 16, {2: 0.9}))
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": answer}, labels=LABELS)
    (found,) = Detector.open(spec, choice).detect([picture(FrameSize(1280, 960))])
    assert rows(found) == [
        ("person", 0.9, [0, 0, 1280, 960]),
        ("car", 0.9, [560, 400, 720, 560]),
    ]


def test_an_openvino_export_folder_with_its_class_names(tmp_path):
    answer = yolo_answer((40, 48, 20, 40, {0: 0.9}))
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": answer})
    folder = tmp_path / "yolo_openvino_model"
    ov.save_model(ov.Core().read_model(spec.path), folder / "yolo.xml")
    names = "".join(f"  {index}: {label}\n" for index, label in LABELS.items())
    (folder / "metadata.yaml").write_text(f"task: detect\nstride: 32\nnames:\n{names}", "utf-8")
    detector = Detector.open(find_model(str(folder), {}))
    assert detector.input_size == SIZE
    assert rows(detector.detect([picture()])[0]) == [("person", 0.9, [30, 28, 50, 68])]


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("task: detect\n", "has no `names`"),
        ("names: [person, car\n", "not valid YAML"),
        ("names: 80\n", "a list or a mapping"),
    ],
)
def test_a_broken_metadata_sheet(tmp_path, sheet, message):
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": yolo_answer()})
    ov.save_model(ov.Core().read_model(spec.path), tmp_path / "yolo.xml")
    (tmp_path / "metadata.yaml").write_text(sheet, "utf-8")
    with pytest.raises(ModelError, match=message):
        Detector.open(find_model(str(tmp_path / "yolo.xml"), {}))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "names no class that counts; its labels are not in the file"),
        ({0: "cat", 1: "dog"}, "its labels are cat, dog"),
        ("person car", "class names cannot be read"),
    ],
)
def test_a_model_without_a_class_that_counts(tmp_path, labels, message):
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": yolo_answer()}, labels=labels)
    with pytest.raises(ModelError, match=message):
        Detector.open(spec)


def test_a_head_that_nobody_reads(tmp_path):
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": yolo_answer()}, labels=LABELS)
    with pytest.raises(ModelError, match="has head ssd; heads are nanodet, yolo, yolo_end2end"):
        Detector.open(dataclasses.replace(spec, head="ssd"))


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("yolo", (84, 8400)),
        ("yolo", (6, 2100)),
        ("yolo_end2end", (300, 6)),
    ],
)
def test_heads_are_recognised_by_shape(head, shape):
    assert recognise_head([shape]) == head


@pytest.mark.parametrize("shape", [(1000,), (8400, 85), (3, 64, 64), (4, 100)])
def test_an_unknown_head_is_refused(shape):
    with pytest.raises(ModelError, match="not those of a known detector"):
        recognise_head([shape])


def test_a_manifest_that_promises_the_wrong_head(tmp_path):
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": yolo_answer()}, labels=LABELS)
    with pytest.raises(ModelError, match="is not a nanodet network"):
        Detector.open(dataclasses.replace(spec, head="nanodet"))


def test_an_altered_file_is_never_loaded(tmp_path):
    spec = constant_network(tmp_path / "yolo.onnx", {"output0": yolo_answer()}, labels=LABELS)
    spec.path.write_bytes(Path(spec.path).read_bytes() + b"\x00")
    with pytest.raises(ModelError, match="sha256"):
        Detector.open(spec)


def test_a_picture_of_noise_stays_affordable(tmp_path):
    rng = np.random.default_rng(0)
    everywhere = rng.uniform(10, 90, (8, 4000)).astype(np.float32)
    everywhere[4:] = rng.uniform(0.5, 1.0, (4, 4000))
    spec = constant_network(tmp_path / "noise.onnx", {"output0": everywhere}, labels=LABELS)
    (found,) = Detector.open(dataclasses.replace(spec, nms_iou=1.0)).detect([picture()])
    assert len(found) == MAX_CANDIDATES
    assert (np.diff(found.score) <= 0).all()


@pytest.fixture(scope="module")
def default_detector():
    return Detector.open(NANODET)


def test_batches_and_streams_give_the_same(default_detector):
    rng = np.random.default_rng(1)
    images = [
        np.kron(rng.integers(0, 256, (9, 16, 3)), np.ones((40, 40, 1))).astype(np.uint8)
        for _ in range(7)
    ]
    batch = default_detector.start([default_detector.prepare(image) for image in images]).wait()
    stream = list(default_detector.stream(iter(images)))
    assert len(batch) == len(stream) == len(images)
    for one, other in zip(batch, stream, strict=True):
        assert rows(one) == rows(other)


def test_a_decoder_may_do_the_resizing(default_detector):
    letterbox = default_detector.letterbox_for(FrameSize(640, 360))
    assert letterbox.resized == FrameSize(416, 234)
    assert letterbox.target == default_detector.input_size == FrameSize(416, 256)


def test_nothing_in_nothing_out(default_detector):
    assert default_detector.detect([]) == []
    (found,) = default_detector.detect([picture(FrameSize(640, 360))])
    assert (len(found), found.xyxy.shape) == (0, (0, 4))
    assert iou_matrix(found.xyxy, found.xyxy).shape == (0, 0)
