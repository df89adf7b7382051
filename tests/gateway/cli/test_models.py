"""`gridpatrol models`: a model of the site's own from a file to the settings, timed on the way."""

import cv2
import numpy as np
import pytest

SIGHT = (0, 0.9, 10, 10, 30, 60)


@pytest.fixture
def network(seeing_network):
    return seeing_network("town", {0: "fire", 1: "cloud"}, SIGHT)


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((96, 160, 3), 90, np.uint8))
    return folder


def test_a_model_of_ones_own_is_added_exported_timed_and_listed(
    gridpatrol, network, images, data_dir
):
    added = gridpatrol("models", "add", "smoke", network, "--kind", "fire=smoke", "--json")
    assert added.objects[0]["kinds"] == {"fire": "smoke"}
    listed = {one["name"] for one in gridpatrol("models", "list", "--json").objects}
    assert listed == {"nanodet-g", "water", "smoke"}
    assert "smoke" in gridpatrol("models", "verify").out

    words = ("--model", "smoke", "--images", images, "--seconds", "0.5")
    (timed,) = gridpatrol("models", "benchmark", *words, "--json").objects
    best = timed["best"]
    assert best["way"] in [one["way"] for one in timed["trials"]]
    assert (best["recall"], best["precision"]) == (1.0, 1.0)
    assert (data_dir / "models" / "choices.json").exists()

    (made,) = gridpatrol("models", "export", network, "--json").objects
    assert made["file"] == str(data_dir / "models" / "town_openvino_model" / "town.xml")


def test_a_model_that_votes_on_water_is_added_as_such(
    gridpatrol, refused, semantic_network, network
):
    path = semantic_network("flood", {0: "road", 1: "river", 2: "tree"})
    added = gridpatrol("models", "add", "flood", path, "--water")
    assert "analysis.water_models: [flood]" in added.err
    assert "names no class that counts" in refused(16, "models", "add", "boxes", path)
    assert "names no water" in refused(16, "models", "add", "two", network, "--water")


def test_the_table_is_for_people_and_nothing_need_be_kept(gridpatrol, network, images, data_dir):
    gridpatrol("models", "add", "smoke", network, "--kind", "fire=smoke")
    words = ("--model", "smoke", "--images", images, "--seconds", "0.5", "--no-keep")
    outcome = gridpatrol("models", "benchmark", *words)
    assert "160x96" in outcome.out
    assert "1.000 / 1.000" in outcome.out
    assert not (data_dir / "models" / "choices.json").exists()


@pytest.mark.parametrize(
    ("code", "words", "message"),
    [
        (16, ("add", "smoke", "NETWORK"), "names no class that counts; its labels are fire, cloud"),
        (16, ("add", "smoke", "NETWORK", "--kind", "fire=Smoke"), "'Smoke' cannot be a kind"),
        (15, ("benchmark",), "holds no pictures"),
        (16, ("benchmark", "--model", "nano"), "there is no model or file named nano"),
        (16, ("export", "nothing.onnx"), "there is no file nothing.onnx"),
    ],
)
def test_refusals(refused, network, code, words, message):
    named = (str(network) if word == "NETWORK" else word for word in words)
    assert message in refused(code, "models", *named)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "smoke", "NETWORK", "--kind", "fire"), "is not LABEL=KIND"),
        (("export", "NETWORK", "--size", "640x385"), "is not WIDTHxHEIGHT"),
    ],
)
def test_words_that_are_none(gridpatrol, network, words, message):
    named = (str(network) if word == "NETWORK" else word for word in words)
    outcome = gridpatrol("models", *named)
    assert outcome.exit_code == 2
    assert message in outcome.err
