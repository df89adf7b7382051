import asyncio

import pytest
from redis import Redis

from gateway.dispatch.embedded import EmbeddedQueue
from gateway.dispatch.redis_sink import RedisSink, tail
from gateway.errors import ConfigError, QueueLostError, QueueUnreachableError

NOBODY = "redis://patrol:s3cret@127.0.0.1:1/0"


async def take(entries, count: int) -> list[str]:
    taken = []
    async for entry in entries:
        taken.append(entry.event)
        if len(taken) == count:
            break
    await entries.aclose()
    return taken


async def test_sent_events_are_read_back_in_order(queue: EmbeddedQueue, letters) -> None:
    sink = RedisSink(queue.url)
    first = [one.reference for one in await sink.send(letters("a", "村"))]
    second = [one.reference for one in await sink.send(letters("c"))]
    await sink.close()
    assert [*first, *second] == sorted([*first, *second])
    assert await take(tail(queue.url, after="0"), 3) == ["a", "村", "c"]
    assert await take(tail(queue.url, after=first[0]), 2) == ["村", "c"]


@pytest.mark.parametrize("before", [[], ["old"]])
async def test_tail_begins_with_what_comes_next(
    queue: EmbeddedQueue, before: list[str], letters
) -> None:
    sink = RedisSink(queue.url)
    if before:
        await sink.send(letters(*before))
    following = tail(queue.url)
    taking = asyncio.create_task(take(following, 2))
    with Redis.from_url(queue.url) as redis:
        while not any(client["cmd"] == "xread" for client in redis.client_list()):
            await asyncio.sleep(0.01)
    await sink.send(letters("one"))
    await sink.send(letters("two"))
    assert await asyncio.wait_for(taking, 60) == ["one", "two"]
    await sink.close()


async def test_batch_that_breaks_off_half_way_leaves_none_of_it(
    queue: EmbeddedQueue, letters
) -> None:
    sink = RedisSink(queue.url)
    with Redis.from_url(queue.url) as redis:
        redis.config_set("proto-max-bulk-len", "1mb")
        with pytest.raises(QueueUnreachableError):
            await sink.send(letters("small", "x" * 3_000_000))
        assert redis.xlen("grid:dispatch") == 0
        await sink.send(letters("small"))
        assert redis.xlen("grid:dispatch") == 1
    await sink.close()


async def test_batch_without_an_answer_is_sent_once_and_left_to_the_relay(letters) -> None:
    batches = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if b"EVALSHA" in data:
                batches.append(data)
                break
            writer.write(b"+OK\r\n" * data.count(b"CLIENT"))
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sink = RedisSink(f"redis://127.0.0.1:{port}")
        with pytest.raises(QueueUnreachableError):
            await sink.send(letters("a"))
        await sink.close()
    assert len(batches) == 1


async def test_tail_ends_with_the_queue(queue: EmbeddedQueue, letters) -> None:
    sink = RedisSink(queue.url)
    await sink.send(letters("a"))
    await sink.close()
    following = tail(queue.url, after="0")
    await anext(following)
    queue._end_child()
    with pytest.raises(QueueUnreachableError, match="does not take messages"):
        await anext(following)


async def test_streams_have_the_name_that_was_chosen(queue: EmbeddedQueue, letters) -> None:
    sink = RedisSink(queue.url, "town:dispatch", "dongshan")
    await sink.send(letters("a"))
    await sink.close()
    with Redis.from_url(queue.url) as redis:
        assert set(redis.keys()) == {b"town:dispatch", b"town:dispatch:kept:dongshan"}


async def test_queue_without_what_it_took_is_told_and_nothing_is_added(
    queue: EmbeddedQueue, letters
) -> None:
    sink = RedisSink(queue.url)
    first, last = [one.reference for one in await sink.send(letters("a", "b"))]
    with Redis.from_url(queue.url) as redis:
        for kept in ("", first):
            redis.set("grid:dispatch:kept:", kept)
            for ask in (sink.ping, lambda: sink.send(letters("c"))):
                with pytest.raises(QueueLostError) as lost:
                    await ask()
                assert lost.value.kept_to == kept
        assert redis.xlen("grid:dispatch") == 2
        redis.set("grid:dispatch:kept:", last)
        await sink.ping()
        redis.delete("grid:dispatch:kept:")
        await sink.ping()
        redis.delete("grid:dispatch")
        with pytest.raises(QueueLostError):
            await sink.ping()
        sink.resume("")
        assert len(await sink.send(letters("c"))) == 1
    await sink.close()


@pytest.mark.parametrize(
    "call",
    [lambda sink, _: sink.ping(), lambda sink, letters: sink.send(letters("a"))],
)
async def test_nobody_there_is_said_without_the_password(call, letters) -> None:
    sink = RedisSink(NOBODY)
    with pytest.raises(QueueUnreachableError, match=r"redis://127\.0\.0\.1:1/0") as refusal:
        await call(sink, letters)
    assert "s3cret" not in str(refusal.value)
    await sink.close()


async def test_wrong_password_is_said(queue: EmbeddedQueue) -> None:
    with Redis.from_url(queue.url) as redis:
        redis.config_set("requirepass", "right")
    sink = RedisSink(queue.url)
    with pytest.raises(QueueUnreachableError, match="Authentication required"):
        await sink.ping()
    await sink.close()


@pytest.mark.parametrize("url", ["http://queue:6379", "queue", "", "redis://queue:port"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ConfigError, match="begins redis://, rediss:// or unix://"):
        RedisSink(url)
