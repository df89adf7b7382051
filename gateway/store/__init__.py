"""What gridpatrol remembers: cameras, incidents and their messages, people."""

from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.audit.act import SYSTEM
from gateway.secrets import SecretBox
from gateway.store.acknowledged import Acknowledged
from gateway.store.audit_log import AuditLog
from gateway.store.camera_controls import CameraControls
from gateway.store.camera_states import CameraStates
from gateway.store.case_facts import CaseFactList
from gateway.store.cases import Cases
from gateway.store.change_watch import ChangeWatch
from gateway.store.counts import Counts
from gateway.store.database import Database
from gateway.store.deliveries import Deliveries
from gateway.store.evidence import EvidenceFiles
from gateway.store.handovers import Handovers
from gateway.store.holds import Holds
from gateway.store.incident_list import IncidentList
from gateway.store.incidents import Incidents
from gateway.store.inventory import Inventory
from gateway.store.journal import Journal
from gateway.store.loads import Loads
from gateway.store.manifests import Manifests
from gateway.store.notices import Notices
from gateway.store.outbox import Outbox
from gateway.store.patrol import Patrol
from gateway.store.player_tokens import PlayerTokens
from gateway.store.rain import Rain
from gateway.store.rain_readings import RainReadings
from gateway.store.related_cases import RelatedCases
from gateway.store.removals import Removals
from gateway.store.rule_changes import RuleChanges
from gateway.store.segments import Segments
from gateway.store.sessions import Sessions
from gateway.store.statuses import Statuses
from gateway.store.units import Units
from gateway.store.users import Users
from gateway.store.verdicts import ProposalVerdicts
from gateway.store.water import WaterRecords
from gateway.store.workers import Workers

__all__ = ["Store"]


class Store:
    """One database and what is kept in it, noun by noun. Safe to use from many threads at once.

    Every method may raise StorageError: the disk is full, the database read-only or damaged.
    """

    def __init__(self, database: Database, box: SecretBox, actor: str = SYSTEM) -> None:
        self._database = database
        self._box = box
        self.inventory = Inventory(database, box, actor)
        self.camera_states = CameraStates(database)
        self.camera_controls = CameraControls(database)
        self.rule_changes = RuleChanges(database)
        self.incidents = Incidents(database)
        self.incident_list = IncidentList(database)
        self.cases = Cases(database)
        self.statuses = Statuses(database)
        self.related = RelatedCases(database, self.cases)
        self.case_facts = CaseFactList(database)
        self.verdicts = ProposalVerdicts(database)
        self.manifests = Manifests(database)
        self.holds = Holds(database, actor)
        self.removals = Removals(database)
        self.evidence = EvidenceFiles(database)
        self.segments = Segments(database)
        self.counts = Counts(database)
        self.outbox = Outbox(database)
        self.acknowledged = Acknowledged(database)
        self.deliveries = Deliveries(database)
        self.journal = Journal(database)
        self.audit = AuditLog(database)
        self.users = Users(database, actor)
        self.units = Units(database, actor)
        self.notices = Notices(database, box, actor)
        self.sessions = Sessions(database)
        self.player_tokens = PlayerTokens(database, box)
        self.workers = Workers(database)
        self.loads = Loads(database)
        self.water = WaterRecords(database)
        self.rain = Rain(database)
        self.rain_readings = RainReadings(database)
        self.patrol = Patrol(database)
        self.handovers = Handovers(database)

    @classmethod
    def open(cls, location: str | Path, box: SecretBox) -> "Store":
        """Open the database at a path or URL, made or upgraded first where needed.

        Processes that start together do so one after the other. Raises StorageError: cannot be
        opened, or is from a newer gridpatrol.
        """
        return cls(Database.open(location), box)

    def acting_as(self, actor: str) -> "Store":
        """Return the same store, whose audit log names this actor: a user, or "cli:" and one."""
        return Store(self._database, self._box, actor)

    def watch(self) -> ChangeWatch:
        """Return a cheap way to notice that some process has written, to be closed by its owner."""
        return self._database.watch()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
