"""A site trains its own eye, measures it, and refuses one that is worse."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.train.scenes import draw_scene, lit
from vision.errors import WaterError
from vision.geometry import Polygon
from vision.scene import Zone
from vision.types import FrameSize
from vision.water.nuisances import shadow, wet
from vision.water.reference import Reference, ReferenceKind
from vision.water.training import train
from vision.water.types import PermanentWater, PlaceType, WaterSetup

AT = datetime(2026, 7, 1, tzinfo=UTC)
LOWER_HALF = Polygon(((0.05, 0.5), (0.95, 0.5), (0.95, 0.98), (0.05, 0.98)))
SETUP = WaterSetup(PlaceType.ROAD, (Zone("low", LOWER_HALF),))
PAIRS = 40


def site(seed=80_000):
    """Five pictures of one street: hours of a day, one after rain, one with a hard shadow."""
    rng = np.random.default_rng(seed)
    scene = draw_scene(FrameSize(320, 180), rng)
    hours = [lit(scene, rng) for _ in range(3)]
    pictures = [*hours, wet(hours[0], scene.ground, rng), shadow(hours[1], scene.ground, rng)]
    kinds = [ReferenceKind.DRY] * 3 + [ReferenceKind.WET, ReferenceKind.DRY]
    return [
        Reference(f"r{number}", picture, AT, AT, kind=kind)
        for number, (picture, kind) in enumerate(zip(pictures, kinds, strict=True))
    ]


@pytest.fixture(scope="module")
def trained(tiny_network):
    return train(tiny_network, site(), SETUP, np.random.default_rng(0), pairs=PAIRS)


def test_both_eyes_are_measured_on_the_same_pairs(trained):
    for figures in (trained.before, trained.after):
        assert 0 <= figures.iou <= 1
        assert 0 <= figures.found <= 1
        assert 0 <= figures.false_alarms <= 1
        assert figures.real_false_alarms is not None
    assert trained.is_better == trained.after.is_better_than(trained.before)


def test_what_a_site_learnt_runs_in_the_network(tiny_network, trained):
    own = tiny_network.with_head(trained.data)
    image = site()[0].image
    assert own.is_taught
    assert own.probability(image, image).shape == (180, 320)


def test_a_site_gets_better_at_its_own_place(trained):
    assert trained.after.merit > trained.before.merit


def test_the_same_seed_trains_the_same_eye(tiny_network):
    one, other = (
        train(tiny_network, site()[:2], SETUP, np.random.default_rng(3), pairs=6) for _ in range(2)
    )
    assert one.data == other.data
    assert one.after == other.after


def test_one_reference_is_enough_and_has_no_real_pair(tiny_network):
    result = train(tiny_network, site()[:1], SETUP, np.random.default_rng(0), pairs=6)
    assert result.before.real_false_alarms is None


def test_without_references_there_is_nothing_to_train_on(tiny_network):
    with pytest.raises(WaterError, match="no reference"):
        train(tiny_network, [], SETUP, np.random.default_rng(0))


def test_a_zone_that_is_all_river_cannot_be_trained(tiny_network):
    river = PermanentWater("river", Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))))
    setup = WaterSetup(PlaceType.ROAD, SETUP.zones, permanent=(river,))
    with pytest.raises(WaterError, match="no water zone"):
        train(tiny_network, site()[:1], setup, np.random.default_rng(0))
