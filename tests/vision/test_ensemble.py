"""Several models as one: whose kinds count, what indices they get, what a camera needs of them."""

import dataclasses

import numpy as np
import pytest

from vision.detector import Detector
from vision.ensemble import DetectorSet
from vision.errors import ModelError
from vision.runtime import RuntimeChoice
from vision.types import FrameSize, Kind
from vision.weights import KIND_BY_LABEL, find_model

SMOKE = Kind("smoke")
CHOICE = RuntimeChoice("openvino", precision="f32")
FRAME = FrameSize(320, 192)


@pytest.fixture
def open_model(seeing_network):
    """Open a network that sees the same in every picture."""

    def make(name, labels, *sights, kinds=KIND_BY_LABEL, **size):
        spec = find_model(str(seeing_network(name, labels, *sights, **size)), {})
        thresholds = dict.fromkeys(kinds.values(), 0.3)
        return Detector.open(dataclasses.replace(spec, kinds=kinds, thresholds=thresholds), CHOICE)

    return make


@pytest.fixture
def people(open_model):
    return open_model("people", {0: "person", 1: "dog"}, (0, 0.6, 10, 10, 30, 60))


@pytest.fixture
def smoke(open_model):
    rows = [(0, 0.9, 80, 20, 140, 60), (2, 0.8, 12, 10, 30, 60)]
    labels = {0: "fire", 1: "cloud", 2: "person"}
    kinds = {"fire": SMOKE, "person": Kind.PERSON}
    return open_model("smoke", labels, *rows, kinds=kinds, width=320, height=192)


def blank(size=FRAME):
    return np.zeros((size.height, size.width, 3), np.uint8)


def seen(found):
    return [(found.kind(row), found.label(row)) for row in range(len(found))]


def test_two_models_answer_as_one_and_a_kind_belongs_to_the_first(people, smoke):
    both = DetectorSet.combine([people, smoke])
    (found,) = both.start([both.prepare(blank())]).wait()
    assert seen(found) == [(SMOKE, "fire"), (Kind.PERSON, "person")]
    np.testing.assert_allclose(found.score, [0.9, 0.6])
    np.testing.assert_allclose(found.xyxy, [[80, 20, 140, 60], [20, 20, 60, 120]])
    assert found.class_index.tolist() == [1, 0]
    assert both.kinds == {SMOKE, Kind.PERSON}
    assert both.spec_of(Kind.PERSON) is people.spec
    assert both.spec_of(SMOKE) is smoke.spec
    assert both.spec_of(Kind.VEHICLE) is None


def test_the_order_decides(people, smoke):
    with pytest.raises(ModelError, match="model people finds person only, which a model before it"):
        DetectorSet.combine([smoke, people])


def test_a_camera_is_looked_at_by_the_models_its_rules_need(people, smoke):
    both = DetectorSet.combine([people, smoke])
    assert both.serving({SMOKE}).specs == (smoke.spec,)
    assert both.serving({Kind.PERSON, SMOKE}).specs == both.specs
    assert both.serving({Kind("boat")}).specs == (people.spec,)
    alone = both.serving({SMOKE})
    (found,) = alone.start([alone.prepare(blank())]).wait()
    assert (seen(found), found.class_index.tolist()) == ([(SMOKE, "fire")], [1])


def test_one_model_alone_answers_as_it_always_did(people):
    alone = DetectorSet.combine([people])
    (found,) = alone.stream([blank()])
    (plain,) = people.detect([blank()])
    assert found.classes is plain.classes
    np.testing.assert_array_equal(found.xyxy, plain.xyxy)
    assert alone.in_flight == people.runtime.in_flight


def test_a_picture_is_made_once_for_each_size(people, smoke, open_model):
    boats = open_model("boats", {0: "boat"}, kinds={"boat": Kind("boat")})
    asked = []

    def resize(size):
        asked.append(size)
        return blank(size)

    three = DetectorSet.combine([people, smoke, boats])
    ready = three.prepare_from(FRAME, resize)
    assert asked == [FrameSize(160, 96), FrameSize(320, 192)]
    assert ready[0] is ready[2]
    assert [len(found) for found in three.start([ready, ready]).wait()] == [2, 2]
