"""What every sink does: takes messages, in the order they come for each incident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from gateway.dispatch.backoff import Backoff


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way. seq: of the outbox. body: a CloudEvent in structured JSON."""

    seq: int
    event_id: str
    incident_id: str
    body: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sink made of a letter.

    seq: of the letter. reference: the sink's own number of what it took, "" if it gives none.
    refusal: why it does not take this one letter, None: it has it.
    """

    seq: int
    reference: str = ""
    refusal: str | None = None


class Sink(Protocol):
    """One place that messages go to; used by one asyncio loop."""

    @property
    def where(self) -> str:
        """Its address, without secrets."""

    @property
    def batch(self) -> int:
        """The letters that it is given at most in one go."""

    @property
    def backoff(self) -> Backoff:
        """How it is left alone after it could not be reached."""

    def resume(self, reference: str) -> None:
        """Go on after what an earlier process gave last: a receipt's reference, "" for none."""

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        """Hand letters over and return a receipt for each that the sink took or refused.

        Of one incident, a letter without receipt is followed by none with one. Raises
        SinkUnreachableError when not one was dealt with. A letter without receipt may have arrived
        all the same: it is sent again, and who reads drops what he has seen.
        """

    async def ping(self) -> None:
        """Make sure that the sink is there, if it can be asked; raises SinkUnreachableError."""

    async def close(self) -> None:
        """Let go of the connection."""


def by_incident(letters: Iterable[Letter]) -> tuple[tuple[Letter, ...], ...]:
    """Return letters in groups of one incident each, all in the order given."""
    incident = attrgetter("incident_id")
    together: dict[str, list[Letter]] = {}
    for incident_id, some in groupby(letters, key=incident):
        together.setdefault(incident_id, []).extend(some)
    return tuple(map(tuple, together.values()))
