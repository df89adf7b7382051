"""What the last looks say together: the water of now without its flicker, and where it goes."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from vision.water.types import Level, WaterReading

SMOOTH = timedelta(seconds=60)
"""The water of now is the median of so long: the odd look (a lorry's spray, a headlight) is gone
from it, at looks thirty seconds apart as at ten."""
TREND = timedelta(seconds=600)
"""A trend is that of so long, like the ten minutes the red line looks ahead."""
LEAST = timedelta(seconds=240)
"""Less of it says nothing of where the water goes."""
LEAST_LOOKS = 2
"""Each end of a trend is the median of at least so many looks."""
SURE_ERRORS, LIKELY_ERRORS = 2.0, 1.0
"""A mark's reading raises a state from so many standard deviations above dry ground, and keeps it
raised from so many."""
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Water:
    """The water of now.

    ratio: flooded share of the zones, 0-1. depth_cm, error_cm, depth_by: as in `Level`, None where
    no mark can be read. sure_cm, likely_cm: the depth, 0 where its own error could have made it.
    *_per_h: trends, None where the looks are too few to tell.
    """

    ratio: float
    depth_cm: float | None = None
    error_cm: float | None = None
    depth_by: str | None = None
    sure_cm: float = 0.0
    likely_cm: float = 0.0
    ratio_per_h: float | None = None
    cm_per_h: float | None = None


def significant_cm(level: Level, errors: float) -> float:
    """Return the depth of a level, 0 where it is within so many errors of dry ground."""
    return level.depth_cm if level.depth_cm >= errors * level.error_cm else 0.0


def _median_cm(levels: Sequence[Level], errors: float) -> float:
    return median(significant_cm(level, errors) for level in levels) if levels else 0.0


def resistant_slope(seconds: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the slope of values over rising seconds, in units a second.

    Tukey's resistant line (Exploratory Data Analysis, 1977): from the median of the first third of
    the time to that of the last. A few wild values do not move it, and a jump counts as a rise for
    as long as the time before it is remembered, which the median of all slopes would not say. None
    for ends of fewer than LEAST_LOOKS.
    """
    third = (seconds[-1] - seconds[0]) / 3
    early = [i for i, s in enumerate(seconds) if s <= seconds[0] + third]
    late = [i for i, s in enumerate(seconds) if s >= seconds[-1] - third]
    if min(len(early), len(late)) < LEAST_LOOKS or third <= 0:
        return None
    rise = median(values[i] for i in late) - median(values[i] for i in early)
    run = median(seconds[i] for i in late) - median(seconds[i] for i in early)
    return rise / run


class WaterHistory:
    """The last ten minutes of what was seen; readings come in the order of time."""

    def __init__(self) -> None:
        self._readings: deque[WaterReading] = deque()

    def add(self, reading: WaterReading) -> Water:
        """Take in a look that saw, and return the water of now; a clock set back begins anew."""
        readings = self._readings
        if readings and reading.at < readings[-1].at:
            readings.clear()
        readings.append(reading)
        while reading.at - readings[0].at > TREND:
            readings.popleft()
        recent = [one for one in readings if reading.at - one.at <= SMOOTH]
        levels = [one.level for one in recent if one.level is not None]
        return Water(
            ratio=median(one.area_ratio for one in recent),
            depth_cm=median(level.depth_cm for level in levels) if levels else None,
            error_cm=median(level.error_cm for level in levels) if levels else None,
            depth_by=levels[-1].by if levels else None,
            sure_cm=_median_cm(levels, SURE_ERRORS),
            likely_cm=_median_cm(levels, LIKELY_ERRORS),
            ratio_per_h=self._per_hour(lambda one: one.area_ratio),
            cm_per_h=self._per_hour(lambda one: one.level.depth_cm if one.level else None),
        )

    def _per_hour(self, value_of: Callable[[WaterReading], float | None]) -> float | None:
        known = [(one.at, value) for one in self._readings if (value := value_of(one)) is not None]
        if not known or known[-1][0] - known[0][0] < LEAST:
            return None
        start = known[0][0]
        slope = resistant_slope(
            [(at - start).total_seconds() for at, _ in known], [value for _, value in known]
        )
        return None if slope is None else slope * HOUR_S


def ahead(value: float, per_h: float | None, seconds: float) -> float:
    """Return what a rising value will be in so many seconds; one that falls or is unknown stays."""
    return value + max(per_h or 0.0, 0.0) * seconds / HOUR_S
