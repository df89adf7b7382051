"""A cheap look at whether anything at all was written, by whichever process."""

import sqlite3
from types import TracebackType
from typing import Self

from sqlalchemy import PoolProxiedConnection

from gateway.errors import StorageError


class ChangeWatch:
    """Asks SQLite for its `data_version`: 10 µs, against 400 for the smallest query.

    Whoever must notice changes soon asks this often and queries only when told to. It holds one
    connection of its own, as SQLite compares with what that connection saw last
    (sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection
        self._seen: int | None = None

    def changed(self) -> bool:
        """Return whether anybody has written since the last time; True the first time."""
        try:
            cursor = self._connection.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchall()[0]
        except sqlite3.Error as error:
            raise StorageError(f"the database cannot be watched: {error}") from error
        before, self._seen = self._seen, int(version)
        return before != self._seen

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
