"""Which camera brings the process down? Marks that outlive a native crash, and what follows.

FFmpeg's decoders are C, and bytes from a camera can crash them; no `except` helps. While a camera's
bytes are in there, its mark stands in a small file that is mapped into memory: a store of 8 bytes,
and the kernel keeps it when the process dies. At its next start the worker reads who was inside. A
camera that was there in two crashes in a row is quarantined: it is not watched for an hour, then
tried alone, and for twice as long after each further crash.

A process that is killed from outside (out of memory, a power cut) leaves marks too. Python's fault
handler tells the difference: it writes down fatal signals, with the thread that died.
"""

import faulthandler
import json
import mmap
import re
import struct
import threading
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import structlog
from pydantic import TypeAdapter, ValidationError

from gateway.errors import StorageError

CRASHES = 2
"""Crashes in a row, each with the camera inside, that lead to quarantine: one may be chance."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)
TRIAL = timedelta(minutes=2)
"""How long a camera on trial must go well before it is acquitted: many key frames of any camera."""

SLOTS = 4096
"""Marks there is room for; what comes beyond is not watched over."""
SLOT = struct.Struct("<Q56s")
"""The thread that is inside, 0 for none, and the camera's id, zero-padded ASCII."""
THREAD = struct.Struct("<Q")

_DEAD_THREAD = re.compile(r"Current thread 0x(?P<thread>[0-9a-f]+)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Suspect:
    """A camera that was inside when the process crashed.

    crashes: in a row. held_until: UTC, the end of its quarantine; None while it is only suspected.
    """

    crashes: int
    held_until: datetime | None = None


Suspects = Mapping[str, Suspect]
_SUSPECTS = TypeAdapter(dict[str, Suspect])


def judge_crash(suspects: Suspects, guilty: Collection[str], at: datetime) -> dict[str, Suspect]:
    """Return the suspects after another crash. guilty: who was inside; at: UTC.

    Who was not inside this time is a suspect no longer; who is held stays so.
    """
    kept = {camera: one for camera, one in suspects.items() if one.held_until is not None}
    for camera in guilty:
        crashes = suspects[camera].crashes + 1 if camera in suspects else 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(crashes - CRASHES, 10))
        kept[camera] = Suspect(crashes, at + pause if crashes >= CRASHES else None)
    return kept


def blame(inside: Mapping[int, str], crash: str) -> frozenset[str]:
    """Return the cameras to blame for how a process ended.

    inside: cameras by the thread that had their bytes. crash: what the fault handler wrote, "" when
    the process was not ended by a fault of its own. FFmpeg's own threads are unknown to Python: one
    of them may work for any camera inside.
    """
    if not crash:
        return frozenset()
    dead = _DEAD_THREAD.search(crash)
    camera = inside.get(int(dead["thread"], 16)) if dead else None
    return frozenset(inside.values()) if camera is None else frozenset({camera})


class DecodeMark:
    """Says, while entered, that a camera's bytes are in native code; for one thread at a time."""

    def __init__(self, marks: mmap.mmap, slot: int) -> None:
        self.slot = slot
        self._marks = marks
        self._at = slot * SLOT.size

    def __enter__(self) -> None:
        THREAD.pack_into(self._marks, self._at, threading.get_ident())

    def __exit__(self, *_: object) -> None:
        THREAD.pack_into(self._marks, self._at, 0)


