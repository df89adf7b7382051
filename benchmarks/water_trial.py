"""Simulated hours given to the product's own watch of water, as the product does it.

Each look is a sample of five pictures over six seconds, through the real detector and sampler, as
often as the watch itself asks for it. Before its hours a camera lives through some usual days, from
which the watch learns; where it takes rain for water then, somebody tells it "only wet", once.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.water_hours import Hour, usual_days
from benchmarks.water_places import SIZE, Place
from vision.detector import Detector
from vision.types import ChangeType, Severity
from vision.water.bank import ReferenceBank
from vision.water.conditions import WATERLOGGING
from vision.water.sampler import Sampler, sample_shape
from vision.water.types import RainState, Sample, Unseen, WaterState
from vision.water.votes import WaterVoter
from vision.water.watch import WaterOutcome, WaterWatch

EPOCH = datetime(2026, 6, 1, 6, tzinfo=UTC)
PICTURES, STEP_S = 5, 1.5
"""Pictures of a sample, and the time between two of them."""
ASKED = (0, 1, 2, 3, 4)
"""Those of them that the detector sees."""
USUAL_LOOK_S = 200.0
"""Between looks of the usual days: they are many."""
WAITING = timedelta(hours=3)
"""Between the usual days and an hour, and between any two days."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look led to. at_s: since its hour began. truth: flooded share of the zone, 0-1.

    seen: the share the watch believes, 0-1. opened, closed: whether an incident of water did.
    """

    at_s: float
    truth: float
    unseen: Unseen | None
    seen: float
    state: WaterState
    opened: bool
    closed: bool
    severity: Severity | None
    basis: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One hour, look by look. cpu_s: processor seconds spent in the sampler and the watch."""

    name: str
    place: str
    looks: tuple[Look, ...]
    seconds: float
    cpu_s: float


class Eyes:
    """A detector and, with it, samples of simulated hours."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.cpu_s = 0.0

    def sample(self, hour: Hour, at_s: float, at: datetime, sampler: Sampler) -> Sample | None:
        """Return the sample that ends at a moment of an hour."""
        times = [at_s - STEP_S * (PICTURES - 1 - number) for number in range(PICTURES)]
        pictures = [hour.picture(moment) for moment in times]
        boxes = self._detector.detect([pictures[number] for number in ASKED])
        found = dict(zip(ASKED, boxes, strict=True))
        began = time.process_time()
        made = None
        for number, (moment, picture) in enumerate(zip(times, pictures, strict=True)):
            taken_at = at + timedelta(seconds=moment - at_s)
            made = sampler.add(taken_at, picture, found.get(number)) or made
        self.cpu_s += time.process_time() - began
        return made


@dataclass(frozen=True, slots=True)
class Camera:
    """What one place's watch learnt. taught: how often it had to be told "only wet"."""

    place: Place
    bank: bytes
    taught: int

    def watch(self, network: WaterVoter | None) -> WaterWatch:
        """Return a watch as it is after a restart, for one hour."""
        bank = ReferenceBank.from_bytes(self.bank)
        return WaterWatch(self.place.setup, bank, network, camera=self.place.name)


def camera_after_usual_days(
    place: Place, eyes: Eyes, network: WaterVoter | None, *, quick: bool
) -> Camera:
    """Return a camera that has seen its place by day and night, dry and wet."""
    bank = ReferenceBank(sample_shape(SIZE))
    watch = WaterWatch(place.setup, bank, network, camera=place.name)
    taught = 0
    days = usual_days(place)
    for number, day in enumerate(days[::3] if quick else days):
        looks = list(_looks(day, watch, eyes, EPOCH + number * WAITING, lambda _: USUAL_LOOK_S))
        clear = sum(outcome.judgement.is_clear for _, outcome in looks)
        if clear < len(looks) / 2 and watch.teach_wet() is not None:
            taught += 1
    return Camera(place, bank.to_bytes(), taught)


def play(hour: Hour, watch: WaterWatch, eyes: Eyes) -> Trial:
    """Give one hour to a watch, looking as often as it asks."""
    began_s = eyes.cpu_s
    looks: list[Look] = []
    begins = EPOCH + 100 * WAITING
    for at_s, outcome in _looks(hour, watch, eyes, begins, lambda o: o.judgement.look_again_s):
        looks.append(_look(hour, at_s, outcome))
    return Trial(hour.name, hour.place.name, tuple(looks), hour.seconds, eyes.cpu_s - began_s)


def _looks(
    hour: Hour,
    watch: WaterWatch,
    eyes: Eyes,
    begins: datetime,
    again_s: Callable[[WaterOutcome], float],
) -> Iterator[tuple[float, WaterOutcome]]:
    """Yield each look of an hour with its time."""
    sampler = Sampler()
    at_s = STEP_S * (PICTURES - 1)
    while at_s < hour.seconds:
        at = begins + timedelta(seconds=at_s)
        sample = eyes.sample(hour, at_s, at, sampler)
        began = time.process_time()
        if sample is None:
            outcome = watch.miss(at, Unseen.STALE, RainState.UNKNOWN)
        else:
            outcome = watch.look(sample, RainState.UNKNOWN)
        eyes.cpu_s += time.process_time() - began
        yield at_s, outcome
        at_s += max(again_s(outcome), STEP_S * PICTURES)


def _look(hour: Hour, at_s: float, outcome: WaterOutcome) -> Look:
    told = [one for one in outcome.changes if one.incident.kind == WATERLOGGING]
    evidence = outcome.evidence
    votes = evidence.votes if evidence else {}
    return Look(
        at_s=at_s,
        truth=hour.truth(at_s),
        unseen=outcome.reading.unseen,
        seen=outcome.reading.area_ratio,
        state=outcome.judgement.state,
        opened=any(one.type is ChangeType.OPENED for one in told),
        closed=any(one.type is ChangeType.CLOSED for one in told),
        severity=told[-1].incident.severity if told else None,
        basis=" ".join(f"{name} {share:.2f}" for name, share in votes.items()),
    )
