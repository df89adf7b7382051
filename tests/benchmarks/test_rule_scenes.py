"""The scenes of the rules benchmark: boxes judged as they should be, pictures troubled for real."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.rule_pictures import PICTURED, clear, infrared, shown
from benchmarks.rule_scripts import SCRIPTS, incidents

SHORT = [scene for scene in SCRIPTS if scene.length_s <= 400]


@pytest.mark.parametrize("scene", SHORT, ids=lambda scene: scene.name)
def test_two_looks_a_second_give_the_incidents_expected(scene) -> None:
    assert len(incidents(scene, 2.0)) == scene.expected


def test_a_scene_is_the_same_each_time() -> None:
    (scene,) = [scene for scene in SCRIPTS if scene.name == "moths over a tripwire"]
    seconds = np.arange(0, 20, 0.5)
    assert [scene.script(s) for s in seconds] == [scene.script(s) for s in seconds]


@pytest.mark.parametrize("scene", PICTURED, ids=lambda scene: scene.name)
def test_each_trouble_changes_the_picture_and_itself(square_film, scene) -> None:
    (plain,) = shown(PICTURED[0], 0.2)
    troubled = [scene.trouble(plain.astype(np.float32), at_s) for at_s in (2, 8, 15, 25)]
    assert {one.shape for one in troubled} == {plain.shape}
    off = [float(np.abs(one - plain).mean()) for one in troubled]
    assert (max(off) > 1) is (scene.trouble is not clear)
    if scene.trouble not in (clear, infrared):
        assert len(set(off)) > 1


def test_what_is_shown_is_a_picture_of_the_camera(square_film) -> None:
    looks = list(shown(PICTURED[1], 1.0))
    assert [one.dtype for one in looks] == [np.uint8] * 5
    assert all((a != b).any() for a, b in pairwise(looks))
