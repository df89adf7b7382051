"""The dispatch queue as a Redis or Valkey stream: adding events to it, and reading along."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from gateway.dispatch.backoff import Backoff
from gateway.dispatch.redis_connection import BLOCK_MS, Entries, open_client, shown, unreachable
from gateway.dispatch.sink import Letter, Receipt
from gateway.errors import QueueLostError

STREAM = "grid:dispatch"
FIELD: Final = "event"
"""The one field of each stream entry: a CloudEvent in structured JSON."""
_LOST: Final = "LOST"
_ADD: Final = f"""
local function number_of(id)
  local milliseconds, number = string.match(id or '', '^(%d+)-(%d+)$')
  return tonumber(milliseconds or 0), tonumber(number or 0)
end
if ARGV[1] ~= '' then
  local kept = redis.call('GET', KEYS[2])
  if redis.call('EXISTS', KEYS[1]) == 0 then kept = '' end
  if not kept then
    local same = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
    kept = #same > 0 and ARGV[1] or ''
  end
  local kept_ms, kept_number = number_of(kept)
  local taken_ms, taken_number = number_of(ARGV[1])
  if kept_ms < taken_ms or (kept_ms == taken_ms and kept_number < taken_number) then
    return redis.error_reply('{_LOST} ' .. kept)
  end
end
local ids = {{}}
for index = 2, #ARGV do
  ids[index - 1] = redis.call('XADD', KEYS[1], '*', '{FIELD}', ARGV[index])
end
if #ids > 0 then redis.call('SET', KEYS[2], ids[#ids]) end
return ids
"""
"""Adds events, if the queue still has what it took: all of it in one step of the server.

KEYS: the stream, and the key that holds the last id it gave us. ARGV: the last id that we know of,
"" for none, and the events. Of a queue that began anew, or from an older copy, that key is lower or
missing, and with it the entry; a stream that was trimmed has lost nothing.
"""
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

    def __init__(self, url: str, stream: str = STREAM, site: str = "") -> None:
        self._redis = open_client(url)
        self._add = self._redis.register_script(_ADD)
        self._keys = (stream, f"{stream}:kept:{site}")
        self._taken = ""
        self.where = shown(url)

    def resume(self, reference: str) -> None:
        """Go on after a queue id: a queue that does not know it has lost what it took."""
        self._taken = reference

    async def send(self, letters: Sequence[Letter]) -> tuple[Receipt, ...]:
        """Add events in order, all or none of them; a receipt's reference is the queue id.

        Raises QueueLostError: it has lost what it took before; nothing is added, so that the order
        stays. QueueUnreachableError: not there, refuses, or broke off. Then nothing is added, save
        when the connection broke between the queue's work and its answer: nobody can know, so the
        sender repeats and consumers drop what they have seen.
        """
        queue_ids = await self._run(*(letter.body for letter in letters))
        self._taken = queue_ids[-1] if queue_ids else self._taken
        return tuple(
            Receipt(letter.seq, queue_id)
            for letter, queue_id in zip(letters, queue_ids, strict=True)
        )

    async def ping(self) -> None:
        """Make sure that the queue answers and has what it took; raises as `send` does."""
        await self._run()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()

    async def _run(self, *bodies: str) -> list[str]:
        try:
            ids = await self._add(keys=self._keys, args=(self._taken, *bodies))
        except ResponseError as error:
            word, _, kept_to = str(error).partition(" ")
            if word == _LOST:
                raise QueueLostError(
                    f"the dispatch queue at {self.where} has lost messages that it had taken",
                    kept_to,
                ) from error
            raise unreachable(self.where, error) from error
        except (RedisError, OSError) as error:
            raise unreachable(self.where, error) from error
        return cast("list[str]", ids)


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
