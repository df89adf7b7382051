"""What is watched for at each camera, and who changed that when and why."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from gateway.audit.act import Act, AuditAction, camera_object
from gateway.errors import NotFoundError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import cameras, rule_changes

_FIELDS = ("camera_id", "at", "by", "zones", "rules", "why")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Zones and rules, JSON arrays, as somebody set them. by: who, "cli:" before a shell's user.

    why: the proposal that was accepted so, "" where somebody simply set them.
    """

    camera_id: str
    at: datetime
    by: str
    zones: str
    rules: str
    why: str = ""


class RuleChanges:
    """The changes in the store; they outlive their cameras."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, change: RuleChange) -> bool:
        """Give a camera other zones and rules; return False when they are what it has.

        Zones and rules must have been checked. Raises NotFoundError.
        """
        with self._database.write() as connection:
            return change_rules(connection, change)

    def of(self, camera_id: str) -> tuple[RuleChange, ...]:
        """Return all changes at a camera, the newest first."""
        query = (
            select(*(rule_changes.c[name] for name in _FIELDS))
            .where(rule_changes.c.camera_id == camera_id)
            .order_by(rule_changes.c.id.desc())
        )
        with self._database.read() as connection:
            return tuple(RuleChange(**row) for row in connection.execute(query).mappings())


def change_rules(connection: Connection, change: RuleChange) -> bool:
    """Do what `RuleChanges.make` does within somebody's transaction."""
    its = cameras.c.id == change.camera_id
    now = {"zones": change.zones, "rules": change.rules}
    before = connection.execute(select(cameras.c.zones, cameras.c.rules).where(its)).first()
    if before is None:
        raise NotFoundError(f"there is no camera {change.camera_id}")
    if before._asdict() == now:
        return False
    connection.execute(update(cameras).where(its).values(updated_at=change.at, **now))
    connection.execute(insert(rule_changes).values(**asdict(change)))
    note(connection, Topic.CAMERA, change.camera_id, change.at)
    action, place = AuditAction.RULES_CHANGED, camera_object(change.camera_id)
    tell(connection, Act(change.at, change.by, action, place))
    return True
