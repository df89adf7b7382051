"""Asks one feed again and again, keeps what it tells, and says where it rains."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

import structlog

from gateway.clock import utc_now
from gateway.config import Settings
from gateway.dial_policy import DialPolicy
from gateway.dispatch.backoff import Backoff
from gateway.errors import ConfigError, RainFeedError, StorageError
from gateway.rain_feed.client import ask
from gateway.rain_feed.outlook import DRY_AFTER, Outlook, outlooks
from gateway.rain_feed.reading import FeedReader, Heard
from gateway.rain_settings import RainFeedSettings
from gateway.store import Store
from gateway.store.rain import RainSpell
from gateway.store.rain_readings import FeedState
from vision.water.types import RainState

FIRST_RETRY_S: Final = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of the settings. dial: what may be asked. zone: the site's."""

    name: str
    settings: RainFeedSettings
    dial: DialPolicy
    zone: tzinfo

    async def listen(self, now: datetime) -> Heard:
        """Ask once; raises RainFeedError, ConfigError."""
        answer = await ask(self.name, self.settings, self.dial)
        return FeedReader(self.name, self.settings, self.zone).read(answer, now)

    @property
    def source(self) -> str:
        """What spells name as who says so."""
        return f"feed:{self.name}"


def rain_feeds(settings: Settings) -> tuple[Feed, ...]:
    """Return the rain feeds of the settings, ready to be asked."""
    dial = DialPolicy(settings.onboarding.allowed_networks)
    zone = settings.site.zone
    return tuple(Feed(name, one, dial, zone) for name, one in settings.rain.feeds.items())


class RainPoller:
    """Asks a feed for as long as `serve` runs."""

    def __init__(self, feed: Feed, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._feed = feed
        self._store = store
        self._now = now
        self._told: dict[str, Outlook] = {}
        every_s = feed.settings.every_s
        self._backoff = Backoff(first_s=min(FIRST_RETRY_S, every_s), longest_s=every_s)
        self._refused = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop` is set; a feed or store that refuses is asked again, ever later."""
        while not stop.is_set():
            wait_s = await self.turn()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def turn(self) -> float:
        """Ask once and keep what is heard; return how long to wait, seconds."""
        try:
            failures = await self._ask()
            self._refused = 0
        except StorageError as error:
            self._refused += 1
            failures = self._refused
            if failures == 1:
                log.error("rain cannot be kept; trying on", feed=self._feed.name, reason=str(error))
        if failures == 0:
            return self._feed.settings.every_s
        return self._backoff.wait_s(failures, random.random())  # noqa: S311 - no secret

    async def _ask(self) -> int:
        """Return how often the feed has failed in a row; raises StorageError."""
        now = self._now()
        try:
            heard = await self._feed.listen(now)
        except (RainFeedError, ConfigError) as error:
            failures = await asyncio.to_thread(
                self._store.rain_readings.fail, self._feed.name, now, str(error)
            )
            if failures == 1:
                log.warning("rain feed lost", feed=self._feed.name, reason=str(error))
            return failures
        await asyncio.to_thread(self._keep, heard, now)
        return 0

    def _keep(self, heard: Heard, now: datetime) -> None:
        name, series = self._feed.name, self._store.rain_readings
        detail = "; ".join(heard.mistakes)
        series.put(heard.readings, FeedState(name, now, now, 0, detail))
        stale = timedelta(seconds=self._feed.settings.stale_s)
        since = now - DRY_AFTER - stale
        known = [one for one in series.between(since, now + stale) if one.feed == name]
        for outlook in outlooks(known, self._feed.settings.units, stale, now):
            self._tell(outlook, now)

    def _tell(self, outlook: Outlook, now: datetime) -> None:
        """Keep what is known of rain at a unit where that is news."""
        before = self._told.get(outlook.unit)
        if before == outlook or (before is None and outlook.state is RainState.UNKNOWN):
            return
        state, until = outlook.state, outlook.until
        if state is RainState.UNKNOWN:
            until = now + timedelta(seconds=self._feed.settings.stale_s)
        self._store.rain.add(RainSpell(outlook.unit, state, now, until, self._feed.source))
        self._told[outlook.unit] = outlook
