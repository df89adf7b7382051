"""A feed's answer as measurements: strictly, gauge by gauge, nothing guessed. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from gateway.errors import RainFeedError
from gateway.json_path import Json, JsonPath
from gateway.rain_settings import RainFeedSettings
from gateway.store.rain_readings import MAX_GAUGE, GaugeReading

MOST_GAUGES: Final = 500
MOST_MM_PER_H: Final = 2400.0
"""No minute on Earth was wetter: 38 mm, Guadeloupe 1970 (WMO); and -9999 is no rain either."""
AHEAD: Final = timedelta(minutes=10)
"""A gauge's clock may be ahead by so much."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer says. mistakes: of gauges that could not be understood, a sentence each."""

    readings: tuple[GaugeReading, ...]
    mistakes: tuple[str, ...]


class FeedReader:
    """Understands the answers of one feed. zone: of times that name none and have no other."""

    def __init__(self, feed: str, settings: RainFeedSettings, zone: tzinfo) -> None:
        self._feed = feed
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone) if settings.time_zone else zone
        paths = (settings.gauges, settings.name, settings.rain, settings.time)
        self._gauges, self._name, self._rain, self._time = map(JsonPath.parse, paths)

    def read(self, document: Json, now: datetime) -> Heard:
        """Return the measurements of an answer.

        Raises RainFeedError where not one gauge of it can be understood.
        """
        readings: dict[tuple[str, datetime], GaugeReading] = {}
        mistakes: list[str] = []
        for gauge in self._listed(document):
            try:
                reading = self._reading(gauge, now)
                readings[reading.gauge, reading.at] = reading
            except (LookupError, ValueError) as error:
                mistakes.append(str(error))
        if not readings:
            raise RainFeedError(
                f"the rain feed {self._feed} cannot be understood: "
                f"{mistakes[0] if mistakes else 'it tells of no gauge'}"
            )
        return Heard(tuple(readings.values()), tuple(mistakes))

    def _listed(self, document: Json) -> list[Json]:
        if not self._settings.gauges:
            return [document]
        try:
            found = self._gauges.find(document)
        except LookupError as error:
            said = str(error)
            raise RainFeedError(
                f"the rain feed {self._feed} cannot be understood: {said}"
            ) from error
        if not isinstance(found, list):
            raise RainFeedError(
                f"the rain feed {self._feed} has no list at {self._gauges.text}: set rain.feeds"
            )
        return found[:MOST_GAUGES]

    def _reading(self, gauge: Json, now: datetime) -> GaugeReading:
        name = str(self._name.find(gauge)) if self._settings.name else self._feed
        if not 1 <= len(name) <= MAX_GAUGE:
            raise ValueError(f"a gauge is called {name[:20]!r}: give 1 to {MAX_GAUGE} characters")
        at = self._moment(self._time.find(gauge))
        if at > now + AHEAD:
            raise ValueError(f"gauge {name} measured at {at:%Y-%m-%d %H:%M %Z}, which is to come")
        return GaugeReading(self._feed, name, at, self._mm_per_h(name, self._rain.find(gauge)))

    def _mm_per_h(self, gauge: str, value: Json) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError(f"gauge {gauge} tells {value!r}, which is no number")
        try:
            number = float(value)
        except ValueError as error:
            raise ValueError(f"gauge {gauge} tells {value!r}, which is no number") from error
        if self._settings.rain_unit == "mm":
            number *= 3600.0 / self._settings.interval_s
        if not math.isfinite(number) or not 0.0 <= number <= MOST_MM_PER_H:
            raise ValueError(f"gauge {gauge} tells {value!r}, which no rain ever was")
        return number

    def _moment(self, value: Json) -> datetime:
        form = self._settings.time_format
        try:
            if form in _UNIX:
                return datetime.fromtimestamp(float(str(value)) / _UNIX[form], UTC)
            parsed = _parsed(str(value), form)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=self._zone)).astimezone(UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise ValueError(f"{value!r} is no time of the form {form!r}") from error


def _parsed(text: str, form: str) -> datetime:
    """Return a time with the zone that it names, if any."""
    if form == "iso":
        return datetime.fromisoformat(text)
    return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows the zone


_UNIX: Final = {"unix": 1.0, "unix_ms": 1000.0}
"""How many of a count make a second."""
