import io
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from gateway.store.database import MIGRATIONS, Database
from gateway.store.tables import metadata


def test_migrations_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "gridpatrol.db")
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    database.close()


def test_migrations_are_one_chain() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert scripts.get_base() == "0001"


@pytest.fixture
def postgresql_script() -> str:
    script = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": script}
    )
    with Operations.context(context):
        for step in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())):
            step.module.upgrade()
    return script.getvalue()


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_postgresql_gets_every_table(postgresql_script: str, table: str) -> None:
    assert f"CREATE TABLE {table} (" in postgresql_script


@pytest.mark.parametrize(
    "words",
    ["seq BIGSERIAL NOT NULL", "TIMESTAMP WITH TIME ZONE", "WHERE delivered_at IS NULL"],
)
def test_postgresql_gets_its_own_types(postgresql_script: str, words: str) -> None:
    assert words in postgresql_script
