"""The models that the settings name, ours and the site's own, opened as one."""

import numpy as np
import pytest

from gateway.config import AnalysisSettings
from gateway.detector_setup import known_models, model_of, models_of, open_detectors
from gateway.model_manifest import ModelEntry, add_model
from vision.errors import ModelError
from vision.types import Kind
from vision.weights import verify

SMOKE = Kind("smoke")


@pytest.fixture
def smoke(seeing_network):
    sight = (0, 0.9, 80, 20, 140, 60)
    return seeing_network("smoke", {0: "fire", 1: "person"}, sight, (1, 0.9, 10, 10, 30, 60))


@pytest.fixture
def added(tmp_path, smoke):
    entry = ModelEntry("smoke", smoke, "our own", {"fire": "smoke", "person": "person"})
    return add_model(tmp_path, entry, verify)


def test_the_sites_own_models_are_known_by_name(tmp_path, added, smoke):
    assert known_models().keys() == {"nanodet-g", "water"}
    assert known_models(tmp_path).keys() == {"nanodet-g", "water", "smoke"}
    assert added.path == smoke
    assert added.kinds == {"fire": SMOKE, "person": Kind.PERSON}
    assert model_of(AnalysisSettings(model="smoke"), tmp_path).source == "our own"
    with pytest.raises(ModelError, match="did you mean smoke"):
        model_of(AnalysisSettings(model="smok"), tmp_path)


def test_models_are_opened_in_the_order_of_the_settings(tmp_path, added):
    settings = AnalysisSettings(more_models=("smoke", "nanodet-g"), precision="f32")
    assert [spec.name for spec in models_of(settings, tmp_path)] == ["nanodet-g", "smoke"]
    detectors, tracker = open_detectors(settings, tmp_path)
    assert detectors.kinds == {Kind.PERSON, Kind.VEHICLE, SMOKE}
    assert tracker.high_score == {Kind.PERSON: 0.40, Kind.VEHICLE: 0.35, SMOKE: 0.35}
    (found,) = detectors.stream([np.zeros((96, 160, 3), np.uint8)])
    assert [found.kind(row) for row in range(len(found))] == [SMOKE]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "has a model smoke already"),
        ({"name": "two", "kinds": {"fire": "Smoke!"}}, "'Smoke!' cannot be a kind"),
    ],
)
def test_an_entry_that_cannot_be_used_leaves_the_manifest_as_it_was(
    tmp_path, added, smoke, changes, message
):
    manifest = tmp_path / "models" / "manifest.toml"
    before = manifest.read_text("utf-8")
    values = {"name": "smoke", "file": smoke, "source": "x", "kinds": {}} | changes
    with pytest.raises(ModelError, match=message):
        add_model(tmp_path, ModelEntry(**values), verify)
    assert manifest.read_text("utf-8") == before


def test_entries_written_by_hand_stay(tmp_path, smoke, added):
    manifest = tmp_path / "models" / "manifest.toml"
    manifest.write_text("# ours\n" + manifest.read_text("utf-8"), "utf-8")
    add_model(tmp_path, ModelEntry('烟 "2"', smoke, "second", {"fire": "smoke"}), verify)
    assert manifest.read_text("utf-8").startswith("# ours\n")
    assert known_models(tmp_path).keys() == {"nanodet-g", "water", "smoke", '烟 "2"'}
