"""Rain at the site: a series of spells, each of the whole site or of one unit of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, insert, select

from gateway.store.database import Database
from gateway.store.tables import rain
from gateway.units import Jurisdiction
from vision.water.types import RainState

SITE = ""
"""Stands for the unit of a spell that concerns the whole site."""
MANUAL = "manual"
"""The source of what a person entered."""


@dataclass(frozen=True, slots=True)
class RainSpell:
    """It rains, or is dry, at a unit from `since` to just before `until`.

    unit: as cameras name theirs; SITE for all. UNKNOWN takes back what was said before. source: who
    says so.
    """

    unit: str
    state: RainState
    since: datetime
    until: datetime
    source: str = MANUAL


class Rain:
    """The spells in the store. A newer one takes the place of an older one where both hold.

    What a person says takes the place of what a feed says, until they take it back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, spell: RainSpell) -> None:
        """Keep a spell."""
        with self._database.write() as connection:
            connection.execute(insert(rain).values(**asdict(spell)))

    def at(self, moment: datetime, within: Jurisdiction | None = None) -> dict[str, RainSpell]:
        """Return what holds at a moment, by unit; units of which nothing is known are absent.

        within: only what concerns the places there.
        """
        query = select(rain).where(rain.c.since <= moment, rain.c.until > moment)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(rain.c.id)).mappings()
            spells = _concerning(rows, within)
        fed = {one.unit: one for one in spells if one.source != MANUAL}
        said = {one.unit: one for one in spells if one.source == MANUAL}
        taken_back = {unit for unit, one in said.items() if one.state is RainState.UNKNOWN}
        return said | {
            unit: one for unit, one in fed.items() if unit not in said.keys() - taken_back
        }

    def between(
        self, since: datetime, until: datetime, within: Jurisdiction | None = None
    ) -> tuple[RainSpell, ...]:
        """Return every spell that touches a span, as entered; within: only what concerns it."""
        query = select(rain).where(rain.c.until > since, rain.c.since < until)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(rain.c.id)).mappings()
            return tuple(_concerning(rows, within))


def concerns(within: Jurisdiction | None, unit: str) -> bool:
    """Say whether rain at a unit, or at the whole site, concerns somebody's places, None: all."""
    return within is None or unit == SITE or within.concerns(unit)


def rain_of(unit: str, spells: dict[str, RainSpell]) -> RainState:
    """Return what is known of rain at a unit: its own word, else the site's, else UNKNOWN.

    spells: as `Rain.at` returns them.
    """
    known = (spells[name].state for name in (unit, SITE) if name in spells)
    return next((state for state in known if state is not RainState.UNKNOWN), RainState.UNKNOWN)


def _concerning(rows: Iterable[RowMapping], within: Jurisdiction | None) -> list[RainSpell]:
    return [_spell(row) for row in rows if concerns(within, row["unit"])]


def _spell(row: RowMapping) -> RainSpell:
    state = RainState(row["state"])
    return RainSpell(row["unit"], state, row["since"], row["until"], row["source"])
