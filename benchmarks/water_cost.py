"""What one look at the water of a camera costs, by stage, on its 640x360 pictures."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median

import cv2
import numpy as np

from benchmarks.report import Figure
from benchmarks.water_hours import event
from benchmarks.water_places import Place
from benchmarks.water_trial import EPOCH, PICTURES, STEP_S
from vision.types import FrameSize, Image
from vision.water.bank import ReferenceBank
from vision.water.evidence import judge
from vision.water.ground import Ground
from vision.water.on_screen_text import TextFinder
from vision.water.registration import luma_of, register
from vision.water.sampler import Sampler, sample_shape
from vision.water.sight import Usual, unseen
from vision.water.types import RainState, Sample
from vision.water.votes import WaterVoter
from vision.water.watch import WaterWatch

SIZE = FrameSize(640, 360)
REPEATS = 25
AIM = "<= 60"


def figures(place: Place, network: WaterVoter | None) -> Iterator[Figure]:
    """Yield CPU milliseconds of each stage, and of a whole look, medians."""
    flood = event(place, 0)
    high_s = flood.flood.tide.high_s if flood.flood else 0.0
    dry, wet = (_pictures(flood.picture, at_s) for at_s in (60.0, high_s))
    before, now = _sampled(dry), _sampled(wet)
    bank = ReferenceBank(sample_shape(SIZE))
    bank.learn(before, before.at)
    (state,) = bank.near(now, np.zeros(now.shape, np.bool_), most=1)
    ground = Ground.of(place.setup, now.shape)
    ignore = TextFinder().see(now) | ground.permanent
    registration = register(now, luma_of(state.image), ignore)
    usual = Usual.of([state.image])
    watch = WaterWatch(place.setup, bank, network, camera=place.name)
    finder = TextFinder()
    stages: dict[str, Callable[[], object]] = {
        "sampler": lambda: _sampled(wet),
        "text": lambda: finder.see(now),
        "states": lambda: bank.near(now, ignore),
        "registration": lambda: register(now, luma_of(state.image), ignore),
        "sight": lambda: unseen(now, registration, ground.zones, ignore, usual),
        "evidence": lambda: judge(now, state, ground.zones, ignore, None),
    }
    if network is not None:
        stages["network"] = lambda: network.probability(now.image, state.image)
    for name, stage in stages.items():
        yield Figure(f"cost: {name}", _cpu_ms(stage), "CPU-ms a look")
    looked = _cpu_ms(lambda: (_sampled(wet), watch.look(now, RainState.UNKNOWN)))
    with_it = "with the network" if network is not None else "without a network"
    yield Figure(f"cost: whole look {with_it}", looked, "CPU-ms", AIM)


def _pictures(picture: Callable[[float], Image], at_s: float) -> list[Image]:
    size = (SIZE.width, SIZE.height)
    times = (at_s + STEP_S * number for number in range(PICTURES))
    return [np.asarray(cv2.resize(picture(moment), size), np.uint8) for moment in times]


def _sampled(pictures: list[Image]) -> Sample:
    sampler = Sampler()
    made = None
    for number, picture in enumerate(pictures):
        made = sampler.add(EPOCH + timedelta(seconds=STEP_S * number), picture, None)
    if made is None:
        raise ValueError(f"{len(pictures)} pictures {STEP_S} s apart make no sample")
    return made


def _cpu_ms(work: Callable[[], object]) -> float:
    """Return the processor milliseconds of a piece of work, all threads together."""
    work()
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - began))
    return median(spent)
