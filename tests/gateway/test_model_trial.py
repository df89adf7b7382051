"""Ways to run a model are tried in earnest; which of them is believed."""

import cv2
import numpy as np
import pytest

from gateway.errors import DatasetError
from gateway.model_trial import Trial, Way, agreement, as_choice, best_of, pictures_in, run_trials
from vision.types import Detections, FrameSize, Kind, ObjectClass
from vision.weights import find_model

SIZE = FrameSize(160, 96)
TABLE = {0: ObjectClass(0, "person", Kind.PERSON), 1: ObjectClass(1, "car", Kind.VEHICLE)}
NEAR, FAR = (10, 10, 30, 60), (80, 20, 140, 60)


@pytest.fixture
def spec(seeing_network):
    labels = {0: "person", 1: "car"}
    return find_model(str(seeing_network("two", labels, (0, 0.9, *NEAR), (1, 0.8, *FAR))), {})


def way(precision="bf16", batch=1, size=SIZE):
    return Way("openvino", "cpu", precision, batch, size)


def found(*objects):
    """Detections of one picture from (class, score, box)."""
    return Detections(
        np.array([box for _, _, box in objects], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in objects], np.float32),
        np.array([index for index, _, _ in objects], np.int16),
        TABLE,
    )


def test_every_way_that_is_here_is_tried(spec):
    report = run_trials(spec, [np.zeros((192, 320, 3), np.uint8)] * 3, seconds=0.1)
    tried = {(one.way.backend, one.way.precision, one.way.batch) for one in report.trials}
    assert {("openvino", "f32", 1), ("openvino", "f32", 4), ("onnxruntime", "f32", 1)} <= tried
    assert "int8" not in {precision for _, precision, _ in tried}
    faults = {one.way: one.fault for one in report.trials if one.fault}
    assert {(one.backend, one.batch) for one in faults} == {("onnxruntime", 4)}
    assert all("takes pictures" in fault for fault in faults.values())
    assert report.best.is_correct
    assert report.best.way.input_size == SIZE
    for one in report.trials:
        assert one.fault or (one.recall, one.precision) == (1.0, 1.0)
        assert one.fault or one.frames_per_s > 0
    choice = as_choice(spec, report.best)
    assert (choice.sha256, choice.runtime) == (spec.sha256, report.best.way.choice)


@pytest.mark.parametrize(
    ("seen", "shares"),
    [
        ([(0, 0.9, NEAR), (1, 0.8, FAR)], (1.0, 1.0)),
        ([(0, 0.9, NEAR)], (0.5, 1.0)),
        ([(0, 0.9, NEAR), (1, 0.8, FAR), (0, 0.7, FAR)], (1.0, 2 / 3)),
        ([(1, 0.9, NEAR), (0, 0.8, FAR)], (0.0, 0.0)),
        ([], (0.0, None)),
    ],
)
def test_agreement_is_of_boxes_of_one_kind(spec, seen, shares):
    exact = found((0, 0.9, NEAR), (1, 0.8, FAR))
    assert agreement([exact], [found(*seen)], spec) == pytest.approx(shares)


def test_the_fastest_correct_way_at_the_models_own_size_is_best():
    slow = Trial(way("f32"), frames_per_s=10, recall=1.0, precision=1.0)
    fast = Trial(way(), frames_per_s=30, recall=0.95, precision=0.95)
    wrong = Trial(way("f16"), frames_per_s=90, recall=0.99, precision=0.5)
    small = Trial(way(size=FrameSize(96, 64)), frames_per_s=99, recall=1.0, precision=1.0)
    broken = Trial(way(batch=4), fault="no")
    assert best_of([slow, fast, wrong, small, broken], SIZE) is fast
    assert best_of([wrong, broken], SIZE) is None


def test_where_float32_saw_nothing_only_float32_is_believed():
    assert Trial(way("f32"), frames_per_s=10).is_correct
    assert not Trial(way("bf16"), frames_per_s=10).is_correct


def test_pictures_are_taken_evenly_from_all_folders(tmp_path):
    (tmp_path / "deep").mkdir()
    for number in range(120):
        grey = np.full((8, 8, 3), number, np.uint8)
        cv2.imwrite(str(tmp_path / "deep" / f"{number:03}.png"), grey)
    chosen = pictures_in(tmp_path)
    assert len(chosen) == 48
    assert [int(picture[0, 0, 0]) for picture in chosen[:3]] == [0, 2, 4]


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(DatasetError, match="with --images"):
        pictures_in(tmp_path)
