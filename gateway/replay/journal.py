"""What is done of a replay, so that one that was killed goes on where it was.

A film counts as done once its result is whole on the disk; a line of the journal says which file,
analysed how, it is of. Whatever else lies in the folder is begun anew.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.analyze import AnalysisPlan, Film
from gateway.errors import StorageError
from vision.ensemble import DetectorSet

JOURNAL = "journal.jsonl"
FILMS = "films"


@dataclass(frozen=True, slots=True)
class FilmResult:
    """The result of one film: its JSON lines, the last of which sums up."""

    film: Film
    lines: tuple[str, ...]


class Journal:
    """A replay's folder. For any number of threads of one process."""

    def __init__(self, folder: Path, plan: AnalysisPlan, detectors: DetectorSet) -> None:
        """Raise StorageError when the folder cannot be made or read."""
        self.folder = folder
        self._writing = threading.Lock()
        self._manner = _digest(repr(plan), *(spec.sha256 for spec in detectors.specs))
        try:
            (folder / FILMS).mkdir(parents=True, exist_ok=True)
            self._done = _read(folder / JOURNAL)
        except OSError as error:
            raise StorageError(f"{folder} cannot be used: {error.strerror}") from error

    def find(self, film: Film) -> FilmResult | None:
        """Return a film's result if the same files were analysed in the same way; else None."""
        digest = self._done.get(self._key(film))
        try:
            text = self._result(film).read_text("utf-8")
        except OSError:
            return None
        same = digest is not None and digest == _digest(text)
        return FilmResult(film, tuple(text.splitlines())) if same else None

    def keep(self, result: FilmResult) -> None:
        """Write a film's result, then say that it is done. Raises StorageError."""
        key, text = self._key(result.film), "".join(f"{line}\n" for line in result.lines)
        entry = {"film": result.film.name, "key": key, "result": _digest(text)}
        try:
            write_whole(self._result(result.film), text.encode())
            with self._writing, (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(entry, ensure_ascii=False) + "\n")
                journal.flush()
                os.fsync(journal.fileno())
        except OSError as error:
            raise StorageError(f"{self.folder} cannot be written: {error.strerror}") from error
        self._done[key] = entry["result"]

    def _result(self, film: Film) -> Path:
        return self.folder / FILMS / f"{_digest(film.name)[:16]}.jsonl"

    def _key(self, film: Film) -> str:
        """Return what names these very files, analysed in this manner."""
        facts = [self._manner, repr(film)]
        for part in film.parts:
            status = part.path.stat() if part.path.exists() else None
            facts.append(f"{status.st_size} {status.st_mtime_ns}" if status else "gone")
        return _digest(*facts)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read(path: Path) -> dict[str, str]:
    """Return the results by key; a last line cut short by a kill is passed over."""
    if not path.exists():
        return {}
    return dict(_entries(path.read_text("utf-8", errors="replace").splitlines()))


def _entries(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        try:
            entry = json.loads(line)
            yield str(entry["key"]), str(entry["result"])
        except (ValueError, KeyError, TypeError):
            continue


def _digest(*facts: str) -> str:
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
