"""How a water network is fed and read, whatever its weights: on one written by hand."""

import dataclasses

import numpy as np
import pytest

from vision.errors import ModelError, WaterError
from vision.water.head import Head
from vision.water.network import WaterNetwork
from vision.weights import load_manifest, shipped_manifest


def correction(model, amount):
    """A site's eye over six features that adds the same to every score."""
    return Head(
        model,
        np.zeros(6, np.float32),
        np.ones(6, np.float32),
        np.zeros((6, 2), np.float32),
        np.zeros(2, np.float32),
        np.zeros(2, np.float32),
        np.array([amount], np.float32),
    ).to_bytes()


def street(height=180, width=320, level=120):
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize(("height", "width"), [(180, 320), (240, 320), (136, 320), (258, 316)])
def test_the_answer_has_the_pictures_shape(tiny_network, height, width):
    image = street(height, width)
    water = tiny_network.probability(image, image)
    assert water.shape == (height, width)
    assert water.dtype == np.float32
    assert water.max() < 0.1


def test_the_picture_and_its_reference_are_told_apart_and_in_place(tiny_network):
    flooded, dry = street(), street()
    flooded[100:, 160:] = 40
    water = tiny_network.probability(flooded, dry)
    assert water[106:, 166:].min() > 0.9
    assert water[:94].max() < 0.1
    assert water[:, :154].max() < 0.1
    assert tiny_network.probability(dry, flooded).max() < 0.1


def test_the_look_is_a_cell_for_four_pixels_of_what_is_padded(tiny_network):
    look = tiny_network.look(street(level=51), street(level=204))
    assert look.water.shape == (48, 80)
    assert look.features.shape == (6, 48, 80)
    np.testing.assert_allclose(look.features[::2], 0.2, atol=1e-3)
    np.testing.assert_allclose(look.features[1::2], 0.8, atol=1e-3)


def test_what_was_returned_stays_when_the_next_picture_is_judged(tiny_network):
    look = tiny_network.look(street(level=51), street())
    kept = look.features.copy()
    tiny_network.look(street(level=250), street())
    np.testing.assert_array_equal(look.features, kept)


def test_pictures_of_two_shapes_are_refused(tiny_network):
    with pytest.raises(WaterError, match="cannot be held against"):
        tiny_network.probability(street(180), street(240))


def test_a_sites_eye_corrects_the_network_and_leaves_it_as_it_was(tiny_network):
    image = street()
    shipped = tiny_network.probability(image, image)
    same = tiny_network.with_head(correction(tiny_network.spec.sha256, 0.0))
    more = tiny_network.with_head(correction(tiny_network.spec.sha256, 9.0))
    assert same.is_taught
    assert not tiny_network.is_taught
    np.testing.assert_allclose(same.probability(image, image), shipped, atol=1e-4)
    assert more.probability(image, image).min() > 0.9
    np.testing.assert_allclose(tiny_network.probability(image, image), shipped, atol=1e-6)


def test_an_eye_for_another_network_is_refused(tiny_network):
    with pytest.raises(WaterError, match="another version of model tiny"):
        tiny_network.with_head(correction("0" * 64, 0.0))


def test_a_detector_is_no_water_network():
    with pytest.raises(ModelError, match="no water network"):
        WaterNetwork.open(load_manifest(shipped_manifest())["nanodet-g"])


def test_a_damaged_file_is_refused(tiny_spec, tmp_path):
    file = tmp_path / "tiny.onnx"
    file.write_bytes(tiny_spec.path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="sha256"):
        WaterNetwork.open(dataclasses.replace(tiny_spec, path=file))
