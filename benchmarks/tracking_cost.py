"""What an update costs, in processor time, with few and with many objects in the picture."""

import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.report import Figure
from benchmarks.tracking_rivals import RIVALS, Rival
from benchmarks.tracking_truth import persons
from vision.types import Detections

RATE = 5.0
ROUNDS = 5
"""Turns in which the trackers alternate; the cheapest of each counts, the rest is disturbance."""


def cost_figures(crowds: Sequence[int], updates: int) -> Iterator[Figure]:
    """Yield the processor time of an update of each tracker, and the ratio of the two."""
    for crowd in crowds:
        film = _walk(crowd, updates // ROUNDS)
        costs = dict.fromkeys(RIVALS, np.inf)
        for _ in range(ROUNDS):
            for name, rival in RIVALS.items():
                costs[name] = min(costs[name], _cost_ms(rival, film))
        for name, cost in costs.items():
            yield Figure(f"{crowd} objects, {name}: an update", round(cost, 4), "ms")
        ratio = costs["ByteTrack"] / costs["ours"]
        yield Figure(f"{crowd} objects, ByteTrack against ours", round(ratio, 2), "ratio", "> 1")


def _cost_ms(rival: Rival, film: Sequence[Detections]) -> float:
    step = rival(RATE)
    began = time.process_time()
    for number, detections in enumerate(film):
        step(detections, number / RATE)
    return (time.process_time() - began) * 1000 / len(film)


def _walk(crowd: int, frames: int) -> list[Detections]:
    """Return persons who walk to and fro on a wide square, one in ten unsure in each frame."""
    rng = np.random.default_rng(crowd)
    places = rng.uniform((0, 0), (1800, 900), (crowd, 2))
    speeds = rng.uniform(-40, 40, (crowd, 2))
    film = []
    for _ in range(frames):
        places += speeds / RATE
        speeds[(places < 0) | (places > (1800, 900))] *= -1
        corners = places + rng.normal(0, 1, places.shape)
        scores = np.where(rng.random(crowd) < 0.1, 0.3, 0.8).astype(np.float32)
        boxes = np.hstack([corners, corners + np.array([40.0, 100.0])]).astype(np.float32)
        film.append(persons(boxes, scores))
    return film
