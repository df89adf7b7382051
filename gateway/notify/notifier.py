"""Tells people, for as long as `serve` runs: looks through the news, then tells what is due.

Each target is told by one thread at a time: one that is slow or away holds up no other. What could
not be told is tried again; a crash in the middle of an attempt repeats it, as twice is better than
not at all.
"""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

import structlog

from gateway.clock import utc_now
from gateway.config import SiteSettings
from gateway.dispatch.backoff import Backoff
from gateway.errors import ConfigError, GatewayError, NotFoundError, NotToldError, StorageError
from gateway.notify.apprise_service import tell
from gateway.notify.decision import News, Past, Site, When, concerns, decide
from gateway.notify.news import news_of
from gateway.notify.target import Target, wishes_from_json
from gateway.notify.words import Words
from gateway.store import Store
from gateway.store.notices import FreshMessage, NewNotice, Notice, NoticeState, StoredTarget
from vision.types import Severity

PAUSE_S = 0.5
"""How often the news is looked through; a person needs longer to reach for the telephone."""
BATCH = 200
DRAIN_S = 4.0
"""Time for what is being told when the process stops; what is not noted then is told again."""
THREADS = 8
"""Targets told at once."""
TRY_AGAIN = Backoff(first_s=15.0, longest_s=1800.0)
GIVE_UP_AFTER = timedelta(days=1)
_SEVERITIES = (Severity.GREEN, Severity.YELLOW, Severity.RED)

Tell: TypeAlias = Callable[[str, str, str, Severity], None]
"""Tells an address: title, body, severity. Raises NotToldError, ConfigError."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one look through the news rests on. told: by target and subject, of this very look."""

    site: Site
    targets: tuple[Target, ...]
    now: datetime
    told: dict[tuple[str, str], Past]
    digests: dict[str, datetime]


