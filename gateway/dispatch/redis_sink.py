"""The dispatch queue as a Redis or Valkey stream: adding events to it, and reading along."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.dispatch.backoff import Backoff
from gateway.dispatch.sink import Letter, Receipt
from gateway.errors import ConfigError, QueueUnreachableError

STREAM = "grid:dispatch"
FIELD = "event"
"""The one field of each stream entry: a CloudEvent in structured JSON."""
CONNECT_S, ANSWER_S = 2.0, 5.0
_BLOCK_MS = 1000
_READ_COUNT = 100
_Entries: TypeAlias = list[tuple[str, dict[str, str]]]
"""Stream entries in protocol 2, which every Redis and Valkey speaks: (id, fields)."""


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
        self._redis = _client(url)
        self._stream = stream
        self.where = _where(url)

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
            raise _unreachable(self.where, error) from error
        return tuple(
            Receipt(letter.seq, queue_id)
            for letter, queue_id in zip(letters, queue_ids, strict=True)
        )

    async def ping(self) -> None:
        """Make sure that the queue answers; raises QueueUnreachableError."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise _unreachable(self.where, error) from error

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
    redis = _client(url)
    try:
        position = after or await _newest(redis, stream)
        while True:
            for entry in await _read(redis, stream, position):
                position = entry.queue_id
                yield entry
    except (RedisError, OSError) as error:
        raise _unreachable(_where(url), error) from error
    finally:
        await redis.aclose()


async def _newest(redis: Redis, stream: str) -> str:
    newest = cast("_Entries", await redis.xrevrange(stream, count=1))
    return newest[0][0] if newest else "0"


async def _read(redis: Redis, stream: str, after: str) -> tuple[QueueEntry, ...]:
    """Return the next entries, none if a second passes without any."""
    answer = cast(
        "list[tuple[str, _Entries]] | None",
        await redis.xread({stream: after}, count=_READ_COUNT, block=_BLOCK_MS),
    )
    entries = answer[0][1] if answer else []
    return tuple(QueueEntry(queue_id, fields.get(FIELD, "")) for queue_id, fields in entries)


def _client(url: str) -> Redis:
    """Return a client that reports a lost connection at once.

    Retries of its own, which the library gives some clients, would repeat batches unseen.
    """
    try:
        return Redis.from_url(
            url,
            protocol=2,
            decode_responses=True,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise ConfigError(
            f"the queue URL {_where(url)} is not understood: it begins redis://, rediss:// or unix://"
        ) from error


def _where(url: str) -> str:
    """Return a URL without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _unreachable(where: str, error: Exception) -> QueueUnreachableError:
    said = str(error) or type(error).__name__
    return QueueUnreachableError(f"the dispatch queue at {where} does not take messages: {said}")
