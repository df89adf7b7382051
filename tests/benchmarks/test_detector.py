"""A turn of the benchmark: every way finishes what it began, every headline has a figure."""

import re

import numpy as np

from benchmarks.detector import _alternate, _contest, _figures
from benchmarks.tables import HEADLINES
from vision.weights import load_manifest, shipped_manifest


def test_one_turn_gives_the_figures_that_are_shown():
    images = [np.full((120, 160, 3), grey, np.uint8) for grey in (40, 90, 140)]
    contest = _contest(load_manifest(shipped_manifest())["nanodet-g"], "bf16", images)
    for work in contest.works.values():
        assert work(iter([None] * 3)) in (3, 3 * 4)
    measured = _alternate(contest.works, rounds=1, seconds=0.02)
    names = [figure.name for figure in _figures(contest, measured)]
    assert len(names) == len(set(names))
    shown = [pattern for row in HEADLINES if row.benchmark == "detector" for pattern in row.figures]
    assert shown
    for pattern in shown:
        assert any(re.fullmatch(pattern, name) for name in names), pattern
