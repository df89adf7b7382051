"""How a site's eye is fitted: logistic regression with one hidden layer, by Adam, in NumPy."""

from typing import Final

import numpy as np

from vision.water.head import Cells, Head, probability_of
from vision.water.types import Map, Mask

HIDDEN: Final = 16
STEPS: Final = 600
BATCH: Final = 1024
LEARNING_RATE: Final = 0.01
DECAY: Final = 1e-3
"""Pull of every weight towards nothing, which is the shipped network's own judgement."""
MOMENTUM, SPREAD_MOMENTUM, EPSILON = 0.9, 0.999, 1e-8
"""As in Kingma and Ba 2015, algorithm 1."""


class _Adam:
    """Goes down a gradient step by step (Kingma and Ba 2015)."""

    def __init__(self, start: Map) -> None:
        self.weights = start
        self._mean = np.zeros_like(start)
        self._square = np.zeros_like(start)
        self._steps = 0

    def step(self, gradient: Map, rate: float) -> None:
        """Move against the gradient, and a little towards nothing."""
        self._steps += 1
        self._mean += (1 - MOMENTUM) * (gradient - self._mean)
        self._square += (1 - SPREAD_MOMENTUM) * (gradient**2 - self._square)
        mean = self._mean / (1 - MOMENTUM**self._steps)
        square = self._square / (1 - SPREAD_MOMENTUM**self._steps)
        self.weights -= rate * (mean / (np.sqrt(square) + EPSILON) + DECAY * self.weights)


def fit(model: str, cells: Cells, score: Map, water: Mask, rng: np.random.Generator) -> Head:
    """Return the head that corrects scores best.

    model: sha256 of the network. cells (N, F), score (N,): the network's, water (N,): the truth.
    The last layer begins at nothing, so that the head begins as the shipped network.
    """
    centre = cells.mean(axis=0).astype(np.float32)
    scale = (cells.std(axis=0) + 1e-3).astype(np.float32)
    known = (cells - centre) / scale
    count = cells.shape[1]
    start = np.zeros(count * HIDDEN + 2 * HIDDEN + 1, np.float32)
    start[: count * HIDDEN] = rng.normal(0.0, np.sqrt(2.0 / count), count * HIDDEN)
    adam = _Adam(start)
    for step in range(STEPS):
        rows = rng.integers(len(known), size=min(BATCH, len(known)))
        gradient = _gradient(adam.weights, known[rows], score[rows], water[rows])
        adam.step(gradient, LEARNING_RATE * (1 - step / STEPS))
    return Head(model, centre, scale, *_layers(adam.weights, count))


def _layers(weights: Map, count: int) -> tuple[Map, Map, Map, Map]:
    """Return the layers that lie one after the other in one array."""
    hidden, hidden_bias, out, out_bias = np.split(
        weights, np.cumsum([count * HIDDEN, HIDDEN, HIDDEN])
    )
    return hidden.reshape(count, HIDDEN), hidden_bias, out, out_bias


def _gradient(weights: Map, known: Cells, score: Map, water: Mask) -> Map:
    """Return how the cross-entropy of a batch changes with the weights."""
    hidden, hidden_bias, out, out_bias = _layers(weights, known.shape[1])
    active = np.maximum(known @ hidden + hidden_bias, 0.0)
    wrong = (probability_of(score + active @ out + out_bias) - water) / len(water)
    through = np.outer(wrong, out) * (active > 0)
    parts = (known.T @ through, through.sum(axis=0), active.T @ wrong, wrong.sum())
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)
