"""Folders of labelled pictures: what they mean, what spoils them, and a whole run."""

import dataclasses
import json

import cv2
import numpy as np
import pytest

from gateway.errors import DatasetError
from gateway.model_eval import evaluate_model, read_folder, read_labels
from vision.runtime import RuntimeChoice
from vision.types import Kind
from vision.weights import find_model, load_manifest, shipped_manifest

SPEC = load_manifest(shipped_manifest())["nanodet-g"]


@pytest.fixture
def folder(tmp_path):
    """Two grey pictures; the first has a person and a vehicle that no model will see."""
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    for name in ("a.jpg", "b.png"):
        cv2.imwrite(str(images / name), np.full((120, 160, 3), 90, np.uint8))
    (labels / "a.txt").write_text("0 0.5 0.5 0.25 0.5\n1 0.5 0.5 0.5 0.25\n\n", "utf-8")
    return images, labels


def test_a_whole_run_gives_a_report_for_json(folder):
    report = evaluate_model(SPEC, RuntimeChoice(), *folder)
    document = json.loads(json.dumps(dataclasses.asdict(report)))
    assert document["model"] == "nanodet-g"
    assert document["sha256"] == SPEC.sha256
    assert (document["pictures"], document["pictures_without_objects"]) == (2, 1)
    assert document["classes"] == {"0": "person", "1": "vehicle"}
    assert document["scores"]["person"] == {
        "threshold": 0.4,
        "truths": 1,
        "detections": 0,
        "true_positives": 0,
        "precision": None,
        "recall": 0.0,
        "ap50": 0.0,
    }
    assert document["misses"] == [
        {"picture": "a.jpg", "kind": "person", "box": [60.0, 30.0, 100.0, 90.0]},
        {"picture": "a.jpg", "kind": "vehicle", "box": [40.0, 45.0, 120.0, 75.0]},
    ]


@pytest.mark.parametrize(
    ("lines", "classes"),
    [
        ("0 .5 .5 .1 .1\n1 .5 .5 .1 .1", {0: "person", 1: "vehicle"}),
        ("0 .5 .5 .1 .1\n2 .5 .5 .1 .1", "COCO"),
        ("", {0: "person", 1: "vehicle"}),
    ],
)
def test_class_numbers_without_names(folder, lines, classes):
    (folder[1] / "a.txt").write_text(lines, "utf-8")
    read = read_folder(*folder)
    if classes == "COCO":
        assert (read.classes_from, read.classes[2], read.classes[7]) == ("COCO", "car", "truck")
    else:
        assert read.classes == classes


def test_class_names_beside_or_above_the_labels(folder):
    images, labels = folder
    (labels.parent / "data.yaml").write_text("names: [truck, person]\n", "utf-8")
    assert read_folder(images, labels).classes == {0: "truck", 1: "person"}
    (labels / "classes.txt").write_text("person\nignore\n", "utf-8")
    assert read_folder(images, labels).classes == {0: "person", 1: "ignore"}


@pytest.mark.parametrize("text", ["names: 5\n", "train: here\n", "names: [a\n", ""])
def test_broken_class_names(folder, text):
    (folder[1] / "data.yaml").write_text(text, "utf-8")
    with pytest.raises(DatasetError, match=r"data\.yaml has no list of class `names`"):
        read_folder(*folder)


@pytest.mark.parametrize(
    "line",
    [
        "0 0.5 0.5 0.1",
        "0 0.5 0.5 0.1 0.1 0.9",
        "person 0.5 0.5 0.1 0.1",
        "-1 0.5 0.5 0.1 0.1",
        "0.5 0.5 0.5 0.1 0.1",
        "0 0.5 1.5 0.1 0.1",
        "0 0.5 0.5 0 0.1",
        "0 0.5 0.5 nan 0.1",
        "inf 0.5 0.5 0.1 0.1",
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path, line):
    path = tmp_path / "a.txt"
    path.write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n", "utf-8")
    with pytest.raises(DatasetError, match=r"a\.txt, line 2: .*is not `class x y width height`"):
        read_labels(path)


def test_labels_that_are_not_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"a\.txt, line 1: "):
        read_labels(path)


def test_a_label_without_its_picture(folder):
    (folder[1] / "c.txt").touch()
    with pytest.raises(DatasetError, match=r"c\.txt labels a picture that is not in"):
        read_folder(*folder)


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(DatasetError, match="there is no folder"):
        read_folder(tmp_path / "images", tmp_path)
    with pytest.raises(DatasetError, match="holds no pictures"):
        read_folder(tmp_path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut off"])
def test_a_damaged_picture_is_named(folder, content):
    (folder[0] / "b.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"b\.png is not a picture, or damaged"):
        evaluate_model(SPEC, RuntimeChoice(), *folder)


def test_bicycles_are_not_judged(folder):
    (folder[1] / "a.txt").write_text("1 .5 .5 .9 .9\n2 .5 .5 .1 .1", "utf-8")
    report = evaluate_model(SPEC, RuntimeChoice(precision="f32"), *folder)
    assert report.classes_from == "COCO"
    assert report.scores[Kind.VEHICLE].truths == 1


def test_a_model_of_ones_own_is_judged_by_its_own_kinds(folder, seeing_network):
    images, labels = folder
    (labels / "classes.txt").write_text("Fire\nperson\n", "utf-8")
    smoke, table = Kind("smoke"), {0: "fire", 1: "person"}
    network = seeing_network("smoke", table, (0, 0.9, 60, 24, 100, 72), (1, 0.9, 0, 0, 40, 40))
    spec = find_model(str(network), {})
    spec = dataclasses.replace(spec, kinds={"fire": smoke}, thresholds={smoke: 0.35})
    report = evaluate_model(spec, RuntimeChoice(precision="f32"), images, labels)
    assert report.scores.keys() == {smoke}
    assert (report.scores[smoke].truths, report.scores[smoke].recall) == (1, 1.0)
