"""A feed asked over real HTTP: kept, made use of, and whatever goes wrong is survived and shown."""

import asyncio
import importlib.util
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.dial_policy import DialPolicy
from gateway.errors import StorageError
from gateway.rain_feed.poller import Feed, RainPoller
from gateway.rain_settings import RainFeedSettings
from gateway.store.rain import RainSpell
from vision.water.types import RainState

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(scope="module")
def servers():
    """Return servers/webhook_receiver.py: a server that can be told to misbehave."""
    path = Path(__file__).parents[2] / "servers" / "webhook_receiver.py"
    spec = importlib.util.spec_from_file_location("rain_server", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rain(mm_per_h: float, minutes_ago: float = 5.0) -> str:
    at = NOW - timedelta(minutes=minutes_ago)
    return json.dumps({"now": {"rain": mm_per_h, "time": at.isoformat()}})


def feed(url: str, **settings: object) -> Feed:
    values = {"url": url, "rain": "now.rain", "time": "now.time", "timeout_s": 0.5} | settings
    return Feed("city", RainFeedSettings(**values), DialPolicy(), UTC_ZONE)


def state_at(store, moment: datetime) -> RainState:
    spell = store.rain.at(moment).get("")
    return RainState.UNKNOWN if spell is None else spell.state


async def test_what_is_heard_is_kept_and_holds_until_it_is_stale(store, servers) -> None:
    async with servers.webhook_receiver() as server:
        server.manner = servers.answer(200, rain(6.0))
        poller = RainPoller(
            feed(server.url, query={"key": "k1"}, headers={"Authorization": "Bearer s3cret"}),
            store,
            lambda: NOW,
        )
        assert await poller.turn() == 600.0
        assert await poller.turn() == 600.0
    assert server.requests[0].path == "/hook?key=k1"
    assert server.requests[0].headers["authorization"] == "Bearer s3cret"
    assert server.requests[0].headers["host"] == server.url.split("/")[2]
    hour = timedelta(hours=1)
    (reading,) = store.rain_readings.between(NOW - hour, NOW)
    assert (reading.feed, reading.gauge, reading.mm_per_h) == ("city", "city", 6.0)
    assert state_at(store, NOW) is RainState.RAIN
    assert state_at(store, NOW + timedelta(minutes=56)) is RainState.UNKNOWN
    assert len(store.rain.between(NOW - hour, NOW + hour)) == 1
    (state,) = store.rain_readings.feeds()
    assert (state.failures, state.heard_at, state.detail) == (0, NOW, "")


async def test_rain_that_ends_is_neither_rain_nor_dry_and_people_have_the_last_word(
    store, servers
) -> None:
    said = RainSpell("", RainState.DRY, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    async with servers.webhook_receiver() as server:
        poller = RainPoller(feed(server.url), store, lambda: NOW)
        server.manner = servers.answer(200, rain(6.0, 20))
        await poller.turn()
        assert state_at(store, NOW) is RainState.RAIN
        store.rain.add(said)
        server.manner = servers.answer(200, rain(0.0, 1))
        await poller.turn()
    assert state_at(store, NOW) is RainState.DRY
    store.rain.add(RainSpell("", RainState.UNKNOWN, said.since, said.until))
    assert state_at(store, NOW) is RainState.UNKNOWN


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("hang", "no whole answer in 0.5 s"),
        ("drip", "it answers 500"),
        ("close_midway", "cannot be asked"),
        ("talk_nonsense", "cannot be asked"),
        ((503, "busy"), "it answers 503"),
        ((302, "", "location: http://169.254.169.254/"), "it answers 302"),
        ((200, "<html>login</html>"), "its answer is no JSON, it begins '<html>login</html>'"),
        ((200, "[" * 100_000), "its answer is no JSON"),
        ((200, " " * (1 << 20) + "{}"), "its answer is longer than 1048576 bytes"),
        ((200, '{"now": {}}'), "now.rain: now (with nothing) has no 'rain'"),
    ],
)
async def test_whatever_a_server_does_is_survived_and_shown(store, servers, manner, said) -> None:
    make = servers.answer(*manner) if isinstance(manner, tuple) else getattr(servers, manner)
    async with servers.webhook_receiver() as server:
        server.manner = make
        poller = RainPoller(feed(server.url), store, lambda: NOW)
        waits = [await poller.turn(), await poller.turn()]
        server.manner = servers.answer(200, rain(1.0))
        assert await poller.turn() == 600.0
    assert 5.0 <= waits[0] <= 10.0 <= waits[1] <= 20.0
    (state,) = store.rain_readings.feeds()
    assert (state.failures, state.detail) == (0, "")
    assert len(server.requests) == 3


async def test_failures_are_counted_and_told_with_the_reason(store, servers) -> None:
    async with servers.webhook_receiver() as server:
        server.manner = servers.answer(500)
        poller = RainPoller(feed(server.url), store, lambda: NOW)
        await poller.turn()
        await poller.turn()
    (state,) = store.rain_readings.feeds()
    assert (state.failures, state.heard_at) == (2, None)
    assert state.detail == "the rain feed city cannot be asked: it answers 500"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://203.0.113.7/rain", "must begin https://"),
        ("http://no-such-name.invalid/", "is not known"),
    ],
)
async def test_nothing_is_asked_where_nothing_may_be(store, url, said) -> None:
    await RainPoller(feed(url), store, lambda: NOW).turn()
    (state,) = store.rain_readings.feeds()
    assert said in state.detail


async def test_a_store_that_refuses_is_asked_again_until_stopped(
    store, servers, monkeypatch
) -> None:
    stop = asyncio.Event()
    tried = 0

    def refuse(*_: object) -> None:
        nonlocal tried
        tried += 1
        stop.set()
        raise StorageError("the disk is full")

    monkeypatch.setattr(store.rain_readings, "put", refuse)
    async with servers.webhook_receiver() as server:
        server.manner = servers.answer(200, rain(1.0))
        async with asyncio.timeout(30):
            await RainPoller(feed(server.url), store, lambda: NOW).run(stop)
    assert tried == 1
