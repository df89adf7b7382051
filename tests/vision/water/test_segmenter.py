"""Segmentation networks as one more vote, on tiny networks that call blue water."""

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vision.errors import ModelError
from vision.runtime import RuntimeChoice
from vision.types import FrameSize
from vision.water.segmenter import WaterSegmenter, read_class_map, read_instances, water_classes
from vision.water.votes import WaterVotes
from vision.weights import YOLO_PIXELS, find_model, load_manifest

NAMES = "{0: 'road', 1: 'river; stream', 2: 'tree'}"
SIZE = FrameSize(64, 64)


def network(path, nodes, weights, outputs, names=NAMES):
    """A file with a network of one picture input, 0-1 RGB."""
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])
    exits = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs
    ]
    kept = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", [entry], exits, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.metadata_props.add(key="names", value=names)
    onnx.save(model, path)
    return dataclasses.replace(find_model(str(path), {}), pixels=YOLO_PIXELS, input_size=SIZE)


def semantic(path, names=NAMES):
    """Logits of three classes: road by red, river by blue, tree by green."""
    weight = 20.0 * np.eye(3, dtype=np.float32)[[0, 2, 1]].reshape(3, 3, 1, 1)
    node = helper.make_node("Conv", ["images", "w"], ["logits"])
    return network(path, [node], {"w": weight}, [("logits", ["n", 3, "h", "w"])], names)


def picture(blue):
    """A red road, 48x96, of which some columns are blue."""
    image = np.zeros((48, 96, 3), np.uint8)
    image[..., 2] = 200
    image[:, blue] = (200, 0, 0)
    return image


def test_a_semantic_network_votes_where_the_picture_is_water(tmp_path):
    segmenter = WaterSegmenter.open(semantic(tmp_path / "sem.onnx"))
    water = segmenter.water_in(picture(slice(0, 40)))
    assert water.shape == (48, 96)
    assert water.dtype == np.float32
    assert water[:, :36].min() > 0.9
    assert water[:, 44:].max() < 0.1


def test_what_the_reference_shows_too_does_not_count(tmp_path):
    segmenter = WaterSegmenter.open(semantic(tmp_path / "sem.onnx"))
    vote = segmenter.probability(picture(slice(0, 60)), picture(slice(0, 30)))
    assert vote[:, :24].max() < 0.1
    assert vote[:, 36:54].min() > 0.9
    assert vote[:, 66:].max() < 0.1


def test_another_reference_is_looked_at_anew(tmp_path):
    segmenter = WaterSegmenter.open(semantic(tmp_path / "sem.onnx"))
    flooded = picture(slice(0, 60))
    assert segmenter.probability(flooded, picture(slice(0, 30))).max() > 0.9
    assert segmenter.probability(flooded, flooded.copy()).max() < 0.1


def test_it_is_found_by_a_manifest_that_names_its_classes(tmp_path):
    semantic(tmp_path / "sem.onnx", names="{0: 'a', 1: 'b', 2: 'c'}")
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        '[ade]\nfile = "sem.onnx"\ninput_size = [64, 64]\nlicence = "MIT"\n'
        'source = "here"\n[ade.thresholds]\nwater = 0.3\n'
        '[ade.classes]\n1 = { label = "sea", kind = "water" }\n',
        "utf-8",
    )
    segmenter = WaterSegmenter.open(load_manifest(manifest)["ade"])
    assert segmenter.water_in(picture(slice(0, 96))).min() > 0.9


def test_a_network_without_water_is_refused(tmp_path):
    spec = semantic(tmp_path / "sem.onnx", names="{0: 'road', 1: 'waterfront', 2: 'tree'}")
    with pytest.raises(ModelError, match="names no water"):
        WaterSegmenter.open(spec)


def test_a_network_that_segments_nothing_is_refused(tmp_path):
    node = helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0)
    spec = network(tmp_path / "mean.onnx", [node], {}, [("means", ["n", 3])])
    with pytest.raises(ModelError, match="no segmentation network"):
        WaterSegmenter.open(spec)


def test_a_class_map_is_read():
    chosen = np.array([[0.0, 1.0], [2.0, 1.0]], np.float32)
    np.testing.assert_array_equal(read_class_map((chosen,), (1,)), [[0, 1], [0, 1]])


