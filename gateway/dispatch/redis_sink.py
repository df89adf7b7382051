"""The dispatch queue as a Redis or Valkey stream: adding events to it, and reading along."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.dispatch.backoff import Backoff
from gateway.dispatch.redis_connection import BLOCK_MS, Entries, open_client, shown, unreachable
from gateway.dispatch.sink import Letter, Receipt

STREAM = "grid:dispatch"
FIELD = "event"
"""The one field of each stream entry: a CloudEvent in structured JSON."""
_READ_COUNT = 100


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One event as the queue keeps it. queue_id: Redis' "<milliseconds>-<number>", rising."""

    queue_id: str
    event: str


class RedisSink:
    """Adds events to one stream. Used by one asyncio loop."""

    batch = 200
    backoff = Backoff(first_s=0.2, longest_s=5.0)

    def __init__(self, url: str, stream: str = STREAM) -> None:
        self._redis = open_client(url)
        self._stream = stream
        self.where = shown(url)

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        """Add events in order, all or none of them; a receipt's reference is the queue id.

        Raises QueueUnreachableError: not there, refuses, or broke off. Then nothing is added, save
        when the connection broke between the queue's work and its answer: nobody can know, so the
        sender repeats and consumers drop what they have seen.
        """
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                for letter in letters:
                    pipeline.xadd(self._stream, {FIELD: letter.body})
                queue_ids = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise unreachable(self.where, error) from error
        return tuple(
            Receipt(letter.seq, queue_id)
            for letter, queue_id in zip(letters, queue_ids, strict=True)
        )

    async def ping(self) -> None:
        """Make sure that the queue answers; raises QueueUnreachableError."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise unreachable(self.where, error) from error

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()


async def tail(
    url: str, stream: str = STREAM, after: str | None = None
) -> AsyncIterator[QueueEntry]:
    """Yield the events of a stream as they come, outside any consumer group, until closed.

    after: the queue id to continue from, "0" for the whole stream; by default what comes from now
    on. Raises QueueUnreachableError as soon as the queue is lost.
    """
    redis = open_client(url)
    try:
        position = after or await _newest(redis, stream)
        while True:
            for entry in await _read(redis, stream, position):
                position = entry.queue_id
                yield entry
    except (RedisError, OSError) as error:
        raise unreachable(shown(url), error) from error
    finally:
        await redis.aclose()


async def _newest(redis: Redis, stream: str) -> str:
    newest = cast("Entries", await redis.xrevrange(stream, count=1))
    return newest[0][0] if newest else "0"


async def _read(redis: Redis, stream: str, after: str) -> tuple[QueueEntry, ...]:
    """Return the next entries, none if a second passes without any."""
    answer = cast(
        "list[tuple[str, Entries]] | None",
        await redis.xread({stream: after}, count=_READ_COUNT, block=BLOCK_MS),
    )
    entries = answer[0][1] if answer else []
    return tuple(QueueEntry(queue_id, fields.get(FIELD, "")) for queue_id, fields in entries)
