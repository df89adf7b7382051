"""The shipped water network: what it answers, what it refuses, and that it sees water."""

import dataclasses
from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.train.scenes import draw_scene, lit
from vision.errors import ModelError, WaterError
from vision.types import FrameSize
from vision.water.flooding import TRIAL, flood
from vision.water.head import Head
from vision.water.network import MODEL_NAME, WaterNetwork
from vision.water.nuisances import NUISANCES
from vision.weights import load_manifest, shipped_manifest

MANIFEST = load_manifest(shipped_manifest())
SPEC = MANIFEST[MODEL_NAME]
LARGEST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def network():
    return WaterNetwork.open(SPEC)


def streets(count, first=70_000):
    """Streets whose seeds are far from those the network was trained on."""
    for seed in range(first, first + count):
        rng = np.random.default_rng(seed)
        scene = draw_scene(FrameSize(320, 180), rng)
        yield lit(scene, rng), scene.ground, rng


def correction(features, amount):
    """A site's eye that adds the same to every score."""
    return Head(
        SPEC.sha256,
        np.zeros(features, np.float32),
        np.ones(features, np.float32),
        np.zeros((features, 2), np.float32),
        np.zeros(2, np.float32),
        np.zeros(2, np.float32),
        np.array([amount], np.float32),
    )


def test_what_ships_is_small():
    assert SPEC.path.stat().st_size < LARGEST_BYTES
    assert SPEC.card is not None
    assert SPEC.card.exists()


@pytest.mark.parametrize(("height", "width"), [(180, 320), (240, 320), (136, 320), (258, 316)])
def test_the_answer_has_the_pictures_shape(network, height, width):
    image = np.full((height, width, 3), 90, np.uint8)
    water = network.probability(image, image)
    assert water.shape == (height, width)
    assert water.dtype == np.float32
    assert water.min() >= 0
    assert water.max() <= 1


def test_a_dry_street_beside_itself_is_dry(network):
    for image, ground, _ in streets(6):
        assert (network.probability(image, image)[ground] > 0.5).mean() < 0.02


def test_water_is_found_and_what_looks_like_it_is_left(network):
    """Not one by one: synthetic waters may be as good as invisible."""
    ious, wet_shares, shadow_shares = [], [], []
    for image, ground, rng in streets(10):
        flooded, water = flood(image, ground, replace(TRIAL, share=(0.2, 0.7)).draw(rng), rng)
        called = (network.probability(flooded, image) > 0.5) & ground
        ious.append((called & water).sum() / (called | water).sum())
        for name, shares in (("wet", wet_shares), ("shadow", shadow_shares)):
            changed = NUISANCES[name](image, ground, rng)
            shares.append((network.probability(changed, image) > 0.5)[ground].mean())
    assert np.mean(ious) > 0.6
    assert np.mean(wet_shares) < 0.1
    assert np.mean(shadow_shares) < 0.1


def test_the_reference_matters(network):
    image, ground, rng = next(streets(1))
    flooded, water = flood(image, ground, replace(TRIAL, share=(0.5, 0.6)).draw(rng), rng)
    beside_dry = network.probability(flooded, image)[water].mean()
    beside_itself = network.probability(flooded, flooded)[water].mean()
    assert beside_dry > beside_itself + 0.2


def test_exposure_alone_is_no_water(network):
    for image, ground, _ in streets(4):
        darker = cv2.convertScaleAbs(image, alpha=0.6)
        assert (network.probability(darker, image)[ground] > 0.5).mean() < 0.05


def test_pictures_of_two_shapes_are_refused(network):
    with pytest.raises(WaterError, match="cannot be held against"):
        network.probability(np.zeros((180, 320, 3), np.uint8), np.zeros((240, 320, 3), np.uint8))


def test_a_sites_eye_corrects_the_network(network):
    image, _, _ = next(streets(1))
    features = len(network.look(image, image).features)
    shipped = network.probability(image, image)
    same = network.with_head(correction(features, 0.0).to_bytes())
    more = network.with_head(correction(features, 30.0).to_bytes())
    assert same.is_taught
    assert not network.is_taught
    np.testing.assert_allclose(same.probability(image, image), shipped, atol=1e-3)
    assert more.probability(image, image).min() > 0.99
    np.testing.assert_allclose(network.probability(image, image), shipped, atol=1e-6)


def test_an_eye_for_another_network_is_refused(network):
    head = dataclasses.replace(correction(3, 0.0), model="0" * 64)
    with pytest.raises(WaterError, match="another version of model water"):
        network.with_head(head.to_bytes())


def test_a_detector_is_no_water_network():
    with pytest.raises(ModelError, match="no water network"):
        WaterNetwork.open(MANIFEST["nanodet-g"])


def test_a_damaged_file_is_refused(tmp_path):
    file = tmp_path / "water.onnx"
    file.write_bytes(SPEC.path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="sha256"):
        WaterNetwork.open(dataclasses.replace(SPEC, path=file))
