"""The tree of units in the store, and whose jurisdiction is what."""

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, tuple_

from gateway.audit.act import SYSTEM, Act, AuditAction
from gateway.clock import utc_now
from gateway.errors import ConfigError
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.tables import units, users
from gateway.store.users import Role, User
from gateway.units import Jurisdiction, Unit, UnitTree
from gateway.workflow.case import Level


class Units:
    """The units in the store."""

    def __init__(self, database: Database, actor: str = SYSTEM) -> None:
        self._database = database
        self._actor = actor

    def tree(self) -> UnitTree:
        """Return all units."""
        with self._database.read() as connection:
            return read_tree(connection)

    def replace(self, tree: UnitTree) -> None:
        """Make these the units of the site; raises ConfigError for one lost that users belong to.

        Cameras and incidents keep their texts: they mean what the new tree makes of them.
        """
        kept = set(tree.by_id)
        with self._database.write() as connection:
            query = select(users.c.username, users.c.unit_id).where(users.c.unit_id.is_not(None))
            for username, unit_id in connection.execute(query):
                if unit_id not in kept:
                    raise ConfigError(
                        f"the user {username} belongs to the unit {unit_id}: move them first"
                    )
            connection.execute(units.update().values(parent_id=None))
            connection.execute(delete(units))
            for unit in tree.units:
                connection.execute(
                    insert(units).values(
                        id=unit.id, name=unit.name, level=unit.level, parent_id=unit.parent
                    )
                )
            act, count = AuditAction.UNITS_CHANGED, {"units": len(tree.units)}
            tell(connection, Act(utc_now(), self._actor, act, "units", count))

    def jurisdiction(self, user: User) -> Jurisdiction | None:
        """Return the places that a user sees; None: all of them.

        Administrators see all, and so do those who belong to no unit.
        """
        if user.role is Role.ADMIN or user.unit is None:
            return None
        return self.tree().jurisdiction(user.unit)


def read_tree(connection: Connection) -> UnitTree:
    """Return all units, within somebody's transaction; they were checked when they were written."""
    rows = connection.execute(select(units)).all()
    found = (Unit(row.id, row.name, Level(row.level), row.parent_id) for row in rows)
    ranks = list(Level)
    return UnitTree(tuple(sorted(found, key=lambda one: (-ranks.index(one.level), one.id))))


def lies_within(
    jurisdiction: Jurisdiction, unit: ColumnElement[str], grid: ColumnElement[str]
) -> ColumnElement[bool]:
    """Return which rows lie within a jurisdiction, by their columns of texts."""
    return or_(
        unit.in_(sorted(jurisdiction.units)),
        tuple_(unit, grid).in_(sorted(jurisdiction.places)),
    )
