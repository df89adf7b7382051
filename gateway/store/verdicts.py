"""What people decided about proposals to suppress false alarms; an accepted one changes rules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from gateway.store.database import Database
from gateway.store.rule_changes import RuleChange, change_rules
from gateway.store.tables import proposal_verdicts
from gateway.workflow.case import FalseAlarm

_FIELDS = ("camera_id", "rule", "reason", "remedy", "proposal", "is_accepted", "at", "by", "note")


@dataclass(frozen=True, slots=True)
class ProposalVerdict:
    """A decision. proposal: what was proposed, in a line. by: "cli:" before a shell's user."""

    camera_id: str
    rule: str
    reason: FalseAlarm
    remedy: str
    proposal: str
    is_accepted: bool
    at: datetime
    by: str
    note: str = ""


class ProposalVerdicts:
    """The decisions in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, verdict: ProposalVerdict, change: RuleChange | None = None) -> bool:
        """Keep a decision, and in the same transaction the change of rules that was accepted.

        Zones and rules must have been checked. Returns whether rules changed. Raises NotFoundError
        for a camera that was removed meanwhile; then nothing is kept.
        """
        with self._database.write() as connection:
            connection.execute(insert(proposal_verdicts).values(**asdict(verdict)))
            return change is not None and change_rules(connection, change)

    def newest(self) -> Mapping[tuple[str, str, FalseAlarm], datetime]:
        """Return when was last decided, by camera, rule and reason."""
        table = proposal_verdicts.c
        about = (table.camera_id, table.rule, table.reason)
        query = select(*about, func.max(table.at)).group_by(*about)
        with self._database.read() as connection:
            return {
                (camera, rule, FalseAlarm(reason)): at
                for camera, rule, reason, at in connection.execute(query)
            }

    def since(self, moment: datetime) -> tuple[ProposalVerdict, ...]:
        """Return the decisions of some time, the newest first."""
        columns = (proposal_verdicts.c[name] for name in _FIELDS)
        query = select(*columns).where(proposal_verdicts.c.at >= moment)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(proposal_verdicts.c.id.desc())).mappings()
            return tuple(
                ProposalVerdict(**{**row, "reason": FalseAlarm(row["reason"])}) for row in rows
            )
