"""Every test of the store holds on SQLite and on PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.store import Store
from gateway.store.change_watch import ChangeWatch


@pytest.fixture(params=["sqlite", "postgresql"])
def store_location(request: pytest.FixtureRequest) -> Path | str:
    """Return where the store under test is."""
    location: Path | str = request.getfixturevalue(f"{request.param}_location")
    return location


@pytest.fixture
def new_sqlite_location(tmp_path: Path) -> Path:
    """Return where there is no database yet."""
    return tmp_path / "new.db"


@pytest.fixture
def new_postgresql_location(postgresql) -> Iterator[str]:
    """Return a database without any table."""
    name = postgresql.create(empty=True)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_location(request: pytest.FixtureRequest) -> Path | str:
    """Return where a store can be made."""
    location: Path | str = request.getfixturevalue(f"new_{request.param}_location")
    return location


@pytest.fixture
def plan_of(store: Store) -> Callable[[str], str]:
    """Return a teller of how the database would go about a query if its tables were large."""

    def tell(query: str) -> str:
        with store._database.read() as connection:
            if connection.dialect.name == "sqlite":
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
                return "\n".join(row[3] for row in rows)
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            return "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())

    return tell


@pytest.fixture
def noticed() -> Callable[[ChangeWatch], bool]:
    """Return a look at a watch that gives the news of a write time to arrive."""

    def look(watch: ChangeWatch) -> bool:
        for _ in range(1000):
            if watch.changed():
                return True
            time.sleep(0.01)
        return False

    return look