class Quarantine:
    """The marks and the suspects of one worker; from any thread.

    directory: made where it is missing. name: the worker's. at: UTC, now. Settles at once what the
    process before left behind. Raises StorageError.
    """

    def __init__(self, directory: Path, name: str, at: datetime) -> None:
        self._book = directory / f"{name}.json"
        self._crash = directory / f"{name}.crash"
        self._lock = threading.Lock()
        self._slots: set[int] = set()
        self._trial: tuple[str, datetime] | None = None
        self._handler: TextIO | None = None
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._suspects = self._settle(directory / f"{name}.marks", at)
            self._marks = _map(directory / f"{name}.marks")
        except OSError as error:
            raise StorageError(
                f"the worker's marks in {directory} cannot be kept: {error.strerror}"
            ) from error

    def catch_crashes(self) -> None:
        """Have fatal signals written down from now on; not where somebody else sees to that."""
        if not faulthandler.is_enabled():
            self._handler = self._crash.open("w")
            faulthandler.enable(self._handler)

    def mark(self, camera: str) -> AbstractContextManager[None]:
        """Return a mark to enter whenever the camera's bytes go into native code."""
        with self._lock:
            slot = next((n for n in range(SLOTS) if n not in self._slots), None)
            if slot is None:
                return nullcontext()
            self._slots.add(slot)
        SLOT.pack_into(self._marks, slot * SLOT.size, 0, camera.encode())
        return DecodeMark(self._marks, slot)

    def forget(self, mark: AbstractContextManager[None]) -> None:
        """Give a mark's place to another."""
        if isinstance(mark, DecodeMark):
            with self._lock:
                self._slots.discard(mark.slot)

    def held_until(self, camera: str) -> datetime | None:
        """Return when the camera's quarantine ends, None while it has none."""
        with self._lock:
            if self._trial is not None and self._trial[0] == camera:
                return None
            suspect = self._suspects.get(camera)
        return suspect.held_until if suspect else None

    def next_trial(self, at: datetime) -> str | None:
        """Return a camera that is to be watched again from now on; call every few seconds.

        There is one on trial at a time; who passes is acquitted.
        """
        with self._lock:
            if self._trial is not None:
                camera, began_at = self._trial
                if at - began_at < TRIAL:
                    return None
                log.info("a camera goes well again and leaves quarantine", camera=camera)
                self._suspects.pop(camera, None)
                self._save()
                self._trial = None
            due = [
                (one.held_until, camera)
                for camera, one in self._suspects.items()
                if one.held_until is not None and one.held_until <= at
            ]
            if not due:
                return None
            _, camera = min(due)
            self._trial = (camera, at)
            return camera

    def close(self) -> None:
        """Leave no mark behind: the end was a clean one."""
        if self._handler is not None:
            faulthandler.disable()
            self._handler.close()
            self._handler = None
            self._crash.unlink(missing_ok=True)
        if not self._marks.closed:
            self._marks[:] = bytes(len(self._marks))

    def _settle(self, marks: Path, at: datetime) -> dict[str, Suspect]:
        """Read how the process before ended, and return the suspects after that."""
        suspects: dict[str, Suspect] = {}
        with suppress(FileNotFoundError, ValidationError):
            suspects = _SUSPECTS.validate_json(self._book.read_bytes())
        crash = self._crash.read_text(errors="replace") if self._crash.exists() else ""
        if not crash:
            return suspects
        guilty = blame(_inside(marks), crash)
        suspects = judge_crash(suspects, guilty, at)
        log.error("the worker before this one crashed", inside=sorted(guilty), trace=crash[:2000])
        self._suspects = suspects
        self._save()
        self._crash.unlink(missing_ok=True)
        return suspects

    def _save(self) -> None:
        """Write the suspects down so that they outlive a crash in the middle of it."""
        draft = self._book.with_suffix(".new")
        draft.write_text(json.dumps(_SUSPECTS.dump_python(dict(self._suspects), mode="json")))
        draft.replace(self._book)


def _inside(marks: Path) -> dict[int, str]:
    """Return the cameras whose marks stand in a file, by thread."""
    if not marks.exists():
        return {}
    data = marks.read_bytes()
    whole = data[: len(data) // SLOT.size * SLOT.size]
    return {
        thread: camera.rstrip(b"\0").decode("ascii", "replace")
        for thread, camera in SLOT.iter_unpack(whole)
        if thread
    }


def _map(path: Path) -> mmap.mmap:
    """Return a file of empty marks, mapped into memory."""
    with path.open("w+b") as file:
        file.truncate(SLOTS * SLOT.size)
        return mmap.mmap(file.fileno(), SLOTS * SLOT.size)
