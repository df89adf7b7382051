"""The cameras' reference banks on the disk: the newest, the one before, and damaged ones aside.

`data_dir/water/CAMERA/` holds `bank.npz`, `bank.previous.npz`, and where there is any `marks.npz`
(how its marks look dry), `slope.npz` (how its slope looks), `feet.npz` (how tall persons' boxes are
there), `head.npz` (what `water train` taught it), `training.json` (how that went) and
`*.damaged-TIME`, what could not be read any more.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.errors import StorageError
from gateway.store.water import Loss
from gateway.water.training_file import training_from_json, training_to_json
from gateway.whole_file import write_whole
from gateway.worker_water_api import TrainingFacts
from vision.errors import WaterError
from vision.water.bank import ReferenceBank
from vision.water.level import MarkBook
from vision.water.mark_file import pack_marks, unpack_marks
from vision.water.types import Feet, Mark
from vision.water.wading import pack_feet, unpack_feet

BANK, PREVIOUS, HEAD = "bank.npz", "bank.previous.npz", "head.npz"
MARKS, SLOPE, FEET, TRAINING = "marks.npz", "slope.npz", "feet.npz", "training.json"

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeptBank:
    """A camera's bank, None where none can be read. loss: what became of the newest kept."""

    bank: ReferenceBank | None
    loss: Loss | None = None


class BankFiles:
    """The files of one camera. Methods raise StorageError when the disk refuses."""

    def __init__(self, data_dir: Path, camera: str) -> None:
        self.folder = data_dir / "water" / camera
        self._camera = camera

    def load(self, now: datetime) -> KeptBank:
        """Return the newest bank that can be read, and what was lost.

        A damaged one is set aside under the time `now` and told in the log: the camera goes on with
        the one before it, or learns anew.
        """
        was_kept = any((self.folder / name).exists() for name in (BANK, PREVIOUS))
        newest = self._read(BANK, ReferenceBank.from_bytes, now)
        if newest is not None:
            return KeptBank(newest)
        before = self._read(PREVIOUS, ReferenceBank.from_bytes, now)
        if before is not None:
            kept = len(before.references)
            log.warning("the water bank before is used", camera=self._camera, states=kept)
            return KeptBank(before, Loss.BEHIND)
        return KeptBank(None, Loss.DAMAGED if was_kept else None)

    def save(self, bank: ReferenceBank) -> None:
        """Keep a bank; the one kept before stays as the previous."""
        newest, before = self.folder / BANK, self.folder / PREVIOUS
        spare = before.with_name(f"{PREVIOUS}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if newest.exists():
                spare.unlink(missing_ok=True)
                os.link(newest, spare)
                spare.replace(before)
            write_whole(newest, bank.to_bytes())
        except OSError as error:
            raise StorageError(f"{newest} cannot be written: {error.strerror}") from error

    def load_head(self, build: Callable[[bytes], T], now: datetime) -> T | None:
        """Return what `build` makes of the camera's own head, None where it has none.

        build: raises WaterError for bytes that are damaged; they are set aside.
        """
        return self._read(HEAD, build, now)

    def head_stamp(self) -> int:
        """Return what changes with the camera's own head, 0 without one."""
        try:
            return (self.folder / HEAD).stat().st_mtime_ns
        except OSError:
            return 0

    def save_head(self, data: bytes) -> None:
        """Keep what the camera was taught."""
        self._write(HEAD, data)

    def load_training(self, now: datetime) -> TrainingFacts | None:
        """Return how the camera was last taught, None where it never was; as `load` otherwise."""
        return self._read(TRAINING, training_from_json, now)

    def save_training(self, training: TrainingFacts) -> None:
        """Keep how the camera was taught."""
        self._write(TRAINING, training_to_json(training))

    def load_marks(self, marks: tuple[Mark, ...], now: datetime) -> MarkBook | None:
        """Return what is known of a camera's marks, None where nothing is; as `load` otherwise."""
        return self._read(MARKS, lambda data: unpack_marks(data, marks), now)

    def save_marks(self, book: MarkBook) -> None:
        """Keep how a camera's marks look; nothing where it has none."""
        if book.marks:
            self._write(MARKS, pack_marks(book))

    def load_slope(self, recall: Callable[[bytes], int], now: datetime) -> None:
        """Have `recall` take up what is known of a camera's slope; as `load_head` otherwise."""
        self._read(SLOPE, recall, now)

    def save_slope(self, data: bytes | None) -> None:
        """Keep how a camera's slope looks; nothing where it watches none."""
        if data is not None:
            self._write(SLOPE, data)

    def load_feet(self, now: datetime) -> Feet | None:
        """Return how tall persons' boxes are where, None where nothing is known; else as `load`."""
        return self._read(FEET, unpack_feet, now)

    def save_feet(self, dry: Feet) -> None:
        """Keep how tall persons' boxes are where."""
        self._write(FEET, pack_feet(dry))

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}") from error

    def _read(self, name: str, build: Callable[[bytes], T], now: datetime) -> T | None:
        path = self.folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}") from error
        try:
            return build(data)
        except WaterError as error:
            self._set_aside(path, str(error), now)
            return None

    def _set_aside(self, path: Path, reason: str, now: datetime) -> None:
        aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
        try:
            path.replace(aside)
        except OSError as error:
            raise StorageError(f"{path} cannot be set aside: {error.strerror}") from error
        log.error(
            "a water file is damaged and was set aside",
            camera=self._camera,
            reason=reason,
            file=str(aside),
        )
