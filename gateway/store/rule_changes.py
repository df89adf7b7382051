"""What is watched for at each camera, and who changed that when."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from gateway.errors import NotFoundError
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import cameras, rule_changes

_FIELDS = ("camera_id", "at", "by", "zones", "rules")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Zones and rules, JSON arrays, as somebody set them. by: who, "cli:" before a shell's user."""

    camera_id: str
    at: datetime
    by: str
    zones: str
    rules: str


class RuleChanges:
    """The changes in the store; they outlive their cameras."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, change: RuleChange) -> bool:
        """Give a camera other zones and rules; return False when they are what it has.

        Zones and rules must have been checked. Raises NotFoundError.
        """
        its = cameras.c.id == change.camera_id
        now = {"zones": change.zones, "rules": change.rules}
        with self._database.write() as connection:
            before = connection.execute(select(cameras.c.zones, cameras.c.rules).where(its)).first()
            if before is None:
                raise NotFoundError(f"there is no camera {change.camera_id}")
            if before._asdict() == now:
                return False
            connection.execute(update(cameras).where(its).values(updated_at=change.at, **now))
            connection.execute(insert(rule_changes).values(**asdict(change)))
            note(connection, Topic.CAMERA, change.camera_id, change.at)
        return True

    def of(self, camera_id: str) -> tuple[RuleChange, ...]:
        """Return all changes at a camera, the newest first."""
        query = (
            select(*(rule_changes.c[name] for name in _FIELDS))
            .where(rule_changes.c.camera_id == camera_id)
            .order_by(rule_changes.c.id.desc())
        )
        with self._database.read() as connection:
            return tuple(RuleChange(**row) for row in connection.execute(query).mappings())
