"""What differs between the kinds of database that the store runs on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import URL, Engine

from gateway.store.change_watch import ChangeWatch

BUSY_S: Final = 30.0
"""How long a process waits for another one's write; an upgrade, the longest, takes far less."""
LOCKED: Final = f"stayed locked for {BUSY_S:.0f} s: find the process that holds it"


@dataclass(frozen=True, slots=True)
class Engines:
    """Two ways into one pool of connections: for what only looks, and for what writes.

    A transaction of `reader` has one consistent view and waits for no writer. Those of `writer`
    follow each other from their first statement on, as if they were alone: what was read in one is
    still true when it writes.
    """

    reader: Engine
    writer: Engine


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database.

    place: how messages name a database, never with its password. engines: opens none yet; raises
    MissingExtraError. prepare: makes sure that the database can hold a store; raises DBAPIError and
    StorageError. watch: a watch of its own connection; raises DBAPIError. faults: words of the
    driver, or an SQLSTATE in brackets, to what a person should read.
    """

    place: Callable[[URL], str]
    engines: Callable[[URL], Engines]
    prepare: Callable[[Engines], None]
    watch: Callable[[Engines], ChangeWatch]
    faults: Mapping[str, str]
