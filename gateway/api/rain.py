"""Rain as a series: how the feeds fare, what gauges measured, and what it was at an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.jurisdiction import JurisdictionDep, whole_site
from gateway.api.security import signed_in
from gateway.api.services import Services, ServicesDep
from gateway.http.errors import BadRequestError, ErrorBody
from gateway.rain_settings import RainFeedSettings
from gateway.store.rain import SITE, RainSpell, concerns
from gateway.store.rain_readings import FeedState, GaugeReading
from gateway.units import Jurisdiction
from vision.water.types import RainState

LONGEST: Final = timedelta(days=366)
USUAL: Final = timedelta(days=1)
BEFORE: Final = timedelta(hours=6)
AFTER: Final = timedelta(hours=1)
"""What rain did to an incident fell from so long before it until so long after."""

router = APIRouter(tags=["water"], dependencies=[Depends(signed_in)])


class FeedBody(Answer):
    """How a feed fares.

    is_stale: nothing of now is known by it. heard_at: when it was last understood, tried_at: when
    it was last asked; null never. detail: what failed, "" nothing.
    """

    name: str
    is_stale: bool
    tried_at: UtcTime | None
    heard_at: UtcTime | None
    newest_at: UtcTime | None
    failures: int
    detail: str


class FeedsBody(Answer):
    """The feeds of the settings, by name."""

    feeds: tuple[FeedBody, ...]


class ReadingBody(Answer):
    """How hard it rained at a gauge."""

    feed: str
    gauge: str
    at: UtcTime
    mm_per_h: float


class SpellBody(Answer):
    """What was known of rain at a unit, "" for the whole site. source: a person, or a feed."""

    unit: str
    state: RainState
    since: UtcTime
    until: UtcTime
    source: str


class SeriesBody(Answer):
    """Measurements and what was known, oldest first."""

    start: UtcTime
    end: UtcTime
    readings: tuple[ReadingBody, ...]
    spells: tuple[SpellBody, ...]


class SeriesQuery(Question):
    """Which span: [from, to), by default the last day; unit: of one village or town."""

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")
    unit: str | None = None


@router.get("/api/rain/feeds", dependencies=[Depends(whole_site)])
def read_feeds(services: ServicesDep) -> FeedsBody:
    """Return how the feeds fare; stale ones say nothing of now, which changes nothing of water."""
    now = services.now()
    states = {state.name: state for state in services.store.rain_readings.feeds()}
    longest = timedelta(seconds=max((f.stale_s for f in services.rain.feeds.values()), default=0))
    newest: dict[str, datetime] = {}
    for reading in services.store.rain_readings.between(now - longest, now + longest):
        newest[reading.feed] = reading.at
    return FeedsBody(
        feeds=tuple(
            _feed(name, settings, states.get(name), newest.get(name), now)
            for name, settings in sorted(services.rain.feeds.items())
        )
    )


@router.get("/api/rain/series", responses={422: {"model": ErrorBody}})
def read_series(
    services: ServicesDep, wanted: Annotated[SeriesQuery, Query()], seen: JurisdictionDep
) -> SeriesBody:
    """Return what gauges measured and what was known of rain in a span.

    Of units that concern whoever asks: within theirs, above it, and the whole site.
    """
    end = wanted.end or services.now()
    start = wanted.start or end - USUAL
    if not timedelta() < end - start <= LONGEST:
        raise BadRequestError(f"from, to: ask for a span of up to {LONGEST.days} days")
    return _series(services, _Wanted(start, end, wanted.unit, seen))


@router.get("/api/incidents/{incident}/rain", responses={404: {"model": ErrorBody}})
def read_rain_of_incident(incident: str, services: ServicesDep) -> SeriesBody:
    """Return the rain at an incident's unit: from 6 h before it began to 1 h after it ended."""
    found = services.store.incidents.get(incident)
    ended_at = found.incident.closed_at or services.now()
    start = max(found.incident.opened_at - BEFORE, ended_at + AFTER - LONGEST)
    return _series(services, _Wanted(start, ended_at + AFTER, found.origin.camera.unit, None))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A span, and whose rain: of one unit, None any, of those that concern somebody, None all."""

    start: datetime
    end: datetime
    unit: str | None
    seen: Jurisdiction | None

    @property
    def is_everything(self) -> bool:
        return self.unit is None and self.seen is None

    def has(self, unit: str) -> bool:
        """Say whether rain at a unit is wanted."""
        is_asked = self.unit is None or unit in {self.unit, SITE}
        return is_asked and concerns(self.seen, unit)


def _series(services: Services, wanted: _Wanted) -> SeriesBody:
    readings = services.store.rain_readings.between(wanted.start, wanted.end)
    spells = services.store.rain.between(wanted.start, wanted.end)
    return SeriesBody(
        start=wanted.start,
        end=wanted.end,
        readings=tuple(
            _reading(one) for one in readings if _tells(services.rain.feeds, one, wanted)
        ),
        spells=tuple(_spell(one) for one in spells if wanted.has(one.unit)),
    )


def _tells(feeds: Mapping[str, RainFeedSettings], reading: GaugeReading, wanted: _Wanted) -> bool:
    """Say whether a gauge tells of a unit that is wanted; without units it tells of the site."""
    if wanted.is_everything:
        return True
    feed = feeds.get(reading.feed)
    if feed is None:
        return False
    units = feed.units.get(reading.gauge, ()) if feed.units else (SITE,)
    return any(wanted.has(unit) for unit in units)


def _feed(
    name: str,
    settings: RainFeedSettings,
    state: FeedState | None,
    newest_at: datetime | None,
    now: datetime,
) -> FeedBody:
    stale = timedelta(seconds=settings.stale_s)
    return FeedBody(
        name=name,
        is_stale=newest_at is None or now - newest_at >= stale,
        tried_at=state and state.tried_at,
        heard_at=state and state.heard_at,
        newest_at=newest_at,
        failures=0 if state is None else state.failures,
        detail="" if state is None else state.detail,
    )


def _reading(one: GaugeReading) -> ReadingBody:
    return ReadingBody(feed=one.feed, gauge=one.gauge, at=one.at, mm_per_h=one.mm_per_h)


def _spell(one: RainSpell) -> SpellBody:
    return SpellBody(
        unit=one.unit, state=one.state, since=one.since, until=one.until, source=one.source
    )
