"""The default model on real footage: what hand-drawn labels say must be found, is found."""

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from gateway.model_eval import read_labels
from gateway.model_trial import LEAST_AGREEMENT, agreement
from vision.detector import Detector
from vision.evaluation import evaluate, truth_from_yolo
from vision.runtime import RuntimeChoice
from vision.types import FrameSize, Kind
from vision.weights import load_manifest, shipped_manifest

SPEC = load_manifest(shipped_manifest())["nanodet-g"]
LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"
CLASSES = {0: Kind.PERSON, 1: Kind.VEHICLE, 2: None}


def picture(film, number):
    with av.open(str(film)) as container:
        frame = next(islice(container.decode(video=0), number, None))
        return frame.to_ndarray(format="bgr24")


def judge(detector, image, labels):
    size = FrameSize(image.shape[1], image.shape[0])
    truth = truth_from_yolo(read_labels(LABELS / labels), CLASSES, size)
    (found,) = detector.detect([image])
    return evaluate([labels], [truth], [found], SPEC.thresholds).scores


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def detector(request):
    """Return the detector at full precision; what fewer bits lose is a figure of its own."""
    return Detector.open(SPEC, RuntimeChoice(request.param, precision="f32"))


def test_persons_on_a_square(detector, square_film):
    scores = judge(detector, picture(square_film, 390), "vtest/0390.txt")
    assert (scores[Kind.PERSON].precision, scores[Kind.PERSON].recall) == (1.0, 1.0)
    assert (scores[Kind.VEHICLE].precision, scores[Kind.VEHICLE].recall) == (1.0, 1.0)


def test_cars_on_a_road(detector, road_film):
    scores = judge(detector, picture(road_film, 166), "bikes/0166.txt")
    assert (scores[Kind.VEHICLE].precision, scores[Kind.VEHICLE].recall) == (1.0, 1.0)
    assert scores[Kind.PERSON].detections == 0


def test_eight_bits_find_what_thirty_two_do(square_film, road_film):
    exact, brief = (
        Detector.open(SPEC, RuntimeChoice("openvino", precision=precision))
        for precision in ("f32", "int8")
    )
    assert brief.runtime.precision == "int8"
    images = [picture(square_film, number) for number in range(15, 300, 40)]
    images += [picture(road_film, number) for number in range(10, 240, 40)]
    recall, precision = agreement(exact.detect(images), brief.detect(images), SPEC)
    assert min(recall, precision) >= LEAST_AGREEMENT


def test_colours_matter_and_are_right(road_film):
    """With red and blue exchanged the model is less sure: the order fed is the one it learnt."""
    detector = Detector.open(SPEC, RuntimeChoice("openvino", precision="f32"))
    image = picture(road_film, 142)
    right, wrong = detector.detect([image, np.ascontiguousarray(image[..., ::-1])])
    assert right.score.sum() > wrong.score.sum()
