"""Pictures and films that no row knows: their transaction was cut short, or their writer killed.

They are looked for once a day, in the directories of days that are over, and removed from the disk.
Only files of the names that gridpatrol gives are, so that what somebody put there stays.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from prometheus_client import Counter

from gateway.clock import utc_now
from gateway.store import Store

EVERY: Final = timedelta(days=1)
AGE: Final = timedelta(days=2)
"""How old a file is at least, and its day; a row that is still to come has come by then."""
AT_ONCE: Final = 500
"""Files asked for in one statement."""
OURS: Final = re.compile(
    r"(evidence/[^/]+/(?P<day>\d{4}-\d\d-\d\d)/[^/]+/"
    r"((raw|marked|before|curve|photo|file)[-\w]*\.(jpg|pdf)|clip[-\w]*\.mp4)"
    r"|patrol/(?P<patrol_day>\d{4}-\d\d-\d\d)/[^/]+/[0-9a-f]{16}\.jpg)(\.part)?"
)
"""Paths below the data directory that may be removed."""
_PLACES: Final = ("evidence/*/*/*/*", "patrol/*/*/*")

REMOVED = Counter(
    "gridpatrol_orphans_removed_total", "Files removed that no incident and no check-in knows"
)


class Orphans:
    """Removes them. now: UTC."""

    def __init__(self, store: Store, data_dir: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._data_dir = data_dir
        self._now = now
        self._looked_at: datetime | None = None

    def round(self) -> int:
        """Remove what is there, once a day; return how many files. Raises StorageError."""
        now = self._now()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return 0
        self._looked_at = now
        found = self._old_files(now - AGE)
        removed = 0
        while some := list(islice(found, AT_ONCE)):
            known = self._store.evidence.known(some) | self._store.patrol.known_pictures(some)
            removed += sum(self._remove(name) for name in some if name not in known)
        REMOVED.inc(removed)
        return removed

    def _old_files(self, before: datetime) -> Iterator[str]:
        """Yield the files of ours of days before a time that have not changed since then."""
        last_day = f"{before:%Y-%m-%d}"
        for place in _PLACES:
            for path in self._data_dir.glob(place):
                name = path.relative_to(self._data_dir).as_posix()
                ours = OURS.fullmatch(name)
                day = ours and (ours["day"] or ours["patrol_day"])
                if day and day < last_day and _is_old(path, before):
                    yield name

    def _remove(self, name: str) -> bool:
        try:
            (self._data_dir / name).unlink()
        except OSError:
            return False  # tried again tomorrow
        return True


def _is_old(path: Path, before: datetime) -> bool:
    """Say whether a plain file, no link, was last written before a time."""
    try:
        return (
            path.is_file() and not path.is_symlink() and path.stat().st_mtime < before.timestamp()
        )
    except OSError:
        return False
