"""Has cameras taught eyes of their own while they are watched: in a process beside the worker's.

One is taught at a time, and only with the time of the processor that nobody else wants.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import structlog

from gateway.clock import utc_now
from gateway.errors import BusyError, ConfigError, GatewayError
from gateway.water.bank_files import BankFiles
from gateway.water.teaching import teach_camera
from gateway.water_file import point_of
from gateway.worker_water_api import TrainingRun
from vision.errors import VisionError
from vision.water.network import WaterNetwork

NICE = 19
"""The last to be given time: who watches cameras is never made to wait."""
STOP_S = 2.0

log = structlog.get_logger()

OpenNetwork = Callable[[], WaterNetwork | None]
"""Opens the network as shipped, in a process of its own."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """A camera to be taught. water: its set-up, as the inventory keeps it."""

    camera: str
    water: str
    data_dir: Path


@dataclass(slots=True)
class _Run:
    """A process that teaches. answer: gives one text when it has ended, "" when all went well."""

    started_at: datetime
    process: SpawnProcess
    share: "Synchronized[float]"
    answer: Connection
    error: str | None = None

    def state(self) -> TrainingRun | None:
        """Return how it stands, None when it has ended well."""
        if self.error is None and not self.process.is_alive():
            self.error = _last_word(self.answer)
        if self.error == "":
            return None
        return TrainingRun(self.started_at, round(self.share.value, 2), self.error or "")


class Teacher:
    """Teaches the cameras of one worker. Methods are for any thread."""

    def __init__(self, open_network: OpenNetwork) -> None:
        self._open_network = open_network
        self._turn = threading.Lock()
        self._runs: dict[str, _Run] = {}

    def begin(self, pupil: Pupil) -> None:
        """Begin to teach a camera. Raises BusyError while one is being taught."""
        context = multiprocessing.get_context("spawn")
        with self._turn:
            for name, run in self._runs.items():
                if run.process.is_alive():
                    raise BusyError(f"camera {name} is being taught; try again in some minutes")
            share = context.Value("d", 0.0)
            answer, tell = context.Pipe(duplex=False)
            process = context.Process(
                target=_teach, args=(self._open_network, pupil, share, tell), daemon=True
            )
            process.start()
            tell.close()
            self._runs[pupil.camera] = _Run(utc_now(), process, share, answer)
        log.info("a camera is being taught", camera=pupil.camera)

    def run_of(self, camera: str) -> TrainingRun | None:
        """Return the training that goes on or has failed, None without one."""
        with self._turn:
            run = self._runs.get(camera)
            return None if run is None else run.state()

    def stop(self) -> None:
        """End what goes on; what it had learnt is lost."""
        with self._turn:
            for run in self._runs.values():
                if run.process.is_alive():
                    run.process.terminate()
                    run.process.join(STOP_S)


def _teach(
    open_network: OpenNetwork, pupil: Pupil, share: "Synchronized[float]", tell: Connection
) -> None:
    os.nice(NICE)

    def advance(part: float) -> None:
        share.value = part

    try:
        _taught(open_network(), pupil, advance)
    except (GatewayError, VisionError) as error:
        tell.send(str(error))
    else:
        tell.send("")


def _taught(network: WaterNetwork | None, pupil: Pupil, advance: Callable[[float], None]) -> None:
    if network is None:
        raise ConfigError("there is no network for water here; `models list` shows what there is")
    point = point_of(pupil.water)
    files = BankFiles(pupil.data_dir, pupil.camera)
    bank = files.load(utc_now()).bank
    if point is None or bank is None:
        raise ConfigError(f"camera {pupil.camera} has learnt nothing of its place yet")
    teach_camera(network, bank.references, point.setup, files, advance)


def _last_word(answer: Connection) -> str:
    """Return what a process that has ended said."""
    try:
        return str(answer.recv())
    except EOFError:
        return "the training ended before it was done; try again"
