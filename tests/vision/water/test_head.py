"""A site's own eye: a correction that starts at nothing, learns, and travels as bytes."""

import io

import numpy as np
import pytest

from vision.errors import WaterError
from vision.water.eye_trial import EyeFigures, Lesson, measure
from vision.water.head import Head, probability_of, score_of
from vision.water.head_fit import fit


def untaught(count=3):
    hidden = np.ones((count, 4), np.float32)
    return Head(
        "abc",
        np.zeros(count, np.float32),
        np.ones(count, np.float32),
        hidden,
        np.zeros(4, np.float32),
        np.zeros(4, np.float32),
        np.zeros(1, np.float32),
    )


def cells_and_truth(seed, count=3000):
    """Cells whose truth is hidden in how two features differ; the network knows nothing of it."""
    rng = np.random.default_rng(seed)
    cells = rng.normal(5.0, 3.0, (count, 3)).astype(np.float32)
    return cells, np.zeros(count, np.float32), cells[:, 0] > cells[:, 1]


def test_an_eye_that_was_taught_nothing_judges_as_the_network():
    shipped = np.random.default_rng(0).uniform(0, 1, (4, 5)).astype(np.float32)
    features = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(untaught().correct(shipped, features), shipped, atol=1e-4)


def test_it_learns_what_the_network_did_not_know():
    rng = np.random.default_rng(0)
    head = fit("abc", *cells_and_truth(1), rng)
    cells, score, water = cells_and_truth(2)
    right = (score + head.correction(cells) > 0) == water
    assert right.mean() > 0.95


def test_what_the_network_knows_is_kept():
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(2000, 3)).astype(np.float32)
    water = rng.uniform(size=2000) < 0.5
    score = np.where(water, 4.0, -4.0).astype(np.float32)
    head = fit("abc", cells, score, water, rng)
    assert (((score + head.correction(cells)) > 0) == water).all()


def test_bytes_there_and_back():
    head = fit("abc", *cells_and_truth(1), np.random.default_rng(0))
    again = Head.from_bytes(head.to_bytes())
    cells, _, _ = cells_and_truth(3)
    assert again.model == "abc"
    np.testing.assert_array_equal(again.correction(cells), head.correction(cells))


def spoiled(**changes):
    file = io.BytesIO(untaught().to_bytes())
    with np.load(file) as archive:
        arrays = dict(archive)
    arrays.update(changes)
    out = io.BytesIO()
    np.savez(out, **{name: value for name, value in arrays.items() if value is not None})
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        untaught().to_bytes()[:-40],
        spoiled(version=np.array(2)),
        spoiled(out=None),
        spoiled(out=np.zeros(9, np.float32)),
        spoiled(hidden=np.zeros(4, np.float32)),
        spoiled(centre=np.full(3, np.nan, np.float32)),
        spoiled(model=np.array({"a": 1}, dtype=object)),
    ],
)
def test_damage_is_named(data):
    with pytest.raises(WaterError, match="train it again"):
        Head.from_bytes(data)


def test_features_of_another_network_are_refused():
    with pytest.raises(WaterError, match="3 features and is given 2"):
        untaught().correct(np.zeros((4, 5), np.float32), np.zeros((2, 4, 5), np.float32))


def test_scores_and_probabilities_are_each_others_inverse():
    probability = np.array([0.0, 0.01, 0.5, 0.99, 1.0], np.float32)
    np.testing.assert_allclose(probability_of(score_of(probability)), probability, atol=1e-4)


def lesson(called, water, *, real=False):
    """Ten cells of which so many are called water, and so many are."""
    score = np.where(np.arange(10) < called, 1.0, -1.0).astype(np.float32)
    truth = (np.arange(10) < water).astype(np.float32)
    return Lesson(np.zeros((10, 3), np.float32), score, truth, real)


def test_the_figures_of_an_eye():
    trial = [
        lesson(5, 5),
        lesson(0, 4),
        lesson(5, 10),
        lesson(0, 0),
        lesson(3, 0),
        lesson(2, 0, real=True),
    ]
    figures = measure(trial, None)
    assert figures.iou == pytest.approx((1 + 0 + 0.5) / 3)
    assert figures.found == pytest.approx(2 / 3)
    assert figures.false_alarms == pytest.approx(1 / 2)
    assert figures.real_false_alarms == pytest.approx(1.0)
    assert measure(trial[:1], None).real_false_alarms is None


BEFORE = EyeFigures(0.6, 0.9, 0.10, 0.10)


@pytest.mark.parametrize(
    ("after", "better"),
    [
        (EyeFigures(0.7, 0.9, 0.10, 0.10), True),
        (EyeFigures(0.6, 0.9, 0.05, 0.05), True),
        (BEFORE, False),
        (EyeFigures(0.9, 1.0, 0.10, 0.15), False),
        (EyeFigures(0.9, 1.0, 0.15, 0.10), False),
        (EyeFigures(0.5, 0.9, 0.00, 0.00), False),
        (EyeFigures(0.9, 0.8, 0.00, 0.00), False),
        (EyeFigures(0.595, 0.9, 0.00, 0.00), True),
    ],
)
def test_an_eye_that_is_worse_in_anything_is_not_better(after, better):
    assert after.is_better_than(BEFORE) is better
