"""What measurements mean for water on the road: rain, dry, or not known. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.store.rain import SITE
from gateway.store.rain_readings import GaugeReading
from vision.water.types import RainState

WET_MM_PER_H: Final = 0.2
"""What one tip of a usual tipping bucket makes of an hour (WMO No. 8, chapter 6: 0.1 to 0.5 mm)."""
DRY_AFTER: Final = timedelta(hours=3)
"""Ground drains for hours: only after so long without rain is water a matter of something else."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of rain at a unit, until when that holds if nothing newer is heard."""

    unit: str
    state: RainState
    until: datetime


def outlooks(
    readings: Iterable[GaugeReading],
    units: Mapping[str, tuple[str, ...]],
    stale: timedelta,
    now: datetime,
) -> tuple[Outlook, ...]:
    """Return what is known at each unit that a feed tells of.

    readings: of one feed, at least of the last DRY_AFTER and `stale` before it. units: gauge to
    units; without any, all gauges are the site's. stale: what is older says nothing of now.
    """
    by_unit: dict[str, list[GaugeReading]] = {unit: [] for some in units.values() for unit in some}
    for reading in readings:
        for unit in units.get(reading.gauge, ()) if units else (SITE,):
            by_unit.setdefault(unit, []).append(reading)
    return tuple(_outlook(unit, its, stale, now) for unit, its in sorted(by_unit.items()))


def _outlook(unit: str, readings: list[GaugeReading], stale: timedelta, now: datetime) -> Outlook:
    fresh = [one for one in readings if now - one.at < stale]
    if not fresh:
        return Outlook(unit, RainState.UNKNOWN, now)
    newest = {one.gauge: one for one in sorted(fresh, key=lambda one: one.at)}
    until = max(one.at for one in newest.values()) + stale
    wet = [one.at for one in newest.values() if one.mm_per_h >= WET_MM_PER_H]
    if wet:
        return Outlook(unit, RainState.RAIN, max(wet) + stale)
    was_wet = any(one.mm_per_h >= WET_MM_PER_H and now - one.at < DRY_AFTER for one in readings)
    is_known = any(now - one.at > DRY_AFTER - stale for one in readings)
    is_dry = is_known and not was_wet
    return Outlook(unit, RainState.DRY if is_dry else RainState.UNKNOWN, until)