class Notifier:
    """Tells the targets of one store. One at a time keeps each from being told twice."""

    def __init__(
        self,
        store: Store,
        site: SiteSettings,
        tell: Tell = tell,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._site = site
        self._tell = tell
        self._now = now
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(THREADS, "notify")
        self._refused = False
        self._unread: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop` is set; what is under way then may end, what waits stays."""
        try:
            while not stop.is_set():
                await self._round()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), PAUSE_S)
        finally:
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=DRAIN_S)
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _round(self) -> None:
        try:
            while await asyncio.to_thread(self.look):
                pass
            await self._tell_due()
        except StorageError as error:
            if not self._refused:
                log.error("nobody can be told; trying on", reason=str(error))
            self._refused = True
            return
        self._refused = False

    def look(self) -> bool:
        """Look through the next of the news; return whether there may be more at once."""
        notices = self._store.notices
        targets = tuple(one for row in notices.targets() if (one := self._target(row)))
        fresh = notices.fresh(BATCH) if targets else ()
        if not fresh:
            return False
        desk = _Desk(Site(self._store.units.tree(), self._site.zone), targets, self._now(), {}, {})
        made = [notice for one in fresh for notice in self._made_of(one, desk)]
        notices.keep(made, fresh[-1].message.seq, desk.now)
        return len(fresh) == BATCH

    def _target(self, row: StoredTarget) -> Target | None:
        """Return a target; one whose wishes cannot be read is left out, and said once."""
        try:
            target = Target(row.name, wishes_from_json(row.wishes))
        except ConfigError as error:
            if row.name not in self._unread:
                log.error("target cannot be told", target=row.name, reason=str(error))
            self._unread.add(row.name)
            return None
        self._unread.discard(row.name)
        return target

    def _made_of(self, fresh: FreshMessage, desk: _Desk) -> list[NewNotice]:
        news = news_of(fresh.message, _severity(fresh.before_body))
        if news is None:
            return []
        concerned = (one for one in desk.targets if concerns(one, news, desk.site, desk.now))
        return [self._notice(target, news, desk) for target in concerned]

    def _notice(self, target: Target, news: News, desk: _Desk) -> NewNotice:
        key = (target.name, news.subject)
        past = desk.told.get(key) or self._past(*key)
        digest_at = desk.digests.get(target.name) or self._digest_at(target)
        decision = decide(target, news, past, digest_at, desk.now, desk.site.zone)
        is_cooled = decision.when is When.COOLED
        if not is_cooled:
            desk.told[key] = Past(desk.now, news.severity)
        if decision.when is When.DIGEST:
            desk.digests[target.name] = decision.due_at
        return NewNotice(
            target=target.name,
            event_id=news.event_id,
            case_id=news.case_id,
            subject=news.subject,
            occasion=news.occasion,
            severity=news.severity,
            line=self._words(target).line(news),
            due_at=decision.due_at,
            state=NoticeState.COOLED if is_cooled else NoticeState.WAITING,
            detail=decision.when,
        )

    def _past(self, target: str, subject: str) -> Past | None:
        last = self._store.notices.last_of(target, subject)
        return None if last is None else Past(last.made_at, last.severity)

    def _digest_at(self, target: Target) -> datetime | None:
        if not target.wishes.digest_s:
            return None
        return self._store.notices.digest_at(target.name, When.DIGEST)

    def _words(self, target: Target) -> Words:
        return Words.load(target.wishes.language or self._site.language, self._site.zone)

    async def _tell_due(self) -> None:
        """Begin to tell every target that is due and not being told already."""
        due = await asyncio.to_thread(
            self._store.notices.due, self._now(), tuple(self._busy), BATCH
        )
        by_target = attrgetter("target")
        for name, group in groupby(sorted(due, key=by_target), key=by_target):
            task = asyncio.create_task(self._tell_target(name, tuple(group)), name=f"tell {name}")
            self._busy[name] = task

    async def _tell_target(self, name: str, notices: Sequence[Notice]) -> None:
        loop = asyncio.get_running_loop()
        try:
            with suppress(StorageError):  # what could not be noted is told, or noted, again
                await loop.run_in_executor(self._threads, self.tell_target, name, notices)
        finally:
            del self._busy[name]

    def tell_target(self, name: str, notices: Sequence[Notice]) -> None:
        """Tell one target what is due, in one message, and note what came of it."""
        store, ids = self._store.notices, [one.id for one in notices]
        worst = max((one.severity for one in notices), key=_SEVERITIES.index)
        try:
            url = store.url(name)
            words = self._words_of(name)
        except (NotFoundError, ConfigError) as error:
            store.settle(ids, NoticeState.FAILED, str(error), self._now())
            return
        store.begin(ids)
        title = words.title(worst, len(notices), self._site.name)
        try:
            self._tell(url, title, words.body([one.line for one in notices]), worst)
        except (NotToldError, ConfigError) as error:
            self._put_off(name, notices, error)
        except Exception as error:  # noqa: BLE001 - a plugin of Apprise may raise whatever it likes
            self._put_off(
                name, notices, NotToldError(f"the service failed: {type(error).__name__}")
            )
        else:
            store.settle(ids, NoticeState.TOLD, "", self._now())
            log.info("told", target=name, notices=len(ids))

    def _words_of(self, name: str) -> Words:
        rows = {row.name: row for row in self._store.notices.targets()}
        if name not in rows:
            raise NotFoundError(f"there is no target {name}")
        return self._words(Target(name, wishes_from_json(rows[name].wishes)))

    def _put_off(self, name: str, notices: Sequence[Notice], error: GatewayError) -> None:
        """Have what was not taken tried again, or give it up when it has been for a day."""
        now, store = self._now(), self._store.notices
        stale = [one.id for one in notices if now - one.made_at >= GIVE_UP_AFTER]
        if stale:
            store.settle(stale, NoticeState.FAILED, str(error), now)
        others = [one for one in notices if one.id not in stale]
        if others:
            attempts = 1 + min(one.attempts for one in others)
            spread = random.random()  # noqa: S311 - spreads load, guards nothing
            wait = timedelta(seconds=TRY_AGAIN.wait_s(attempts, spread))
            store.put_off([one.id for one in others], now + wait, str(error))
        log.warning("not told", target=name, notices=len(notices), reason=str(error))


def _severity(body: str | None) -> Severity | None:
    return None if body is None else Severity(json.loads(body)["data"]["incident"]["severity"])
