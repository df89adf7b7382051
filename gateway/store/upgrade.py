"""The upgrade of a database's schema by Alembic; see migrations/env.py for how one is written."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def revisions(migrations: Path) -> frozenset[str]:
    """Return every schema there ever was, by the names that a database has for them."""
    return frozenset(one.revision for one in ScriptDirectory(str(migrations)).walk_revisions())


def upgrade(connection: Connection, migrations: Path) -> None:
    """Bring a database to the newest schema, within the transaction that is open."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
