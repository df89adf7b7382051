import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Column, MetaData, insert, make_url

from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.database import MIGRATIONS, Database
from gateway.store.tables import metadata
from vision.types import Severity


def test_migrations_make_the_tables_that_the_code_expects(new_location: Path | str) -> None:
    database = Database.open(new_location)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    database.close()


@pytest.fixture
def before_shares(new_location: Path | str) -> Path | str:
    """Return a database as it was before `0006_shares`, with one camera that was online."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    now = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    database = Database(_url(new_location))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005_controls")
        old = MetaData()
        old.reflect(connection)
        for name, values in (("cameras", {"id": "gate"}), ("camera_states", {"camera_id": "gate"})):
            table = old.tables[name]
            known = values | {
                "state": "online",
                "live": "whep",
                "record": "off",
                "transport": "tcp",
            }
            row = {c.name: known.get(c.name, _some(c, now)) for c in table.c if not c.nullable}
            connection.execute(insert(table).values(row))
    database.close()
    return new_location


def test_cases_closed_before_it_was_kept_were_closed_as_bad_as_they_are(
    new_location: Path | str, tmp_path: Path
) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = Database(_url(new_location))
    now = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    known = {"severity": "yellow", "level": "grid", "kind": "waterlogging"}
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0019_units_of_handover_notes")
        old = MetaData()
        old.reflect(connection)
        for number, step in enumerate(("closed", "reported")):
            this = str(UUID(int=number))
            for name, key in (("incidents", "id"), ("cases", "incident_id")):
                row = known | {key: this, "step": step}
                columns = [one for one in old.tables[name].c if not one.nullable]
                values = {one.name: row.get(one.name, _some(one, now)) for one in columns}
                connection.execute(insert(old.tables[name]).values(values))
    database.close()
    with Store.open(new_location, SecretBox.open(tmp_path / "secret.key")) as store:
        kept = [store.cases.get(str(UUID(int=number))).case.closed_as for number in range(2)]
    assert kept == [Severity.YELLOW, None]


def _url(location: Path | str) -> URL:
    if isinstance(location, Path):
        return URL.create("sqlite", database=str(location))
    return make_url(location)


def _some(column: Column[object], now: datetime) -> object:
    """Return a value that a column takes."""
    return {datetime: now, bool: True, int: 0, float: 0.0}.get(column.type.python_type, "")


def test_what_was_kept_before_the_shares_is_kept(before_shares: Path | str, tmp_path: Path) -> None:
    with Store.open(before_shares, SecretBox.open(tmp_path / "secret.key")) as store:
        (camera,) = store.inventory.cameras()
        state = store.camera_states.get("gate")
        assert (camera.id, state.state, state.live) == ("gate", "online", "whep")
        assert (state.rung, state.interest, state.why, state.seen_every_s) == ("", "", "", None)
        assert store.loads.after(state.updated_at) == ()
        assert (camera.water, store.water.by_camera()) == ("", {})


def test_migrations_are_one_chain() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert scripts.get_base() == "0001"


def test_the_newest_schema_is_known_by_its_file(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "new.db")
    with database.read() as connection:
        made = MigrationContext.configure(connection).get_current_revision()
    database.close()
    assert f"v{made}.py" == max(path.name for path in MIGRATIONS.glob("versions/v*.py"))


def test_a_database_that_needs_no_upgrade_opens_without_alembic(sqlite_location: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from gateway.store.database import Database\n"
        "Database.open(Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, sqlite_location], check=True)
