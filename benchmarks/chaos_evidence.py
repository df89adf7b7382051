"""Compares the incidents of a store with their events, their cases, and their files on the disk."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos_audit import is_of_incident, stored_events
from gateway.recording.repair import Repair
from gateway.store import Store
from gateway.store.evidence import Evidence, EvidenceType
from gateway.store.incident_list import IncidentFilter
from gateway.store.stored_incident import StoredIncident
from vision.rules.presence import PresenceSpec

PAGE = 200
PICTURES = frozenset({EvidenceType.RAW, EvidenceType.MARKED})


@dataclass(frozen=True, slots=True)
class Halves:
    """What is there, and what of it is not whole, once nothing runs any more.

    half: incidents that never ended, lack an event of a revision, or a picture of their opening.
    damaged: files that are not what their row says. scraps: files half written, and films that no
    row names.
    """

    incidents: int
    half: int
    files: int
    damaged: int
    scraps: int

    @property
    def are_none(self) -> bool:
        """Whether everything is whole."""
        return not (self.half or self.damaged or self.scraps)


def halves(store: Store, data_dir: Path) -> Halves:
    """Look at every incident and every file of a site that does not run."""
    kept = list(_incidents(store))
    pieces = [piece for one in kept for piece in one.evidence]
    events = Counter(
        event.partition("/")[0] for event in stored_events(store) if is_of_incident(event)
    )
    found = Repair(store, data_dir).examine()
    return Halves(
        incidents=len(kept),
        half=sum(not _is_whole(one, events[one.incident.id]) for one in kept),
        files=len(pieces),
        damaged=sum(not _is_as_told(piece, data_dir) for piece in pieces),
        scraps=len(found.growing) + len(found.unlisted),
    )


def _incidents(store: Store) -> Iterator[StoredIncident]:
    page = store.incident_list.page(IncidentFilter(), limit=PAGE)
    yield from page.incidents
    while page.next is not None:
        page = store.incident_list.page(IncidentFilter(), page.next, PAGE)
        yield from page.incidents


def _is_whole(stored: StoredIncident, events: int) -> bool:
    pictures = {piece.type for piece in stored.evidence}
    is_shown = pictures >= PICTURES or stored.incident.rule_type != PresenceSpec.type
    return stored.ending is not None and events == stored.revision + 1 and is_shown


def _is_as_told(piece: Evidence, data_dir: Path) -> bool:
    try:
        data = (data_dir / piece.path).read_bytes()
    except OSError:
        return False
    return (len(data), hashlib.sha256(data).hexdigest()) == (piece.size_bytes, piece.sha256)
