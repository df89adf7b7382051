"""Reads what a grid platform says from a Redis stream, as one consumer of a group.

An entry is acknowledged when its message has had its effect or is parked. What was taken and not
acknowledged, by a crash, is read again first.
"""

import asyncio
import json
import random
from contextlib import suppress
from typing import Final, cast

import structlog
from redis.exceptions import RedisError, ResponseError

from gateway.dispatch.backoff import Backoff
from gateway.dispatch.redis_connection import BLOCK_MS, Entries, open_client, shown
from gateway.dispatch.redis_sink import FIELD
from gateway.dispatch.status_desk import StatusDesk
from gateway.errors import BadStatusError, NotFoundError, StepRefusedError, StorageError
from gateway.store.statuses import Way

STATUS_STREAM: Final = "grid:dispatch:status"
GROUP = "gridpatrol:{site}"
"""Each site has a group of its own, so that several may read one stream."""
CONSUMER = "serve"
"""One name for every run of `serve`: the next finds what the last left unacknowledged."""
READ_COUNT = 100
RETRY = Backoff(first_s=0.2, longest_s=5.0)
_UNACKNOWLEDGED, _NEW = "0", ">"

log = structlog.get_logger()


class StatusConsumer:
    """Hears one stream for as long as `serve` runs. Used by one asyncio loop."""

    def __init__(self, url: str, desk: StatusDesk, site: str, stream: str = STATUS_STREAM) -> None:
        self._redis = open_client(url)
        self._where = shown(url)
        self._desk = desk
        self._group = GROUP.format(site=site)
        self._stream = stream
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Hear until `stop` is set; a queue or store that is lost is waited for."""
        try:
            while not stop.is_set():
                try:
                    await self._hear_all(stop)
                except (RedisError, OSError, StorageError) as error:
                    await self._pause(stop, error)
        finally:
            await self._redis.aclose()

    async def _hear_all(self, stop: asyncio.Event) -> None:
        """Hear what was left, then what comes, until something fails."""
        await self._make_group()
        position = _UNACKNOWLEDGED
        while not stop.is_set():
            entries = await self._read(position)
            self._well()
            if not entries:
                position = _NEW
            for queue_id, fields in entries:
                await asyncio.to_thread(self._hear, fields)
                await self._redis.xack(self._stream, self._group, queue_id)

    async def _make_group(self) -> None:
        """Make the group, from the stream's beginning; a queue without its data has none."""
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _read(self, position: str) -> Entries:
        answer = cast(
            "list[tuple[str, Entries]] | None",
            await self._redis.xreadgroup(
                self._group, CONSUMER, {self._stream: position}, count=READ_COUNT, block=BLOCK_MS
            ),
        )
        return answer[0][1] if answer else []

    def _hear(self, fields: dict[str, str] | None) -> None:
        """Hear one entry; without fields it was trimmed before it was heard."""
        if not fields:
            log.warning("a status was trimmed from the queue before it was heard")
            return
        body = fields.get(FIELD)
        if body is None:
            body = json.dumps(fields, ensure_ascii=False)
        try:
            heard = self._desk.hear(body, Way.QUEUE)
        except (BadStatusError, NotFoundError, StepRefusedError) as error:
            log.warning("status parked", code=error.code, detail=str(error))
            return
        if heard is not None:
            log.info("status", case=heard.case.id, verdict=heard.verdict.value)

    def _well(self) -> None:
        if self._failures:
            log.info("statuses are heard again", where=self._where)
        self._failures = 0

    async def _pause(self, stop: asyncio.Event, error: Exception) -> None:
        if not self._failures:
            log.warning("no statuses are heard; trying on", where=self._where, reason=str(error))
        self._failures += 1
        spread = random.random()  # noqa: S311 - spreads load, guards nothing
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RETRY.wait_s(self._failures, spread))
