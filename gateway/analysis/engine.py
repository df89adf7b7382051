"""Everything of one worker that analyses pictures, and who of its cameras may spend how much.

    CameraEye … CameraEye ─► DecodePool ─► LookQueue ─► DetectorLoop ─► judge
          ▲
          └── share ── AnalysisEngine, once a second: demands, budget ─► vision.scheduler.allot

The budget is what the machine gives, less what everything else in the worker spends. When pictures
wait for longer than they should, whatever the reason, less is planned until they do not.
"""

import math
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from gateway import telemetry
from gateway.analysis.cpu_meter import CpuMeter, Spending
from gateway.analysis.decode_pool import DecodePool
from gateway.analysis.detector_loop import DetectorLoop
from gateway.analysis.eye import CameraEye, Workshop
from gateway.analysis.looks import Judge, LookQueue
from gateway.config import AnalysisSettings
from gateway.hub import Hub
from vision.attention import Interest
from vision.ensemble import DetectorSet
from vision.scheduler import ALERT_LOOK_EVERY_S, FLOOR, Allotment, Demand, Rung, allot
from vision.types import Kind

ALLOT_S = 1.0
"""How often the shares are worked out anew."""

USABLE = 0.9
"""Share of the machine that is planned with; the rest is for the console, the queue, the system."""

LATE_S = 0.6
"""Pictures that wait this long say that more was planned than can be done."""

EASE, RECOVER = 0.93, 1.05
"""What is planned is multiplied by one of these each second, while late and while not."""
LEAST = 0.6

LOOK_GUESS_S = 0.011
"""Processor time of one look before it is measured: the default model on the reference machine."""

LOOK_MEMORY, LOOKS_ENOUGH = 0.1, 10
"""The cost of a look is averaged over seconds with at least so many of them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the engine does, in processors where not said otherwise.

    overloaded: the cameras need more than there is. budget: what may be spent on pictures, planned:
    what the shares come to; spending: what was spent. stirred, full: how many cameras something
    stirs at, and how many are decoded fully; cameras: of how many that send anything.
    """

    overloaded: bool
    budget: float
    planned: float
    spending: Spending
    cameras: int
    stirred: int
    full: int


class AnalysisEngine:
    """The eyes of a worker's cameras, from `start` to `stop`; methods are for any thread.

    workers: how many share the machine, this one among them.
    """

    def __init__(
        self, detectors: DetectorSet, settings: AnalysisSettings, workers: int = 1
    ) -> None:
        cores = len(os.sched_getaffinity(0))
        self.detectors = detectors
        self._cores = (settings.cores or cores * USABLE) / workers
        self._look_every_s = 1.0 / settings.fps
        self._pool = DecodePool(math.ceil((settings.cores or cores) / workers))
        self._looks = LookQueue()
        self._loop = DetectorLoop(detectors.in_flight, self._looks)
        self._workshop = Workshop(self._looks, self._pool, self._may_wake)
        self._eyes: dict[str, CameraEye] = {}
        self._sets: dict[tuple[str, ...], DetectorSet] = {}
        self._changing = threading.Lock()
        self._room = 0.0
        self._ease = 1.0
        self._look_s = LOOK_GUESS_S
        self._meter = CpuMeter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="allot", daemon=True)
        self._looked = 0
        self.state = EngineState(
            overloaded=False,
            budget=self._cores,
            planned=0.0,
            spending=Spending(),
            cameras=0,
            stirred=0,
            full=0,
        )

    def start(self) -> None:
        """Begin with no eye open."""
        self._pool.start()
        self._loop.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish what is with the detector and end every thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.stop()
        self._loop.stop()

    def open(self, hub: Hub, kinds: Collection[Kind], judge: Judge) -> CameraEye:
        """Return an eye for a camera; `start` it to look.

        kinds: what to look for. judge: told what each look found, in the order of time.
        """
        serving = self.detectors.serving(kinds)
        with self._changing:
            models = tuple(spec.name for spec in serving.specs)
            detectors = self._sets.setdefault(models, serving)
            eye = CameraEye(hub, self._workshop, detectors, judge)
            self._eyes[eye.camera] = eye
        return eye

    def close(self, eye: CameraEye) -> None:
        """Stop an eye; what the detector has of it is still judged."""
        with self._changing:
            self._eyes.pop(eye.camera, None)
        eye.stop()

    def _run(self) -> None:
        while not self._stopping.wait(ALLOT_S):
            try:
                self._allot()
            except Exception:
                log.exception("the machine's time could not be shared out")

    def _allot(self) -> None:
        """Work out every camera's share for the next second."""
        with self._changing:
            eyes = list(self._eyes.values())
        spending = self._meter.read()
        self._learn_look_cost(spending)
        late = max(self._pool.waiting_s(), self._looks.waiting_s()) > LATE_S
        self._ease = max(LEAST, min(1.0, self._ease * (EASE if late else RECOVER)))
        budget = self._ease * max(0.0, self._cores - spending.other)
        demands = [eye.demand(self._look_s) for eye in eyes if eye.sends]
        plan = allot(demands, budget, self._look_every_s)
        for eye in eyes:
            eye.give(plan.shares.get(eye.camera, FLOOR))
        with self._changing:
            self._room = max(0.0, budget - plan.needed_per_s)
        self._tell(demands, plan, budget, spending)

    def _learn_look_cost(self, spending: Spending) -> None:
        """Average in what a look cost in the last second."""
        looked = self._loop.looked - self._looked
        self._looked += looked
        if looked >= LOOKS_ENOUGH:
            look_s = spending.detect_s / looked
            self._look_s += LOOK_MEMORY * (look_s - self._look_s)

    def _may_wake(self, demand: Demand) -> bool:
        """Let a camera decode everything before the next shares, if its cost is there.

        What cameras are given beyond their needs is there for those who need it.
        """
        cost = demand.full_per_s + self._look_s / ALERT_LOOK_EVERY_S
        with self._changing:
            granted = cost <= self._room
            if granted:
                self._room -= cost
        return granted

    def _tell(
        self, demands: list[Demand], plan: Allotment, budget: float, spending: Spending
    ) -> None:
        full = sum(share.rung is Rung.FULL for share in plan.shares.values())
        stirred = sum(demand.interest is Interest.STIRRED for demand in demands)
        for rung, count in ((Rung.FULL, full), (Rung.KEYS, len(demands) - full)):
            telemetry.CAMERAS_AT_RUNG.labels(rung.value).set(count)
        telemetry.DETECT_CPU_SECONDS.inc(spending.detect_s)
        telemetry.OVERLOADED.set(plan.overloaded)
        if plan.overloaded != self.state.overloaded:
            log.warning(
                "analysis is overloaded" if plan.overloaded else "analysis keeps up again",
                cameras=len(demands),
                stirred=stirred,
            )
        self.state = EngineState(
            plan.overloaded, budget, plan.cost_per_s, spending, len(demands), stirred, full
        )
