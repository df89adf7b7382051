"""A zip archive made as it is read: nothing on the disk, in memory one chunk of one file."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive. chunks: its bytes, asked for when its turn comes.

    name: relative, forward slashes, none of its parts "..". packed: worth compressing. Raises
    ValueError for a name that leads out of the folder it is unpacked in.
    """

    name: str
    chunks: Iterable[bytes]
    packed: bool = True

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.name).parts
        if not parts or self.name.startswith("/") or ".." in parts or set(self.name) & set("\\:\0"):
            raise ValueError(f"{self.name!r} is no name for a file in an archive")


def zip_stream(entries: Iterable[Entry], at: datetime) -> Iterator[bytes]:
    """Yield the bytes of an archive. at: the time all its files get, as the zone says it."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, at.timetuple()[:6])
            info.external_attr = FILE_MODE << 16
            info.compress_type = zipfile.ZIP_DEFLATED if entry.packed else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as file:
                for chunk in entry.chunks:
                    file.write(chunk)
                    yield from outlet.taken()
            yield from outlet.taken()
    yield from outlet.taken()


class _Outlet:
    """What an archive is written to: it holds what nobody has taken yet, and cannot go back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Hold some bytes."""
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is held is taken when it is wanted."""

    def close(self) -> None:
        """Do nothing."""

    def taken(self) -> Iterator[bytes]:
        """Yield what is held, and hold it no more."""
        held, self._held = self._held, []
        yield from held
