"""A site's own eye: the network taught on the pictures of one place."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from gateway.clock import utc_now
from gateway.errors import ConfigError
from gateway.water.bank_files import BankFiles
from gateway.water.evaluation import AT, PICTURES, read_picture
from gateway.worker_water_api import TrainingFacts
from vision.types import FrameSize
from vision.water.network import WaterNetwork
from vision.water.reference import Reference, ReferenceKind
from vision.water.sampler import is_infrared, sample_shape
from vision.water.training import TrainedHead, train
from vision.water.types import WaterSetup

SEED = 1
"""The same pictures give the same eye."""


def teach(
    network: WaterNetwork,
    references: Sequence[Reference],
    setup: WaterSetup,
    advance: Callable[[float], None] = lambda _share: None,
) -> TrainedHead:
    """Return an eye for a place, and how it compares; `advance` is told how far that is, 0-1.

    Raises WaterError.
    """
    return train(network, references, setup, np.random.default_rng(SEED), advance=advance)


def teach_camera(
    network: WaterNetwork,
    references: Sequence[Reference],
    setup: WaterSetup,
    files: BankFiles,
    advance: Callable[[float], None] = lambda _share: None,
) -> TrainedHead:
    """Teach a camera; keep its eye where it is better than the one in place, and how it went.

    network: as shipped. Raises StorageError, WaterError.
    """
    in_place = files.load_head(network.with_head, utc_now()) or network
    taught = teach(in_place, references, setup, advance)
    keep(taught, files, utc_now())
    return taught


def keep(taught: TrainedHead, files: BankFiles, now: datetime) -> None:
    """Keep a camera's eye where it is better than the one in place, and how it went anyway.

    now: UTC. Raises StorageError.
    """
    if taught.is_better:
        files.save_head(taught.data)
    files.save_training(TrainingFacts(now, taught.is_better, taught.before, taught.after))


def pictures_in(folder: Path) -> tuple[Reference, ...]:
    """Return the pictures of a folder, all of one place and shaped as the first is.

    Those whose name begins with "wet" are wet. Raises ConfigError.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
    if not paths:
        raise ConfigError(f"{folder} has no pictures in it")
    first = read_picture(paths[0])
    shape = sample_shape(FrameSize(first.shape[1], first.shape[0]))
    return tuple(_reference(path, shape) for path in paths)


def _reference(path: Path, shape: tuple[int, int]) -> Reference:
    small = cv2.resize(read_picture(path), shape[::-1], interpolation=cv2.INTER_AREA)
    picture = np.asarray(small, np.uint8)
    kind = ReferenceKind.WET if path.stem.lower().startswith("wet") else ReferenceKind.DRY
    return Reference(path.stem, picture, AT, AT, is_infrared(picture), kind)
