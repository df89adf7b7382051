"""A line to one camera's controls: connected at the first question, anew when it was lost."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.control_pool import ControlPool, Urgency
from gateway.errors import UnauthorizedError, UnreachableError
from gateway.onvif.client import OnvifClient
from gateway.sources import Credentials

Door = TypeVar("Door")
Answer = TypeVar("Answer")


class ControlLine(Generic[Door]):
    """Questions to one camera, one after the other; for the pool's loop.

    open_door: makes what questions are put to, of a connected client. Errors are the client's.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials | None,
        pool: ControlPool,
        open_door: Callable[[OnvifClient], Door],
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._pool = pool
        self._open_door = open_door
        self._door: Door | None = None
        self._asking = asyncio.Lock()

    async def ask(
        self, question: Callable[[Door], Answer], urgency: Urgency = Urgency.PERSON
    ) -> Answer:
        """Put a question; a camera that refuses a line it took before gets a second try.

        Its clock may have been set, which spoils signatures.
        """
        async with self._asking:
            was_open = self._door is not None
            try:
                return await self._pool.call(urgency, lambda: self._put(question))
            except UnauthorizedError:
                self._door = None
                if not was_open:
                    raise
                return await self._pool.call(urgency, lambda: self._put(question))
            except UnreachableError:
                self._door = None
                raise

    def _put(self, question: Callable[[Door], Answer]) -> Answer:
        if self._door is None:
            client = OnvifClient(self._address, self._credentials)
            client.connect()
            self._door = self._open_door(client)
        return question(self._door)
