"""Two pictures of one place, held against each other: the look a worker would take, and no less.

A worker that cannot see says so and stops. Of a pair the water is looked for all the same, because
there is no next picture to wait for; why a worker would have stopped stands beside it.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vision.types import Image
from vision.water.bank import ReferenceBank
from vision.water.evidence import judge_against
from vision.water.ground import Ground
from vision.water.reference import Reference
from vision.water.registration import aligned, luma_of, register
from vision.water.types import Evidence, Mask, RainState, Sample, Unseen, WaterSetup
from vision.water.votes import WaterVoter
from vision.water.watch import WaterWatch


@dataclass(frozen=True, slots=True, eq=False)
class PairLook:
    """What one picture shows against another. unseen: why a worker would say nothing.

    evidence: what was found all the same. after: the picture judged, laid over the reference.
    """

    unseen: Unseen | None
    evidence: Evidence
    after: Image


def look_at_pair(
    setup: WaterSetup, reference: Sample, sample: Sample, network: WaterVoter | None
) -> PairLook:
    """Look for water in a sample by nothing but one other of the same place.

    What is blocked in the sample does not count. Where only one has colour, both lose it: colour
    that came with the daylight is no water. The network is always asked: a worker that looks again
    and again spares it where nothing else stirs.
    """
    dry, now = _alike(reference, sample)
    bank = ReferenceBank(dry.shape)
    bank.learn(dry, dry.at)
    worker = WaterWatch(setup, bank, camera="pair").look(now, RainState.UNKNOWN)
    ground = Ground.of(setup, dry.shape)
    text = ground.text if ground.text is not None else np.zeros(dry.shape, np.bool_)
    ignore: Mask = text | ground.permanent
    placed = register(now, luma_of(dry.image), ignore | dry.blocked)
    laid = aligned(now, placed) if placed.found else now
    vote = None if network is None else network.probability(laid.image, dry.image)
    state = Reference("pair", dry.image, dry.at, dry.at, dry.infrared)
    evidence = judge_against(laid, (state,), ground.zones, ignore, vote)
    return PairLook(worker.reading.unseen, evidence, laid.image)


def _alike(reference: Sample, sample: Sample) -> tuple[Sample, Sample]:
    """Return both by the same sort of light: in colour, or both without."""
    if reference.infrared == sample.infrared:
        return reference, sample
    return _without_colour(reference), _without_colour(sample)


def _without_colour(sample: Sample) -> Sample:
    grey = cv2.cvtColor(luma_of(sample.image), cv2.COLOR_GRAY2BGR)
    return replace(sample, image=np.asarray(grey, np.uint8), infrared=True)
