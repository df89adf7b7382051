"""Ends what would outlive its sign-in: open event channels and live pictures."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from anyio import to_thread

RECHECK_S = 3.0
"""How often sessions are looked at that another process, or time, may have ended."""


class Held(Protocol):
    """Something that lasts as long as a sign-in session; compared by identity."""

    async def end(self) -> None:
        """End it; called once, when the session has ended."""


class SessionWatch:
    """What is open under which token. Used on the event loop only.

    rights: says what a token allows, None once it holds no more; may wait for the database. What
    is open ends also when that has changed, so that whoever it is begins anew with what they may.
    """

    def __init__(self, rights: Callable[[str], str | None]) -> None:
        self._rights = rights
        self._held: dict[Held, str] = {}
        self._known: dict[str, str] = {}
        self.paused = asyncio.Lock()
        """Nothing is rechecked while this is held, for whoever exchanges one token for another."""

    def hold(self, thing: Held, token: str) -> None:
        """Let a thing end with a session."""
        self._held[thing] = token

    def release(self, thing: Held) -> None:
        """Forget a thing that ended by itself."""
        self._held.pop(thing, None)

    def holds(self, thing: Held, token: str) -> bool:
        """Return whether a thing belongs to a session."""
        return self._held.get(thing) == token

    def move(self, old: str, new: str) -> None:
        """Carry what is open over to another token of the same person."""
        for thing, token in self._held.items():
            if token == old:
                self._held[thing] = new

    async def end(self, token: str) -> None:
        """End everything that is open under a session."""
        ended = [thing for thing, held_by in self._held.items() if held_by == token]
        for thing in ended:
            self.release(thing)
        await asyncio.gather(*(thing.end() for thing in ended))

    async def end_all(self) -> None:
        """End everything that is open."""
        await asyncio.gather(*(self.end(token) for token in set(self._held.values())))

    async def recheck(self) -> None:
        """End everything whose session has ended or allows something else. Raises StorageError."""
        tokens = set(self._held.values())
        self._known = {token: its for token, its in self._known.items() if token in tokens}
        for token in tokens:
            async with self.paused:
                allowed = await to_thread.run_sync(self._rights, token)
            if allowed is None or self._known.setdefault(token, allowed) != allowed:
                self._known.pop(token, None)
                await self.end(token)