def test_instances_are_drawn_within_their_boxes_by_the_best_score():
    prototypes = np.full((1, 16, 16), 8.0, np.float32)
    boxes = [[16, 16, 32, 32], [40, 40, 16, 16], [8, 56, 8, 8]]
    scores = [[0.1, 0.8], [0.0, 0.5], [0.9, 0.1]]
    answer = np.array(
        [[*box, *score, 1.0] for box, score in zip(boxes, scores, strict=True)], np.float32
    ).T
    water = read_instances((answer, prototypes), (1,))
    assert water[:8, :8] == pytest.approx(0.8, abs=0.01)
    assert water[8:12, 8:12] == pytest.approx(0.5, abs=0.01)
    assert np.count_nonzero(water) == 64 + 16


def test_instances_of_a_head_that_suppresses_by_itself_are_drawn_as_well():
    prototypes = np.full((1, 16, 16), 8.0, np.float32)
    objects = np.zeros((300, 7), np.float32)
    objects[:3] = [
        [0, 0, 32, 32, 0.8, 1, 1],
        [32, 32, 48, 48, 0.5, 1, 1],
        [0, 48, 8, 64, 0.9, 0, 1],
    ]
    water = read_instances((objects, prototypes), (1,))
    assert water[:8, :8] == pytest.approx(0.8, abs=0.01)
    assert water[8:12, 8:12] == pytest.approx(0.5, abs=0.01)
    assert np.count_nonzero(water) == 64 + 16


@pytest.mark.ultralytics
@pytest.mark.parametrize("family", ["yolo26n-sem", "yolo11n-seg", "yolo26n-seg"])
def test_ultralytics_own_networks_are_read_from_their_file_and_its_export(
    family, tmp_path, monkeypatch
):
    ultralytics = pytest.importorskip("ultralytics", reason="needs gridpatrol[ultralytics]")
    monkeypatch.setenv("YOLO_AUTOINSTALL", "false")
    monkeypatch.setattr("vision.water.segmenter.LEAST_SCORE", 0.0)
    network = ultralytics.YOLO(f"{family}.yaml")
    network.model.names |= {3: "water"}
    path = tmp_path / f"{family}.pt"
    network.save(path)
    exported = ultralytics.YOLO(path).export(format="onnx", imgsz=(192, 320), verbose=False)
    image = np.random.default_rng(0).integers(0, 256, (180, 320, 3)).astype(np.uint8)
    spec = dataclasses.replace(find_model(str(path), {}), input_size=FrameSize(320, 192))
    choice = RuntimeChoice(precision="f32")
    own = WaterSegmenter.open(spec, choice).water_in(image)
    theirs = WaterSegmenter.open(find_model(exported, {}), choice).water_in(image)
    assert own.shape == theirs.shape == (180, 320)
    if family == "yolo11n-seg":  # the others choose in their own file or in the export alone
        assert np.ptp(own) > 0
        assert np.mean(np.abs(own - theirs) < 0.01) > 0.99


def test_the_outline_of_an_instance_is_its_mask():
    prototypes = np.full((1, 16, 16), -20.0, np.float32)
    prototypes[:, :, :4] = 20.0
    answer = np.array([[32, 32, 64, 64, 1.0, 1.0]], np.float32).T
    water = read_instances((answer, prototypes), (0,))
    assert water[:, :4].min() > 0.99
    assert water[:, 4:].max() < 0.01


@pytest.mark.parametrize(
    ("label", "water"),
    [
        ("water", True),
        ("Sea", True),
        ("lake; pond", True),
        ("river, stream", True),
        ("waterfall", False),
        ("road", False),
        ("hydrant", False),
    ],
)
def test_which_labels_are_water(label, water):
    assert water_classes({4: label}) == ((4,) if water else ())


def test_votes_are_averaged(tmp_path):
    segmenter = WaterSegmenter.open(semantic(tmp_path / "sem.onnx"))
    image, dry = picture(slice(0, 40)), picture(slice(0, 0))
    single = segmenter.probability(image, dry)

    class Nothing:
        def probability(self, image, reference):
            return np.zeros(image.shape[:2], np.float32)

    both = WaterVotes([segmenter, Nothing()]).probability(image, dry)
    np.testing.assert_allclose(both, single / 2, atol=1e-6)
