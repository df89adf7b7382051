"""Who votes on where water is at a camera: our network, its own eye, and the site's own models."""

import numpy as np
import pytest

from gateway.clock import utc_now
from gateway.config import AnalysisSettings
from gateway.detector_setup import open_water_models, open_water_network, open_water_voters
from gateway.water.bank_files import BankFiles
from gateway.water.eye import eyes_of
from vision.errors import ModelError
from vision.water.network import WaterNetwork
from vision.water.votes import WaterVotes, as_one

SCENE = (96, 160)


def picture(blue: float) -> np.ndarray:
    """Return a red picture whose lower part is blue."""
    image = np.full((*SCENE, 3), (40, 40, 200), np.uint8)
    image[round(SCENE[0] * (1 - blue)) :] = (200, 40, 40)
    return image


@pytest.fixture
def models(semantic_network):
    """Return models opened as the settings name them: two that know water, by its path each."""
    names = {0: "road", 1: "water", 2: "tree"}
    paths = (semantic_network("ours", names), semantic_network("theirs", names))
    return open_water_models(AnalysisSettings(water_models=tuple(map(str, paths))))


def test_models_of_the_settings_vote_beside_the_network(semantic_network, tmp_path) -> None:
    path = semantic_network("town", {0: "road", 1: "water", 2: "tree"})
    settings = AnalysisSettings(water_models=(str(path), str(path)))
    network, model = open_water_voters(settings, tmp_path)
    assert isinstance(network, WaterNetwork)
    ours, theirs = (one.probability(picture(0.4), picture(0.0)) for one in (network, model))
    assert theirs[70:].min() > 0.9
    both = eyes_of(network, (model,), utc_now)(BankFiles(tmp_path, "gate"))
    said = both.probability(picture(0.4), picture(0.0))
    np.testing.assert_allclose(said, (ours + theirs) / 2, atol=1e-6)


def test_without_models_a_camera_has_the_network_and_without_it_the_models(
    models, tmp_path
) -> None:
    files, network = BankFiles(tmp_path, "gate"), open_water_network()
    assert eyes_of(network, (), utc_now)(files) is network
    assert isinstance(eyes_of(None, models, utc_now)(files), WaterVotes)
    assert eyes_of(None, (), utc_now)(files) is None
    assert as_one(()) is None


def test_cameras_that_take_turns_look_at_each_reference_once(models, tmp_path) -> None:
    looked_at = []
    (model, _) = models
    runtime = model._runtime
    start = runtime.start

    class Counted:
        facts = runtime.facts

        def start(self, batch):
            looked_at.append(batch)
            return start(batch)

    model._runtime = Counted()
    voter_of = eyes_of(None, (model,), utc_now)
    cameras = [(voter_of(BankFiles(tmp_path, name)), picture(0.0)) for name in ("gate", "yard")]
    for _ in range(3):
        for voter, reference in cameras:
            voter.probability(picture(0.4), reference)
    assert len(looked_at) == 2 * (3 + 1)


def test_a_model_that_knows_no_water_is_refused_by_name(seeing_network, semantic_network) -> None:
    dry = semantic_network("dry", {0: "road", 1: "sky", 2: "tree"})
    with pytest.raises(ModelError, match="model dry names no water"):
        open_water_models(AnalysisSettings(water_models=(str(dry),)))
    boxes = seeing_network("boxes", {0: "water"}, (0, 0.9, 80, 20, 140, 60))
    with pytest.raises(ModelError, match="model boxes is no segmentation network"):
        open_water_models(AnalysisSettings(water_models=(str(boxes),)))
