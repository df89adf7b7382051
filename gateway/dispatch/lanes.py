"""Letters of different incidents side by side, those of one incident one after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gateway.dispatch.sink import Letter, Receipt, by_incident
from gateway.errors import SinkUnreachableError


async def send_in_lanes(
    letters: Sequence[Letter], parallel: int, send: Callable[[Letter], Awaitable[Receipt]]
) -> tuple[Receipt, ...]:
    """Send letters one by one, at most `parallel` at once; return receipts as `Sink.send` does.

    A refused letter ends the lane of its incident. When one cannot be sent at all, those under way
    are still waited for and no more are begun. send: raises SinkUnreachableError, as this does when
    not one letter was dealt with.
    """
    turn = asyncio.Semaphore(parallel)
    troubles: list[SinkUnreachableError] = []

    async def lane(group: Sequence[Letter]) -> list[Receipt]:
        receipts: list[Receipt] = []
        async with turn:
            for letter in group:
                if troubles or (receipts and receipts[-1].refusal is not None):
                    break
                try:
                    receipts.append(await send(letter))
                except SinkUnreachableError as trouble:
                    troubles.append(trouble)
        return receipts

    done = await asyncio.gather(*map(lane, by_incident(letters)))
    receipts = tuple(receipt for some in done for receipt in some)
    if troubles and not receipts:
        raise troubles[0]
    return receipts
